"""What is shared without consent, as far as the reader may know of it; row-level security decides the rows and the words."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.agencies.permissions import CATEGORIES
from ecm.audit.events import Event
from ecm.cases.head import Head, read_head
from ecm.clock import LONDON, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.grounds.rules import LABELS, SOURCES, VERBS, codes
from ecm.paging import LAST_ID, Page, cursor_of, page_of

# A partner and a parent do not learn from it who works on it: only who reads the names of workers and carers gets them.
GROUNDS = """
SELECT g.id, g.case_id, g.agency_id, a.name AS agency_name, g.basis, g.code, g.categories, g.from_at, g.until_at, g.ended_at,
       g.family_told_on, g.not_told_code, g.revisit_on, g.channel, g.renews_id, g.version, g.agreed_by_person_id,
       p.name AS agreed_by, m.role AS by_role, b.name AS by_agency, w.name AS by_name,
       looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id) AS ours,
       agency_on_case(g.case_id, g.agency_id) AS at_table,
       ARRAY(SELECT n.name FROM person n WHERE n.id = ANY (g.told_person_ids) ORDER BY n.name) AS told,
       app_now() >= least(g.until_at, coalesce(g.ended_at, 'infinity')) AS over
FROM sharing_ground g JOIN agency a ON a.id = g.agency_id LEFT JOIN person p ON p.id = g.agreed_by_person_id
JOIN membership m ON m.id = g.recorded_by_membership_id JOIN agency b ON b.id = m.agency_id
LEFT JOIN person w ON w.id = m.person_id
"""
OBJECTIONS = """
SELECT o.id, o.ground_id, o.text, o.at, o.answer, o.answered_at, n.name
FROM ground_objection o LEFT JOIN person n ON n.id = o.person_id
WHERE o.case_id = $1 ORDER BY o.at, o.id
"""
OBJECTION = ("id", "name", "text", "at", "answer", "answered_at")
RECEIVERS = """
SELECT a.id, a.name, a.kind FROM agency a
WHERE (a.id = (SELECT school_id FROM support_case WHERE id = $1)
       OR a.id IN (SELECT agency_id FROM involvement WHERE case_id = $1 AND status IN ('invited', 'accepted')))
  AND may_record_ground($1, a.id, $2, '{}') ORDER BY a.name
"""
CARERS = """
SELECT k.id, n.name, k.relationship FROM carer k JOIN person n ON n.id = k.person_id
WHERE k.pupil_id = $1 ORDER BY n.name, k.id
"""
# Of a yes from somebody who was not let in to the case, the child is not named here: they know whose it is.
FAMILY = """
SELECT g.id, g.case_id, a.name AS agency, g.basis, g.code, g.categories, g.from_at, least(g.until_at, g.ended_at) AS until_at,
       app_now() >= least(g.until_at, coalesce(g.ended_at, 'infinity')) AS over, c.pupil_id, s.name AS school,
       coalesce(nullif(u.preferred_name, ''), u.first_name) AS child,
       o.at AS objected_at, o.answer, o.answered_at
FROM sharing_ground g JOIN agency a ON a.id = g.agency_id
LEFT JOIN LATERAL (SELECT x.at, x.answer, x.answered_at FROM ground_objection x WHERE x.ground_id = g.id ORDER BY x.at DESC LIMIT 1) o ON true
LEFT JOIN support_case c ON c.id = g.case_id
LEFT JOIN agency s ON s.id = c.school_id LEFT JOIN pupil u ON u.id = c.pupil_id
"""
OVERRIDES = "SELECT * FROM overrides_recorded($1, $2)"


async def grounds(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """What is or was shared without consent, newest first. Records consents:listed. Raises: NotFound."""
    async with acting_as(actor, "list_grounds") as act:
        head = await read_head(act, case_id)
        found = await grounds_of(act, head.id)
        act.record(Event.CONSENTS_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown", count=len(found))
        return found


async def grounds_of(act: Act, case_id: UUID, *, only: UUID | None = None) -> list[dict[str, Any]]:
    """The same within a transaction, or one of them."""
    rows = await act.rows(
        GROUNDS + "WHERE g.case_id = $1 AND ($2::uuid IS NULL OR g.id = $2) ORDER BY g.from_at DESC, g.id DESC",
        case_id, only,
    )  # fmt: skip
    words = {row["id"]: row for row in await act.rows("SELECT * FROM ground_words($1)", case_id)} if rows else {}
    said = await act.rows(OBJECTIONS, case_id) if rows else []
    return [_ground(row, words.get(row["id"]), [o for o in said if o["ground_id"] == row["id"]]) for row in rows]


def _ground(row: Record, words: Record | None, objections: list[Record]) -> dict[str, Any]:
    ours = row["ours"]
    return {
        "id": row["id"],
        "case_id": row["case_id"],
        "agency": {"id": row["agency_id"], "name": row["agency_name"]},
        "basis": row["basis"],
        "code": row["code"],
        "label": LABELS.get(row["code"], row["code"]),
        "source": SOURCES.get(row["code"], ""),
        "categories": [each for each in CATEGORIES if each in row["categories"]],
        "state": "ended" if row["over"] else "in_force" if row["at_table"] else "waiting",
        "since": row["from_at"],
        "until": (until := min(filter(None, (row["until_at"], row["ended_at"])), default=None)),
        "last_on": _last_day(until),
        "ended_at": row["ended_at"],
        "renews_id": row["renews_id"],
        "agreed_by": row["agreed_by"] if ours else None,
        "channel": row["channel"] if ours else None,
        "told_on": row["family_told_on"],
        "told": list(row["told"]) if ours else [],
        "not_told_code": row["not_told_code"] if ours else None,
        "revisit_on": row["revisit_on"] if ours else None,
        "recorded_by": {"name": row["by_name"] if ours else None, "role": row["by_role"], "agency": row["by_agency"]},
        "reason": words["reason"] if words else None,
        "consulted": words["consulted"] if words else None,
        "end_reason": words["end_reason"] if words else None,
        "objections": [{key: o[key] for key in OBJECTION} for o in objections],
        "version": row["version"],
    }


def _last_day(until: datetime | None) -> date | None:
    """The last day in London with a moment before this instant."""
    return (until - timedelta(microseconds=1)).astimezone(LONDON).date() if until else None


async def read_ground(act: Act, ground_id: UUID) -> dict[str, Any]:
    """One as the API words it. Raises: NotFound."""
    case_id = await act.value("SELECT case_id FROM sharing_ground WHERE id = $1", ground_id)
    found = await grounds_of(act, case_id, only=ground_id) if case_id else []
    if not found:
        raise NotFound
    return found[0]


async def show_ground(actor: Actor, ground_id: UUID) -> dict[str, Any]:
    """One as the API words it. Records consents:listed. Raises: NotFound."""
    async with acting_as(actor, "list_grounds") as act:
        found = await read_ground(act, ground_id)
        pupils = await pupils_of(act, found["case_id"])
        act.record(Event.CONSENTS_LISTED, case=found["case_id"], subject=ground_id, pupils=pupils, outcome="shown")
        return found


async def ground_page(actor: Actor, ground_id: UUID) -> dict[str, Any]:
    """One, with the head of its case and the pupil's carers, for a worker who answers for it. Records consents:listed.

    `may_move`: say that the family was told; `may_end`, `may_renew`. `renewers`: role and organisation of who else could
    renew an override, None where nothing is to be renewed. Raises: NotFound; NotAllowed for anybody else.
    """
    async with acting_as(actor, "list_grounds") as act:
        found = await read_ground(act, ground_id)
        head = await read_head(act, found["case_id"])
        ours = await act.value("SELECT EXISTS (SELECT FROM sharing_ground WHERE id = $1 AND "
                               "looks_after_ground(case_id, agency_id, recorded_by_membership_id))", ground_id)  # fmt: skip
        if act.who.membership_id is None or not ours:
            raise NotAllowed
        carers = [dict(row) for row in await act.rows(CARERS, head.pupil_id)]
        act.record(
            Event.CONSENTS_LISTED, case=head.id, subject=ground_id, pupils=[head.pupil_id], outcome="shown"
        )  # fmt: skip
        mine = await act.value(
            """SELECT m.person_id = $2 FROM sharing_ground g JOIN membership m ON m.id = g.recorded_by_membership_id WHERE g.id = $1""",
            ground_id, act.who.person_id,
        )  # fmt: skip
        may_move = act.who.may("ground:record") or act.who.may("override:record")
        may_end = act.who.may("override:record") if found["basis"] == "override" else may_move
        may_renew = (
            found["basis"] == "override" and act.who.may("override:record") and not mine and head.status == "open"
        )
        return {
            "it": found, "head": head, "carers": carers, "may_move": may_move, "may_end": may_end, "may_renew": may_renew,
            "renewers": await _renewers(act, found, head),
        }  # fmt: skip


async def _renewers(act: Act, found: dict[str, Any], head: Head) -> list[dict[str, Any]] | None:
    if found["basis"] != "override" or found["ended_at"] or head.status != "open":
        return None
    return [dict(row) for row in await act.rows("SELECT * FROM override_renewers($1)", found["id"])]


async def choices(actor: Actor, reference: str, basis: str) -> dict[str, Any]:
    """What there is to choose from when such a reason is recorded. Records consents:listed.

    Raises: NotFound; NotAllowed for a role that may not record it.
    """
    async with acting_as(actor, "list_grounds") as act:
        head: Head = await read_head(act, reference)
        if not act.who.may(VERBS[basis]):
            raise NotAllowed
        agencies = [dict(row) for row in await act.rows(RECEIVERS, head.id, basis)]
        carers = [dict(row) for row in await act.rows(CARERS, head.pupil_id)]
        act.record(Event.CONSENTS_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown")
        return {
            "head": head,
            "agencies": agencies,
            "carers": carers,
            "codes": codes(basis, act.who.role or "", today()),
        }


async def family_grounds(act: Act, case_ids: list[UUID]) -> list[dict[str, Any]]:
    """What a parent or carer agreed to, and what they were told is shared by law of these cases: newest first, over or not."""
    rows = await act.rows(
        FAMILY + "WHERE g.case_id = ANY ($1::uuid[]) OR g.agreed_by_person_id = $2 ORDER BY g.from_at DESC, g.id DESC",
        case_ids, act.who.person_id,
    )  # fmt: skip
    return [_of_family(row) for row in rows]


def _of_family(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "case_id": row["case_id"],
        "pupil_id": row["pupil_id"],
        "child": row["child"] or "your child",
        "school": row["school"],
        "agency": row["agency"],
        "basis": row["basis"],
        "label": LABELS.get(row["code"], row["code"]),
        "source": SOURCES.get(row["code"], ""),
        "categories": [each for each in CATEGORIES if each in row["categories"]],
        "since": row["from_at"],
        "until": row["until_at"],
        "last_on": _last_day(row["until_at"]),
        "over": bool(row["over"]),
        "objected_at": row["objected_at"],
        "answer": row["answer"] or "",
        "answered_at": row["answered_at"],
    }


async def family_ground(actor: Actor, ground_id: UUID) -> dict[str, Any]:
    """One of them, for its own page. Records consents:listed. Raises: NotFound, also for anybody but a parent or carer."""
    async with acting_as(actor, "family") as act:
        row = await act.row(FAMILY + "WHERE g.id = $1", ground_id) if act.who.membership_id is None else None
        if row is None:
            raise NotFound
        pupils = [row["pupil_id"]] if row["pupil_id"] else []
        act.record(Event.CONSENTS_LISTED, case=row["case_id"], subject=ground_id, pupils=pupils, outcome="shown")
        return _of_family(row)


async def overrides(actor: Actor, page: Page) -> dict[str, Any]:
    """Overrides, newest first: for a data protection officer those of cases of their school, and those that people of
    their agency recorded; for heads, safeguarding leads and managers those of cases they see. Records overrides:listed.

    Raises: NotAllowed for everybody else.
    """
    async with acting_as(actor, "list_overrides") as act:
        if not act.who.may("sharing:oversee"):
            raise NotAllowed
        (last,) = page.after(LAST_ID)
        rows, more = page_of(await act.rows(OVERRIDES, last, page.limit + 1), page.limit)
        shown = {row["pupil_id"] for row in rows}
        act.record(Event.OVERRIDES_LISTED, pupils=shown, outcome="shown", count=len(rows))
    items = [dict(row) | {"label": LABELS.get(row["code"], row["code"])} for row in rows]
    return {"items": items, "next": cursor_of(rows[-1]["id"]) if more else None}


async def pupils_of(act: Act, case_id: UUID) -> list[UUID]:
    """The pupil of a case, for the log, where the reader sees the case."""
    found = await act.value("SELECT pupil_id FROM support_case WHERE id = $1", case_id)
    return [found] if found else []
