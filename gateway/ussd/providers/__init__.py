"""Carriers' shapes of a USSD call."""
