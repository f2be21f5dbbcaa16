"""What can be done to a case. Each is one transaction and one audit event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.cases.queries import pupil_of, read_case
from ecm.cases.rules import DEFAULT_FOR_CARERS, reference_of
from ecm.cases.schemas import Admission, CaseChange, NewBarrier, NewCase, NewNote
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused, Stale

MOST_DRAWS = 20
KEPT_AS_IT_IS = {
    "closed": "This case is closed. Reopen it to change it.",
    "voided": "This case was opened in error and is kept as it is. It cannot be changed.",
}

ONLY_TO_READ = (
    "You have opened this case in an emergency, so you can read it and not write in it. "
    "Tell the lead practitioner what you saw and did."
)


async def open_case(actor: Actor, new: NewCase) -> dict[str, Any]:
    """Open a case for a pupil on roll at the actor's school; the case as its opener sees it. Records case:opened.

    Raises: NotAllowed for a role that opens none; NotFound for a pupil the actor may not look up; Refused when the
    school has an open case for this pupil, or for an unknown barrier.
    """
    async with acting_as(actor, "open_case") as act:
        if not act.who.may("case:open"):
            raise NotAllowed
        await _check_pupil(act, new.pupil_id)
        case_id = await _insert_case(act, new)
        await claim(act, case_id, "education")
        await act.run(
            "INSERT INTO case_brief (case_id, reason, strengths, level, updated_at) VALUES ($1, $2, $3, $4, app_now())",
            case_id, new.reason, new.strengths, new.level,
        )  # fmt: skip
        for place, each in enumerate(new.barriers):
            await _insert_barrier(act, case_id, each, f"barriers.{place}.")
        act.record(Event.CASE_OPENED, case=case_id, pupils=[new.pupil_id], barriers=len(new.barriers))
        return await read_case(act, case_id)


async def _check_pupil(act: Act, pupil_id: UUID) -> None:
    # As a merge of records takes it, before anything of the pupil's.
    await act.run("SELECT pg_advisory_xact_lock(hashtextextended('pupil ' || $1::text, 0))", str(pupil_id))
    pupil = await act.row("SELECT died_on FROM pupil WHERE id = $1", pupil_id)
    if pupil is None:
        raise NotFound
    if pupil["died_on"]:
        raise Refused({"pupil_id": "It is recorded that this pupil has died, so no case can be opened."})
    reference = await act.value(
        "SELECT reference FROM support_case WHERE pupil_id = $1 AND school_id = $2 AND status = 'open'",
        pupil_id, act.who.agency_id,
    )  # fmt: skip
    if reference:
        raise Refused(
            {"pupil_id": f"Your school already has an open case for this pupil: {reference}. Go on with that one."}
        )


async def _insert_case(act: Act, new: NewCase) -> UUID:
    """The id of the case just inserted. A reference that is taken already is drawn again, with another id."""
    lead = new.lead_practitioner_id or act.who.membership_id
    for _ in range(MOST_DRAWS):
        case_id = new_id()
        try:
            done = await act.run(
                """INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, opened_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, app_now(), app_now()) ON CONFLICT DO NOTHING""",
                case_id, reference_of(case_id), new.pupil_id, act.who.agency_id, lead,
            )  # fmt: skip
        except asyncpg.InsufficientPrivilegeError:
            raise Refused({"lead_practitioner_id": "Choose somebody who works at your school now."}) from None
        if done:
            return case_id
        await _check_pupil(act, new.pupil_id)  # a colleague was quicker, or else the reference is somebody's
    raise RuntimeError("no free case reference")


async def _insert_barrier(act: Act, case_id: UUID, new: NewBarrier, field: str = "") -> UUID:
    try:
        known = barrier(new.code)
    except NotFound:
        raise Refused({f"{field}code": "Choose a barrier from the list."}) from None
    category = new.category or known.default_category
    if category == "core":
        raise Refused({f"{field}category": "Choose another kind of information: everybody on the case reads this one."})
    await claim(act, case_id, category, f"{field}category")
    barrier_id = new_id()
    await act.run(
        """INSERT INTO identified_barrier (id, case_id, category, code, how_identified, detail, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, app_now())""",
        barrier_id, case_id, category, known.code, new.how_identified, new.detail,
    )  # fmt: skip
    return barrier_id


async def must_be_open(act: Act, case_id: UUID) -> None:
    """Take the case for the rest of the transaction; it can be changed. Hidden or absent: the next look will say so.

    Raises: Refused when it is closed, or was opened in error. Source: docs/states.md, cases.
    """
    await act.run("SELECT lock_case($1)", case_id)
    status = await act.value("SELECT status FROM support_case WHERE id = $1", case_id)
    if status in KEPT_AS_IT_IS:
        raise Refused({"": KEPT_AS_IT_IS[status]})


async def claim(act: Act, case_id: UUID, category: str, field: str = "category") -> None:
    """Make sure the actor may write in this category of this case, so that the row will be theirs.

    Raises: NotFound when the case is not theirs to see; Refused when the case is not open, is open to them in an emergency
    alone, or the category is not theirs to write.
    """
    await must_be_open(act, case_id)
    if await act.value("SELECT claim_authorship($1, $2, $3, $4)", new_id(), new_id(), case_id, category):
        return
    if not await act.value("SELECT EXISTS (SELECT FROM support_case WHERE id = $1)", case_id):
        raise NotFound
    if await act.value("SELECT only_in_emergency($1)", case_id):
        raise Refused({"": ONLY_TO_READ})
    raise Refused({field: "Your role cannot write this kind of information here. Choose another kind."})


async def add_barrier(actor: Actor, case_id: UUID, new: NewBarrier) -> dict[str, Any]:
    """Add a barrier that somebody identified. Records barrier:added.

    Raises: NotFound, NotAllowed, Refused as `claim` does.
    """
    async with acting_as(actor, "add_barrier") as act:
        await _must(act, case_id, "barrier:add")
        barrier_id = await _insert_barrier(act, case_id, new)
        act.record(Event.BARRIER_ADDED, case=case_id, subject=barrier_id, pupils=[await pupil_of(act, case_id)])
        return next(b for b in (await read_case(act, case_id))["barriers"] if b["id"] == barrier_id)


async def write_note(actor: Actor, case_id: UUID, new: NewNote) -> dict[str, Any]:
    """Write a note in one category. Records note:written.

    Raises: NotFound, NotAllowed, Refused as `claim` does.
    """
    async with acting_as(actor, "write_note") as act:
        await _must(act, case_id, "note:write")
        if new.category == "core":
            raise Refused({"category": "Choose another kind of information: everybody on the case reads this one."})
        await claim(act, case_id, new.category)
        note_id = new_id()
        await act.run(
            "INSERT INTO note (id, case_id, category, text, written_at) VALUES ($1, $2, $3, $4, app_now())",
            note_id, case_id, new.category, new.text,
        )  # fmt: skip
        act.record(
            Event.NOTE_WRITTEN,
            case=case_id,
            subject=note_id,
            pupils=[await pupil_of(act, case_id)],
            category=new.category,
        )
        return next(n for n in (await read_case(act, case_id))["notes"] if n["id"] == note_id)


async def change_case(actor: Actor, case_id: UUID, change: CaseChange) -> dict[str, Any]:
    """Change level, lead, reason or strengths. Records case:changed.

    Raises: NotFound; NotAllowed for a reader who does not keep the case; Stale; Refused for a lead from elsewhere.
    """
    async with acting_as(actor, "change_case") as act:
        await _must(act, case_id, "case:change")
        await must_be_open(act, case_id)
        now = await read_case(act, case_id)
        if now["version"] != change.version:
            raise Stale(now)
        wanted = change.model_dump(exclude_unset=True, exclude={"version"})
        if not await _apply(act, case_id, wanted):
            raise NotAllowed
        act.record(Event.CASE_CHANGED, case=case_id, pupils=[now["pupil"]["id"]], fields=":".join(sorted(wanted)))
        return await read_case(act, case_id)


async def _apply(act: Act, case_id: UUID, wanted: Mapping[str, Any]) -> bool:
    """Write what is wanted; whether the actor was allowed to."""
    done = 0
    if lead := wanted.get("lead_practitioner_id"):
        here = "SELECT EXISTS (SELECT FROM membership WHERE id = $1 AND agency_id = $2 AND ended_at IS NULL)"
        if not await act.value(here, lead, act.who.agency_id):
            raise Refused({"lead_practitioner_id": "Choose somebody who works at your school now."})
        done += await act.run(
            "UPDATE support_case SET lead_membership_id = $2, updated_at = app_now(), version = version + 1 WHERE id = $1",
            case_id, lead,
        )  # fmt: skip
    words = [name for name in ("level", "reason", "strengths") if wanted.get(name) is not None]
    if words or not done:
        assignments = "".join(f"{name} = ${place}, " for place, name in enumerate(words, start=2))
        done += await act.run(
            f"UPDATE case_brief SET {assignments}updated_at = app_now(), version = version + 1 WHERE case_id = $1",
            case_id, *(wanted[name] for name in words),
        )  # fmt: skip
    return done > 0


async def admit_carer(actor: Actor, case_id: UUID, admission: Admission) -> dict[str, Any]:
    """Let a carer see the case: name, what helps, learning. Records carer:admitted.

    Raises: NotFound; NotAllowed; Refused when this is not the pupil's carer, or was admitted already.
    """
    async with acting_as(actor, "admit_carer") as act:
        await _must(act, case_id, "carer:admit")
        await must_be_open(act, case_id)
        admission_id = new_id()
        seen = "seen" if admission.authority_seen is True else admission.authority_seen
        await _insert_admission(act, admission_id, case_id, admission.carer_id, seen)
        await act.run(
            "UPDATE carer SET authority_seen = $2, authority_verified_at = app_now() WHERE id = $1 AND authority_verified_at IS NULL",
            admission.carer_id, seen,
        )  # fmt: skip
        act.record(
            Event.CARER_ADMITTED, case=case_id, subject=admission.carer_id, pupils=[await pupil_of(act, case_id)]
        )
        return {"id": admission_id, "carer_id": admission.carer_id, "categories": list(DEFAULT_FOR_CARERS)}


async def _insert_admission(act: Act, admission_id: UUID, case_id: UUID, carer_id: UUID, seen: str) -> None:
    try:
        await act.run(
            """INSERT INTO carer_admission
               (id, case_id, carer_id, categories, authority_seen, admitted_by_membership_id, admitted_at)
               VALUES ($1, $2, $3, $4, $5, $6, app_now())""",
            admission_id, case_id, carer_id, list(DEFAULT_FOR_CARERS), seen, act.who.membership_id,
        )  # fmt: skip
    except asyncpg.CheckViolationError:
        raise Refused({"carer_id": "Choose a parent or carer of this pupil."}) from None
    except asyncpg.UniqueViolationError:
        raise Refused({"carer_id": "This parent or carer can see the case already."}) from None
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None


async def _must(act: Act, case_id: UUID, verb: str) -> None:
    """The case is the actor's to see, and the role has this verb.

    Raises: NotFound, NotAllowed; in this order, so that a refusal tells nothing about a hidden case.
    """
    if not await act.value("SELECT EXISTS (SELECT FROM support_case WHERE id = $1)", case_id):
        raise NotFound
    if not act.who.may(verb):
        raise NotAllowed
