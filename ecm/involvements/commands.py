"""Inviting an agency, answering, and ending the work. Each is one transaction and one audit event.

Source of who may move an involvement from which state to which: docs/states.md; the database holds the same rules.
"""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.agreements.queries import clauses_between
from ecm.agreements.rules import uncovered
from ecm.audit.events import Event
from ecm.cases.commands import must_be_open
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed, NotFound, Refused, Stale
from ecm.involvements.queries import kept_case, read_involvement
from ecm.involvements.schemas import Acceptance, Assignment, Ending, Invitation, Refusal
from ecm.notifications.letters import RequestEnded
from ecm.notifications.outbox import write_to_worker

NOT_YOURS_TO_ASK = "Your role cannot invite this service. Ask your safeguarding lead to do it."
NOT_HERE = "This organisation has been invited already, or works on this case."
NOT_A_COLLEAGUE = "Choose somebody who works in your organisation now."


async def invite_agency(actor: Actor, case_id: UUID, new: Invitation) -> dict[str, Any]:
    """Ask an agency to help with a case. It learns which school asks and for what, and no name.

    Records involvement:invited. Raises: NotFound; NotAllowed; Refused when the agency cannot be invited.
    """
    async with acting_as(actor, "invite") as act:
        head = await kept_case(act, case_id, "involvement:invite")
        await must_be_open(act, case_id)
        if new.agency_id == head.school_id or not await act.value(
            "SELECT EXISTS (SELECT FROM agency WHERE id = $1 AND kind <> 'partnership')", new.agency_id
        ):
            raise Refused({"agency_id": "Choose an organisation from the list."})
        involvement_id = new_id()
        await _must_be_agreed(act, new)
        await _insert(act, involvement_id, case_id, new)
        act.record(
            Event.INVOLVEMENT_INVITED, case=case_id, subject=involvement_id, pupils=[head.pupil_id],
            agency=new.agency_id, reason=new.reason_code,
        )  # fmt: skip
        return await read_involvement(act, involvement_id)


async def _must_be_agreed(act: Act, new: Invitation) -> None:
    """Raises: Refused, naming the clause that comes nearest."""
    assert act.who.agency_id is not None  # who may invite acts for a school
    name = await act.value("SELECT name FROM agency WHERE id = $1", new.agency_id)
    clauses = await clauses_between(act, act.who.agency_id, new.agency_id)
    if problem := uncovered(clauses, new.categories, new.reason_code, name):
        raise Refused({"categories" if clauses else "agency_id": problem})


async def _insert(act: Act, involvement_id: UUID, case_id: UUID, new: Invitation) -> None:
    try:
        await act.run(
            """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id,
                                        reason_code, offered_categories, invited_at, updated_at)
               VALUES ($1, $2, 'core', $3, $4, $5, $6, $7, app_now(), app_now())""",
            involvement_id, case_id, new.agency_id, act.who.agency_id, act.who.membership_id,
            new.reason_code, list(dict.fromkeys(new.categories)),
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Refused({"agency_id": NOT_HERE}) from None
    except asyncpg.CheckViolationError:
        raise Refused({"agency_id": NOT_YOURS_TO_ASK}) from None
    if new.message:
        await act.run(
            "INSERT INTO involvement_message (involvement_id, case_id, text) VALUES ($1, $2, $3)",
            involvement_id, case_id, new.message,
        )  # fmt: skip


async def accept_invitation(actor: Actor, involvement_id: UUID, acceptance: Acceptance) -> dict[str, Any]:
    """Say yes for one's agency. A practitioner does the work herself; a role that acts for the whole agency may name
    a colleague, or nobody yet. The case shows itself only when there is a basis.

    Records involvement:accepted. Raises: NotFound; NotAllowed; Refused; Stale when it was answered before.
    """
    async with acting_as(actor, "answer_invitation") as act:
        await _take(act, involvement_id, "involvement:answer")
        assignee = acceptance.assignee_id
        if not act.who.may("desk:general"):
            if assignee not in (None, act.who.membership_id):
                raise Refused({"assignee_id": "You can accept for yourself. A manager can name somebody else."})
            assignee = act.who.membership_id
        await _move(
            act, involvement_id, "invited",
            "status = 'accepted', answered_at = app_now(), assignee_membership_id = $3", assignee,
        )  # fmt: skip
        return await _done(act, Event.INVOLVEMENT_ACCEPTED, involvement_id, assignee=assignee)


async def refuse_invitation(actor: Actor, involvement_id: UUID, refusal: Refusal) -> dict[str, Any]:
    """Say no for one's agency, with a coded reason and, if wished, a message to the school.

    Records involvement:refused. Raises: NotFound; NotAllowed; Stale when it was answered before.
    """
    async with acting_as(actor, "answer_invitation") as act:
        await _take(act, involvement_id, "involvement:answer")
        await _move(
            act, involvement_id, "invited",
            "status = 'declined', answered_at = app_now(), answer_reason = $3, answer_message = nullif($4, '')",
            refusal.reason, refusal.message,
        )  # fmt: skip
        return await _done(act, Event.INVOLVEMENT_REFUSED, involvement_id, reason=refusal.reason)


async def withdraw_invitation(actor: Actor, involvement_id: UUID) -> dict[str, Any]:
    """Take an invitation back before it is answered; only the school that keeps the case. Who has read it is written to.

    Records involvement:withdrawn. Raises: NotFound; NotAllowed; Stale when it was answered before.
    """
    async with acting_as(actor, "withdraw_invitation") as act:
        found = await _take(act, involvement_id, "involvement:invite")
        await _tell_readers(act, found)
        await _move(act, involvement_id, "invited", "status = 'withdrawn', ended_at = app_now()")
        return await _done(act, Event.INVOLVEMENT_WITHDRAWN, involvement_id)


async def _tell_readers(act: Act, found: dict[str, Any]) -> None:
    if found["status"] == "invited" and found["read_at"] is not None and "case_id" in found:
        ids = (found["case_id"], found["agency"]["id"])
        for row in await act.rows("SELECT * FROM workers_to_tell($1, $2, $3)", *ids, proof("workers_to_tell", *ids)):
            await write_to_worker(act, row["membership_id"], RequestEnded, found["case_id"])


async def end_involvement(actor: Actor, involvement_id: UUID, ending: Ending) -> dict[str, Any]:
    """End the work, from either side. From the next request on the agency sees only what it wrote itself.

    Records involvement:ended. Raises: NotFound; NotAllowed; Stale when it does not run (any more).
    """
    async with acting_as(actor, "end_involvement") as act:
        await _take(act, involvement_id, "involvement:answer", "involvement:invite")
        pupil = await _pupil(act, involvement_id)
        await _move(
            act,
            involvement_id,
            "accepted",
            "status = 'ended', ended_at = app_now(), answer_message = $3",
            ending.reason,
        )
        return await _done(act, Event.INVOLVEMENT_ENDED, involvement_id, pupil)


async def assign_involvement(actor: Actor, involvement_id: UUID, assignment: Assignment) -> dict[str, Any]:
    """Give the work to a colleague, or to nobody by name; only a role that acts for the whole agency.

    Records involvement:assigned. Raises: NotFound; NotAllowed; Refused; Stale.
    """
    async with acting_as(actor, "assign_involvement") as act:
        found = await _take(act, involvement_id, "involvement:answer")
        if not act.who.may("desk:general") or found["agency"]["id"] != act.who.agency_id:
            raise NotAllowed
        if found["version"] != assignment.version:
            raise Stale(found)
        await _move(act, involvement_id, "accepted", "assignee_membership_id = $3", assignment.assignee_id)
        return await _done(act, Event.INVOLVEMENT_ASSIGNED, involvement_id, assignee=assignment.assignee_id)


async def _take(act: Act, involvement_id: UUID, *verbs: str) -> dict[str, Any]:
    """Lock the case of an involvement of the actor's agency or school, in a role with one of the verbs; the row as it
    now is.

    Raises: NotFound; NotAllowed for a reader who is neither the agency nor keeps the case.
    """
    case_id = await act.value("SELECT case_id FROM involvement WHERE id = $1", involvement_id)
    if case_id is None:
        raise NotFound
    if not any(act.who.may(verb) for verb in verbs):
        raise NotAllowed
    await act.run("SELECT lock_case($1)", case_id)
    found = await read_involvement(act, involvement_id)
    if "answer_message" not in found:
        raise NotAllowed
    return found


async def _move(act: Act, involvement_id: UUID, state: str, changes: str, *values: object) -> None:
    """Change an involvement that is in this state.

    Raises: Stale when it is in another; NotAllowed when the step is not this actor's; Refused for a wrong assignee.
    """
    try:
        moved = await act.run(
            f"UPDATE involvement SET {changes}, updated_at = app_now(), version = version + 1 WHERE id = $1 AND status = $2",
            involvement_id, state, *values,
        )  # fmt: skip
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "involvement_assignee":
            raise Refused({"assignee_id": NOT_A_COLLEAGUE}) from None
        raise NotAllowed from None
    if not moved:
        now = await act.row("SELECT status FROM involvement WHERE id = $1", involvement_id)
        raise NotAllowed if now and now["status"] == state else Stale(await read_involvement(act, involvement_id))


async def _pupil(act: Act, involvement_id: UUID) -> UUID | None:
    """The pupil, for the log, where the actor may see one."""
    return await act.value(
        "SELECT c.pupil_id FROM involvement i JOIN support_case c ON c.id = i.case_id WHERE i.id = $1", involvement_id
    )


async def _done(act: Act, event: str, involvement_id: UUID, pupil: UUID | None = None, **detail: Any) -> dict[str, Any]:
    case_id = await act.value("SELECT case_id FROM involvement WHERE id = $1", involvement_id)
    pupil = pupil or await _pupil(act, involvement_id)
    act.record(event, case=case_id, subject=involvement_id, pupils=[pupil] if pupil else [], **detail)
    return await read_involvement(act, involvement_id)
