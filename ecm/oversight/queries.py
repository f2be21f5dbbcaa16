"""The log, as an auditor reads it: ids and codes, and the names of workers and agencies. Never case content."""

from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.audit.queries import Filter, LoggedEvent, events_for_auditor, latest_checkpoint, proof_of_event
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound

WORKERS = """
SELECT DISTINCT p.id, p.name FROM person p JOIN membership m ON m.person_id = p.id WHERE p.id = ANY ($1::uuid[])
"""


async def search_events(actor: Actor, wanted: Filter, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Events, newest first, as the contract words them. Records audit:searched. Raises: NotAllowed."""
    async with acting_as(actor, "audit") as act:
        events = await events_for_auditor(act, wanted, before, limit)
        names = await _names(act, events)
        act.record(
            Event.AUDIT_SEARCHED, outcome="shown", count=len(events), case_asked=wanted.case, actor_asked=wanted.actor
        )
    return [_published(each, names) for each in events]


async def _names(act: Act, events: list[LoggedEvent]) -> dict[str, str]:
    """Names of the workers and agencies that events speak of; a carer has none here."""
    actors = {each.entry["actor"] for each in events if "actor" in each.entry and "membership" in each.entry}
    agencies = {each.entry["agency"] for each in events if "agency" in each.entry}
    people = await act.rows(WORKERS, list(actors))
    places = await act.rows("SELECT id, name FROM agency WHERE id = ANY ($1::uuid[])", list(agencies))
    return {str(row["id"]): row["name"] for row in (*people, *places)}


def _published(each: LoggedEvent, names: dict[str, str]) -> dict[str, Any]:
    entry = each.entry
    return {
        "id": each.id,
        "at": each.at,
        "event": each.event,
        "outcome": each.outcome,
        "position": each.position,
        "actor": {"id": entry.get("actor"), "name": names.get(entry.get("actor", "")), "role": entry.get("role")},
        "agency": {"id": entry["agency"], "name": names.get(entry["agency"])} if "agency" in entry else None,
        "service": entry.get("service"),
        "purpose": entry.get("purpose"),
        "case_id": entry.get("case"),
        "subject_id": entry.get("subject"),
        "pupil_ids": entry.get("pupils", []),
        "detail": entry.get("detail", {}),
    }


async def checkpoint(actor: Actor) -> str:
    """The newest signed checkpoint. Records audit:checked. Raises: NotAllowed; NotFound while nothing is sealed."""
    async with acting_as(actor, "audit") as act:
        await events_for_auditor(act, Filter(), limit=1)  # only whoever may read the log may ask where it stands
        note = await latest_checkpoint(act)
        act.record(Event.AUDIT_CHECKED, outcome="shown")
    return note


async def event_proof(actor: Actor, event_id: UUID) -> str:
    """A proof to be checked offline that this event is in the log. Records audit:proved. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "audit") as act:
        proof = await proof_of_event(act, event_id)
        act.record(Event.AUDIT_PROVED, subject=event_id, outcome="shown")
    return proof


async def log_state(actor: Actor) -> dict[str, Any]:
    """Size and root of the newest checkpoint, or None for both while nothing is sealed. Raises: NotAllowed."""
    try:
        _, size, root, *_ = (await checkpoint(actor)).split("\n")
    except NotFound:
        return {"size": None, "root": None}
    return {"size": int(size), "root": root}
