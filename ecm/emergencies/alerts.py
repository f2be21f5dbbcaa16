"""Health alerts: the one or two things somebody must know in an emergency, such as an allergy."""

from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.cases.commands import claim
from ecm.cases.queries import pupil_of
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.emergencies.schemas import NewAlert
from ecm.errors import NotAllowed, NotFound

ALERTS = """
SELECT h.id, h.text, h.written_at, w.name AS author_name, m.role AS author_role, a.id AS agency_id, a.name AS agency_name
FROM health_alert h JOIN membership m ON m.id = h.author_membership_id JOIN person w ON w.id = m.person_id
JOIN agency a ON a.id = h.author_agency_id WHERE h.case_id = $1 ORDER BY h.written_at, h.id
"""


async def list_alerts(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """The alerts of a case that are not over, as far as a worker may see them. Records alerts:listed. Raises: NotFound."""
    async with acting_as(actor, "list_alerts") as act:
        pupil = await pupil_of(act, case_id)
        if pupil is None or act.who.membership_id is None:
            raise NotFound
        found = await alerts_of(act, case_id)
        act.record(Event.ALERTS_LISTED, case=case_id, pupils=[pupil], outcome="shown", count=len(found))
        return found


async def alerts_of(act: Act, case_id: UUID) -> list[dict[str, Any]]:
    """The same within a transaction, the oldest first."""
    return [_alert(row) for row in await act.rows(ALERTS, case_id)]


async def show_alert(actor: Actor, case_id: UUID, alert_id: UUID) -> dict[str, Any]:
    """One of them. Records alerts:listed. Raises: NotFound."""
    found = next((each for each in await list_alerts(actor, case_id) if each["id"] == alert_id), None)
    if found is None:
        raise NotFound
    return found


async def write_alert(actor: Actor, case_id: UUID, new: NewAlert) -> dict[str, Any]:
    """Write one, which counts as health and is shown to whoever opens the case in an emergency. Records alert:written.

    Raises: NotFound; NotAllowed; Refused for a case that is not open.
    """
    async with acting_as(actor, "write_alert") as act:
        pupil = await pupil_of(act, case_id)
        if pupil is None or act.who.membership_id is None:
            raise NotFound
        if not act.who.may("alert:write"):
            raise NotAllowed
        await claim(act, case_id, "health")
        alert_id = new_id()
        await act.run("INSERT INTO health_alert (id, case_id, text) VALUES ($1, $2, $3)", alert_id, case_id, new.text)
        act.record(Event.ALERT_WRITTEN, case=case_id, subject=alert_id, pupils=[pupil], category="health")
        return next(each for each in await alerts_of(act, case_id) if each["id"] == alert_id)


async def end_alert(actor: Actor, alert_id: UUID) -> str:
    """Say that an alert is over: nobody is shown it any more. The reference of the case. Records alert:ended.

    Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "end_alert") as act:
        case_id = await act.value("SELECT case_id FROM health_alert WHERE id = $1", alert_id)
        if case_id is None:
            raise NotFound
        await act.run("SELECT lock_case($1)", case_id)
        if not await act.value("SELECT end_health_alert($1)", alert_id):
            raise NotAllowed
        act.record(Event.ALERT_ENDED, case=case_id, subject=alert_id, pupils=[await pupil_of(act, case_id)])
        return str(await act.value("SELECT reference FROM support_case WHERE id = $1", case_id))


def _alert(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "text": row["text"],
        "written_at": row["written_at"],
        "author": {
            "name": row["author_name"],
            "role": row["author_role"],
            "agency": {"id": row["agency_id"], "name": row["agency_name"]},
        },
    }
