"""The case on one page: what is overdue, what comes next, strengths and barriers, who is involved, the latest notes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.casefile.mistakes import mistakes
from ecm.casefile.timeline import count_new
from ecm.casefile.visits import last_visit, visited
from ecm.cases.head import Head, read_head
from ecm.cases.queries import read_case
from ecm.closures.queries import turns_of
from ecm.database import Act, Actor, acting_as
from ecm.denials.rules import same_surname
from ecm.emergencies.alerts import alerts_of

LATEST_NOTES = 5
# Brothers and sisters: another pupil of a carer of this one. Asked as the reader, so both rows of the carer must be
# theirs to see (family information of both, or both pupils on their school's roll), and both cases too, for a reason
# other than having written there. A contact bar changes nothing here: who may not know of it learns nothing by it.
SIBLINGS = """
SELECT DISTINCT c.reference FROM support_case here JOIN carer k ON k.pupil_id = here.pupil_id
JOIN carer x ON x.person_id = k.person_id AND x.pupil_id <> k.pupil_id JOIN support_case c ON c.pupil_id = x.pupil_id
WHERE here.id = $1 AND c.status = 'open' AND on_case(here.id) AND on_case(c.id) ORDER BY c.reference
"""
HANDOVERS = """
SELECT h.at, f.name AS from_school, t.name AS to_school FROM handed_over($1) h
JOIN agency f ON f.id = h.from_school_id JOIN agency t ON t.id = h.to_school_id ORDER BY h.at DESC
"""
READS_SHIELDED = "SELECT EXISTS (SELECT FROM shielded_fact WHERE pupil_id = $1)"


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page of a case shows. `since` and `new`: the last visit, and how much others did after it.

    `mistakes`: notes, views and parts of reviews the reader may say should not be there. `turns`: how it was closed or
    reopened, newest first. `handovers`: when it went from which school to which, newest first.
    `namesake`: the worker who reads has the pupil's last name. `reads_shielded`: they are named to read what is shielded.
    """

    head: Head
    case: dict[str, Any]
    siblings: list[str]
    mistakes: set[UUID]
    turns: list[Record]
    handovers: list[Record]
    alerts: list[dict[str, Any]]
    namesake: bool
    reads_shielded: bool
    since: datetime | None
    new: int


async def overview(actor: Actor, reference: str) -> Overview:
    """The overview of a case. Counts as a visit. Records case:shown. Raises: NotFound."""
    async with acting_as(actor, "show_case") as act:
        head = await read_head(act, reference)
        since = await last_visit(act, head.id)
        new = await count_new(act, head.id, since)
        await visited(act, head.id)
        case, turns = await read_case(act, head.id), await turns_of(act, head.id)
        wrong = await mistakes(act, head.id)
        handovers = await act.rows(HANDOVERS, head.id)
        alerts = await alerts_of(act, head.id)
        near, named = _namesake(act, head, case), await act.value(READS_SHIELDED, head.pupil_id)
        others = await siblings(act, head.id)
        found = Overview(head, case, others, wrong, turns, handovers, alerts, near, named, since, new)
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown", part="overview")
        return found


def _namesake(act: Act, head: Head, case: dict[str, Any]) -> bool:
    return head.is_worker and same_surname(act.who.person_name, case["pupil"]["last_name"])


async def siblings(act: Act, case_id: UUID) -> list[str]:
    """References of open cases of the pupil's brothers and sisters that the reader is on, too."""
    return [row["reference"] for row in await act.rows(SIBLINGS, case_id)]
