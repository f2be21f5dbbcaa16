"""A school's pupils out of a file: read, looked at, approved."""
