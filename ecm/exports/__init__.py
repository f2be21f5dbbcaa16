"""What the system holds, to take away in open formats."""
