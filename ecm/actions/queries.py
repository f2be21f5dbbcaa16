"""What can be seen of actions. Row-level security decides which rows there are; nothing here filters by reader."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.actions.lists import Asked, pick
from ecm.actions.rules import is_overdue
from ecm.agencies.permissions import GRANTS
from ecm.agencies.queries import AGENCIES
from ecm.agencies.words import ACTION_STATUS_LABELS
from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.cases.rules import tidy_reference, writable
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.paging import Page
from ecm.web.sheet import MOST_ROWS, Cell, parts_of

# The case is joined, not looked up: whoever has lost it has lost what is newer than their own record of it, too.
ACTIONS = """
SELECT t.id, t.case_id, c.reference, c.pupil_id, t.category, t.title, t.due_on, t.status, t.progress, t.version,
       t.added_at, t.updated_at, a.id AS agency_id, a.name AS agency_name, m.id AS assignee_id, w.name AS assignee_name,
       u.first_name, u.last_name, u.preferred_name, (c.opened_at AT TIME ZONE 'Europe/London')::date AS opened_on{more}
FROM action t JOIN support_case c ON c.id = t.case_id JOIN pupil u ON u.id = c.pupil_id
JOIN agency a ON a.id = t.owner_agency_id
LEFT JOIN membership m ON m.id = t.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
"""
# Asking for the weakest lock asks the policy that guards changes: no row, no right to change it.
CHANGEABLE = """, EXISTS (SELECT FROM action x WHERE x.id = t.id FOR KEY SHARE) AS changeable,
       may_correct(t.case_id, t.category, t.author_membership_id, NULL) AS correctable"""
ONE = f"{ACTIONS.format(more=CHANGEABLE)} WHERE t.id = $1"
# What the policy that guards changes asks, without taking a lock; in a case that has ended nothing changes.
LISTED = """, c.status AS case_status,
       c.status = 'open' AND works_in(t.case_id, 'core') AND (t.owner_desk_id = ANY ((SELECT principals())::uuid[]) OR t.assignee_membership_id = ANY ((SELECT principals())::uuid[])
        OR t.author_membership_id = ANY ((SELECT principals())::uuid[]) OR holds_case(t.case_id)) AS changeable,
       EXISTS (SELECT FROM case_visit v JOIN action_change x ON x.action_id = t.id AND x.at > v.seen_at
               AND x.by_membership_id IS DISTINCT FROM v.membership_id
               WHERE v.case_id = t.case_id AND v.membership_id = (SELECT (context() ->> 'membership')::uuid)) AS changed"""
SEVERAL = f"{ACTIONS.format(more=LISTED)} WHERE t.id = ANY ($1::uuid[]) ORDER BY array_position($1::uuid[], t.id)"

# Who can be given work on a case: the school that opened it, and agencies at work on it that the asker may know of.
OWNERS = """
SELECT a.id, a.name, a.kind, o.category AS involvement_category, o.assignee_id
FROM (SELECT c.school_id AS agency_id, 'core' AS category, NULL::uuid AS assignee_id FROM support_case c WHERE c.id = $1
      UNION ALL
      SELECT i.agency_id, i.category, i.assignee_membership_id FROM involvement i
      WHERE i.case_id = $1 AND i.status = 'accepted') o
JOIN agency a ON a.id = o.agency_id WHERE agency_on_case($1, a.id) ORDER BY a.kind <> 'school', a.name
"""
# Who there would see what they are given: those who act for the whole agency, and whoever the case is assigned to.
PEOPLE = """
SELECT m.id, m.agency_id, w.name, m.role, a.name AS agency_name
FROM support_case c JOIN membership m ON m.agency_id = ANY ($2::uuid[]) JOIN agency a ON a.id = m.agency_id
JOIN person w ON w.id = m.person_id
WHERE c.id = $1 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
  AND ((a.kind, m.role) IN (SELECT * FROM unnest($3::text[], $4::text[])) OR m.id = c.lead_membership_id
       OR m.id IN (SELECT i.assignee_membership_id FROM involvement i WHERE i.case_id = c.id AND i.status = 'accepted'))
ORDER BY a.id <> c.school_id, a.name, w.name, m.id
"""
DESKS = [key for key, verbs in GRANTS.items() if "desk:general" in verbs]
MAY_READ = "SELECT DISTINCT category FROM case_access WHERE case_id = $1 AND basis <> 'own_record'"
CASE = """
SELECT c.id, c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name,
       (c.opened_at AT TIME ZONE 'Europe/London')::date AS opened_on
FROM support_case c JOIN pupil u ON u.id = c.pupil_id
"""


ACTION_COLUMNS: dict[str, tuple[str, Callable[[Record], Cell]]] = {
    "title": ("Action", lambda row: row["title"]),
    "pupil": ("Pupil", lambda row: display(row)),
    "reference": ("Case", lambda row: row["reference"]),
    "due_on": ("Due", lambda row: row["due_on"]),
    "overdue": ("Overdue", lambda row: "yes" if is_overdue(row["status"], row["due_on"], today()) else "no"),
    "status": ("Where it stands", lambda row: ACTION_STATUS_LABELS[row["status"]]),
    "progress": ("Progress", lambda row: row["progress"]),
    "owner": ("Organisation", lambda row: row["agency_name"]),
    "assignee": ("Who", lambda row: row["assignee_name"]),
    "updated_at": ("Last changed", lambda row: row["updated_at"]),
}


async def list_actions(actor: Actor, page: Page, asked: Asked) -> tuple[list[Record], str | None]:
    """A page of actions, most urgent first, and the cursor of the next page if there is one. Records actions:listed."""
    found = await show_list(actor, page, asked)
    return found["rows"], found["next"]


async def show_list(actor: Actor, page: Page, asked: Asked) -> dict[str, Any]:
    """The same, and the organisations by which a list of several can be narrowed. Records actions:listed."""
    async with acting_as(actor, "list_actions") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        rows, following = await read_list(act, asked, page)
        agencies = await act.rows(AGENCIES) if asked.whose in ("lead", "all") else []
        act.record(Event.ACTIONS_LISTED, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return {"rows": rows, "next": following, "agencies": [(str(each["id"]), each["name"]) for each in agencies]}


async def read_list(act: Act, asked: Asked, page: Page) -> tuple[list[Record], str | None]:
    """A page of actions and the next cursor, within a transaction that has refreshed the reader's seats."""
    ids, following = await pick(act, asked, page)
    return await act.rows(SEVERAL, ids) if ids else [], following


async def show_nothing(actor: Actor) -> None:
    """A page that asks what to list, before anything is listed. Records actions:listed."""
    async with acting_as(actor, "list_actions") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        act.record(Event.ACTIONS_LISTED, outcome="shown", count=0)


async def export_actions(
    actor: Actor, asked: Asked, columns: Sequence[str]
) -> tuple[list[str], list[list[Cell]], bool]:
    """Heads and rows of a list to take away, and whether there would be more. Records actions:exported, once for each
    1,000 actions. Raises: NotAllowed for somebody outside agencies.
    """
    async with acting_as(actor, "export_actions") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        await act.run("SELECT refresh_my_stale_seats()")
        ids, following = await pick(act, asked, Page(MOST_ROWS))
        rows = [row for part in parts_of(ids) for row in await act.rows(SEVERAL, part)]
        for part in parts_of(rows) or [[]]:
            act.record(Event.ACTIONS_EXPORTED, pupils={r["pupil_id"] for r in part}, outcome="shown", count=len(part))
    chosen = [(head, value) for name, (head, value) in ACTION_COLUMNS.items() if name in columns]
    return [head for head, _ in chosen], [[value(row) for _, value in chosen] for row in rows], following is not None


async def show_action(actor: Actor, action_id: UUID) -> dict[str, Any]:
    """One action, for a program. Records action:shown. Raises: NotFound."""
    async with acting_as(actor, "show_action") as act:
        return published(await _shown(act, action_id))


async def show_action_form(actor: Actor, action_id: UUID) -> dict[str, Any]:
    """One action, whom it is about, whether the reader may change it, and to whom it can be given.

    Records action:shown. Raises: NotFound.
    """
    async with acting_as(actor, "show_action") as act:
        row = await _shown(act, action_id)
        return {
            "action": published(row),
            "pupil": display(row),
            "changeable": row["changeable"] and act.who.may("action:change"),
            "correctable": row["correctable"],
            "people": await people(act, row["case_id"], [row["agency_id"]]),
        }


async def _shown(act: Act, action_id: UUID) -> Record:
    row = await read_action(act, action_id)
    pupils = [row["pupil_id"]]
    act.record(Event.ACTION_SHOWN, case=row["case_id"], subject=action_id, pupils=pupils, outcome="shown")
    return row


async def show_new_action_form(actor: Actor, reference: str) -> dict[str, Any]:
    """What can be chosen for a new action of this case: owners, people there, and kinds of information to write in.

    Records case:shown. Raises: NotFound; NotAllowed for a role that adds none.
    """
    async with acting_as(actor, "show_new_action") as act:
        case = await read_case_line(act, "c.reference = $1", tidy_reference(reference))
        if not act.who.may("action:add"):
            raise NotAllowed
        act.record(Event.CASE_SHOWN, case=case["id"], pupils=[case["pupil_id"]], outcome="shown")
        found = await owners(act, case["id"])
        readable = {r["category"] for r in await act.rows(MAY_READ, case["id"])}
        return {
            "case": {"id": case["id"], "reference": case["reference"]},
            "pupil": display(case),
            "owners": found,
            "people": await people(act, case["id"], [each["id"] for each in found]),
            "categories": writable(act.who.may, readable),
        }


async def read_action(act: Act, action_id: UUID) -> Record:
    """The row of one action, with whether the reader may change it. Raises: NotFound."""
    row = await act.row(ONE, action_id)
    if row is None:
        raise NotFound
    return row


async def read_case_line(act: Act, where: str, key: Any) -> Record:
    """Just enough of a case to hang an action on. Raises: NotFound."""
    row = await act.row(f"{CASE} WHERE {where}", key)
    if row is None:
        raise NotFound
    return row


async def owners(act: Act, case_id: UUID) -> list[Record]:
    """The agencies that can be given work on this case, as far as the asker may know of them; the school first."""
    return await act.rows(OWNERS, case_id)


async def people(act: Act, case_id: UUID, agency_ids: list[UUID]) -> list[Record]:
    """Those of these agencies who would see an action of this case that is given to them."""
    return await act.rows(PEOPLE, case_id, agency_ids, [kind for kind, _ in DESKS], [role for _, role in DESKS])


def published(row: Record) -> dict[str, Any]:
    """An action as the contract words it."""
    return {
        "id": row["id"],
        "case_id": row["case_id"],
        "reference": row["reference"],
        "category": row["category"],
        "title": row["title"],
        "owner_agency": {"id": row["agency_id"], "name": row["agency_name"]},
        "assignee": {"id": row["assignee_id"], "name": row["assignee_name"]} if row["assignee_id"] else None,
        "due_on": row["due_on"],
        "status": row["status"],
        "progress": row["progress"],
        "version": row["version"],
        "added_at": row["added_at"],
        "updated_at": row["updated_at"],
        "overdue": is_overdue(row["status"], row["due_on"], today()),
    }
