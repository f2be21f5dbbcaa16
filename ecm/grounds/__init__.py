"""Every basis of sharing that is recorded, beside consent."""
