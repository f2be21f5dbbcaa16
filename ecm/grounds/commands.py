"""Recording why something is shared without consent, telling the family, ending it, objecting to it."""

from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.commands import must_be_open
from ecm.cases.head import Head, read_head
from ecm.clock import midnight, new_id, today
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.grounds.queries import pupils_of, read_ground
from ecm.grounds.rules import LABELS, NO_CODE, SOURCES, VERBS, codes, misfit, override_problems, telling_problems
from ecm.grounds.schemas import Answering, Ending, NewGround, Objecting, Telling
from ecm.notifications.letters import ObjectionMade, OverrideRecorded
from ecm.notifications.outbox import write_to_first, write_to_worker

NOT_HERE = (
    "You cannot record this for this organisation and these kinds of information. It must be asked to help on this case, "
    "and must not be your own."
)
OWN_RENEWAL = "You recorded the last one yourself. Somebody else must decide whether it goes on."
CANNOT_AGREE = (
    "This person cannot agree to this. It takes parental responsibility of which the school has seen proof, "
    "and from 16 the pupil decides."
)
IS_OVER = "This has ended already."
ANSWERED = "Somebody has answered this already."


async def record_ground(actor: Actor, case_id: UUID, new: NewGround) -> dict[str, Any]:
    """Share these kinds of information with one organisation, from now on, for a reason that is no consent.

    Of an override the data protection officers are written to. Records ground:recorded.
    Raises: NotFound; NotAllowed for a role that may not; Refused for a case that is closed, a
    reason that does not fit, an override that is too long or renewed by whoever recorded it.
    """
    async with acting_as(actor, "record_ground") as act:
        if not act.who.may(VERBS[new.basis]):
            raise NotAllowed
        await must_be_open(act, case_id)
        head = await read_head(act, case_id)
        await check_ground(act, head, new)
        ground_id = new_id()
        await _insert(act, ground_id, head, new)
        await _tell_officers(act, ground_id, head)
        act.record(
            Event.GROUND_RECORDED, case=head.id, subject=ground_id, pupils=[head.pupil_id], basis=new.basis, code=new.code,
            agency=new.agency_id, told=bool(new.told_on),
        )  # fmt: skip
        return await read_ground(act, ground_id)


async def preview_ground(actor: Actor, case_id: UUID, new: NewGround) -> dict[str, Any]:
    """What would be recorded, in the names that a page shows. Records consents:listed. Raises: as `record_ground`."""
    async with acting_as(actor, "record_ground") as act:
        if not act.who.may(VERBS[new.basis]):
            raise NotAllowed
        head = await read_head(act, case_id)
        await check_ground(act, head, new)
        agency = await act.value("SELECT name FROM agency WHERE id = $1", new.agency_id)
        agreed = [new.carer_id] if new.basis == "service_agreement" and new.carer_id else []
        persons = await _persons(act, head, agreed or new.told_carer_ids)
        names = await act.rows("SELECT name FROM person WHERE id = ANY ($1::uuid[]) ORDER BY name", persons)
        act.record(Event.CONSENTS_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown")
        return new.model_dump() | {
            "agency": agency, "people": [row["name"] for row in names], "label": LABELS[new.code],
            "source": SOURCES.get(new.code, ""),
        }  # fmt: skip


async def check_ground(act: Act, head: Head, new: NewGround) -> None:
    """Everything that can be said before it is written. Raises: Refused, with every problem there is."""
    kind = await act.value("SELECT kind FROM agency WHERE id = $1", new.agency_id)
    role, on = act.who.role or "", today()
    problems = _code_problems(new, role, kind or "", on)
    if new.basis == "service_agreement":
        problems |= _agreement_problems(new)
    else:
        problems |= telling_problems(new.basis, on, new.told_on, new.told_carer_ids, new.not_told_code, new.revisit_on)
    if new.basis == "override":
        problems |= override_problems(new.reason, new.consulted, new.until_on, on)
    elif new.until_on is not None and new.until_on <= on:
        problems["until_on"] = "The last day must be after today."
    if problems:
        raise Refused(problems)
    allowed = "SELECT may_record_ground($1, $2, $3, $4::text[])"
    if not await act.value(allowed, head.id, new.agency_id, new.basis, list(new.categories)):
        raise Refused({"agency_id": NOT_HERE})


def _code_problems(new: NewGround, role: str, kind: str, on: date) -> dict[str, str]:
    if new.basis == "statutory":
        return misfit(new.code, role, kind, new.categories, on)
    return {} if new.code in {each.code for each in codes(new.basis, role, on)} else {"code": NO_CODE}


def _agreement_problems(new: NewGround) -> dict[str, str]:
    """A yes to a service names who said it and how; whoever says yes has been told."""
    needed = {"carer_id": "Choose who agreed.", "channel": "Choose how they said it."}
    return {name: sentence for name, sentence in needed.items() if getattr(new, name) is None}


async def _insert(act: Act, ground_id: UUID, head: Head, new: NewGround) -> None:
    agreed = await _persons(act, head, [new.carer_id] if new.carer_id and new.basis == "service_agreement" else [])
    told = agreed or await _persons(act, head, new.told_carer_ids)
    told_on = today() if agreed else new.told_on
    until = midnight(new.until_on + timedelta(days=1)) if new.until_on else None
    try:
        await act.run(
            """INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, reason, consulted, agreed_by_person_id,
                   channel, family_told_on, told_person_ids, not_told_code, revisit_on, until_at, from_at, recorded_by_membership_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, app_now(), $16)""",
            ground_id, head.id, new.agency_id, new.basis, new.code, sorted(set(new.categories)), new.reason, new.consulted,
            agreed[0] if agreed else None, new.channel if agreed else None, told_on, told,
            None if told else new.not_told_code, None if told else new.revisit_on, until, act.who.membership_id,
        )  # fmt: skip
    except asyncpg.CheckViolationError as broken:
        raise Refused(_sentence(broken)) from None


async def _tell_officers(act: Act, ground_id: UUID, head: Head) -> None:
    officers = await act.rows(
        "SELECT * FROM override_readers($1, $2)", ground_id, proof("override_readers", ground_id)
    )  # fmt: skip
    for each in officers:
        await write_to_worker(act, each[0], OverrideRecorded, head.id)


def _sentence(broken: asyncpg.CheckViolationError) -> dict[str, str]:
    if broken.constraint_name == "ground_renewed_by_other":  # type: ignore[attr-defined]
        return {"": OWN_RENEWAL}
    return {"carer_id": CANNOT_AGREE}


async def _persons(act: Act, head: Head, carer_ids: list[UUID]) -> list[UUID]:
    """The persons behind carers of this pupil. Raises: Refused for somebody who is none."""
    rows = await act.rows(
        "SELECT person_id FROM carer WHERE pupil_id = $1 AND id = ANY ($2::uuid[])", head.pupil_id, carer_ids
    )
    if len(rows) < len(set(carer_ids)):
        raise Refused({"told_carer_ids": "Choose from the parents and carers of this pupil."})
    return [row["person_id"] for row in rows]


async def tell_family(actor: Actor, ground_id: UUID, said: Telling) -> dict[str, Any]:
    """Write down that the family was told, and who: they see it from then on; or why not, and when to look again.

    Records ground:told. Raises: NotFound; NotAllowed; Refused.
    """
    async with acting_as(actor, "tell_family") as act:
        row = await _locked(act, ground_id)
        head = await read_head(act, row["case_id"])
        problems = telling_problems(
            row["basis"], today(), said.told_on, said.told_carer_ids, said.not_told_code, said.revisit_on
        )
        if problems:
            raise Refused(problems)
        told = await _persons(act, head, said.told_carer_ids)
        await _move(
            act,
            """UPDATE sharing_ground SET family_told_on = $2, told_person_ids = $3, not_told_code = $4, revisit_on = $5
               WHERE id = $1""",
            ground_id, said.told_on, told, None if told else said.not_told_code, None if told else said.revisit_on,
        )  # fmt: skip
        act.record(
            Event.GROUND_TOLD, case=head.id, subject=ground_id, pupils=[head.pupil_id],
            told=bool(told), code=None if told else said.not_told_code,
        )  # fmt: skip
        return await read_ground(act, ground_id)


async def end_ground(actor: Actor, ground_id: UUID, said: Ending) -> dict[str, Any]:
    """Nothing is shared for this reason any more, from the next request on.

    Records ground:ended. Raises: NotFound; NotAllowed; Refused when it has ended, or a worker does not say why.
    """
    async with acting_as(actor, "end_ground") as act:
        row = await _locked(act, ground_id)
        if act.who.membership_id is not None and not said.reason:
            raise Refused({"reason": "Say why it ends."})
        await _move(
            act, "UPDATE sharing_ground SET ended_at = app_now(), end_reason = $2 WHERE id = $1", ground_id, said.reason
        )  # fmt: skip
        pupils = await pupils_of(act, row["case_id"])
        act.record(Event.GROUND_ENDED, case=row["case_id"], subject=ground_id, pupils=pupils, basis=row["basis"])
        return await read_ground(act, ground_id)


async def _locked(act: Act, ground_id: UUID) -> Record:
    """Its case is taken for the rest of the transaction. Raises: NotFound."""
    await act.run("SELECT lock_case(case_id) FROM sharing_ground WHERE id = $1", ground_id)
    row = await act.row("SELECT case_id, basis FROM sharing_ground WHERE id = $1", ground_id)
    if row is None:
        raise NotFound
    return row


async def _move(act: Act, sql: str, *values: Any) -> None:
    """Raises: NotAllowed for who sees it and may not; Refused when it has ended."""
    try:
        if not await act.run(sql, *values):
            raise NotAllowed
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
    except asyncpg.CheckViolationError:
        raise Refused({"": IS_OVER}) from None


async def object_to_ground(actor: Actor, ground_id: UUID, said: Objecting) -> dict[str, Any]:
    """A parent or carer objects; whoever leads the case is written to, and reads it beside what is shared.

    Records ground:objected. Raises: NotFound for what they were not told of; NotAllowed for anybody else, and for a
    service that they agreed to themselves: that they end.
    """
    async with acting_as(actor, "object") as act:
        found = await read_ground(act, ground_id)
        if act.who.membership_id is not None or found["basis"] == "service_agreement":
            raise NotAllowed
        readers = await act.rows("SELECT * FROM objection_readers($1)", ground_id)
        if not readers:
            raise NotFound
        objection_id = new_id()
        await act.run(
            "INSERT INTO ground_objection (id, ground_id, case_id, text) VALUES ($1, $2, $3, $4)",
            objection_id, ground_id, found["case_id"], said.text,
        )  # fmt: skip
        letter = partial(ObjectionMade, reference=readers[0]["reference"])
        await write_to_first(act, [each["membership_id"] for each in readers], letter, found["case_id"])
        pupils = await pupils_of(act, found["case_id"])
        act.record(Event.GROUND_OBJECTED, case=found["case_id"], subject=ground_id, pupils=pupils)
        return await read_ground(act, ground_id)


async def answer_objection(actor: Actor, objection_id: UUID, said: Answering) -> dict[str, Any]:
    """Tell whoever objected what was decided and why. Ending what is shared is a step of its own.

    Records objection:answered. Raises: NotFound; NotAllowed for who does not answer for it; Refused when it is answered.
    """
    async with acting_as(actor, "answer_objection") as act:
        ground_id = await act.value("SELECT ground_id FROM ground_objection WHERE id = $1", objection_id)
        found = await read_ground(act, ground_id)
        try:
            if not await act.run("UPDATE ground_objection SET answer = $2 WHERE id = $1", objection_id, said.answer):
                raise NotAllowed
        except asyncpg.CheckViolationError:
            raise Refused({"": ANSWERED}) from None
        pupils = await pupils_of(act, found["case_id"])
        act.record(Event.OBJECTION_ANSWERED, case=found["case_id"], subject=objection_id, pupils=pupils)
        return await read_ground(act, ground_id)
