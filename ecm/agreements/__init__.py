"""Sharing agreements between organisations."""
