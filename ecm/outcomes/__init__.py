"""What is to change for a pupil, what is done for it, and what pupil and family say."""
