"""Why somebody can or cannot see each kind of information on a case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ecm.access.rules import MISSING, Facts, nearest_missing
from ecm.agencies.permissions import CATEGORIES
from ecm.audit.events import Event
from ecm.casefile.access_log import case_of_log
from ecm.cases.head import Head, read_head
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound


@dataclass(frozen=True)
class Reason:
    """Something that opens a category now; `until` is None where nothing known ends it. With `cover` it is a colleague's
    reason, for whom they stand in."""

    basis: str
    cover: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Why:
    """Of one category: what opens it, or the code of the nearest thing missing and its sentence."""

    category: str
    reasons: list[Reason]
    missing: str | None

    @property
    def sentence(self) -> str:
        """Why not; empty where something opens it."""
        return MISSING[self.missing] if self.missing else ""


@dataclass(frozen=True)
class Answer:
    """About one worker: who that is, and each category in turn. `head` is None for who does not see the case itself."""

    reference: str
    head: Head | None
    worker: dict[str, Any]
    categories: list[Why]


async def why(actor: Actor, key: UUID | str, worker_id: UUID) -> Answer:
    """Why this worker (a membership) sees what they see of a case. Records access:explained.

    Raises: NotFound for a case or a worker that the reader may not be told of; NotAllowed.
    """
    async with acting_as(actor, "explain_access") as act:
        case_id, reference, head = await _case(act, key)
        facts = await act.row("SELECT * FROM why_facts($1, $2)", case_id, worker_id)
        if facts is None:
            raise NotFound
        found = await act.rows("SELECT * FROM why_seen($1, $2)", case_id, worker_id)
        act.record(Event.ACCESS_EXPLAINED, case=case_id, outcome="shown", worker=worker_id)
    worker = {"id": worker_id, **{name: facts[name] for name in ("name", "role", "agency_id", "agency_name")}}
    decisive = Facts(**{name: facts[name] for name in Facts.__dataclass_fields__})
    return Answer(reference, head, worker, [_why(category, found, decisive) for category in CATEGORIES])


def _why(category: str, found: list[Any], facts: Facts) -> Why:
    reasons = [Reason(r["basis"], r["cover"], r["since"], r["until"]) for r in found if r["category"] == category]
    return Why(category, reasons, None if reasons else nearest_missing(facts, category))


async def whom_to_ask_about(actor: Actor, key: UUID | str) -> dict[str, Any]:
    """The workers about whom the reader may ask. Records access:explained. Raises: NotFound; NotAllowed."""
    async with acting_as(actor, "explain_access") as act:
        case_id, reference, head = await _case(act, key)
        rows = await act.rows("SELECT * FROM why_whom($1)", case_id)
        act.record(Event.ACCESS_EXPLAINED, case=case_id, outcome="shown", count=len(rows))
    return {"reference": reference, "head": head, "workers": [dict(row) for row in rows]}


async def _case(act: Act, key: UUID | str) -> tuple[UUID, str, Head | None]:
    """Who may not read the log of a case may still ask about themselves, if they see it. Raises: NotFound; NotAllowed."""
    if act.who.membership_id is None:
        raise NotFound
    found = await case_of_log(act, key)
    if found and await act.value("SELECT access_log_scope($1)", found) == "officer":
        return found, await act.value("SELECT access_log_reference($1)", found), None
    head = await read_head(act, key)
    return head.id, head.reference, head
