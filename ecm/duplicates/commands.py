"""Saying that two records are two pupils, making one of two, and settling a match. One transaction and event each."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Actor, acting_as
from ecm.duplicates.queries import read_pair
from ecm.duplicates.rules import chosen, former_upn
from ecm.duplicates.schemas import Merging, Settling
from ecm.errors import NotAllowed, NotFound, Refused, Stale
from ecm.pupils.rules import search_key

TWO_OPEN = "Both have an open case: {} and {}. Close one, or say that it was opened in error. Then merge."
LEAVING = "{} is down to leave on a day to come. Take that back first, or wait until the day has passed."
NOT_JOINED = "Choose only parents or carers who are shown as perhaps the same person."


async def dismiss_pair(actor: Actor, one: UUID, two: UUID) -> None:
    """These are two pupils: they are not offered again, until that is undone. Records duplicate:dismissed.

    Doing it twice changes nothing. Raises: NotAllowed; NotFound.
    """
    async with acting_as(actor, "dismiss_duplicate") as act:
        await read_pair(act, one, two)
        await act.run(
            """INSERT INTO dismissed_pair (id, school_id, pupil_id, other_pupil_id, by_membership_id, at)
               VALUES ($1, $2, $3, $4, $5, app_now()) ON CONFLICT DO NOTHING""",
            new_id(), act.who.agency_id, min(one, two), max(one, two), act.who.membership_id,
        )  # fmt: skip
        act.record(Event.DUPLICATE_DISMISSED, subject=one, pupils=[one, two])


async def restore_pair(actor: Actor, one: UUID, two: UUID) -> None:
    """They may be one pupil after all. Records duplicate:restored. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "restore_duplicate") as act:
        if not act.who.may("pupil:merge"):
            raise NotAllowed
        done = await act.run(
            """UPDATE dismissed_pair SET undone_at = app_now(), undone_by_membership_id = $3
               WHERE pupil_id = $1 AND other_pupil_id = $2 AND undone_at IS NULL""",
            min(one, two), max(one, two), act.who.membership_id,
        )  # fmt: skip
        if not done:
            raise NotFound
        act.record(Event.DUPLICATE_RESTORED, subject=one, pupils=[one, two])


async def preview_merge(actor: Actor, kept_id: UUID, gone_id: UUID, said: Merging) -> dict[str, Any]:
    """What a merge would make of both, checked as the merge checks it. Records duplicate:shown.

    Raises: NotAllowed; NotFound; Stale; Refused.
    """
    async with acting_as(actor, "preview_merge") as act:
        pair = await read_pair(act, kept_id, gone_id)
        result = _decided(pair, said)
        act.record(Event.DUPLICATE_SHOWN, subject=kept_id, pupils=[kept_id, gone_id], outcome="shown")
        return pair | {"result": result}


async def merge_pupils(actor: Actor, kept_id: UUID, gone_id: UUID, said: Merging) -> UUID:
    """Put one record into the other: everything of both is the kept one's, the other is nowhere. The id of the merge.

    Whoever may see a case, and who is barred from the pupil, follows at once. Records pupil:merged with both ids.
    Raises: NotAllowed; NotFound; Stale; Refused.
    """
    async with acting_as(actor, "merge_pupils") as act:
        await read_pair(act, kept_id, gone_id)
        if not await act.value("SELECT take_pair($1, $2)", kept_id, gone_id):
            raise NotFound
        pair = await read_pair(act, kept_id, gone_id)
        result, merge_id = _decided(pair, said), new_id()
        joined = {str(line): str(pair["joinable"][line]) for line in said.join}
        moved = await _merge(act, merge_id, kept_id, gone_id, result, joined, said.reason)
        counts: dict[str, Any] = {
            name: len(moved[name]) for name in ("cases", "carers", "bars", "enrolments", "joined")
        }
        act.record(
            Event.PUPIL_MERGED, subject=merge_id, pupils=[kept_id, gone_id], kept=kept_id, gone=gone_id, **counts
        )  # fmt: skip
        return merge_id


async def _merge(
    act: Any, merge_id: UUID, kept: UUID, gone: UUID, result: Mapping[str, Any], joined: Mapping[str, str], reason: str
) -> dict[str, Any]:
    try:
        moved = await act.value(
            "SELECT merge_pupils($1, $2, $3, $4, $5, $6)",
            merge_id, kept, gone, json.dumps(result, default=str), json.dumps(joined), reason,
        )  # fmt: skip
    except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError, asyncpg.CheckViolationError):
        raise Stale({}) from None  # somebody opened a case, or asked a carer, between the look and the lock
    if moved is None:
        raise NotFound
    found: dict[str, Any] = json.loads(moved)
    return found


def _decided(pair: Mapping[str, Any], said: Merging) -> dict[str, Any]:
    """The details of the pupil there will be. Raises: Stale; Refused."""
    kept, gone = pair["kept"], pair["gone"]
    if said.version != pair["version"]:
        raise Stale({"version": pair["version"]})
    if problem := obstacle(pair):
        raise Refused({"": problem})
    if not set(said.join) <= pair["joinable"].keys():
        raise Refused({"join": NOT_JOINED})
    result = chosen(kept, gone, said.take)  # type: ignore[arg-type]
    key = search_key(result["first_name"], result["last_name"], result["preferred_name"] or "")
    return result | {"search_key": key, "former_upn": former_upn(kept, gone, result["upn"])}


def obstacle(pair: Mapping[str, Any]) -> str | None:
    """Why these two cannot be merged now, and what to do first; None when they can."""
    kept, gone = pair["kept"], pair["gone"]
    still = [
        next((case["reference"] for case in each["cases"] if case["status"] == "open"), None) for each in (kept, gone)
    ]
    if all(still):
        return TWO_OPEN.format(*still)
    return LEAVING.format(gone["name"]) if gone["to_on"] else None


async def settle_match(actor: Actor, match_id: UUID, said: Settling) -> None:
    """Both schools have spoken: what came of it. Records match:settled.

    Raises: NotFound; Stale when it is settled already.
    """
    async with acting_as(actor, "settle_match") as act:
        row = await act.row("SELECT pupil_id, outcome FROM school_match WHERE id = $1", match_id)
        if row is None:
            raise NotFound
        done = await act.run(
            "UPDATE school_match SET outcome = $2, settled_at = app_now(), settled_by_membership_id = $3 WHERE id = $1",
            match_id, said.outcome, act.who.membership_id,
        )  # fmt: skip
        if not done:
            raise Stale({"outcome": row["outcome"]})
        act.record(Event.MATCH_SETTLED, subject=match_id, pupils=[row["pupil_id"]], result=said.outcome)
