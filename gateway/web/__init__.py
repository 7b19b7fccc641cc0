"""Edges for machines: carriers' webhooks, health, metrics."""
