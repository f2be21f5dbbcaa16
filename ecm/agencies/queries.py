"""The directory: organisations, and who works where. No pupil data."""

from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.database import Actor, acting_as
from ecm.errors import NotFound

AGENCIES = "SELECT id, name, kind, offers FROM agency WHERE kind <> 'partnership' ORDER BY name"
# Colleagues, and workers of agencies involved in a case the reader keeps or works on.
WORKERS = """
SELECT m.id, w.name, m.role FROM membership m JOIN person w ON w.id = m.person_id
WHERE m.agency_id = $1 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
AND ($1 = $2 OR EXISTS (SELECT FROM involvement i WHERE i.agency_id = $1 OR i.agency_id = $2 AND i.invited_by_agency_id = $1))
ORDER BY w.name, m.id
"""


async def agencies(actor: Actor) -> list[dict[str, Any]]:
    """Every agency with what it offers, by name."""
    async with acting_as(actor, "directory") as act:
        rows = await act.rows(AGENCIES)
        act.record(Event.DIRECTORY_LISTED, outcome="shown")
    return [dict(r) for r in rows]


async def workers(actor: Actor, agency_id: UUID | None) -> list[dict[str, Any]]:
    """Who works at this agency now (one's own when none is named), by name; the agency must be one's own or involved.

    Raises: NotFound for somebody outside agencies who names none.
    """
    async with acting_as(actor, "directory") as act:
        wanted = agency_id or act.who.agency_id
        if wanted is None:
            raise NotFound
        rows = await act.rows(WORKERS, wanted, act.who.agency_id)
        act.record(Event.DIRECTORY_LISTED, outcome="shown")
    return [dict(r) for r in rows]
