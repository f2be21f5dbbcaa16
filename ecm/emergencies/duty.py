"""The safeguarding duty list of an organisation: who of it may open a record in an emergency now."""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused

# Everybody of the organisation in a role that may, with since when they are on duty.
LIST = """
SELECT m.id, w.name, m.role, d.id AS duty_id, d.from_at, s.name AS set_by FROM membership m JOIN person w ON w.id = m.person_id
LEFT JOIN safeguarding_duty d ON d.membership_id = m.id AND d.ended_at IS NULL
LEFT JOIN membership x ON x.id = d.set_by_membership_id LEFT JOIN person s ON s.id = x.person_id
WHERE m.agency_id = $1 AND m.role IN ('practitioner', 'manager') AND m.started_at <= app_now()
AND (m.ended_at IS NULL OR m.ended_at > app_now()) ORDER BY w.name, m.id
"""
NOT_THERE = "Choose somebody who works here now."


async def duty_list(actor: Actor) -> list[dict[str, Any]]:
    """Who may be on duty, and who is. Records duty:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_duty") as act:
        _must(act)
        rows = await act.rows(LIST, act.who.agency_id)
        act.record(Event.DUTY_LISTED, outcome="shown", count=len(rows))
        return [dict(row) for row in rows]


async def begin_duty(actor: Actor, membership_id: UUID) -> None:
    """Put somebody on the list, from now on. Twice is once. Records duty:begun.

    Raises: NotAllowed; Refused for somebody who does not work here now in a role that may.
    """
    async with acting_as(actor, "begin_duty") as act:
        _must(act)
        await act.run("SELECT pg_advisory_xact_lock(hashtextextended('duty ' || $1::text, 0))", str(membership_id))
        if not await act.value(
            "SELECT 1 FROM safeguarding_duty WHERE membership_id = $1 AND ended_at IS NULL", membership_id
        ):
            await _insert(act, membership_id)
        act.record(Event.DUTY_BEGUN, subject=membership_id)


async def _insert(act: Act, membership_id: UUID) -> None:
    try:
        await act.run("INSERT INTO safeguarding_duty (id, membership_id) VALUES ($1, $2)", new_id(), membership_id)
    except asyncpg.CheckViolationError:
        raise Refused({"membership_id": NOT_THERE}) from None


async def end_duty(actor: Actor, duty_id: UUID) -> None:
    """Take somebody off the list; what they have opened goes on until it ends. Records duty:ended. Raises: NotAllowed;
    NotFound."""
    async with acting_as(actor, "end_duty") as act:
        _must(act)
        member = await act.value("SELECT membership_id FROM safeguarding_duty WHERE id = $1", duty_id)
        if not await act.run("UPDATE safeguarding_duty SET ended_at = app_now() WHERE id = $1", duty_id):
            raise NotFound
        act.record(Event.DUTY_ENDED, subject=member)


def _must(act: Act) -> None:
    if not act.who.may("emergency:duty"):
        raise NotAllowed
