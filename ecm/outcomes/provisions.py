"""What the pupil gets: adding a provision, changing it, saying that it has ended."""

from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.cases.commands import claim
from ecm.clock import new_id, today
from ecm.database import Actor, acting_as
from ecm.errors import Stale
from ecm.outcomes.commands import differences, held, line_for, refuse, text_category, write
from ecm.outcomes.queries import read_line, read_provision
from ecm.outcomes.rules import end_problem, start_problem
from ecm.outcomes.schemas import NewProvision, ProvisionChange

EMPTIED = ("minutes", "weeks", "ended_on")


async def add_provision(actor: Actor, case_id: UUID, new: NewProvision) -> dict[str, Any]:
    """Say what the pupil gets. Records provision:added.

    Raises: NotFound; NotAllowed for a role that adds none; Refused for a category that is not the actor's to write, or a
    day that makes no sense.
    """
    async with acting_as(actor, "add_provision") as act:
        case, starts_on = await line_for(act, case_id, "outcome:add"), new.starts_on or today()
        await claim(act, case_id, text_category(new.category))
        refuse("starts_on", start_problem(starts_on, case["opened_on"], today()))
        made = new_id()
        await act.run(
            """INSERT INTO provision (id, case_id, category, title, who, how_often, minutes, weeks, starts_on, added_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, app_now(), app_now())""",
            made, case_id, new.category, new.title, new.who, new.how_often, new.minutes, new.weeks, starts_on,
        )  # fmt: skip
        pupils = [case["pupil_id"]]
        act.record(Event.PROVISION_ADDED, case=case_id, subject=made, pupils=pupils, category=new.category)
        return await read_provision(act, made)


async def change_provision(actor: Actor, provision_id: UUID, change: ProvisionChange) -> dict[str, Any]:
    """Change what the pupil gets, or say when it ended; no last day: it goes on after all. Records provision:changed.

    Raises: NotFound; NotAllowed for who neither wrote it nor keeps the case; Stale; Refused.
    """
    async with acting_as(actor, "change_provision") as act:
        now = await held(act, "provision", provision_id)
        if now["version"] != change.version:
            raise Stale(now)
        wanted = differences(now, change, EMPTIED)
        if ended_on := wanted.get("ended_on"):
            refuse("ended_on", end_problem(ended_on, now["starts_on"], today()))
        await write(act, "provision", provision_id, wanted)
        told: dict[str, Any] = dict.fromkeys(wanted, True)
        pupils = [(await read_line(act, now["case_id"]))["pupil_id"]]
        act.record(Event.PROVISION_CHANGED, case=now["case_id"], subject=provision_id, pupils=pupils, **told)
        return await read_provision(act, provision_id)
