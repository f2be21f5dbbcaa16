"""Outcomes, provision and views as a case shows them, each row only as far as the reader may see it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.cases.rules import trajectory
from ecm.clock import LONDON
from ecm.database import Act

OUTCOMES = """
SELECT o.id, o.case_id, o.category, o.title, o.measure, o.baseline, o.target, o.due_on, o.status, o.version, o.added_at,
       o.settled_at, a.id AS agency_id, a.name AS agency_name
FROM outcome o JOIN agency a ON a.id = o.author_agency_id WHERE o.case_id = ANY ($1::uuid[])
ORDER BY o.status <> 'working', o.due_on NULLS LAST, o.added_at, o.id
"""
# Of one day, what was written last counts: so a slip of the keyboard is put right by measuring again.
MEASUREMENTS = """
SELECT * FROM (
    SELECT DISTINCT ON (x.outcome_id, x.measured_on) x.id, x.outcome_id, x.measured_on, x.value, x.note, w.name AS author
    FROM measurement x JOIN membership m ON m.id = x.author_membership_id JOIN person w ON w.id = m.person_id
    WHERE x.case_id = ANY ($1::uuid[]) ORDER BY x.outcome_id, x.measured_on, x.written_at DESC, x.id DESC) latest
ORDER BY measured_on
"""
PROVISIONS = """
SELECT p.id, p.case_id, p.category, p.title, p.who, p.how_often, p.minutes, p.weeks, p.starts_on, p.ended_on, p.version,
       a.id AS agency_id, a.name AS agency_name
FROM provision p JOIN agency a ON a.id = p.author_agency_id WHERE p.case_id = ANY ($1::uuid[])
ORDER BY p.ended_on IS NOT NULL, p.starts_on, p.added_at, p.id
"""
VIEWS = """
SELECT v.id, v.case_id, v.category, v.whose, v.text, v.how, v.given_on, v.written_at, coalesce(w.name, n.name) AS by_name, m.role,
       a.name AS agency_name
FROM case_view v LEFT JOIN membership m ON m.id = v.author_membership_id LEFT JOIN person w ON w.id = m.person_id
LEFT JOIN agency a ON a.id = v.author_agency_id LEFT JOIN person n ON n.id = v.author_person_id
WHERE v.case_id = ANY ($1::uuid[]) ORDER BY v.given_on DESC, v.written_at DESC, v.id DESC
"""


async def outcomes_of(act: Act, *cases: UUID) -> list[dict[str, Any]]:
    """What cases are to change, with what was measured, the earliest first; those still worked on come first."""
    rows = await act.rows(OUTCOMES, list(cases))
    points = await act.rows(MEASUREMENTS, list(cases)) if rows else []
    return [_outcome(row, [each for each in points if each["outcome_id"] == row["id"]]) for row in rows]


async def provisions_of(act: Act, *cases: UUID) -> list[dict[str, Any]]:
    """What is done for the pupil, what still goes on first."""
    keys = (
        "id", "case_id", "category", "title", "who", "how_often", "minutes", "weeks", "starts_on", "ended_on", "version",
    )  # fmt: skip
    return [{key: row[key] for key in keys} | _agency(row) for row in await act.rows(PROVISIONS, list(cases))]


async def views_of(act: Act, *cases: UUID) -> list[dict[str, Any]]:
    """What pupil and family say, the newest first. `by`: who wrote it down; `role` is None when a carer did so themselves."""
    keys = ("id", "case_id", "category", "whose", "text", "how", "given_on", "written_at", "role")
    return [
        {key: row[key] for key in keys} | {"by": row["by_name"] or "A parent or carer", "agency": row["agency_name"]}
        for row in await act.rows(VIEWS, list(cases))
    ]


def _outcome(row: Record, points: Sequence[Record]) -> dict[str, Any]:
    keys = ("id", "case_id", "category", "title", "measure", "due_on", "status", "version")
    baseline, target = number(row["baseline"]), number(row["target"])
    measured = [
        {"id": p["id"], "measured_on": p["measured_on"], "value": number(p["value"]), "note": p["note"], "author": p["author"]}
        for p in points
    ]  # fmt: skip
    starts_on: date = min([row["added_at"].astimezone(LONDON).date(), *(p["measured_on"] for p in points)])
    last = (points[-1]["measured_on"], float(points[-1]["value"])) if points else None
    return {key: row[key] for key in keys} | {
        "baseline": baseline,
        "target": target,
        "starts_on": starts_on,
        "settled_on": row["settled_at"] and row["settled_at"].astimezone(LONDON).date(),
        "trajectory": trajectory(baseline, target, starts_on, row["due_on"], last),
        "measurements": measured,
        **_agency(row),
    }


def _agency(row: Record) -> dict[str, Any]:
    return {"agency": {"id": row["agency_id"], "name": row["agency_name"]}}


def number(value: Decimal | None) -> float | int | None:
    """A stored number as JSON has it: whole ones without a point."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
