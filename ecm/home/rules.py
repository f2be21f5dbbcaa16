"""What needs somebody today, how urgent it is, and what is likely next when nothing does. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ecm.cases.rules import expected, trajectory

Kind = Literal[
    "emergency",
    "action",
    "led",
    "review",
    "consent",
    "invitation",
    "unassigned_work",
    "unassigned_actions",
    "team",
    "contributions",
    "match",
    "below",
    "telling",
    "objection",
]
# Of two things due on one day, the one more people wait for comes first.
KINDS: tuple[Kind, ...] = (
    "emergency", "invitation", "objection", "consent", "telling", "review", "action", "below", "unassigned_work", "unassigned_actions", "led", "team", "match", "contributions",
)  # fmt: skip
REVIEW_SEEN_AHEAD = timedelta(days=14)
ACTION_SEEN_AHEAD = timedelta(days=7)
ANSWER_EXPECTED_WITHIN = timedelta(days=7)
REPLY_WITHIN = timedelta(days=14)
OFFER_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing somebody can do now: who it is about, what it is, by when (None: no day is set), and where to do it.

    `subject` is what it is about; the same thing is not asked for twice.
    """

    kind: Kind
    subject: object
    who: str
    what: str
    due: date | None
    href: str
    button: str


def most_urgent_first(needs: Iterable[Need]) -> list[Need]:
    """One list: what is due, the longest overdue first; then what has no day. Nothing twice: the weightier kind stays.

    Source: screens, "Home"; ADR 0019.
    """
    ordered = sorted(needs, key=lambda need: (KINDS.index(need.kind), need.due or date.max))
    once = {need.subject: need for need in reversed(ordered)}
    return sorted(once.values(), key=_place)


def _place(need: Need) -> tuple[bool, date, int, str, str]:
    return need.due is None, need.due or date.max, KINDS.index(need.kind), need.who.casefold(), need.what.casefold()


def below_way(baseline: float, target: float, starts_on: date, due_on: date, last: float, today: date) -> float | None:
    """Where an outcome would be today on a straight line from its start to its target, if the last number that was
    measured is behind that by more than a tenth of the whole way; else None.

    It goes by today, not by the day of the measurement: a number that was good a month ago and was not taken again
    falls behind, so somebody looks. Whether the number is to rise or to fall does not matter.
    Source: screens, "Home" (children below trajectory); ADR 0025 (straight line, a tenth).
    """
    if trajectory(baseline, target, starts_on, due_on, (today, last)) != "below":
        return None
    return expected(baseline, target, starts_on, due_on, today)


def answer_expected_by(asked_on: date) -> date:
    """The day by which a family has usually answered; from that day on, asking again is somebody's work.

    Source: issue "The working day", "consent unanswered after 7 days".
    """
    return asked_on + ANSWER_EXPECTED_WITHIN


def reply_by(invited_on: date) -> date:
    """The day by which an agency is asked to answer an invitation. Source: ADR 0019."""
    return invited_on + REPLY_WITHIN


def offer_answer_by(offered_on: date) -> date:
    """The day by which a school is asked to answer an offered case: then both are reminded. Source: docs/states.md."""
    return offered_on + OFFER_WITHIN


def last_review_day(today: date) -> date:
    """Reviews up to this day are shown to who leads the case. Source: ADR 0019."""
    return today + REVIEW_SEEN_AHEAD


def next_things(kind: str, role: str) -> tuple[tuple[str, str], ...]:
    """The two likely next things of a role when nothing needs it: what it is called, and where.

    Source: screens, "Home".
    """
    account = ("See your account and where you are signed in", "/account")
    if role in ("senco", "headteacher", "dsl"):
        return ("Open a case", "/cases/new"), ("Look through your cases", "/cases")
    if role == "teacher":
        return ("See your class", "/class"), ("See all actions you can see", "/actions?whose=all")
    if role in ("manager", "case_officer"):
        return ("See your organisation’s actions", "/actions?whose=agency"), ("Look through your cases", "/cases")
    return {
        "agency_admin": (("See who works here", "/people"), account),
        "system_admin": (("See how the post is doing", "/post"), account),
        "data_protection_officer": (("See what was entered in error", "/corrections"), account),
    }.get(role, (("Look through your cases", "/cases"), ("See all actions you can see", "/actions?whose=all")))
