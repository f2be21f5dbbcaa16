"""Giving actions to a colleague, one or many at once: everything or nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.actions.queries import SEVERAL, people, published
from ecm.actions.schemas import Chosen, HandOver
from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused, Stale

NOT_YOURS = "You can only give to a colleague what your own organisation is to do, in a case that is open. Untick: {}."
ENDED = "These have ended, so nobody needs to do them. Untick: {}."
NOT_THERE = "Choose a colleague who works on every one of these cases."


async def show_chosen(actor: Actor, chosen: Sequence[Chosen]) -> dict[str, Any]:
    """The chosen actions, and the colleagues to whom all of them can be given. Records actions:listed.

    Raises: NotFound when one of them is not to be seen; NotAllowed for who hands nothing over; Refused.
    """
    async with acting_as(actor, "hand_over_actions") as act:
        rows = await _ours(act, chosen)
        colleagues = await _colleagues(act, rows)
        act.record(Event.ACTIONS_LISTED, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return {"actions": [published(row) | {"pupil": display(row)} for row in rows], "colleagues": colleagues}


async def hand_over(actor: Actor, wanted: HandOver) -> int:
    """Give all the chosen actions to one colleague, or none of them. Records action:updated for each; how many there were.

    Raises: NotFound; NotAllowed for who hands nothing over; Stale with those that somebody else changed first; Refused for
    an action of another agency or one that has ended, and for somebody who does not work on one of the cases.
    """
    async with acting_as(actor, "hand_over_actions") as act:
        ids = [each.id for each in wanted.chosen]
        # In one order, so that two people at once wait for each other instead of for ever.
        await act.rows(
            "SELECT lock_case(case_id) FROM (SELECT DISTINCT case_id FROM action WHERE id = ANY ($1) ORDER BY 1) c", ids
        )
        rows = await _ours(act, wanted.chosen)
        read = {each.id: each.version for each in wanted.chosen}
        if changed := [published(row) for row in rows if row["version"] != read[row["id"]]]:
            raise Stale({"changed": changed})
        if wanted.assignee_id not in {each["id"] for each in await _colleagues(act, rows)}:
            raise Refused({"assignee_id": NOT_THERE})
        await _give(act, ids, wanted.assignee_id)
        for row in rows:
            pupils = [row["pupil_id"]]
            act.record(Event.ACTION_UPDATED, case=row["case_id"], subject=row["id"], pupils=pupils, assignee_id=True)
    return len(rows)


async def _ours(act: Act, chosen: Sequence[Chosen]) -> list[Record]:
    """The rows, in the order of their dates."""
    rows = await act.rows(SEVERAL, [each.id for each in chosen])
    if len(rows) < len({each.id for each in chosen}):
        raise NotFound
    if not (act.who.may("action:change") and act.who.may("desk:general")):
        raise NotAllowed
    _refuse(NOT_YOURS, [r for r in rows if not (r["agency_id"] == act.who.agency_id and r["changeable"])])
    _refuse(ENDED, [r for r in rows if r["status"] not in ("todo", "doing")])
    return sorted(rows, key=lambda row: (row["due_on"], row["id"]))


def _refuse(sentence: str, rows: Sequence[Record]) -> None:
    if rows:
        raise Refused({"": sentence.format(", ".join(f"“{row['title']}”" for row in rows))})


async def _colleagues(act: Act, rows: Sequence[Record]) -> list[Record]:
    """Those of the reader's agency who would see every one of these actions."""
    cases = {row["case_id"] for row in rows}
    found = [await people(act, each, [rows[0]["agency_id"]]) for each in cases]
    if not found:
        return []
    everywhere = set.intersection(*({each["id"] for each in there} for there in found))
    return [each for each in found[0] if each["id"] in everywhere]


async def _give(act: Act, ids: list[UUID], assignee_id: UUID) -> None:
    try:
        await act.run(
            "UPDATE action SET assignee_membership_id = $2, updated_at = app_now(), version = version + 1 WHERE id = ANY ($1)",
            ids, assignee_id,
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:  # a row would no longer be one the actor may change
        raise Refused({"assignee_id": NOT_THERE}) from None
