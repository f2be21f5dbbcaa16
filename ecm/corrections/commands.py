"""Saying that something was entered in error. Each is one transaction and one audit event; the row stays, unseen."""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.corrections.queries import TABLES, Kind, pupils, read_answer, read_correction, read_subject
from ecm.corrections.schemas import Correcting
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused

EVENTS: dict[Kind, Event] = {
    "note": Event.NOTE_CORRECTED,
    "action": Event.ACTION_CORRECTED,
    "outcome": Event.OUTCOME_CORRECTED,
    "measurement": Event.MEASUREMENT_CORRECTED,
    "provision": Event.PROVISION_CORRECTED,
    "view": Event.VIEW_CORRECTED,
    "contribution": Event.CONTRIBUTION_CORRECTED,
}
NOT_WRITTEN_DOWN = "They answered online themselves. Only they can change that."
NO_ANSWER = "There is no answer here that could be a mistake."


async def correct(actor: Actor, kind: Kind, subject_id: UUID, said: Correcting) -> dict[str, Any]:
    """Say that something was entered in error: nobody sees it any more, but its author and the data protection officer of
    the author's agency. What was measured for an outcome goes with it. Records note:corrected, or the like of its kind.

    Raises: NotFound, also when it was corrected before; NotAllowed for who neither wrote it nor keeps the case, and for
    everybody but the carer in what a carer wrote themselves.
    """
    async with acting_as(actor, "correct") as act:
        await act.run(f"SELECT lock_case(case_id) FROM {TABLES[kind]} WHERE id = $1", subject_id)
        row = await read_subject(act, kind, subject_id)
        correction_id = new_id()
        await _insert(act, correction_id, kind, subject_id, said.reason)
        act.record(EVENTS[kind], case=row["case_id"], subject=subject_id, pupils=pupils(row), category=row["category"])
        return await read_correction(act, correction_id)


async def _insert(act: Act, correction_id: UUID, kind: Kind, subject_id: UUID, reason: str) -> None:
    try:
        await act.run(
            "INSERT INTO correction (id, kind, subject_id, reason) VALUES ($1, $2, $3, $4)",
            correction_id, kind, subject_id, reason,
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise NotFound from None
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None


async def correct_answer(actor: Actor, proposal_id: UUID, said: Correcting) -> dict[str, Any]:
    """Say that the last answer to a question was written down in error: it counts as if it had never been said.

    Records consent:corrected. Raises: NotFound; NotAllowed; Refused where no worker wrote an answer down.
    """
    async with acting_as(actor, "correct") as act:
        await act.run("SELECT lock_case(case_id) FROM consent_proposal WHERE id = $1", proposal_id)
        found = await read_answer(act, proposal_id)
        if found["event"] is None:
            raise Refused({"": NOT_WRITTEN_DOWN if found["answered"] else NO_ANSWER})
        event = found["event"]
        await act.run(
            """INSERT INTO consent_event (id, proposal_id, kind, reason, recorded_by_membership_id, corrects_event_id)
               VALUES ($1, $2, 'entered_in_error', $3, $4, $5)""",
            new_id(), event["proposal_id"], said.reason, act.who.membership_id, event["id"],
        )  # fmt: skip
        act.record(
            Event.CONSENT_CORRECTED, case=found["case_id"], subject=proposal_id, pupils=pupils(found), was=event["kind"]
        )
        return await read_answer(act, proposal_id)
