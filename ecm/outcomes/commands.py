"""What can be done to outcomes, and what pupil and family say. Each is one transaction and one audit event."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record
from pydantic import BaseModel

from ecm.audit.events import Event
from ecm.cases.commands import claim, must_be_open
from ecm.cases.outcomes import number
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused, Stale
from ecm.outcomes.queries import (
    CHANGEABLE,
    read_line,
    read_measurement,
    read_outcome,
    read_provision,
    read_view,
)
from ecm.outcomes.rules import CARERS_WRITE, category_of, due_problem, measure_problem, past_problem
from ecm.outcomes.schemas import NewMeasurement, NewOutcome, NewView, OutcomeChange

CORE = "Choose another kind of information: everybody on the case reads this one."
NOT_A_CARERS = "What a parent or carer writes is kept as “Family and home”, so that the right people read it."
NO_MEASURE = "Nothing is measured for this yet. Change it first, and say what is measured."
MEASURED = "There are measurements, so say what is measured."
EMPTIED = ("measure", "baseline", "target", "due_on")
READERS: dict[str, Callable[[Act, UUID], Awaitable[dict[str, Any]]]] = {
    "outcome": read_outcome,
    "provision": read_provision,
}


async def add_outcome(actor: Actor, case_id: UUID, new: NewOutcome) -> dict[str, Any]:
    """Say what is to be different. Records outcome:added.

    Raises: NotFound; NotAllowed for a role that adds none; Refused for a category that is not the actor's to write,
    numbers without words for what they measure, or a date that makes no sense.
    """
    async with acting_as(actor, "add_outcome") as act:
        case = await line_for(act, case_id, "outcome:add")
        await claim(act, case_id, text_category(new.category))
        refuse("measure", measure_problem(new.measure, _numbers(new.baseline, new.target)))
        if new.due_on:
            refuse("due_on", due_problem(new.due_on, case["opened_on"], today()))
        outcome_id = new_id()
        await act.run(
            """INSERT INTO outcome (id, case_id, category, title, measure, baseline, target, due_on, added_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, app_now(), app_now())""",
            outcome_id, case_id, new.category, new.title, new.measure, new.baseline, new.target, new.due_on,
        )  # fmt: skip
        pupils = [case["pupil_id"]]
        act.record(Event.OUTCOME_ADDED, case=case_id, subject=outcome_id, pupils=pupils, category=new.category)
        return await read_outcome(act, outcome_id)


async def change_outcome(actor: Actor, outcome_id: UUID, change: OutcomeChange) -> dict[str, Any]:
    """Say how it went, or put right what it says; what is the same already is not written. Records outcome:changed.

    Raises: NotFound; NotAllowed for who neither wrote it nor keeps the case; Stale; Refused as `add_outcome` does.
    """
    async with acting_as(actor, "change_outcome") as act:
        now = await held(act, "outcome", outcome_id)
        if now["version"] != change.version:
            raise Stale(now)
        wanted = differences(now, change, EMPTIED)
        await _check(act, now, wanted)
        await write(act, "outcome", outcome_id, wanted)
        told: dict[str, Any] = dict.fromkeys(wanted, True) | {"status": wanted.get("status")}
        pupils = [(await read_line(act, now["case_id"]))["pupil_id"]]
        act.record(Event.OUTCOME_CHANGED, case=now["case_id"], subject=outcome_id, pupils=pupils, **told)
        return await read_outcome(act, outcome_id)


async def measure_outcome(
    actor: Actor, outcome_id: UUID, new: NewMeasurement, in_class: bool = False
) -> dict[str, Any]:
    """Write down a number; of one day, the last written counts. `in_class`: for a pupil of the own class, whose case the
    actor need not see. Records outcome:measured.

    Raises: NotFound; NotAllowed for a role that writes down none; Refused where nothing is measured, or for a day that
    makes no sense.
    """
    async with acting_as(actor, "measure_outcome") as act:
        outcome = await read_outcome(act, outcome_id)
        case_id, on = outcome["case_id"], new.measured_on or today()
        case = await (taught_line(act, case_id) if in_class else line_for(act, case_id, "note:write"))
        await claim(act, case_id, outcome["category"], "")
        refuse("value", None if outcome["measure"] else NO_MEASURE)
        refuse("measured_on", past_problem(on, case["opened_on"], today()))
        made = new_id()
        await act.run(
            """INSERT INTO measurement (id, outcome_id, case_id, category, measured_on, value, note, written_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, app_now())""",
            made, outcome_id, case_id, outcome["category"], on, new.value, new.note,
        )  # fmt: skip
        act.record(
            Event.OUTCOME_MEASURED, case=case_id, subject=outcome_id, pupils=[case["pupil_id"]], measurement=made
        )
        return await read_measurement(act, made)


async def record_view(actor: Actor, case_id: UUID, new: NewView) -> dict[str, Any]:
    """Write down what pupil or family say: a worker for them, or a carer who was let in to the case themselves.

    Records view:recorded. Raises: NotFound; NotAllowed for a role that writes nothing; Refused for a kind of information
    that is not the actor's to write, or a day that makes no sense.
    """
    async with acting_as(actor, "record_view") as act:
        case = await read_line(act, case_id)
        category = category_of(new.whose, new.category, act.who.membership_id is None)
        await _claim_view(act, case_id, category)
        given_on = new.given_on or today()
        refuse("given_on", past_problem(given_on, case["opened_on"], today()))
        view_id = new_id()
        await _insert_view(act, view_id, case_id, category, new, given_on)
        act.record(
            Event.VIEW_RECORDED, case=case_id, subject=view_id, pupils=[case["pupil_id"]], category=category,
            whose=new.whose,
        )  # fmt: skip
        return await read_view(act, view_id)


async def _claim_view(act: Act, case_id: UUID, category: str) -> None:
    if act.who.membership_id is None:
        await must_be_open(act, case_id)
        refuse("category", None if category == CARERS_WRITE else NOT_A_CARERS)
        return
    if not act.who.may("note:write"):
        raise NotAllowed
    await claim(act, case_id, text_category(category))


async def _insert_view(act: Act, view_id: UUID, case_id: UUID, category: str, new: NewView, given_on: date) -> None:
    try:
        await act.run(
            """INSERT INTO case_view (id, case_id, category, whose, text, how, given_on, written_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, app_now())""",
            view_id, case_id, category, new.whose, new.text, new.how, given_on,
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:  # a carer who was shut out meanwhile
        raise NotFound from None


async def line_for(act: Act, case_id: UUID, verb: str) -> Record:
    """A case that the actor sees and has this verb for. Raises: NotFound; NotAllowed."""
    case = await read_line(act, case_id)
    if not act.who.may(verb):
        raise NotAllowed
    return case


async def taught_line(act: Act, case_id: UUID) -> Record:
    """The same of a case of the actor's own class. Raises: NotFound; NotAllowed for who teaches no class."""
    if not act.who.may("pupil:look_up_class"):
        raise NotAllowed
    row = await act.row("SELECT * FROM taught_cases() WHERE case_id = $1", case_id)
    if row is None:
        raise NotFound
    return row


async def held(act: Act, table: str, row_id: UUID) -> dict[str, Any]:
    """An outcome or a provision as it is now, held until the end of the transaction, in a case that can be changed.

    Raises: NotFound; NotAllowed for a role that changes none, or who neither wrote it nor keeps the case; Refused when the
    case is not open.
    """
    await act.run(f"SELECT lock_case(case_id) FROM {table} WHERE id = $1", row_id)
    now = await READERS[table](act, row_id)
    if not (act.who.may("outcome:add") and await act.value(CHANGEABLE[table], row_id)):
        raise NotAllowed
    await must_be_open(act, now["case_id"])
    return now


def differences(now: Mapping[str, Any], change: BaseModel, emptied: Collection[str]) -> dict[str, Any]:
    """What would be new. Left out, or null where null says nothing: as it is."""
    asked = change.model_dump(exclude_unset=True, exclude={"version"})
    plain = {k: number(v) if isinstance(v, Decimal) else v for k, v in asked.items()}
    return {k: v for k, v in asked.items() if plain[k] != now[k] and (v is not None or k in emptied)}


async def write(act: Act, table: str, row_id: UUID, wanted: Mapping[str, Any]) -> None:
    """Write what is wanted, under the names of the model, with a new version; nothing where nothing is."""
    sets = "".join(f"{name} = ${place}, " for place, name in enumerate(wanted, start=2))
    if wanted:
        await act.run(
            f"UPDATE {table} SET {sets}updated_at = app_now(), version = version + 1 WHERE id = $1",
            row_id, *wanted.values(),
        )  # fmt: skip


async def _check(act: Act, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    after = {**now, **wanted}
    if now["measurements"] and not after["measure"]:
        raise Refused({"measure": MEASURED})
    refuse("measure", measure_problem(after["measure"], _numbers(after["baseline"], after["target"])))
    if due_on := wanted.get("due_on"):
        refuse("due_on", due_problem(due_on, (await read_line(act, now["case_id"]))["opened_on"], today()))


def _numbers(*numbers: object) -> list[object]:
    return [each for each in numbers if each is not None]


def text_category(category: str) -> str:
    """The category, if text can be written in it. Raises: Refused."""
    if category == "core":
        raise Refused({"category": CORE})
    return category


def refuse(field: str, problem: str | None) -> None:
    """Raises: Refused, when there is a problem."""
    if problem:
        raise Refused({field: problem})
