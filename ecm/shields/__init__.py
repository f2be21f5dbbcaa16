"""Shielded facts, and health alerts."""
