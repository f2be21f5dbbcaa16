"""Cases for named people only. Each step is one transaction and one audit event; access follows by triggers (ecm/access)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Actor, acting_as
from ecm.denials.schemas import NewRestriction
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.involvements.queries import kept_case

ALREADY = "This case is for named people only already."
NOT_RESTRICTED = "This case is not restricted any more."
NOBODY_LIFTS = (
    "Name at least one headteacher or designated safeguarding lead of your school, so that somebody can lift it."
)
NOT_ON_CASE = "Choose people who work on this case."
SENTENCES = {
    "restricted_already": ALREADY,
    "restriction_liftable": NOBODY_LIFTS,
    "named_on_case": NOT_ON_CASE,
}

WORKERS = """
SELECT m.id, w.name, m.role, a.name AS agency, a.id = c.school_id AS of_school, m.id = c.lead_membership_id AS leads,
       EXISTS (SELECT FROM named_reader n WHERE n.case_id = c.id AND n.membership_id = m.id AND n.ended_at IS NULL) AS named
FROM support_case c, nameable(c.id) k (id) JOIN membership m ON m.id = k.id
JOIN person w ON w.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE c.id = $1 ORDER BY a.id <> c.school_id, a.name, w.name, m.id
"""
# Somebody may be named still who has no reason of their own any more.
NAMED = """
SELECT m.id, w.name, m.role, a.name AS agency FROM named_reader n JOIN membership m ON m.id = n.membership_id
JOIN person w ON w.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE n.case_id = $1 AND n.ended_at IS NULL ORDER BY a.name, w.name, m.id
"""
RESTRICTION = """
SELECT r.id, r.reason_code, r.from_at, w.name AS set_by FROM case_restriction r
JOIN membership m ON m.id = r.set_by_membership_id JOIN person w ON w.id = m.person_id
WHERE r.case_id = $1 AND r.ended_at IS NULL
"""


async def restrict_case(actor: Actor, case_id: UUID, new: NewRestriction) -> dict[str, Any]:
    """From now on only these people and the lead practitioner, of all who work on the case, see it.

    Named can be who works on the case now; one of them must be able to lift it. Families and emergencies are not
    touched. Records case:restricted. Raises: NotFound; NotAllowed; Refused.
    """
    async with acting_as(actor, "restrict_case") as act:
        head = await kept_case(act, case_id, "case:restrict")
        restriction_id = new_id()
        with _worded("named"):
            done = await act.value(
                "SELECT restrict_case($1, $2, $3, $4::uuid[])",
                restriction_id,
                case_id,
                new.reason_code,
                list(set(new.named)),
            )
        if not done:
            raise NotAllowed
        act.record(
            Event.CASE_RESTRICTED, case=case_id, subject=restriction_id, pupils=[head.pupil_id], reason=new.reason_code,
            count=len(set(new.named)),
        )  # fmt: skip
        return {"id": restriction_id, "reason_code": new.reason_code, "named": list(dict.fromkeys(new.named))}


async def name_worker(actor: Actor, case_id: UUID, worker_id: UUID) -> None:
    """One more person sees a restricted case. Records case:reader_named.

    Raises: NotFound, also when the case is not restricted; NotAllowed; Refused.
    """
    await _change(actor, case_id, worker_id, "SELECT name_reader($1, $2)", Event.CASE_READER_NAMED)


async def unname_worker(actor: Actor, case_id: UUID, worker_id: UUID) -> None:
    """One person fewer. Records case:reader_removed.

    Raises: NotFound when they are not named; NotAllowed; Refused for the last who could lift it.
    """
    await _change(actor, case_id, worker_id, "SELECT unname_reader($1, $2)", Event.CASE_READER_REMOVED)


async def _change(actor: Actor, case_id: UUID, worker_id: UUID, sql: str, event: Event) -> None:
    async with acting_as(actor, "restrict_case") as act:
        head = await kept_case(act, case_id, "case:restrict")
        with _worded("worker_id"):
            done = await act.value(sql, case_id, worker_id)
        if not done:
            raise NotFound
        act.record(event, case=case_id, subject=worker_id, pupils=[head.pupil_id])


async def lift_restriction(actor: Actor, case_id: UUID) -> None:
    """Everybody sees again what they have a reason to see. Records case:unrestricted. Raises: NotFound; NotAllowed; Refused."""
    async with acting_as(actor, "lift_restriction") as act:
        head = await kept_case(act, case_id, "case:restrict")
        lifted = await act.value("SELECT lift_restriction($1)", case_id)
        if lifted is None:
            raise Refused({"": NOT_RESTRICTED})
        act.record(Event.CASE_UNRESTRICTED, case=case_id, subject=lifted, pupils=[head.pupil_id])


@contextmanager
def _worded(field: str) -> Iterator[None]:
    """What the database refuses, as a sentence at this field. Raises: Refused."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        raise Refused({field: SENTENCES[error.constraint_name]}) from None


async def show_restriction(actor: Actor, key: UUID | str) -> dict[str, Any]:
    """Whether a case is restricted, who is named, and who works on it. Records case:shown. Raises: NotFound; NotAllowed."""
    async with acting_as(actor, "show_restriction") as act:
        head = await kept_case(act, key, "case:restrict")
        live = await act.row(RESTRICTION, head.id)
        workers = [dict(row) for row in await act.rows(WORKERS, head.id)]
        named = [dict(row) for row in await act.rows(NAMED, head.id)]
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown")
        return {
            "case": head,
            "live": live and dict(live),
            "workers": workers,
            "named": named,
            "own_id": act.who.membership_id,
        }


def plain(found: dict[str, Any]) -> dict[str, Any]:
    """What `show_restriction` found, for programs."""
    live: dict[str, Any] | None = found["live"]
    since: datetime | None = live["from_at"] if live else None
    lead = [each["id"] for each in found["workers"] if each["leads"]]
    return {
        "restricted": live is not None,
        "reason_code": live["reason_code"] if live else None,
        "since": since,
        "lead_practitioner_id": lead[0] if lead else None,
        "named": [
            {"id": each["id"], "name": each["name"], "role": each["role"], "agency": each["agency"]}
            for each in found["named"]
        ],
    }
