"""What is true of outcomes, measurements, provision and views: pure, each rule with its source."""

from collections.abc import Collection
from datetime import date

LONGEST_TITLE = 200
LONGEST_NOTE = 500
LONGEST_VIEW = 5_000
FURTHEST = 9_999  # from nought, either way
YEARS_AHEAD = 3
MOST_MINUTES = 600
MOST_WEEKS = 156
DEFAULT_CATEGORY = {"pupil": "classroom", "family": "family"}
CARERS_WRITE = "family"  # which no other carer reads


def due_problem(due_on: date, opened_on: date, today: date) -> str | None:
    """Why an outcome cannot be due on this day, as one sentence; None if it can. Source: docs/states.md, outcomes."""
    if due_on < opened_on:
        return "The date must not be before the day the case was opened."
    if due_on > years_on(today, YEARS_AHEAD):
        return f"The date must be within the next {YEARS_AHEAD} years."
    return None


def past_problem(day: date, opened_on: date, today: date) -> str | None:
    """Why something cannot have been measured or said on this day; None if it can: from a year before the case to today.

    Source: docs/states.md, outcomes.
    """
    if day > today:
        return "The date must not be in the future."
    if day < years_on(opened_on, -1):
        return "The date must not be more than a year before the case was opened."
    return None


def start_problem(starts_on: date, opened_on: date, today: date) -> str | None:
    """Why a provision cannot begin on this day; None if it can: from a year before the case to a year from now.

    Source: docs/states.md, provision.
    """
    if starts_on > years_on(today, 1):
        return "The date must be within the next year."
    return past_problem(starts_on, opened_on, max(starts_on, today))


def end_problem(ended_on: date, starts_on: date, today: date) -> str | None:
    """Why a provision cannot have ended on this day, as one sentence; None if it can. Source: docs/states.md, provision."""
    if ended_on > today:
        return "The date must not be in the future. Write it down when it has ended."
    if ended_on < starts_on:
        return "The date must not be before the day it began."
    return None


def measure_problem(measure: str | None, numbers: Collection[object]) -> str | None:
    """Why an outcome cannot go without words for what is measured: it has numbers. None if it can.

    Source: docs/states.md, outcomes.
    """
    return "Say what is measured, since there are numbers." if numbers and not measure else None


def category_of(whose: str, category: str | None, by_carer: bool) -> str:
    """The kind of information a view is: as said, else what a pupil says is about class, and what a family says is theirs.

    What a carer writes is family information, whoever says it, so that another carer does not read it.
    Source: docs/access.md, "Views".
    """
    return category or (CARERS_WRITE if by_carer else DEFAULT_CATEGORY[whose])


def years_on(day: date, years: int) -> date:
    """This day so many years on, 28 February for the 29th. Source: docs/states.md, outcomes."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)
