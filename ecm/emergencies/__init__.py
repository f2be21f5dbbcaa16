"""Emergency accesses and what is said of them afterwards."""
