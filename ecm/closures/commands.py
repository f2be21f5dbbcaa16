"""Closing, reopening and voiding a case; that a pupil has died. Each is one transaction and one audit event.

The application writes one row that says what happened and why; the database moves the case, ends involvements and
whatever ends with them (ecm/closures/policies.sql). Source: docs/states.md, cases.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from ecm.actions.rules import is_open
from ecm.audit.events import Event
from ecm.cases.queries import read_case
from ecm.clock import new_id, today
from ecm.closures.queries import died_on
from ecm.closures.rules import Turn, turn_problem
from ecm.closures.schemas import Closure, Death, Reopening, Settled, Voiding
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed, Refused, Stale
from ecm.involvements.queries import kept_case
from ecm.notifications.letters import CaseEnded, RequestEnded
from ecm.notifications.outbox import write_to_worker

STILL_OPEN = "Say what became of each open action before the case closes: done, or cancelled with a line that says why."
WHY_CANCELLED = "Say in a line why “{}” is cancelled."
DONE_OR_NOT = "Choose whether “{}” is done or cancelled."
OTHER_OPEN = "Your school has another open case for this pupil: {}. Go on with that one."


async def close_case(
    actor: Actor, case_id: UUID, closure: Closure, settled: Mapping[UUID, Settled] | None = None
) -> dict[str, Any]:
    """End a case: every involvement ends, and everybody who worked on it is written to. Consents stay as they are.

    `settled` says what became of open actions. Records case:closed. Raises: NotFound; NotAllowed; Stale; Refused when it
    is not open, or an action that the actor sees still is.
    """
    async with acting_as(actor, "close_case") as act:
        case = await _take(act, case_id, "closed", closure.version)
        await _settle(act, case["actions"], settled)
        await _tell(act, case)
        await _turn(act, case_id, "closed", closure.reason, outcome=closure.outcome)
        act.record(Event.CASE_CLOSED, case=case_id, pupils=[case["pupil"]["id"]], result=closure.outcome)
        return await read_case(act, case_id)


async def reopen_case(actor: Actor, case_id: UUID, reopening: Reopening) -> dict[str, Any]:
    """Go on with a closed case; whoever worked on it must be invited again. Records case:reopened.

    Raises: NotFound; NotAllowed; Stale; Refused when it is not closed, or the school has another open case.
    """
    async with acting_as(actor, "reopen_case") as act:
        case = await _take(act, case_id, "reopened", reopening.version)
        pupil_id = case["pupil"]["id"]
        other = "SELECT reference FROM support_case WHERE pupil_id = $1 AND school_id = $2 AND status = 'open'"
        if reference := await act.value(other, pupil_id, act.who.agency_id):
            raise Refused({"": OTHER_OPEN.format(reference)})
        await _turn(act, case_id, "reopened", reopening.reason)
        act.record(Event.CASE_REOPENED, case=case_id, pupils=[pupil_id])
        return await read_case(act, case_id)


async def void_case(actor: Actor, case_id: UUID, voiding: Voiding) -> dict[str, Any]:
    """Say that a case was opened in error: it ends for everybody but the school, which keeps it to read. For good.

    Records case:voided. Raises: NotFound; NotAllowed; Stale; Refused when it was voided before.
    """
    async with acting_as(actor, "void_case") as act:
        case = await _take(act, case_id, "voided", voiding.version)
        await _tell(act, case)
        await _turn(act, case_id, "voided", voiding.reason)
        act.record(Event.CASE_VOIDED, case=case_id, pupils=[case["pupil"]["id"]])
        return await read_case(act, case_id)


async def record_death(actor: Actor, case_id: UUID, death: Death) -> dict[str, Any]:
    """Write down that the pupil has died: the case closes, nobody is written to. Records death:recorded.

    Raises: NotFound; NotAllowed; Stale; Refused for a day to come, or when it is written down already.
    """
    async with acting_as(actor, "record_death") as act:
        case = await _take(act, case_id, "died", death.version, "death:record")
        if death.died_on > today():
            raise Refused({"died_on": "The date must not be in the future."})
        born = case["pupil"]["date_of_birth"]
        if born and death.died_on < born:
            raise Refused({"died_on": "The date must not be before the date of birth."})
        await _turn(act, case_id, "died", outcome="other", died_on=death.died_on)
        act.record(Event.DEATH_RECORDED, case=case_id, pupils=[case["pupil"]["id"]])
        return await read_case(act, case_id)


async def undo_death(actor: Actor, case_id: UUID, undoing: Reopening) -> dict[str, Any]:
    """Say that this was entered in error; the case stays closed until it is reopened. Records death:undone.

    Raises: NotFound; NotAllowed; Stale; Refused when no death is written down.
    """
    async with acting_as(actor, "record_death") as act:
        case = await _take(act, case_id, "died_in_error", undoing.version, "death:record")
        await _turn(act, case_id, "died_in_error", undoing.reason)
        act.record(Event.DEATH_UNDONE, case=case_id, pupils=[case["pupil"]["id"]])
        return await read_case(act, case_id)


async def _take(act: Act, case_id: UUID, turn: Turn, version: int | None, verb: str = "case:change") -> dict[str, Any]:
    """The case, taken for the rest of the transaction, if it can take this turn and is as it was read.

    Raises: NotFound; NotAllowed for who does not keep it; Refused; Stale.
    """
    head = await kept_case(act, case_id, "case:change")
    if not act.who.may(verb):
        raise NotAllowed
    await act.run("SELECT lock_case($1)", case_id)
    case = await read_case(act, case_id)
    died = await died_on(act, head.pupil_id) is not None
    if problem := turn_problem(turn, case["status"], died=died):
        raise Refused({"": problem})
    if version is not None and version != case["version"]:
        raise Stale(case)
    return case


async def _settle(act: Act, actions: Iterable[dict[str, Any]], settled: Mapping[UUID, Settled] | None) -> None:
    """Every open action that the actor sees ends as was said. Raises: Refused, naming those of which nothing was."""
    waiting = [each for each in actions if is_open(each["status"])]
    if waiting and settled is None:
        raise Refused({"actions": STILL_OPEN})
    problems: dict[str, str] = {}
    for each in waiting:
        said = (settled or {}).get(each["id"])
        if said is None:
            problems[f"actions.{each['id']}.status"] = DONE_OR_NOT.format(each["title"])
        elif said.status == "cancelled" and not said.progress:
            problems[f"actions.{each['id']}.progress"] = WHY_CANCELLED.format(each["title"])
        else:
            await act.run(
                """UPDATE action SET status = $2, progress = coalesce(nullif($3, ''), progress), updated_at = app_now(),
                   version = version + 1 WHERE id = $1""",
                each["id"], said.status, said.progress,
            )  # fmt: skip
    if problems:
        raise Refused(problems)


async def _tell(act: Act, case: Mapping[str, Any]) -> None:
    """Write to everybody who works on the case or was asked to, whether or not the actor may know of them."""
    told = await act.rows(
        "SELECT * FROM workers_to_tell($1, NULL, $2)", case["id"], proof("workers_to_tell", case["id"], "")
    )
    for row in told:
        letter = partial(_letter, case=case, knows_case=row["knows_case"])
        await write_to_worker(act, row["membership_id"], letter, case["id"])


def _letter(to: str, case: Mapping[str, Any], knows_case: bool) -> CaseEnded | RequestEnded:
    """Who never saw the case is not told which it was."""
    return CaseEnded(to, case["reference"]) if knows_case else RequestEnded(to)


async def _turn(
    act: Act, case_id: UUID, kind: Turn, reason: str = "", *, outcome: str | None = None, died_on: date | None = None
) -> None:
    try:
        await act.run(
            "INSERT INTO case_turn (id, case_id, kind, outcome, reason, died_on) VALUES ($1, $2, $3, $4, $5, $6)",
            new_id(), case_id, kind, outcome, reason, died_on,
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
