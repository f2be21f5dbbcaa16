"""Finding pupils. Row-level security decides whom the reader may look up."""

import json
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotFound
from ecm.pupils.rules import display_name, search_phrases, tidy_upn, year_group_label

MOST_FOUND = 25

PUPIL = """
SELECT u.id, u.version, u.first_name, u.last_name, u.preferred_name, u.pronouns, u.date_of_birth, u.date_of_birth_known,
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
CARER = """
SELECT k.id, k.pupil_id, k.version, n.name, k.relationship, k.has_parental_responsibility,
       k.authority_verified_at IS NOT NULL AS authority_verified, k.language, k.needs_interpreter, k.format
FROM carer k JOIN person n ON n.id = k.person_id
"""


async def matching_pupils(act: Act, q: str, *, roll: bool = True) -> list[UUID]:
    """Ids of at most 25 pupils the reader may look up: whose UPN `q` is, else whose names it is, begins or nearly
    is (one letter wrong, missing, extra or swapped in each word; order, accents and apostrophes aside), the closest
    first. Without words everybody, by name. Without `roll` only those whose case the reader sees."""
    phrases = search_phrases(q)
    if q.strip() and not phrases:
        return []
    by_number = await act.rows(
        "SELECT DISTINCT pupil_id FROM enrolment WHERE upn = $1 ORDER BY pupil_id LIMIT $2", tidy_upn(q), MOST_FOUND
    )
    by_name = await act.rows("SELECT pupil_id FROM matching_pupils($1, $2, $3)", phrases, MOST_FOUND, roll)
    return list(dict.fromkeys(r["pupil_id"] for r in [*by_number, *by_name]))[:MOST_FOUND]


async def find_pupils(actor: Actor, q: str) -> list[dict[str, Any]]:
    """Up to 25 pupils as `matching_pupils` finds them. Records pupils:searched with the pupils shown."""
    async with acting_as(actor, "find_pupils") as act:
        ids = await matching_pupils(act, q)
        rows = {r["id"]: r for r in await act.rows(PUPIL + "WHERE u.id = ANY ($1::uuid[])", ids)}
        shown = [rows[each] for each in ids if each in rows]
        carers = await act.rows(CARERS, list(rows))
        act.record(Event.PUPILS_SEARCHED, pupils=list(rows), outcome="shown", count=len(shown))
    return [_pupil(row, carers) for row in shown]


async def find_nobody(actor: Actor) -> list[dict[str, Any]]:
    """The search before anything was typed: no pupil, for somebody who is signed in. Records pupils:searched."""
    async with acting_as(actor, "find_pupils") as act:
        act.record(Event.PUPILS_SEARCHED, outcome="shown", count=0)
    return []


async def show_pupil(actor: Actor, pupil_id: UUID) -> dict[str, Any]:
    """One pupil, as far as the reader may see. Records pupil:shown. Raises: NotFound."""
    async with acting_as(actor, "show_pupil") as act:
        found = await read_pupil(act, pupil_id)
        act.record(Event.PUPIL_SHOWN, subject=pupil_id, pupils=[pupil_id], outcome="shown")
        return found


async def read_pupil(act: Act, pupil_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """One pupil within a transaction; with `lock`, so that nobody changes it before the end. Raises: NotFound."""
    if lock:
        await act.run("SELECT pg_advisory_xact_lock(hashtextextended('pupil ' || $1::text, 0))", str(pupil_id))
    row = await act.row(PUPIL + "WHERE u.id = $1", pupil_id)
    if row is None:
        raise NotFound
    return _pupil(row, await act.rows(CARERS, [pupil_id]))


async def read_carer(act: Act, carer_id: UUID) -> dict[str, Any]:
    """One carer as the pupil shows them, with how they like to be told. Raises: NotFound."""
    row = await act.row(CARER + "WHERE k.id = $1", carer_id)
    if row is None:
        raise NotFound
    return dict(row)


async def show_carer(actor: Actor, carer_id: UUID) -> dict[str, Any]:
    """One carer as the pupil shows them. Records carer:shown. Raises: NotFound."""
    async with acting_as(actor, "show_carer") as act:
        found = await read_carer(act, carer_id)
        act.record(Event.CARER_SHOWN, subject=carer_id, pupils=[found["pupil_id"]], outcome="shown")
        return found


async def read_card(act: Act, carer_id: UUID) -> Record:
    """A carer with addresses, for the school that keeps the pupil. Raises: NotFound, absent and not kept alike."""
    row = await act.row("SELECT * FROM carer_card($1, $2)", carer_id, proof("carer-card", carer_id))
    if row is None:
        raise NotFound
    return row


async def show_card(actor: Actor, carer_id: UUID) -> tuple[Record, dict[str, Any]]:
    """A carer with addresses, and the pupil. Records carer:shown. Raises: NotFound."""
    async with acting_as(actor, "show_carer") as act:
        card = await read_card(act, carer_id)
        pupil = await read_pupil(act, card["pupil_id"])
        act.record(Event.CARER_SHOWN, subject=carer_id, pupils=[card["pupil_id"]], outcome="shown")
        return card, pupil


def _pupil(row: Record, carers: list[Record]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "version": row["version"],
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
