"""Offers of a case by one school to another. Before it accepts, the school that is asked reads codes and no name."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.involvements.queries import invitations
from ecm.moves.queries import ON_ROLL, SCHOOLS, open_cases
from ecm.paging import LARGEST_LIMIT, LAST_ID, Page, cursor_of, page_of
from ecm.pupils.queries import matching_pupils
from ecm.pupils.rules import display_name, year_group_label

# The case by its reference for the school that has it, or had it offered to it and took it.
OFFER = """
SELECT h.id, h.case_id, h.status, h.reason_code, h.wishes, h.joins_on, h.family_told, h.offered_at, h.answered_at, h.refusal_code,
       f.id AS from_id, f.name AS from_name, f.telephone, t.id AS to_id, t.name AS to_name, w.name AS by_name, m.role AS by_role,
       coalesce(k.reference, c.reference) AS reference
FROM case_handover h JOIN agency f ON f.id = h.from_school_id JOIN agency t ON t.id = h.to_school_id
JOIN membership m ON m.id = h.offered_by_membership_id JOIN person w ON w.id = m.person_id
LEFT JOIN support_case c ON c.id = h.case_id LEFT JOIN LATERAL case_to_hand_over(h.case_id, NULL) k ON true
"""
HEAD = "SELECT * FROM case_to_hand_over($1, $2)"
LEADS = """
SELECT m.id, w.name, m.role FROM membership m JOIN person w ON w.id = m.person_id
WHERE m.agency_id = $1 AND m.role IN ('senco', 'headteacher', 'dsl')
AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now()) ORDER BY w.name, m.id
"""


def handing_school(act: Act) -> UUID:
    """The school for which the actor hands cases over or takes them. Raises: NotAllowed."""
    if act.who.agency_id is None or not act.who.may("case:hand_over"):
        raise NotAllowed
    return act.who.agency_id


async def own_case(act: Act, key: UUID | str) -> Record:
    """A case the actor's school has, by id or reference, also when nobody there can open it any more.

    Raises: NotFound, absent and not theirs alike; NotAllowed for who sees it and may not hand it over.
    """
    case_id, reference = (key, None) if isinstance(key, UUID) else (None, key)
    if row := await act.row(HEAD, case_id, reference):
        return row
    seen = "SELECT EXISTS (SELECT FROM support_case WHERE id = $1 OR reference = $2)"
    raise NotAllowed if await act.value(seen, case_id, reference) else NotFound


async def show_own_case(actor: Actor, reference: str) -> dict[str, Any]:
    """The case, the schools it can go to, and what was offered of it before, newest first. Records case:shown.

    Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "hand_over_case") as act:
        case = dict(await own_case(act, reference))
        rows = await act.rows(f"{OFFER} WHERE h.case_id = $1 ORDER BY h.offered_at DESC, h.id DESC", case["id"])
        schools = [(str(r["id"]), r["name"]) for r in await act.rows(SCHOOLS, handing_school(act))]
        act.record(Event.CASE_SHOWN, case=case["id"], pupils=[case["pupil_id"]], outcome="shown", part="handover")
    return {"case": case, "offers": [_offer(row) for row in rows], "schools": schools}


async def offers(actor: Actor, page: Page) -> dict[str, Any]:
    """What was offered to the actor's school and by it, newest first. Records handovers:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_handovers") as act:
        school = handing_school(act)
        (last,) = page.after(LAST_ID)
        sql = f"{OFFER} WHERE h.id < $1 AND $2 IN (h.from_school_id, h.to_school_id) ORDER BY h.id DESC LIMIT $3"
        shown, more = page_of(await act.rows(sql, last, school, page.limit + 1), page.limit)
        act.record(Event.HANDOVERS_LISTED, outcome="shown", count=len(shown))
    return {"items": [_offer(row) for row in shown], "next": cursor_of(shown[-1]["id"]) if more else None}


async def all_invitations(actor: Actor, page: Page) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the actor's agency was asked, and for who may take cases over, what waits for their school's answer."""
    found = await invitations(actor, page)
    if actor.standing is None or not actor.standing.may("case:hand_over") or page.key:
        return found, []
    offered = await offers(actor, Page(LARGEST_LIMIT))
    mine = actor.standing.agency_id
    return found, [each for each in offered["items"] if each["status"] == "offered" and each["to_school"]["id"] == mine]


async def show_offer(actor: Actor, handover_id: UUID, q: str = "", chosen: UUID | None = None) -> dict[str, Any]:
    """An offer to the actor's school; while it waits, who could lead the case, who on the roll the pupil is where that
    is plain, and whom `q` finds there or was chosen before. Records handovers:listed with those pupils. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "list_handovers") as act:
        school = handing_school(act)
        offer = await read_offer(act, handover_id)
        if offer["to_school"]["id"] != school:
            raise NotFound
        match = await act.value("SELECT handover_match($1)", handover_id)
        found = await matching_pupils(act, q) if q.strip() else []
        ids = [match] if match else [*found, chosen]
        pupils = [_pupil(row) for row in await act.rows(f"{ON_ROLL} AND u.id = ANY ($2::uuid[])", school, ids)]
        busy = {each["pupil_id"]: each["reference"] for each in await open_cases(act, [each["id"] for each in pupils])}
        leads = [dict(row) for row in await act.rows(LEADS, school)]
        act.record(
            Event.HANDOVERS_LISTED,
            subject=handover_id,
            pupils=[each["id"] for each in pupils],
            outcome="shown",
            count=1,
        )
    return {"offer": offer, "pupils": pupils, "matched": match is not None, "busy": busy, "leads": leads}


async def read_offer(act: Act, handover_id: UUID) -> dict[str, Any]:
    """An offer between the actor's school and another, within a transaction. Raises: NotFound."""
    sql = f"{OFFER} WHERE h.id = $1 AND $2 IN (h.from_school_id, h.to_school_id)"
    row = await act.row(sql, handover_id, act.who.agency_id)
    if row is None:
        raise NotFound
    return _offer(row)


def _offer(row: Record) -> dict[str, Any]:
    same = (
        "id",
        "status",
        "reason_code",
        "wishes",
        "joins_on",
        "family_told",
        "offered_at",
        "answered_at",
        "refusal_code",
    )
    return {key: row[key] for key in same} | {
        "case": {"id": row["case_id"], "reference": row["reference"]} if row["reference"] else None,
        "from_school": {"id": row["from_id"], "name": row["from_name"], "telephone": row["telephone"]},
        "to_school": {"id": row["to_id"], "name": row["to_name"]},
        "offered_by": {"name": row["by_name"], "role": row["by_role"]},
    }


def _pupil(row: Record) -> dict[str, Any]:
    name = display_name(row["first_name"], row["last_name"], row["preferred_name"] or "")
    return {
        "id": row["id"],
        "name": name,
        "year_label": year_group_label(row["year_group"]),
        "class_name": row["class_name"],
    }
