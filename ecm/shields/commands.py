"""Shielded facts: who sets one, who reads it, when it ends. Each is one transaction and one audit event of ids alone.

What is shielded is read by people named one by one who work with the pupil now: named in that very membership, with a
reason on one of the pupil's cases that is neither an emergency nor having written there. Source: design 4; ADR 0028.
The events name the pupil and no case: families read who opened a case, and must not learn from it that there is a shield.
"""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.cases.head import Head, read_head
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.shields.schemas import NewShield

NOT_ON_CASE = "Choose somebody who works on this case."
NOBODY_LEFT = "Somebody who can name readers must be left. End the fact if nobody is to read it any more."

FACTS = """
SELECT f.id, f.kind, f.text, f.from_at, w.name AS set_by FROM shielded_fact f
JOIN membership m ON m.id = f.set_by_membership_id JOIN person w ON w.id = m.person_id
WHERE f.pupil_id = $1 ORDER BY f.from_at, f.id
"""
READERS = """
SELECT r.fact_id, m.id, w.name, m.role, a.name AS agency FROM shielded_reader r JOIN membership m ON m.id = r.membership_id
JOIN person w ON w.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE r.fact_id = ANY ($1::uuid[]) ORDER BY a.name, w.name, m.id
"""
WORKERS = """
SELECT m.id, w.name, m.role, a.name AS agency FROM workers_on_case($1) k (id) JOIN membership m ON m.id = k.id
JOIN person w ON w.id = m.person_id JOIN agency a ON a.id = m.agency_id ORDER BY a.name, w.name, m.id
"""


async def set_shield(actor: Actor, case_id: UUID, new: NewShield) -> UUID:
    """Shield a fact about the pupil; whoever does so is its first reader. Records shield:set. Raises: NotFound; NotAllowed."""
    async with acting_as(actor, "set_shield") as act:
        head, shield_id = await read_head(act, case_id), new_id()
        if not await act.value("SELECT shield_fact($1, $2, $3, $4)", shield_id, head.pupil_id, new.kind, new.text):
            raise NotAllowed
        act.record(Event.SHIELD_SET, subject=shield_id, pupils=[head.pupil_id], reason=new.kind)
        return shield_id


async def name_shield_reader(actor: Actor, case_id: UUID, fact_id: UUID, worker_id: UUID) -> None:
    """One more person, of those on the case, reads it. Records shield:reader_named. Raises: NotFound; NotAllowed; Refused."""
    async with acting_as(actor, "name_shield_reader") as act:
        head = await _own_fact(act, case_id, fact_id)
        try:
            await act.value("SELECT name_shield_reader($1, $2, $3)", new_id(), fact_id, worker_id)
        except asyncpg.CheckViolationError:
            raise Refused({"worker_id": NOT_ON_CASE}) from None
        act.record(Event.SHIELD_READER_NAMED, subject=fact_id, pupils=[head.pupil_id], membership=worker_id)


async def drop_shield_reader(actor: Actor, case_id: UUID, fact_id: UUID, worker_id: UUID) -> None:
    """One person reads it no more. Records shield:reader_removed. Raises: NotFound; NotAllowed; Refused for the last keeper."""
    async with acting_as(actor, "drop_shield_reader") as act:
        head = await _own_fact(act, case_id, fact_id)
        try:
            dropped = await act.value("SELECT drop_shield_reader($1, $2)", fact_id, worker_id)
        except asyncpg.CheckViolationError:
            raise Refused({"worker_id": NOBODY_LEFT}) from None
        if not dropped:
            raise NotFound
        act.record(Event.SHIELD_READER_REMOVED, subject=fact_id, pupils=[head.pupil_id], membership=worker_id)


async def end_shield(actor: Actor, case_id: UUID, fact_id: UUID) -> None:
    """Nobody reads it any more, and the warning goes with the last one. Records shield:ended. Raises: NotFound; NotAllowed."""
    async with acting_as(actor, "end_shield") as act:
        head = await _own_fact(act, case_id, fact_id)
        await act.value("SELECT end_shield($1)", fact_id)
        act.record(Event.SHIELD_ENDED, subject=fact_id, pupils=[head.pupil_id])


async def _own_fact(act: Act, case_id: UUID, fact_id: UUID) -> Head:
    """The head of the case, if the actor reads this fact about its pupil and may say who does. Raises: NotFound; NotAllowed."""
    head = await read_head(act, case_id)
    found = "SELECT EXISTS (SELECT FROM shielded_fact WHERE id = $1 AND pupil_id = $2)"
    if not await act.value(found, fact_id, head.pupil_id):
        raise NotFound
    if not act.who.may("shield:set"):
        raise NotAllowed
    return head


async def show_shields(actor: Actor, key: UUID | str, about: UUID | None = None) -> dict[str, Any]:
    """The facts about the pupil of a case that the actor is named to read. Records shield:shown for each.

    Raises: NotFound, also when `about` is none of them; NotAllowed for who neither reads one nor may set one.
    """
    async with acting_as(actor, "show_shields") as act:
        head = await read_head(act, key)
        facts = [dict(row) for row in await act.rows(FACTS, head.pupil_id)]
        if about and about not in {each["id"] for each in facts}:
            raise NotFound
        if not facts and not await _may_set(act, head):
            raise NotAllowed
        readers = [dict(row) for row in await act.rows(READERS, [each["id"] for each in facts])]
        for fact in facts:
            fact["readers"] = [each for each in readers if each["fact_id"] == fact["id"]]
            act.record(Event.SHIELD_SHOWN, subject=fact["id"], pupils=[head.pupil_id], outcome="shown")
        if not facts:
            act.record(Event.SHIELD_SHOWN, pupils=[head.pupil_id], outcome="shown")
        may_set = act.who.may("shield:set")
        workers = [dict(row) for row in await act.rows(WORKERS, head.id)] if may_set else []
        return {"head": head, "facts": facts, "workers": workers, "may_set": may_set, "own_id": act.who.membership_id}


async def _may_set(act: Act, head: Head) -> bool:
    return act.who.may("shield:set") and await act.value("SELECT works_with($1)", head.pupil_id)
