"""What can be seen of actions. Row-level security decides which rows there are; nothing here filters by reader."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.actions.rules import is_overdue, place
from ecm.agencies.permissions import GRANTS
from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.cases.rules import tidy_reference
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.paging import Page, cursor_of, page_of

# The case is joined, not looked up: whoever has lost it has lost what is newer than their own record of it, too.
ACTIONS = """
SELECT t.id, t.case_id, c.reference, c.pupil_id, t.category, t.title, t.due_on, t.status, t.progress, t.version, t.added_at,
       t.updated_at, a.id AS agency_id, a.name AS agency_name, m.id AS assignee_id, w.name AS assignee_name,
       u.first_name, u.last_name, u.preferred_name, (c.opened_at AT TIME ZONE 'Europe/London')::date AS opened_on{more}
FROM action t JOIN support_case c ON c.id = t.case_id JOIN pupil u ON u.id = c.pupil_id
JOIN agency a ON a.id = t.owner_agency_id
LEFT JOIN membership m ON m.id = t.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
"""
# Asking for the weakest lock asks the policy that guards changes: no row, no right to change it.
ONE = ACTIONS.format(more=", EXISTS (SELECT FROM action x WHERE x.id = t.id FOR KEY SHARE) AS changeable") + "WHERE t.id = $1"
MINE = """(t.assignee_membership_id = (SELECT (context() ->> 'membership')::uuid)
    OR (t.assignee_membership_id IS NULL AND t.owner_desk_id = ANY ((SELECT principals())::uuid[])))"""
# Only cases of the reader's worklist are looked into, so that the cost does not grow with everybody's.
ON_MY_CASES = "t.case_id IN (SELECT s.case_id FROM case_seat s WHERE s.principal = ANY ((SELECT principals())::uuid[]))"
STANDS = {
    "open": "t.status IN ('todo', 'doing')",
    **{each: f"t.status = '{each}'" for each in ("todo", "doing", "done", "cancelled")},
}
ENDED = "(t.status IN ('done', 'cancelled'))"
ORDER = f"""({ENDED}::text, CASE WHEN {ENDED} THEN date '9999-12-31' - (t.due_on - date '0001-01-01') ELSE t.due_on END, t.id)"""
FIRST = ("", date.min, UUID(int=0))

# Who can be given work on a case: the school that opened it, and agencies at work on it that the asker may know of.
OWNERS = """
SELECT a.id, a.name, a.kind, coalesce(i.category, 'core') AS involvement_category
FROM support_case c JOIN agency a ON true
LEFT JOIN involvement i ON i.case_id = c.id AND i.agency_id = a.id AND i.status = 'accepted'
WHERE c.id = $1 AND (a.id = c.school_id OR i.id IS NOT NULL) AND agency_on_case(c.id, a.id)
ORDER BY a.id <> c.school_id, a.name
"""
# Who there would see what they are given: those who act for the whole agency, and whoever the case is assigned to.
PEOPLE = """
SELECT m.id, m.agency_id, w.name, m.role, a.name AS agency_name
FROM support_case c JOIN membership m ON m.agency_id = ANY ($2::uuid[]) JOIN agency a ON a.id = m.agency_id
JOIN person w ON w.id = m.person_id
WHERE c.id = $1 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
  AND ((a.kind, m.role) IN (SELECT * FROM unnest($3::text[], $4::text[])) OR m.id = c.lead_membership_id
       OR EXISTS (SELECT FROM involvement i WHERE i.case_id = c.id AND i.status = 'accepted' AND i.assignee_membership_id = m.id))
ORDER BY a.id <> c.school_id, a.name, w.name, m.id
"""
DESKS = [key for key, verbs in GRANTS.items() if "desk:general" in verbs]
MAY_READ = """
SELECT DISTINCT category FROM case_access WHERE case_id = $1 AND principal = ANY ((SELECT principals())::uuid[])
AND basis <> 'own_record' AND app_now() >= valid_from AND app_now() < valid_until
"""
CASE = """
SELECT c.id, c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name,
       (c.opened_at AT TIME ZONE 'Europe/London')::date AS opened_on
FROM support_case c JOIN pupil u ON u.id = c.pupil_id
"""


async def list_actions(
    actor: Actor, page: Page, *, mine: bool = False, status: str | None = None, overdue: bool = False
) -> dict[str, Any]:
    """A page of actions, most urgent first, with the pupil's name beside each; records actions:listed.

    `mine`: given to the reader, or to nobody in particular at a desk they act for. `status` may also be `open`.
    """
    async with acting_as(actor, "list_actions") as act:
        wanted = [MINE if mine else ON_MY_CASES, *([STANDS[status]] if status else [])]
        if overdue:
            wanted.append("t.status IN ('todo', 'doing') AND t.due_on < $5")
        sql = f"{ACTIONS.format(more='')} WHERE {' AND '.join(wanted)} AND {ORDER} > ($1, $2, $3) ORDER BY {ORDER} LIMIT $4"
        rows, more = page_of(
            await act.rows(sql, *page.after(*FIRST), page.limit + 1, *([today()] if overdue else [])), page.limit
        )
        act.record(Event.ACTIONS_LISTED, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return {
        "items": [published(r) | {"pupil": display(r)} for r in sorted(rows, key=_place)],
        "next": cursor_of(*_key(rows[-1])) if more else None,
    }
