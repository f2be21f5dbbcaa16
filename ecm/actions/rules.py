"""What is true of an action: how it may move on, by when it can be due, what comes first. Pure."""

from datetime import date, datetime, timedelta
from typing import Literal

Urgency = Literal["overdue", "soon", "later", "ended"]

STATUSES = ("todo", "doing", "done", "cancelled")
OPEN = ("todo", "doing")
LONGEST_TITLE = 200
LONGEST_PROGRESS = 500
SOON = timedelta(days=7)
YEARS_AHEAD = 3


def is_open(status: str) -> bool:
    """Whether somebody still has to do it. Source: docs/states.md, actions."""
    return status in OPEN


def move_problem(before: str, after: str, why: str) -> str | None:
    """Why an action may not go from one status to another, as one sentence; None if it may.

    An open one may go anywhere. An ended one may only be opened again, and `why` (a new line of progress) says why, so
    that whoever relied on its being done can see what happened.
    Source: docs/states.md, actions.
    """
    if before == after or is_open(before):
        return None
    if not is_open(after):
        return "This action has ended. Open it again first: choose “To do” or “Under way”."
    return None if why.strip() else "Say in a line of progress why this action is open again."


def due_problem(due_on: date, opened_on: date, today: date) -> str | None:
    """Why an action of a case opened on `opened_on` cannot be due on this day, as one sentence; None if it can.

    A day that has passed is allowed, back to the day the case was opened: work that was promised in a meeting is often
    written down late. Source: docs/states.md, actions.
    """
    if due_on < opened_on:
        return "The date must not be before the day the case was opened."
    if due_on > last_due_day(today):
        return f"The date must be within the next {YEARS_AHEAD} years."
    return None


def last_due_day(today: date) -> date:
    """The last day on which an action can be due: this day in three years, 28 February for the 29th.

    Source: docs/states.md, actions.
    """
    year = today.year + YEARS_AHEAD
    try:
        return today.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def urgency(status: str, due_on: date, today: date) -> Urgency:
    """How near an action is on this London day: overdue from the day after it was due, soon up to 7 days before.

    Source: design 7, "overdue and midnight rules are Europe/London".
    """
    if not is_open(status):
        return "ended"
    if due_on < today:
        return "overdue"
    return "soon" if due_on - today <= SOON else "later"


def is_overdue(status: str, due_on: date, today: date) -> bool:
    """Whether an action is open after the day it was due. Source: docs/states.md, actions."""
    return urgency(status, due_on, today) == "overdue"


def place(status: str, due_on: date, changed_at: datetime) -> tuple[bool, float]:
    """Where an action stands in a list: open ones by the day they are due, the overdue first; after them the ended ones,
    what changed last first.

    Source: docs/states.md, actions.
    """
    ended = not is_open(status)
    return ended, -changed_at.timestamp() if ended else due_on.toordinal()
