"""One pupil written down twice: found, merged, and told of across schools."""
