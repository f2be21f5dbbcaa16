"""Finding pupils. Row-level security decides whom the reader may look up."""

import json
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Actor, acting_as
from ecm.errors import NotFound
from ecm.pupils.rules import display_name, search_words, tidy_upn, year_group_label

MOST_FOUND = 50

PUPIL = """
SELECT u.id, u.first_name, u.last_name, u.preferred_name, u.pronouns, u.date_of_birth, u.date_of_birth_known,
       e.upn, e.year_group, e.class_name, a.id AS school_id, a.name AS school_name, s.sen_provision, s.needs,
       (SELECT c.reference FROM support_case c WHERE c.pupil_id = u.id AND c.status = 'open' ORDER BY c.opened_at LIMIT 1)
           AS open_case
FROM pupil u
LEFT JOIN LATERAL (SELECT * FROM enrolment x WHERE x.pupil_id = u.id ORDER BY x.to_on NULLS FIRST, x.from_on DESC LIMIT 1) e ON true
LEFT JOIN agency a ON a.id = e.school_id
LEFT JOIN sen_status s ON s.pupil_id = u.id
"""
CARERS = """
SELECT k.id, k.pupil_id, n.name, k.relationship, k.has_parental_responsibility, k.authority_verified_at IS NOT NULL AS authority_verified
FROM carer k JOIN person n ON n.id = k.person_id WHERE k.pupil_id = ANY ($1::uuid[]) ORDER BY n.name, k.id
"""


async def find_pupils(actor: Actor, q: str) -> list[dict[str, Any]]:
    """Up to 50 pupils whose names hold every word of `q` (in any order, accents and apostrophes aside) or whose UPN it
    is; by name; without words everybody the reader may look up. Records pupils:searched with the pupils shown."""
    async with acting_as(actor, "find_pupils") as act:
        patterns = [f"%{_literal(word)}%" for word in search_words(q)]
        rows = await act.rows(
            PUPIL + "WHERE u.search_key LIKE ALL ($1::text[]) OR e.upn = $2 ORDER BY u.last_name, u.first_name, u.id LIMIT $3",
            patterns, tidy_upn(q), MOST_FOUND,
        )  # fmt: skip
        carers = await act.rows(CARERS, [r["id"] for r in rows])
        act.record(Event.PUPILS_SEARCHED, pupils=[r["id"] for r in rows], outcome="shown", count=len(rows))
    return [_pupil(row, carers) for row in rows]


async def find_nobody(actor: Actor) -> list[dict[str, Any]]:
    """The search before anything was typed: no pupil, for somebody who is signed in. Records pupils:searched."""
    async with acting_as(actor, "find_pupils") as act:
        act.record(Event.PUPILS_SEARCHED, outcome="shown", count=0)
    return []


async def show_pupil(actor: Actor, pupil_id: UUID) -> dict[str, Any]:
    """One pupil, as far as the reader may see. Records pupil:shown. Raises: NotFound."""
    async with acting_as(actor, "show_pupil") as act:
        row = await act.row(PUPIL + "WHERE u.id = $1", pupil_id)
        if row is None:
            raise NotFound
        carers = await act.rows(CARERS, [pupil_id])
        act.record(Event.PUPIL_SHOWN, subject=pupil_id, pupils=[pupil_id], outcome="shown")
    return _pupil(row, carers)


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pupil(row: Record, carers: list[Record]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": display_name(row["first_name"], row["last_name"], row["preferred_name"] or ""),
        "upn": row["upn"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "preferred_name": row["preferred_name"],
        "pronouns": row["pronouns"],
        "date_of_birth": row["date_of_birth"],
        "date_of_birth_known": row["date_of_birth_known"],
        "year_group": row["year_group"],
        "year_label": year_group_label(row["year_group"]),
        "class_name": row["class_name"],
        "sen_provision": row["sen_provision"],
        "needs": json.loads(row["needs"]) if row["needs"] else [],
        "school": {"id": row["school_id"], "name": row["school_name"]} if row["school_id"] else None,
        "carers": [
            {k: c[k] for k in ("id", "name", "relationship", "has_parental_responsibility", "authority_verified")}
            for c in carers
            if c["pupil_id"] == row["id"]
        ],
        "open_case": row["open_case"],
    }
