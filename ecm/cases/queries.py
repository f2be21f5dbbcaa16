"""What can be seen of cases. Row-level security decides which rows there are; nothing here filters by reader."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.cases.outcomes import outcomes_of, provisions_of, views_of
from ecm.cases.reviews import reviews_of
from ecm.cases.rules import tidy_reference
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound
from ecm.paging import LAST_ID, Page, cursor_of, page_of
from ecm.pupils.rules import display_name, year_group, year_group_code, year_group_label

LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)

# What makes somebody careful, worded so that it reveals nothing to whoever may not know why.
WARNINGS = {
    "barred": "Somebody must not be contacted: see parents and carers first",
    "restricted": "For named people only: do not speak of this case to anybody else",
    "shielded": "Do not give out where this pupil lives or can be found. Ask the designated safeguarding lead.",
}
# A bar, or that the case is restricted, is seen by whoever its policy shows it to; to everybody else there is none.
CAREFUL = """
       EXISTS (SELECT FROM contact_bar x WHERE x.pupil_id = c.pupil_id AND app_now() >= x.from_at
               AND (x.until_at IS NULL OR app_now() < x.until_at)) AS barred,
       EXISTS (SELECT FROM case_restriction r WHERE r.case_id = c.id AND r.ended_at IS NULL) AS restricted,
       is_shielded(c.pupil_id) AS shielded"""
CASE = f"""
SELECT c.id, c.reference, c.status, c.next_review_on, c.opened_at, c.pupil_id,
       c.version + coalesce(b.version, 0) AS version, b.level, b.reason, b.strengths,
       u.first_name, u.last_name, u.preferred_name, u.pronouns, u.date_of_birth, u.date_of_birth_known,
       s.id AS school_id, s.name AS school_name, m.id AS lead_id, w.name AS lead_name, m.role AS lead_role,
       {CAREFUL}
FROM support_case c
JOIN pupil u ON u.id = c.pupil_id
JOIN agency s ON s.id = c.school_id
JOIN membership m ON m.id = c.lead_membership_id
JOIN person w ON w.id = m.person_id
LEFT JOIN case_brief b ON b.case_id = c.id
"""
BARRIERS = """
SELECT i.id, i.code, i.category, i.how_identified, i.detail, i.updated_at, a.id AS agency_id, a.name AS agency_name
FROM identified_barrier i JOIN agency a ON a.id = i.author_agency_id WHERE i.case_id = $1 ORDER BY i.updated_at, i.id
"""
NOTES = """
SELECT n.id, n.category, n.text, n.written_at, a.id AS agency_id, a.name AS agency_name, w.name AS author_name, m.role AS author_role
FROM note n JOIN agency a ON a.id = n.author_agency_id JOIN membership m ON m.id = n.author_membership_id
JOIN person w ON w.id = m.person_id WHERE n.case_id = $1 ORDER BY n.written_at DESC, n.id DESC
"""
ACTIONS = """
SELECT t.id, t.category, t.title, t.due_on, t.status, t.progress, t.version, t.added_at, t.updated_at,
       a.id AS agency_id, a.name AS agency_name, m.id AS assignee_id, w.name AS assignee_name
FROM action t JOIN agency a ON a.id = t.owner_agency_id
LEFT JOIN membership m ON m.id = t.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
WHERE t.case_id = $1 ORDER BY t.status IN ('done', 'cancelled'), t.due_on, t.id
"""
INVOLVEMENTS = """
SELECT i.id, i.category, i.status, i.reason_code, i.offered_categories, i.invited_at, i.answered_at, i.ended_at, i.version,
       a.id AS agency_id, a.name AS agency_name, a.kind AS agency_kind, m.id AS assignee_id, w.name AS assignee_name,
       agency_on_case(i.case_id, i.agency_id) AS has_basis
FROM involvement i JOIN agency a ON a.id = i.agency_id
LEFT JOIN membership m ON m.id = i.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
WHERE i.case_id = $1 ORDER BY i.invited_at, i.id
"""
SHARING = """
SELECT category, basis, min(valid_from) AS since, nullif(max(valid_until), 'infinity') AS until,
       bool_and(principal = ANY ((SELECT covered())::uuid[])) AS cover
FROM case_access WHERE case_id = $1 GROUP BY category, basis ORDER BY category, basis
"""
# One index scan of a page for each of the reader's principals, merged; a case met through two of them comes once, at
# its newest. $1 status or null, $2 and $3 the last row of the page before, $4 how many.
WORKLIST = """
WITH candidate AS (
    SELECT DISTINCT s.case_id FROM unnest((SELECT principals())) p (id) CROSS JOIN LATERAL (
        SELECT x.case_id FROM case_seat x
        WHERE x.principal = p.id AND ($1::text IS NULL OR x.status = $1)
          AND (x.last_activity_at, x.case_id) < ($2, $3)
          AND NOT EXISTS (SELECT FROM case_seat y WHERE y.case_id = x.case_id AND y.principal = ANY ((SELECT principals())::uuid[])
                          AND (y.last_activity_at, y.case_id) >= ($2, $3))
        ORDER BY x.last_activity_at DESC, x.case_id DESC LIMIT $4) s)
SELECT c.id, c.reference, c.status, m.due_next, m.last_activity_at, b.level, c.pupil_id,
       u.first_name, u.last_name, u.preferred_name, u.date_of_birth, w.name AS lead_name
FROM candidate CROSS JOIN LATERAL (
    SELECT min(s.due_next) AS due_next, max(s.last_activity_at) AS last_activity_at FROM case_seat s
    WHERE s.case_id = candidate.case_id AND s.principal = ANY ((SELECT principals())::uuid[])) m
JOIN support_case c ON c.id = candidate.case_id
JOIN pupil u ON u.id = c.pupil_id
JOIN membership l ON l.id = c.lead_membership_id JOIN person w ON w.id = l.person_id
LEFT JOIN case_brief b ON b.case_id = c.id
ORDER BY m.last_activity_at DESC, c.id DESC LIMIT $4
"""


async def worklist(actor: Actor, page: Page, status: str | None = None) -> dict[str, Any]:
    """The cases of whoever asks, newest activity first; empty if none. Records cases:listed with the pupils shown."""
    async with acting_as(actor, "list_cases") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        at, case_id = page.after(LAST_INSTANT, LAST_ID)
        rows = await act.rows(WORKLIST, status, at, case_id, page.limit + 1)
        shown, more = page_of(rows, page.limit)
        act.record(Event.CASES_LISTED, pupils=[r["pupil_id"] for r in shown], outcome="shown", count=len(shown))
    return {
        "items": [case_line(row) for row in shown],
        "next": cursor_of(shown[-1]["last_activity_at"], shown[-1]["id"]) if more else None,
    }


def case_line(row: Record) -> dict[str, Any]:
    """A row of the worklist."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "pupil": {"id": row["pupil_id"], "name": display(row), **_year(row["date_of_birth"])},
        "status": row["status"],
        "level": row["level"],
        "lead_name": row["lead_name"],
        "due_next": row["due_next"],
        "last_activity_at": row["last_activity_at"],
    }


async def show_case(actor: Actor, key: str | UUID) -> dict[str, Any]:
    """The case by id or reference, as far as the reader may see it. Records case:shown.

    Raises: NotFound.
    """
    async with acting_as(actor, "show_case") as act:
        case = await read_case(act, key)
        act.record(Event.CASE_SHOWN, case=case["id"], pupils=[case["pupil"]["id"]], outcome="shown")
        return case


async def show_part(actor: Actor, case_id: UUID, part: str, part_id: UUID) -> dict[str, Any]:
    """One barrier or note of a case, as the case shows it. Records case:shown. Raises: NotFound."""
    case = await show_case(actor, case_id)
    found: dict[str, Any] | None = next((each for each in case[part] if each["id"] == part_id), None)
    if found is None:
        raise NotFound
    return found


async def show_admission(actor: Actor, case_id: UUID, admission_id: UUID) -> dict[str, Any]:
    """Which carer was let in, and to what. Records case:shown. Raises: NotFound."""
    async with acting_as(actor, "show_carers") as act:
        row = await act.row(
            "SELECT id, carer_id, categories FROM carer_admission WHERE id = $1 AND case_id = $2", admission_id, case_id
        )
        if row is None:
            raise NotFound
        act.record(Event.CASE_SHOWN, case=case_id, pupils=[await pupil_of(act, case_id)], outcome="shown")
    return dict(row)


async def read_case(act: Act, key: str | UUID) -> dict[str, Any]:
    """A case by id or reference with every part the reader may see; parts not to be seen are empty or None.

    Raises: NotFound, for a case absent or hidden alike.
    """
    if isinstance(key, UUID):
        row = await act.row(CASE + "WHERE c.id = $1", key)
    else:
        row = await act.row(CASE + "WHERE c.reference = $1", tidy_reference(key))
    if row is None:
        raise NotFound
    case_id = row["id"]
    return {
        "id": case_id,
        "reference": row["reference"],
        "version": row["version"],
        "status": row["status"],
        "level": row["level"],
        "reason": row["reason"],
        "strengths": row["strengths"],
        "opened_at": row["opened_at"],
        "pupil": _pupil(row),
        "warnings": warnings_of(row),
        "lead_practitioner": {"id": row["lead_id"], "name": row["lead_name"], "role": row["lead_role"]},
        "barriers": [_barrier(r) for r in await act.rows(BARRIERS, case_id)],
        "involvements": [involvement(r) for r in await act.rows(INVOLVEMENTS, case_id)],
        "outcomes": await outcomes_of(act, case_id),
        "provisions": await provisions_of(act, case_id),
        "actions": [_action(r) for r in await act.rows(ACTIONS, case_id)],
        "notes": [_note(r) for r in await act.rows(NOTES, case_id)],
        "views": await views_of(act, case_id),
        "reviews": await reviews_of(act, case_id),
        "next_review_on": row["next_review_on"],
        "sharing": [dict(r) for r in await act.rows(SHARING, case_id)],
    }


async def pupil_of(act: Act, case_id: UUID) -> UUID:
    """The pupil a visible case is about."""
    return await act.value("SELECT pupil_id FROM support_case WHERE id = $1", case_id)


async def carers_of(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """The pupil's carers, for the workers who keep the case, with whether they are admitted to it."""
    async with acting_as(actor, "show_carers") as act:
        rows = await act.rows(
            """SELECT k.id, n.name, k.relationship, k.has_parental_responsibility, k.authority_verified_at IS NOT NULL AS verified,
                      EXISTS (SELECT FROM carer_admission d WHERE d.case_id = c.id AND d.carer_id = k.id AND d.ended_at IS NULL) AS admitted,
                      (SELECT b.id FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                       AND (b.until_at IS NULL OR b.until_at > app_now())
                       ORDER BY b.reason_code = 'court_order', b.id LIMIT 1) AS bar_id
               FROM support_case c JOIN carer k ON k.pupil_id = c.pupil_id JOIN person n ON n.id = k.person_id
               WHERE c.id = $1 ORDER BY n.name, k.id""",
            case_id,
        )
        act.record(
            Event.PUPIL_SHOWN, case=case_id, pupils=[await pupil_of(act, case_id)] if rows else [], outcome="shown"
        )
        return [dict(r) for r in rows]


def display(row: Record) -> str:
    """A pupil's name as people say it: preferred first."""
    return display_name(row["first_name"], row["last_name"], row["preferred_name"] or "")


def warnings_of(row: Record) -> list[str]:
    """What whoever reads this case must be careful about, in sentences; of a row that was read with `CAREFUL`."""
    return [sentence for name, sentence in WARNINGS.items() if row[name]]


def involvement(row: Record) -> dict[str, Any]:
    """An involvement as the contract words it: accepted ones wait for a basis, or are active."""
    status = row["status"]
    if status == "accepted":
        status = "active" if row["has_basis"] else "waiting_for_basis"
    return {
        "id": row["id"],
        "agency": {"id": row["agency_id"], "name": row["agency_name"], "kind": row["agency_kind"]},
        "category": row["category"],
        "status": status,
        "reason_code": row["reason_code"],
        "categories": row["offered_categories"],
        "assignee": {"id": row["assignee_id"], "name": row["assignee_name"]} if row["assignee_id"] else None,
        "invited_at": row["invited_at"],
        "answered_at": row["answered_at"],
        "ended_at": row["ended_at"],
        "version": row["version"],
    }


def _pupil(row: Record) -> dict[str, Any]:
    return {
        "id": row["pupil_id"],
        "name": display(row),
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "preferred_name": row["preferred_name"],
        "pronouns": row["pronouns"],
        "date_of_birth": row["date_of_birth"],
        "date_of_birth_known": row["date_of_birth_known"],
        **_year(row["date_of_birth"]),
        "school": {"id": row["school_id"], "name": row["school_name"]},
    }


def _year(born: date | None) -> dict[str, str | None]:
    code = year_group_code(year_group(born, today())) if born else None
    return {"year_group": code, "year_label": year_group_label(code)}


def _barrier(row: Record) -> dict[str, Any]:
    known = barrier(row["code"])
    return {
        "id": row["id"],
        "code": row["code"],
        "label": known.label,
        "area": known.area,
        "category": row["category"],
        "how_identified": row["how_identified"],
        "detail": row["detail"],
        "strategies": list(known.strategies),
        "identified_by": {"id": row["agency_id"], "name": row["agency_name"]},
    }


def _note(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "category": row["category"],
        "text": row["text"],
        "written_at": row["written_at"],
        "author": {
            "name": row["author_name"],
            "role": row["author_role"],
            "agency": {"id": row["agency_id"], "name": row["agency_name"]},
        },
    }


def _action(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "category": row["category"],
        "title": row["title"],
        "owner_agency": {"id": row["agency_id"], "name": row["agency_name"]},
        "assignee": {"id": row["assignee_id"], "name": row["assignee_name"]} if row["assignee_id"] else None,
        "due_on": row["due_on"],
        "status": row["status"],
        "progress": row["progress"],
        "overdue": row["status"] in ("todo", "doing") and row["due_on"] < today(),
        "version": row["version"],
        "added_at": row["added_at"],
        "updated_at": row["updated_at"],
    }
