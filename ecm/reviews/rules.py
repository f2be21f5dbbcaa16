"""What is true of a review: pure, each rule with its source."""

from datetime import date

YEARS_AHEAD = 3
LONGEST_TEXT = 5_000


def held_problem(held_on: date, opened_on: date, today: date) -> str | None:
    """Why a review cannot have been held on this day, as one sentence; None if it can. Source: docs/states.md, reviews."""
    if held_on > today:
        return "The date must not be in the future. Write the review down when it has been held."
    if held_on < opened_on:
        return "The date must not be before the day the case was opened."
    return None


def next_problem(next_on: date, today: date) -> str | None:
    """Why the next review cannot be on this day, as one sentence; None if it can. Source: docs/states.md, reviews."""
    if next_on < today:
        return "The next review must not be in the past."
    if next_on.year - today.year > YEARS_AHEAD:
        return f"The next review must be within the next {YEARS_AHEAD} years."
    return None
