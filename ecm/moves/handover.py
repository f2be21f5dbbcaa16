"""Handing a case over to the next school: offering, taking back, refusing, taking over. One transaction, one event each.

Before it accepts, the receiving school learns codes, a day and which school; everything else comes with its yes, and is
gone for the old school with it, but for what that wrote. Source: docs/access.md; docs/states.md, hand-over.
"""

from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.consent.again import ask_again
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed, Refused, Stale
from ecm.moves.offers import handing_school, own_case, read_offer
from ecm.moves.rules import first_day_problem
from ecm.moves.schemas import Offer, Taking
from ecm.notifications.letters import (
    CaseMoved,
    CaseOffered,
    Letter,
    OfferEnded,
    RequestMoved,
    SchoolChanged,
    SchoolChanges,
)
from ecm.notifications.outbox import queue, write_to_worker
from ecm.pupils.rules import year_group, year_group_code

CHOOSE_SCHOOL = "Choose the next school from the list."
NOT_OPEN = "This case is not open, so there is nothing to hand over."
OFFERED = "This case has been offered already. Take that offer back first."
REFUSALS = {
    "handover_pupil": ("pupil_id", "This pupil cannot be the one of the case: the UPN or the date of birth is another. "
                                   "Check the record, or ring the school that offers the case."),
    "handover_open_case": ("pupil_id", "Your school has an open case for this pupil. Close it first, or refuse this one."),
    "handover_upn": ("pupil_id", "A pupil with this UPN is on your roll. Find them and choose them here."),
    "case_lead_of_school": ("lead_practitioner_id", "Choose a SENCO, headteacher or safeguarding lead of your school who "
                                                    "may work on this case."),
}  # fmt: skip


async def offer_case(actor: Actor, key: UUID | str, new: Offer) -> dict[str, Any]:
    """Offer a case of the actor's school to another; nothing moves yet. Records case:offered.

    Who may answer is written to, and carers who see the case, unless telling them is not safe.
    Raises: NotFound; NotAllowed; Refused.
    """
    async with acting_as(actor, "hand_over_case") as act:
        case = await own_case(act, key)
        await _offer(act, handover_id := new_id(), case, new)
        for row in await _recipients(act, handover_id):
            if row["whom"] == "receiver":
                await write_to_worker(act, row["membership_id"], CaseOffered, row["case_id"])
            elif row["whom"] == "carer":
                await queue(act, SchoolChanges(row["email"]))
        act.record(
            Event.CASE_OFFERED, case=case["id"], subject=handover_id, pupils=[case["pupil_id"]],
            agency=new.to_school_id, reason=new.reason_code, told=new.family_told,
        )  # fmt: skip
        return await read_offer(act, handover_id)


async def _offer(act: Act, handover_id: UUID, case: Record, new: Offer) -> None:
    if problem := first_day_problem(new.joins_on, today()):
        raise Refused({"joins_on": problem})
    try:
        offered = await act.value(
            "SELECT offer_case($1, $2, $3, $4, $5, $6, $7)", handover_id, case["id"], new.to_school_id, new.reason_code,
            list(dict.fromkeys(new.wishes)), new.joins_on, new.family_told,
        )  # fmt: skip
    except asyncpg.CheckViolationError:
        raise Refused({"to_school_id": CHOOSE_SCHOOL}) from None
    except asyncpg.UniqueViolationError:
        raise Refused({"": OFFERED}) from None
    if not offered:
        raise Refused({"": NOT_OPEN})


async def withdraw_offer(actor: Actor, handover_id: UUID) -> dict[str, Any]:
    """Take an offer back before it is answered; who could have answered is written to. Records case:hand_over_withdrawn.

    Raises: NotFound; NotAllowed; Stale when it was answered before.
    """
    async with acting_as(actor, "hand_over_case") as act:
        await _end(act, handover_id, "from_school", None)
        for row in await _recipients(act, handover_id):
            if row["whom"] == "receiver":
                await write_to_worker(act, row["membership_id"], OfferEnded, row["case_id"])
        return await _done(act, Event.CASE_HAND_OVER_WITHDRAWN, handover_id)


async def refuse_offer(actor: Actor, handover_id: UUID, reason: str) -> dict[str, Any]:
    """Say no, with a coded reason; the school that offered is written to. Records case:hand_over_refused.

    Raises: NotFound; NotAllowed; Stale when it was answered or taken back before.
    """
    async with acting_as(actor, "answer_handover") as act:
        await _end(act, handover_id, "to_school", reason)
        for row in await _recipients(act, handover_id):
            if row["whom"] == "school":
                await write_to_worker(act, row["membership_id"], OfferEnded, row["case_id"])
        return await _done(act, Event.CASE_HAND_OVER_REFUSED, handover_id, reason=reason)


async def _end(act: Act, handover_id: UUID, side: str, refusal: str | None) -> None:
    school = handing_school(act)
    offer = await read_offer(act, handover_id)
    if offer[side]["id"] != school:
        raise NotAllowed
    if await act.value("SELECT end_offer($1, $2)", handover_id, refusal) is None:
        raise Stale(await read_offer(act, handover_id))


async def take_case(actor: Actor, handover_id: UUID, taking: Taking) -> dict[str, Any]:
    """Take a case over: from now on the actor's school keeps it, with its own lead; the old one reads what it wrote.

    With the school's own record of the pupil, or by putting the pupil on its roll with the record that comes along.
    Everybody on the case is written to, and the family is asked again what it had not answered. Records case:handed_over.
    Raises: NotFound; NotAllowed; Stale when it was answered or taken back before; Refused.
    """
    async with acting_as(actor, "answer_handover") as act:
        school = handing_school(act)
        offer = await read_offer(act, handover_id)
        if offer["to_school"]["id"] != school:
            raise NotAllowed
        # Before anything moves: who may be written to is who was on the case until now.
        for row in await _recipients(act, handover_id):
            await _tell(act, row)
        case_id = await _take(act, handover_id, taking)
        if case_id is None:
            raise Stale(await read_offer(act, handover_id))
        await ask_again(act, case_id)
        if taking.pupil_id is None:
            await _place(act, handover_id)
        return await _done(act, Event.CASE_HANDED_OVER, handover_id, own=taking.pupil_id is not None)


async def _take(act: Act, handover_id: UUID, taking: Taking) -> UUID | None:
    lead = taking.lead_practitioner_id
    sql = "SELECT take_case($1, $2, $3, $4)"
    try:
        return await act.value(sql, handover_id, taking.pupil_id, new_id(), lead)
    except asyncpg.CheckViolationError as error:
        field, sentence = REFUSALS[error.constraint_name]
        raise Refused({field: sentence}) from None


async def _place(act: Act, handover_id: UUID) -> None:
    """The year group at the new school, from the age on the first day; what the old one wrote where that is not known."""
    row = await act.row(
        """SELECT e.id, e.from_on, u.date_of_birth FROM case_handover h JOIN support_case c ON c.id = h.case_id
           JOIN pupil u ON u.id = c.pupil_id JOIN enrolment e ON e.pupil_id = u.id AND e.school_id = h.to_school_id AND e.to_on IS NULL
           WHERE h.id = $1""",
        handover_id,
    )
    if row and row["date_of_birth"] and (code := year_group_code(year_group(row["date_of_birth"], row["from_on"]))):
        await act.run("UPDATE enrolment SET year_group = $2 WHERE id = $1", row["id"], code)


async def _recipients(act: Act, handover_id: UUID) -> list[Record]:
    sql = "SELECT * FROM handover_recipients($1, $2)"
    return await act.rows(sql, handover_id, proof("handover_recipients", handover_id))


async def _tell(act: Act, row: Record) -> None:
    """That another school keeps the case now; who does not know which case it is, is not told."""
    if row["whom"] == "carer":
        await queue(act, SchoolChanged(row["email"]))
    elif row["whom"] in ("school", "worker"):
        await write_to_worker(act, row["membership_id"], partial(_moved, reference=row["reference"]), row["case_id"])


def _moved(to: str, reference: str | None) -> Letter:
    return CaseMoved(to, reference) if reference else RequestMoved(to)


async def _done(act: Act, event: Event, handover_id: UUID, **detail: Any) -> dict[str, Any]:
    """The event with the case; the pupil only where the actor may know which it is."""
    row = await act.row(
        """SELECT h.case_id, coalesce(c.pupil_id, k.pupil_id) AS pupil_id FROM case_handover h LEFT JOIN support_case c ON c.id = h.case_id
           LEFT JOIN LATERAL case_to_hand_over(h.case_id, NULL) k ON true WHERE h.id = $1""",
        handover_id,
    )
    assert row is not None  # the caller has just read it
    pupils = [row["pupil_id"]] if row["pupil_id"] else []
    act.record(event, case=row["case_id"], subject=handover_id, pupils=pupils, **detail)
    return await read_offer(act, handover_id)
