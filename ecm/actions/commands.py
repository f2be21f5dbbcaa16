"""What can be done to an action. Each is one transaction and one audit event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.actions.queries import owners, people, published, read_action, read_case_line
from ecm.actions.rules import due_problem, move_problem
from ecm.actions.schemas import ActionChange, NewAction
from ecm.agencies.words import CATEGORY_LABELS
from ecm.audit.events import Event
from ecm.cases.commands import claim, must_be_open
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, Refused, Stale

NOT_ON_CASE = "Choose an agency that works on this case. Others must be invited first, and the family must agree."
ONLY_ITS_READERS = "Choose “{}”: only those who read that kind may know that this agency helps."
NOT_THERE = "Choose somebody who works on this case for the agency that will do it, or nobody in particular."
NOT_YOURS_TO_GIVE = "You cannot give this action to somebody else. Ask your manager or the lead practitioner to do it."


async def add_action(actor: Actor, case_id: UUID, new: NewAction) -> dict[str, Any]:
    """Give somebody something to do; its owner agency learns title, date, status and progress. Records action:added.

    Raises: NotFound; NotAllowed for a role that adds none; Refused for a category that is not the actor's to write, an
    owner that is not on the case, a person who would not see it, or a date that makes no sense.
    """
    async with acting_as(actor, "add_action") as act:
        case = await read_case_line(act, "c.id = $1", case_id)
        if not act.who.may("action:add"):
            raise NotAllowed
        await claim(act, case_id, _text_category(new.category))
        owner = await _owner(act, case_id, new)
        _refuse("due_on", due_problem(new.due_on, case["opened_on"], today()))
        action_id = new_id()
        await _insert(act, action_id, case_id, new, await _person(act, case_id, owner, new.assignee_id))
        act.record(
            Event.ACTION_ADDED, case=case_id, subject=action_id, pupils=[case["pupil_id"]],
            category=new.category, owner=new.owner_agency_id,
        )  # fmt: skip
        return published(await read_action(act, action_id))


async def change_action(actor: Actor, action_id: UUID, change: ActionChange) -> dict[str, Any]:
    """Move an action on, or put right what it says; what is the same already is not written. Records action:updated.

    Raises: NotFound; NotAllowed for whoever is not its owner, its author or keeper of the case; Stale; Refused.
    """
    async with acting_as(actor, "change_action") as act:
        await act.run("SELECT lock_case(case_id) FROM action WHERE id = $1", action_id)
        row = await read_action(act, action_id)
        if not (row["changeable"] and act.who.may("action:change")):
            raise NotAllowed
        await must_be_open(act, row["case_id"])
        if row["version"] != change.version:
            raise Stale(published(row))
        wanted = _differences(row, change)
        await _check_change(act, row, wanted)
        if wanted:
            await _write(act, row, wanted)
        changed: dict[str, Any] = dict.fromkeys(wanted, True) | {"status": wanted.get("status")}
        act.record(Event.ACTION_UPDATED, case=row["case_id"], subject=action_id, pupils=[row["pupil_id"]], **changed)
        return published(await read_action(act, action_id))


def _text_category(category: str) -> str:
    if category == "core":
        raise Refused({"category": "Choose another kind of information: everybody on the case reads this one."})
    return category


async def _owner(act: Act, case_id: UUID, new: NewAction) -> Record:
    """The agency that will do it. An agency not on the case and one the actor may not know of are refused alike."""
    owner = next((each for each in await owners(act, case_id) if each["id"] == new.owner_agency_id), None)
    if owner is None:
        raise Refused({"owner_agency_id": NOT_ON_CASE})
    # Whoever reads the action reads whose it is. Source: design 4, "each involvement has a category too".
    kind = owner["involvement_category"]
    if kind not in ("core", new.category):
        raise Refused({"category": ONLY_ITS_READERS.format(CATEGORY_LABELS[kind])})
    return owner


async def _person(act: Act, case_id: UUID, owner: Record, wanted: UUID | None) -> UUID | None:
    """Who is to do it: whoever was chosen, else whom the owner has put on this case; None is the owner's desk."""
    there = {each["id"] for each in await people(act, case_id, [owner["id"]])}
    _refuse("assignee_id", NOT_THERE if wanted and wanted not in there else None)
    return wanted or (owner["assignee_id"] if owner["assignee_id"] in there else None)


async def _insert(act: Act, action_id: UUID, case_id: UUID, new: NewAction, person: UUID | None) -> None:
    await act.run(
        """INSERT INTO action
           (id, case_id, category, title, owner_agency_id, assignee_membership_id, due_on, added_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, app_now(), app_now())""",
        action_id, case_id, new.category, new.title, new.owner_agency_id, person, new.due_on,
    )  # fmt: skip


def _differences(row: Record, change: ActionChange) -> dict[str, Any]:
    """What would be new. Left out, or null where null says nothing: as it is."""
    asked = change.model_dump(exclude_unset=True, exclude={"version"})
    return {k: v for k, v in asked.items() if v != row[k] and (v is not None or k == "assignee_id")}


async def _check_change(act: Act, row: Record, wanted: Mapping[str, Any]) -> None:
    _refuse("progress", move_problem(row["status"], wanted.get("status", row["status"]), wanted.get("progress", "")))
    if due_on := wanted.get("due_on"):
        _refuse("due_on", due_problem(due_on, row["opened_on"], today()))
    if person := wanted.get("assignee_id"):
        there = {each["id"] for each in await people(act, row["case_id"], [row["agency_id"]])}
        _refuse("assignee_id", NOT_THERE if person not in there else None)


def _refuse(field: str, problem: str | None) -> None:
    if problem:
        raise Refused({field: problem})


async def _write(act: Act, row: Record, wanted: Mapping[str, Any]) -> None:
    now = {name: wanted.get(name, row[name]) for name in ("title", "due_on", "status", "progress", "assignee_id")}
    try:
        await act.run(
            """UPDATE action SET title = $2, due_on = $3, status = $4, progress = $5, assignee_membership_id = $6,
               updated_at = app_now(), version = version + 1 WHERE id = $1""",
            row["id"], *now.values(),
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:  # the row would no longer be one the actor may change
        raise Refused({"assignee_id": NOT_YOURS_TO_GIVE}) from None
