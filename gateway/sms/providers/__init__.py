"""Carriers: the contract in `base`, one file for each carrier, and `registry`, which knows them by name."""
