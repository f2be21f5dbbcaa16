"""What can be seen of involvements: by the agency that was asked, and by the school that asks.

Row-level security decides whether the case behind an invitation is there at all: before there is a basis the joins
to it find nothing, and the answer has no case, no pupil and no message.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.queries import display, involvement
from ecm.cases.rules import tidy_reference
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.paging import LAST_ID, Page, cursor_of, page_of

INVOLVEMENT = """
SELECT i.id, i.category, i.status, i.reason_code, i.offered_categories, i.invited_at, i.answered_at, i.ended_at, i.version,
       i.read_at, i.answer_reason, i.answer_message, holds_case(i.case_id) AS held, a.id AS agency_id, a.name AS agency_name, a.kind AS agency_kind,
       s.id AS school_id, s.name AS school_name, m.id AS assignee_id, w.name AS assignee_name,
       e.role AS ended_role, b.id AS ended_by_id, b.name AS ended_by_name,
       agency_on_case(i.case_id, i.agency_id) AS has_basis,
       c.id AS case_id, c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name, t.text AS message
FROM involvement i
JOIN agency a ON a.id = i.agency_id
JOIN agency s ON s.id = i.invited_by_agency_id
LEFT JOIN membership m ON m.id = i.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
LEFT JOIN membership e ON e.id = i.ended_by_membership_id LEFT JOIN agency b ON b.id = e.agency_id
LEFT JOIN support_case c ON c.id = i.case_id
LEFT JOIN pupil u ON u.id = c.pupil_id
LEFT JOIN involvement_message t ON t.involvement_id = i.id
"""
HEAD = """
SELECT c.id, c.reference, c.pupil_id, s.id AS school_id, s.name AS school_name,
       u.first_name, u.last_name, u.preferred_name, u.date_of_birth, holds_case(c.id) AS held
FROM support_case c JOIN agency s ON s.id = c.school_id JOIN pupil u ON u.id = c.pupil_id
"""
TO_INVITE = """
SELECT a.id, a.name, a.kind, a.offers, EXISTS (SELECT FROM involvement i WHERE i.case_id = $1 AND i.agency_id = a.id
    AND i.status IN ('invited', 'accepted')) AS here
FROM agency a WHERE a.kind <> 'partnership' AND a.id <> $2 ORDER BY a.kind, a.name
"""
COLLEAGUES = """
SELECT m.id, w.name, m.role FROM membership m JOIN person w ON w.id = m.person_id
WHERE m.agency_id = $1 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
ORDER BY w.name, m.id
"""


@dataclass(frozen=True, slots=True)
class CaseHead:
    """What stands above every page of a case, and whether the reader keeps it."""

    id: UUID
    reference: str
    pupil_id: UUID
    pupil_name: str
    pupil_first_name: str
    school_id: UUID
    school_name: str
    held: bool
    record: Record


async def case_head(act: Act, key: UUID | str) -> CaseHead:
    """The head of a case by id or reference.

    Raises: NotFound, for a case absent or hidden alike.
    """
    column, value = ("id", key) if isinstance(key, UUID) else ("reference", tidy_reference(key))
    row = await act.row(f"{HEAD} WHERE c.{column} = $1", value)
    if row is None:
        raise NotFound
    first_name = row["preferred_name"] or row["first_name"]
    return CaseHead(
        row["id"], row["reference"], row["pupil_id"], display(row), first_name,
        row["school_id"], row["school_name"], row["held"], row,
    )  # fmt: skip


async def kept_case(act: Act, key: UUID | str, verb: str) -> CaseHead:
    """The head of a case that the actor keeps, in a role with this verb.

    Raises: NotFound; NotAllowed for a reader who does not keep the case or whose role lacks the verb.
    """
    head = await case_head(act, key)
    if not head.held or not act.who.may(verb):
        raise NotAllowed
    return head


async def invitations(actor: Actor, page: Page, status: str | None = None) -> dict[str, Any]:
    """What the actor's agency was asked, newest first. Records involvements:listed with the pupils shown."""
    async with acting_as(actor, "list_involvements") as act:
        (last,) = page.after(LAST_ID)
        rows = await act.rows(
            INVOLVEMENT + """WHERE i.agency_id = $1 AND i.id < $2 AND ($3::text IS NULL OR $3 = CASE
                WHEN i.status <> 'accepted' THEN i.status
                WHEN agency_on_case(i.case_id, i.agency_id) THEN 'active' ELSE 'waiting_for_basis' END)
                ORDER BY i.id DESC LIMIT $4""",
            act.who.agency_id, last, status, page.limit + 1,
        )  # fmt: skip
        shown, more = page_of(rows, page.limit)
        await _note_read(act, [r["id"] for r in shown if r["status"] == "invited" and r["read_at"] is None])
        pupils = [r["pupil_id"] for r in shown if r["pupil_id"]]
        act.record(Event.INVOLVEMENTS_LISTED, pupils=pupils, outcome="shown", count=len(shown))
    return {
        "items": [_answer(r, act.who.agency_id) for r in shown],
        "next": cursor_of(shown[-1]["id"]) if more else None,
    }


async def show_involvement(actor: Actor, involvement_id: UUID) -> dict[str, Any]:
    """One involvement, for its agency and for the school. Records involvements:listed. Raises: NotFound."""
    async with acting_as(actor, "show_involvement") as act:
        found = await read_involvement(act, involvement_id)
        if "answer_message" not in found:
            raise NotFound
        if found["status"] == "invited" and found["read_at"] is None and found["agency"]["id"] == act.who.agency_id:
            await _note_read(act, [involvement_id])
        pupils = [found["pupil"]["id"]] if "pupil" in found else []
        act.record(Event.INVOLVEMENTS_LISTED, subject=involvement_id, pupils=pupils, outcome="shown", count=1)
        return found


async def _note_read(act: Act, involvement_ids: list[UUID]) -> None:
    """Somebody of the agency looks at these invitations for the first time: they are not unread any more."""
    if involvement_ids:
        await act.run("UPDATE involvement SET read_at = app_now() WHERE id = ANY ($1::uuid[])", involvement_ids)


async def read_involvement(act: Act, involvement_id: UUID) -> dict[str, Any]:
    """One involvement within a transaction. Raises: NotFound."""
    row = await act.row(INVOLVEMENT + "WHERE i.id = $1", involvement_id)
    if row is None:
        raise NotFound
    return _answer(row, act.who.agency_id)


async def colleagues(actor: Actor) -> list[dict[str, Any]]:
    """Who works at the actor's agency now, by name: whom a manager may give the work to."""
    async with acting_as(actor, "directory") as act:
        rows = await act.rows(COLLEAGUES, act.who.agency_id)
        act.record(Event.DIRECTORY_LISTED, outcome="shown")
    return [dict(r) for r in rows]


async def agencies_to_invite(actor: Actor, reference: str) -> tuple[CaseHead, list[dict[str, Any]]]:
    """The case, and every agency with what it offers and whether it is here already. Records directory:listed.

    Raises: NotFound, NotAllowed.
    """
    async with acting_as(actor, "invite") as act:
        head = await kept_case(act, reference, "involvement:invite")
        rows = await act.rows(TO_INVITE, head.id, head.school_id)
        act.record(Event.DIRECTORY_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown")
    return head, [dict(r) for r in rows]


def _answer(row: Record, agency_id: UUID | None) -> dict[str, Any]:
    """What was answered and who ended it is between the agency and the school; the case is there when the reader may see it."""
    found = involvement(row) | {"school": {"id": row["school_id"], "name": row["school_name"]}}
    if row["held"] or row["agency_id"] == agency_id:
        found |= {key: row[key] for key in ("read_at", "answer_reason", "answer_message")} | {
            "ended_by": _ended_by(row)
        }
    if row["case_id"] is None:
        return found
    return found | {
        "case_id": row["case_id"],
        "reference": row["reference"],
        "pupil": {"id": row["pupil_id"], "name": display(row)},
        "message": row["message"],
    }


def _ended_by(row: Record) -> dict[str, Any] | None:
    """The agency and the role of who ended it or took it back; None while it runs, and where that is not known."""
    if row["ended_by_id"] is None:
        return None
    return {"agency": {"id": row["ended_by_id"], "name": row["ended_by_name"]}, "role": row["ended_role"]}
