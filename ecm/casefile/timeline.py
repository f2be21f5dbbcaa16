"""Everything that happened on a case that the reader may see, from the rows themselves, newest first.

Each part of the query reads one table under its row-level security, so a hidden row is in no entry, no count and no
cursor. The log is not asked: it holds codes, and who may read which of them is another matter.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.casefile.mistakes import mistakes
from ecm.casefile.rules import is_new
from ecm.casefile.visits import last_visit, visited
from ecm.cases.head import Head, read_head
from ecm.database import Act, Actor, acting_as
from ecm.paging import LAST_ID, Page, cursor_of, page_of
from ecm.plans.words import TYPE_LABELS

LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
KINDS = ("note", "action", "barrier", "outcome", "view", "people", "consent", "plan", "review", "case")

# at, id, kind, what happened as a code, whose membership did it, their agency (where no worker is named, the agency that
# did it), the other agency it is about, the person it is about, kinds of information, words, a day, what to open.
PARTS = (
    """SELECT c.opened_at AS at, c.id, 'case' AS kind, 'opened' AS code, b.author_membership_id AS by_id, c.school_id AS agency_id,
              NULL::uuid AS about_id, NULL::uuid AS person_id, NULL::text[] AS categories, NULL::text AS words, NULL::date AS day,
              NULL::uuid AS subject
       FROM support_case c LEFT JOIN case_brief b ON b.case_id = c.id WHERE c.id = $1""",
    """SELECT i.updated_at, i.id, 'barrier', 'added', i.author_membership_id, i.author_agency_id, NULL, NULL, ARRAY[i.category],
              i.code, NULL, NULL FROM identified_barrier i WHERE i.case_id = $1""",
    """SELECT n.written_at, n.id, 'note', 'written', n.author_membership_id, n.author_agency_id, NULL, NULL, ARRAY[n.category],
              n.text, NULL, NULL FROM note n WHERE n.case_id = $1""",
    """SELECT t.added_at, t.id, 'action', 'added', t.author_membership_id, t.author_agency_id, t.owner_agency_id, NULL,
              ARRAY[t.category], t.title, NULL, t.id FROM action t WHERE t.case_id = $1""",
    """SELECT x.at, x.id, 'action', CASE WHEN x.status <> x.status_before THEN x.status
                                         WHEN x.due_on <> x.due_before THEN 'moved' ELSE 'told' END,
              x.by_membership_id, m.agency_id, t.owner_agency_id, NULL, ARRAY[t.category],
              concat_ws(E'\\n', t.title, nullif(x.progress, '')), CASE WHEN x.due_on <> x.due_before THEN x.due_on END, t.id
       FROM action_change x JOIN action t ON t.id = x.action_id LEFT JOIN membership m ON m.id = x.by_membership_id
       WHERE x.case_id = $1""",
    """SELECT o.added_at, o.id, 'outcome', 'added', o.author_membership_id, o.author_agency_id, NULL, NULL, ARRAY[o.category],
              o.title, NULL, o.id FROM outcome o WHERE o.case_id = $1""",
    """SELECT o.settled_at, o.id, 'outcome', o.status, o.settled_by_membership_id, m.agency_id, NULL, NULL, ARRAY[o.category],
              o.title, NULL, o.id FROM outcome o LEFT JOIN membership m ON m.id = o.settled_by_membership_id
       WHERE o.case_id = $1 AND o.settled_at IS NOT NULL""",
    """SELECT x.written_at, x.id, 'outcome', 'measured', x.author_membership_id, x.author_agency_id, NULL, NULL, ARRAY[x.category],
              concat_ws(E'\\n', o.title, o.measure || ': ' || trim_scale(x.value), nullif(x.note, '')), x.measured_on, o.id
       FROM measurement x JOIN outcome o ON o.id = x.outcome_id WHERE x.case_id = $1""",
    """SELECT p.added_at, p.id, 'outcome', 'provided', p.author_membership_id, p.author_agency_id, NULL, NULL, ARRAY[p.category],
              concat_ws(E'\\n', p.title, p.who, p.how_often), NULL, p.id FROM provision p WHERE p.case_id = $1""",
    """SELECT v.written_at, v.id, 'view', v.whose, v.author_membership_id, v.author_agency_id, NULL, v.author_person_id,
              ARRAY[v.category], v.text, v.given_on, NULL FROM case_view v WHERE v.case_id = $1""",
    """SELECT i.invited_at, i.id, 'people', 'invited', i.invited_by_membership_id, i.invited_by_agency_id, i.agency_id, NULL,
              i.offered_categories, NULL, NULL, NULL FROM involvement i WHERE i.case_id = $1""",
    """SELECT i.answered_at, i.id, 'people', CASE i.status WHEN 'declined' THEN 'declined' ELSE 'accepted' END, NULL, i.agency_id,
              NULL, NULL, NULL, NULL, NULL, NULL FROM involvement i WHERE i.case_id = $1 AND i.answered_at IS NOT NULL""",
    """SELECT i.ended_at, i.id, 'people', i.status, i.ended_by_membership_id, e.agency_id, i.agency_id, NULL, NULL, NULL, NULL, NULL
       FROM involvement i LEFT JOIN membership e ON e.id = i.ended_by_membership_id
       WHERE i.case_id = $1 AND i.ended_at IS NOT NULL""",
    """SELECT e.at, (array_agg(e.id ORDER BY e.number))[1], 'consent', e.kind, e.recorded_by_membership_id, m.agency_id, e.agency_id,
              r.person_id, array_agg(DISTINCT e.category), e.channel, NULL, NULL
       FROM consent_event e JOIN consent_proposal p ON p.id = e.proposal_id LEFT JOIN consent_request r ON r.id = p.request_id
       LEFT JOIN membership m ON m.id = e.recorded_by_membership_id WHERE e.case_id = $1
       GROUP BY e.at, e.kind, e.recorded_by_membership_id, m.agency_id, e.agency_id, e.person_id, r.person_id, e.channel""",
    """SELECT d.admitted_at, d.id, 'people', 'admitted', d.admitted_by_membership_id, m.agency_id, NULL, d.person_id, d.categories,
              NULL, NULL, NULL
       FROM carer_admission d JOIN membership m ON m.id = d.admitted_by_membership_id WHERE d.case_id = $1""",
    """SELECT p.made_at, p.id, 'plan', p.audience, p.made_by_membership_id, m.agency_id, NULL, NULL, p.categories, p.plan_type, NULL, p.id
       FROM plan p JOIN membership m ON m.id = p.made_by_membership_id WHERE p.case_id = $1 AND p.status = 'ready'""",
    """SELECT r.written_at, r.id, 'review', 'held', r.held_by_membership_id, m.agency_id, NULL, NULL, NULL, NULL, r.held_on, NULL
       FROM review r JOIN membership m ON m.id = r.held_by_membership_id WHERE r.case_id = $1""",
    """SELECT x.written_at, x.id, 'review', 'said', x.author_membership_id, x.author_agency_id, NULL, NULL, ARRAY[x.category], x.text,
              r.held_on, NULL FROM review_contribution x JOIN review r ON r.id = x.review_id WHERE x.case_id = $1""",
    """SELECT t.at, t.id, 'case', t.kind, t.by_membership_id, m.agency_id, NULL, NULL, ARRAY[t.category],
              concat_ws(E'\\n', t.outcome, t.reason), t.died_on, NULL
       FROM case_turn t JOIN membership m ON m.id = t.by_membership_id WHERE t.case_id = $1""",
    """SELECT h.at, h.id, 'case', 'handed_over', h.by_membership_id, h.to_school_id, h.from_school_id, NULL,
              ARRAY['core'], NULL, NULL, NULL FROM handed_over($1) h""",
)
ENTRIES = f"WITH entry AS ({' UNION ALL '.join(PARTS)})"
# An entry is the reader's own when their membership made it, or, where no worker is named, their agency, or they themselves.
LISTED = f"""
{ENTRIES}
SELECT e.at, e.id, e.kind, e.code, e.categories, e.words, e.day, e.subject, w.name AS by_name, m.role AS by_role,
       a.name AS agency, o.name AS about, n.name AS person,
       coalesce(e.by_id = $2, e.agency_id = $3, e.person_id = $4, false) AS mine
FROM entry e LEFT JOIN membership m ON m.id = e.by_id LEFT JOIN person w ON w.id = m.person_id
LEFT JOIN agency a ON a.id = e.agency_id LEFT JOIN agency o ON o.id = e.about_id LEFT JOIN person n ON n.id = e.person_id
"""
PAGE = f"""
{LISTED} WHERE (e.at, e.id) < ($5, $6) AND ($7::text IS NULL OR e.kind = $7)
AND ($8::uuid IS NULL OR e.agency_id = $8 OR e.about_id = $8) ORDER BY e.at DESC, e.id DESC LIMIT $9
"""
NEW = f"SELECT count(*) FROM ({LISTED}) x WHERE x.at > $5 AND NOT x.mine"
AGENCIES = f"""
{ENTRIES} SELECT DISTINCT a.id, a.name FROM entry e JOIN agency a ON a.id IN (e.agency_id, e.about_id) ORDER BY a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of one kind, of one agency (who did it, or whom it is about); None leaves a question open."""

    kind: str | None = None
    agency_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of it. `since`: when the reader was last there; None on a first visit. `agencies`: what to filter by."""

    head: Head
    items: list[dict[str, Any]]
    next: str | None
    since: datetime | None
    agencies: list[dict[str, Any]]


async def timeline(actor: Actor, reference: str, page: Page, wanted: Wanted, since: datetime | None) -> Timeline:
    """A page of the timeline. Counts as a visit. Records case:shown. Raises: NotFound.

    `since` marks what is new; without it, what came after the reader's last visit is.
    """
    async with acting_as(actor, "show_case") as act:
        head = await read_head(act, reference)
        before = since or await last_visit(act, head.id)
        await visited(act, head.id)
        at, entry_id = page.after(LAST_INSTANT, LAST_ID)
        found = await act.rows(PAGE, head.id, *_me(act), at, entry_id, wanted.kind, wanted.agency_id, page.limit + 1)
        rows, more = page_of(found, page.limit)
        agencies = [dict(row) for row in await act.rows(AGENCIES, head.id)]
        wrong = await mistakes(act, head.id)
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown", part="timeline")
    items = [
        _entry(row) | {"new": is_new(row["at"], row["mine"], before), "mistake": row["id"] in wrong} for row in rows
    ]
    return Timeline(head, items, cursor_of(rows[-1]["at"], rows[-1]["id"]) if more else None, before, agencies)


async def count_new(act: Act, case_id: UUID, since: datetime | None) -> int:
    """How many entries of others came after this instant; 0 before a first visit."""
    return await act.value(NEW, case_id, *_me(act), since) if since else 0


def _me(act: Act) -> tuple[UUID | None, UUID | None, UUID | None]:
    """Membership and agency of a worker; a carer is neither, but a person."""
    who = act.who
    return who.membership_id, who.agency_id, None if who.membership_id else who.person_id


def _entry(row: Record) -> dict[str, Any]:
    entry = dict(row)
    if row["kind"] == "barrier":
        entry["words"] = barrier(row["words"]).label
    if row["kind"] == "plan":
        entry["words"] = TYPE_LABELS[row["words"]]
    return entry
