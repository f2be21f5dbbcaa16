"""Searches that an auditor keeps for the next time: their own alone, ids and days only."""

import json
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.audit.queries import auditors_only
from ecm.clock import new_id
from ecm.database import Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.oversight.schemas import NewQuery, Search

MOST = 50
TAKEN = "You have kept a search under this name already. Choose another name, or remove the other one first."
ENOUGH = f"You have kept {MOST} searches, which is all there is room for. Remove one first."
NOTHING_ASKED = "Filter the list first: there is nothing to keep of a search for everything."
SAVE = """
INSERT INTO saved_query (id, membership_id, name, filter, saved_at)
VALUES ($1, (context() ->> 'membership')::uuid, $2, $3, app_now())
"""


async def save_query(actor: Actor, said: NewQuery, asked: Search) -> None:
    """Keep a search under a name. Records query:saved. Raises: NotAllowed; Refused."""
    async with acting_as(actor, "audit") as act:
        if not act.who.may("audit:read"):
            raise NotAllowed
        if not asked.asks():
            raise Refused({"name": NOTHING_ASKED})
        if await act.value("SELECT count(*) FROM saved_query") >= MOST:
            raise Refused({"name": ENOUGH})
        made = new_id()
        try:
            await act.run(SAVE, made, said.name, json.dumps(asked.asks()))
        except asyncpg.UniqueViolationError:
            raise Refused({"name": TAKEN}) from None
        act.record(Event.QUERY_SAVED, subject=made)


async def remove_query(actor: Actor, query_id: UUID) -> None:
    """Forget one of one's own. Records query:removed. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "audit") as act:
        with auditors_only():
            gone = await act.value("SELECT forget_query($1)", query_id)
        if not gone:
            raise NotFound
        act.record(Event.QUERY_REMOVED, subject=query_id)
