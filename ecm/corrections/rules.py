"""What is true of what was entered in error."""

LONGEST_REASON = 500
