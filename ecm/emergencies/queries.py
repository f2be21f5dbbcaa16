"""What can be seen of emergency accesses: one's own, and those that one may review. Row-level security decides which."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.emergencies.rules import review_day
from ecm.errors import NotFound

MOST_SHOWN = 50
EMERGENCY = """
SELECT e.id, e.reason_code, e.reason, e.from_at, e.until_at, e.ended_at, e.review_by_at, e.escalated_at,
       least(e.until_at, coalesce(e.ended_at, 'infinity')) > app_now() AS live, e.case_id IS NOT NULL AS found,
       e.membership_id = (context() ->> 'membership')::uuid AS mine, emergency_reference(e.id) AS reference,
       EXISTS (SELECT FROM support_case c WHERE c.id = e.case_id) AS readable,
       w.name AS by_name, m.role AS by_role, a.name AS agency_name,
       r.verdict, r.text AS verdict_text, r.reviewed_at, rw.name AS reviewer_name, rm.role AS reviewer_role,
       r.emergency_id IS NULL AND may_review(e.id) AS reviewable, r.emergency_id IS NULL AND e.review_by_at <= app_now() AS late
FROM emergency_access e JOIN membership m ON m.id = e.membership_id JOIN person w ON w.id = m.person_id
JOIN agency a ON a.id = e.agency_id LEFT JOIN emergency_review r ON r.emergency_id = e.id
LEFT JOIN membership rm ON rm.id = r.reviewer_membership_id LEFT JOIN person rw ON rw.id = rm.person_id
"""
# What waits, the first due first; then what was settled, the newest first.
IN_ORDER = f"""ORDER BY r.emergency_id IS NOT NULL, CASE WHEN r.emergency_id IS NULL THEN e.review_by_at END,
e.from_at DESC, e.id LIMIT {MOST_SHOWN}"""
TO_REVIEW = f"""
SELECT e.id, e.review_by_at, w.name, emergency_reference(e.id) AS reference FROM emergency_access e
JOIN membership m ON m.id = e.membership_id JOIN person w ON w.id = m.person_id
WHERE may_review(e.id) AND NOT EXISTS (SELECT FROM emergency_review r WHERE r.emergency_id = e.id)
ORDER BY e.review_by_at, e.id LIMIT {MOST_SHOWN}
"""


async def emergencies(actor: Actor) -> dict[str, Any]:
    """The newest 50: those the reader opened, and those the reader may review. Records emergencies:listed."""
    async with acting_as(actor, "list_emergencies") as act:
        rows = [dict(row) for row in await act.rows(EMERGENCY + IN_ORDER)]
        may_open = await act.value("SELECT may_open_emergency()")
        act.record(Event.EMERGENCIES_LISTED, outcome="shown", count=len(rows))
    return {
        "mine": [each for each in rows if each["mine"]],
        "others": [each for each in rows if not each["mine"]],
        "may_open": may_open,
    }


async def may_open(actor: Actor) -> bool:
    """Whether the reader may open a record in an emergency now: by role, or while on duty. Records emergencies:listed."""
    async with acting_as(actor, "list_emergencies") as act:
        act.record(Event.EMERGENCIES_LISTED, outcome="shown", count=0)
        return bool(await act.value("SELECT may_open_emergency()"))


async def show_emergency(actor: Actor, emergency_id: UUID) -> dict[str, Any]:
    """One of them, with what was done meanwhile for a reviewer. Records emergency:shown. Raises: NotFound."""
    async with acting_as(actor, "show_emergency") as act:
        found = await read_emergency(act, emergency_id)
        trail = [dict(row) for row in await act.rows("SELECT * FROM emergency_trail($1)", emergency_id)]
        act.record(Event.EMERGENCY_SHOWN, subject=emergency_id, outcome="shown")
        return found | {"trail": trail}


async def read_emergency(act: Act, emergency_id: UUID) -> dict[str, Any]:
    """The same within a transaction, without the trail. Raises: NotFound, absent and hidden alike."""
    row = await act.row(EMERGENCY + "WHERE e.id = $1", emergency_id)
    if row is None:
        raise NotFound
    return dict(row)


async def to_review(act: Act) -> list[Record]:
    """Those that wait for the reader's review, the first due first: id, review_by_at, who opened it, the reference."""
    return await act.rows(TO_REVIEW) if act.who.may("emergency:review") else []


def opened(row: dict[str, Any]) -> dict[str, Any]:
    """What whoever opens one is told: the same, whether somebody was found or not."""
    return {
        "id": row["id"],
        "from_at": row["from_at"],
        "until_at": row["until_at"],
        "review_by": review_day(row["review_by_at"]),
    }


def published(row: dict[str, Any]) -> dict[str, Any]:
    """One of them as the API words it."""
    by = {"name": row["by_name"], "role": row["by_role"], "agency": row["agency_name"]}
    keys = ("reason_code", "reason", "ended_at", "found", "reference", "live", "late")
    review = row["verdict"] and {
        "verdict": row["verdict"],
        "text": row["verdict_text"],
        "at": row["reviewed_at"],
        "by": {"name": row["reviewer_name"], "role": row["reviewer_role"]},
    }
    return opened(row) | {key: row[key] for key in keys} | {"opened_by": by, "review": review}
