"""What is needed to decide how a case ends, and how it came to be as it is."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.actions.rules import is_open
from ecm.audit.events import Event
from ecm.cases.queries import read_case
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed
from ecm.involvements.queries import kept_case

TURNS = """
SELECT t.id, t.kind, t.outcome, t.reason, t.at, w.name, m.role
FROM case_turn t JOIN membership m ON m.id = t.by_membership_id JOIN person w ON w.id = m.person_id
WHERE t.case_id = $1 ORDER BY t.at DESC, t.id DESC
"""


async def turns_of(act: Act, case_id: UUID) -> list[Record]:
    """How a case was closed, reopened or voided, newest first, for who may read learning and school."""
    return await act.rows(TURNS, case_id)


async def show_turn_form(actor: Actor, reference: str, verb: str = "case:change") -> dict[str, Any]:
    """A case that the actor keeps, what of it is open, and how it came to be as it is. Records case:shown.

    Raises: NotFound; NotAllowed for a reader who does not keep the case, or a role without the verb.
    """
    async with acting_as(actor, "show_case") as act:
        head = await kept_case(act, reference, "case:change")
        if not act.who.may(verb):
            raise NotAllowed
        case = await read_case(act, head.id)
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown")
        return {
            "case": case,
            "open": [each for each in case["actions"] if is_open(each["status"])],
            "turns": await turns_of(act, head.id),
            "died_on": await died_on(act, head.pupil_id),
        }


async def died_on(act: Act, pupil_id: UUID) -> Any:
    """The day a visible pupil died; None when they live."""
    return await act.value("SELECT died_on FROM pupil WHERE id = $1", pupil_id)
