"""Opening one record in an emergency, ending that, and saying afterwards whether it was right."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ecm.accounts.own import Place, check_password
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, proof
from ecm.emergencies.queries import opened, read_emergency
from ecm.emergencies.rules import FRESH_FOR, problem_of, review_by
from ecm.emergencies.schemas import Judging, Opening
from ecm.errors import NotAllowed, Refused
from ecm.notifications.letters import EmergencyLate, EmergencyOpened, EmergencyToReview
from ecm.notifications.outbox import write_to_worker
from ecm.pupils.rules import name_key, tidy_upn

# No answer comes sooner, so that its time does not tell whether somebody was found.
LEAST_TIME = timedelta(milliseconds=400)
OPEN = "SELECT * FROM open_emergency($1, $2, $3, $4, $5, $6, $7, $8, $9)"
REVIEWERS = "SELECT * FROM emergency_reviewers($1, $2, $3)"
PASSWORD_WANTED = "Enter your password, or sign in again just before: a token is taken for it for 5 minutes."
REVIEWED_ALREADY = "Somebody else has reviewed this meanwhile. See below what they found."
OVER = "This access is over already."


@asynccontextmanager
async def even_time() -> AsyncIterator[None]:
    """What is done inside takes no less than LEAST_TIME, whatever comes of it."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + LEAST_TIME.total_seconds()
    yield
    await asyncio.sleep(ends - loop.time())


async def prove(actor: Actor, asked: Opening, place: Place) -> None:
    """Before a record is opened: whoever asks may open one, has said whose, and has typed the password again.

    Raises: NotAllowed for a role that may not, or is not on duty; Refused, also for a wrong password; TooMany.
    """
    fresh = await _check_may(actor)
    if problems := problem_of(asked.upn, asked.first_name, asked.last_name, asked.date_of_birth):
        raise Refused(problems)
    if asked.password is not None:
        await check_password(actor, asked.password, place, "password")
    elif not fresh:
        raise Refused({"password": PASSWORD_WANTED})


async def _check_may(actor: Actor) -> bool:
    """Whether the session of a program was opened with the password just now. Raises: NotAllowed."""
    async with acting_as(actor, "open_emergency") as act:
        if not await act.value("SELECT may_open_emergency()"):
            raise NotAllowed
        act.record(Event.EMERGENCIES_LISTED, outcome="shown", count=0)
        age = await act.value("SELECT app_now()") - act.who.opened_at
        return act.who.session_kind == "api" and bool(age < FRESH_FOR)


async def open_emergency(actor: Actor, asked: Opening) -> dict[str, Any]:
    """Open the record of the one pupil that this names exactly, for four hours; what is answered is the same when nobody
    was found. Lead practitioner and reviewers are written to at once, of a miss the reviewers. Records emergency:opened.

    Only after `prove`, and within `even_time`. Raises: NotAllowed.
    """
    emergency_id = new_id()
    async with acting_as(actor, "open_emergency") as act:
        row = await act.row(OPEN, *(await _facts(act, emergency_id, asked)))
        if row is None:
            raise NotAllowed
        case_id, lead = row["case_id"], row["lead_membership_id"]
        if case_id is not None and lead != act.who.membership_id:
            await write_to_worker(act, lead, lambda to: EmergencyOpened(to, row["reference"]), case_id)
        await _tell_reviewers(act, emergency_id)
        act.record(
            Event.EMERGENCY_OPENED, case=case_id, subject=emergency_id, pupils=[row["pupil_id"]] if case_id else [],
            code=asked.reason_code, found=case_id is not None,
        )  # fmt: skip
        return opened(await read_emergency(act, emergency_id))


async def _facts(act: Act, emergency_id: UUID, asked: Opening) -> tuple[Any, ...]:
    return (
        emergency_id, tidy_upn(asked.upn) if asked.upn else None, name_key(asked.first_name or ""),
        name_key(asked.last_name or ""), asked.date_of_birth, asked.reason_code, asked.reason,
        review_by(await act.value("SELECT app_now()")), proof("emergency", emergency_id),
    )  # fmt: skip


async def _tell_reviewers(act: Act, emergency_id: UUID) -> None:
    """Who may review it is written to; where nobody else of the organisation can, it goes to the partnership at once."""
    reviewers = await act.rows(REVIEWERS, emergency_id, False, proof("emergency_reviewers", emergency_id))
    for each in reviewers:
        await write_to_worker(act, each[0], EmergencyToReview)
    if not reviewers:
        await escalate(act, emergency_id)


async def escalate(act: Act, emergency_id: UUID) -> bool:
    """Hand the review to the partnership's data protection officers, who are written to; False when that was done before.

    Records emergency:escalated.
    """
    if not await act.value("SELECT escalate_emergency($1, $2)", emergency_id, proof("escalate", emergency_id)):
        return False
    officers = await act.rows(REVIEWERS, emergency_id, True, proof("emergency_reviewers", emergency_id))
    for each in officers:
        await write_to_worker(act, each[0], EmergencyLate)
    act.record(Event.EMERGENCY_ESCALATED, subject=emergency_id, count=len(officers))
    return True


async def end_emergency(actor: Actor, emergency_id: UUID) -> dict[str, Any]:
    """End one's own access now. Records emergency:ended. Raises: NotFound; Refused when it is over."""
    async with acting_as(actor, "end_emergency") as act:
        found = await read_emergency(act, emergency_id)
        if not found["mine"]:
            raise NotAllowed
        case_id = await act.value("SELECT case_id FROM emergency_access WHERE id = $1", emergency_id)
        await act.run("SELECT lock_case($1)", case_id or emergency_id)
        if not await act.run("UPDATE emergency_access SET ended_at = app_now() WHERE id = $1", emergency_id):
            raise Refused({"": OVER})
        act.record(Event.EMERGENCY_ENDED, case=case_id, subject=emergency_id)
        return await read_emergency(act, emergency_id)


async def review_emergency(actor: Actor, emergency_id: UUID, said: Judging) -> dict[str, Any]:
    """Say of somebody else's access whether it was right. One that was not, and still goes on, ends at once.

    Records emergency:reviewed. Raises: NotFound; NotAllowed for whoever opened it; Refused when it is reviewed already.
    """
    async with acting_as(actor, "review_emergency") as act:
        found = await read_emergency(act, emergency_id)
        if found["verdict"] is not None:
            raise Refused({"": REVIEWED_ALREADY})
        if not found["reviewable"]:
            raise NotAllowed
        await _insert_review(act, emergency_id, said)
        act.record(Event.EMERGENCY_REVIEWED, subject=emergency_id, verdict=said.verdict)
        return await read_emergency(act, emergency_id)


async def _insert_review(act: Act, emergency_id: UUID, said: Judging) -> None:
    try:
        await act.run(
            """INSERT INTO emergency_review (emergency_id, reviewer_membership_id, verdict, text, reviewed_at)
               VALUES ($1, $2, $3, $4, app_now())""",
            emergency_id, act.who.membership_id, said.verdict, said.text,
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Refused({"": REVIEWED_ALREADY}) from None
