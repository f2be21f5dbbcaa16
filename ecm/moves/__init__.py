"""A pupil leaves a school, and a case goes with the pupil."""
