"""Who opened a case. What each kind of reader may be told of it, the database decides: ecm/audit/policies.sql, `access_log`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.head import Head, read_head
from ecm.cases.rules import tidy_reference
from ecm.clock import midnight
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed
from ecm.paging import LAST_ID, Page, cursor_of, page_of

FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(9000, 1, 1)
LOG = "SELECT * FROM access_log($1, $2, $3, $4, $5, $6)"

# What to filter by: the agencies on the case that the reader may know of anyway.
AGENCIES = """
SELECT a.id, a.name FROM agency a WHERE a.id = $2 OR a.id IN (
    SELECT c.school_id FROM support_case c WHERE c.id = $1
    UNION SELECT i.agency_id FROM involvement i WHERE i.case_id = $1 AND i.answered_at IS NOT NULL) ORDER BY a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which agency's, and which days in London, both included; None leaves a question open."""

    agency_id: UUID | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AccessLog:
    """One page of it. `scope`: school, officer, agency or family; an officer does not see the case itself: no head."""

    reference: str
    scope: str
    head: Head | None
    items: list[dict[str, Any]]
    next: str | None
    agencies: list[dict[str, Any]]


async def access_log(actor: Actor, key: UUID | str, page: Page, wanted: Wanted) -> AccessLog:
    """Who opened the case, newest first. Records access_log:shown.

    Raises: NotFound; NotAllowed for a reader of the case who may not be told.
    """
    async with acting_as(actor, "access_log") as act:
        case_id = await _case(act, key)
        scope = await act.value("SELECT access_log_scope($1)", case_id)
        head = await read_head(act, case_id) if scope != "officer" else None
        (before,) = page.after(LAST_ID)
        span = _instant(wanted.since), _instant(wanted.until, days=1)
        found = await act.rows(LOG, case_id, wanted.agency_id, *span, before, page.limit + 1)
        rows, more = page_of(found, page.limit)
        agencies = [dict(row) for row in await act.rows(AGENCIES, case_id, act.who.agency_id)]
        act.record(
            Event.ACCESS_LOG_SHOWN, case=case_id, pupils=[head.pupil_id] if head else [], outcome="shown", count=len(rows)
        )  # fmt: skip
    reference = head.reference if head else tidy_reference(str(key)) if isinstance(key, str) else ""
    following = cursor_of(rows[-1]["id"]) if more else None
    return AccessLog(reference, scope, head, [_opened(row) for row in rows], following, agencies)


async def case_of_log(act: Act, key: UUID | str) -> UUID | None:
    """The case, for who may read its log; for everybody else None."""
    if isinstance(key, UUID):
        return key if await act.value("SELECT access_log_scope($1)", key) is not None else None
    found = await act.value("SELECT access_log_case($1)", tidy_reference(key))
    return UUID(str(found)) if found else None


async def _case(act: Act, key: UUID | str) -> UUID:
    """The case, for who may read its log. Raises: NotFound; NotAllowed."""
    if (found := await case_of_log(act, key)) is not None:
        return found
    await read_head(act, key)
    raise NotAllowed


def _instant(day: date | None, days: int = 0) -> datetime | None:
    """The first moment of a day in London, or of so many days later; no event is older than this product."""
    return midnight(min(max(day, FIRST_DAY), LAST_DAY) + timedelta(days=days)) if day else None


def _opened(row: Record) -> dict[str, Any]:
    """One look at the case. `person` is None where no name is told; `basis_recorded`: the reasons are those of then."""
    return {
        "id": row["id"],
        "at": row["at"],
        "event": row["event"],
        "part": row["part"],
        "person": {"id": row["person_id"], "name": row["name"]} if row["name"] else None,
        "role": row["role"],
        "agency": {"id": row["agency_id"], "name": row["agency_name"]} if row["agency_id"] else None,
        "basis": row["basis"].split(":") if row["basis"] else [],
        "basis_recorded": row["basis_then"],
    }
