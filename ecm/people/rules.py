"""Who may stand in for whom, who may take over what, and which dates make sense. Pure; the database asks again."""

from datetime import date, timedelta

from ecm.agencies.permissions import GRANTS, verbs_of

INVITATION_LIFETIME = timedelta(days=7)
LONGEST_MEMBERSHIP = timedelta(days=5 * 365)
FURTHEST_START = timedelta(days=365)
LONGEST_COVER = timedelta(days=365)


def roles_of(kind: str) -> list[str]:
    """The roles of this kind of agency, in the order of the permission table. Source: ADR 0006."""
    return [role for of, role in GRANTS if of == kind]


def may_cover(kind: str, absent: str, covering: str) -> bool:
    """Whether one role may stand in for another: it reads with every desk, and writes in every category, that the other
    does; a role that does no work on cases is not covered. Source: ADR 0016.
    """
    needed = {verb for verb in verbs_of(kind, absent) if verb.startswith(("desk:", "write:"))}
    return bool(needed) and needed <= verbs_of(kind, covering)


def may_receive(kind: str, role: str, what: str) -> bool:
    """Whether a role may be handed a `lead`, an `involvement` or an `action`. Nobody comes to lead a case who could not
    read it already. Source: ADR 0016.
    """
    desk = "desk:general" if kind == "school" else "involvement:answer"
    needed = {"lead": "case:change", "involvement": desk, "action": "action:change"}
    return needed[what] in verbs_of(kind, role)


def classes_of(role: str, class_names: str) -> list[str]:
    """Class names, as typed with commas between; a teacher's only. Source: issue 3, point 6."""
    return [each.strip() for each in class_names.split(",") if each.strip()] if role == "teacher" else []


def start_problem(starts_on: date, today: date) -> str | None:
    """Why somebody cannot begin on this day; None if they can. Source: issue 3, point 6."""
    if starts_on < today:
        return "The first day must be today or later."
    return "The first day must be within a year." if starts_on > today + FURTHEST_START else None


def end_problem(ends_on: date | None, first: date, temporary: bool) -> str | None:
    """Why a membership cannot last to the end of this day; None if it can. Temporary staff always have a last day.

    Source: issue 3, point 6, "temporary staff need an end date".
    """
    if ends_on is None:
        return "Enter the last day. Temporary staff always have one." if temporary else None
    if ends_on < first:
        return "The last day must not be before the first."
    return "The last day must be within 5 years." if ends_on > first + LONGEST_MEMBERSHIP else None


def cover_problem(from_on: date, until_on: date, today: date) -> dict[str, str]:
    """What is wrong with the days of a cover, by field; empty if nothing. Source: issue 3, point 6."""
    if until_on < from_on:
        return {"until_on": "The last day must not be before the first."}
    if until_on < today:
        return {"until_on": "The last day must be today or later."}
    if not today - LONGEST_COVER <= from_on <= today + LONGEST_COVER:
        return {"from_on": "The first day must be within a year."}
    if until_on > from_on + LONGEST_COVER:
        return {"until_on": "A cover lasts a year at most."}
    return {}
