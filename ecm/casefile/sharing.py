"""People and sharing: who may see what of a case, since when and why, as far as the reader may know of each.

The school that keeps the case sees every row it may know of; a partner the row of its own agency; a carer the services
they themselves were asked about. A row that is hidden is not there, nor counted, nor hinted at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.agencies.permissions import CATEGORIES
from ecm.audit.events import Event
from ecm.casefile.rules import Cell, agency_cells, carer_cells, school_cells, with_grounds
from ecm.cases.head import Head, read_head
from ecm.cases.queries import INVOLVEMENTS, involvement
from ecm.consent.queries import IN_ORDER, PROPOSALS, consent, messages_about, states_of
from ecm.consent.rules import NOT_ASKED, State
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound
from ecm.grounds.queries import grounds_of

ANSWERS = """
SELECT i.id, i.answer_reason, i.answer_message, a.name AS ended_by, m.role AS ended_role
FROM involvement i LEFT JOIN membership m ON m.id = i.ended_by_membership_id LEFT JOIN agency a ON a.id = m.agency_id
WHERE i.case_id = $1
"""
# What the school before this one asked: of that, only what was answered still stands.
ASKED_ELSEWHERE = """
SELECT r.id FROM consent_request r JOIN support_case c ON c.id = r.case_id JOIN membership m ON m.id = r.asked_by_membership_id
WHERE r.case_id = $1 AND m.agency_id <> c.school_id
"""
CARERS = """
SELECT k.id, n.name, k.relationship, d.categories, d.admitted_at,
       EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
               AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) AS barred
FROM support_case c JOIN carer k ON k.pupil_id = c.pupil_id JOIN person n ON n.id = k.person_id
LEFT JOIN carer_admission d ON d.case_id = c.id AND d.carer_id = k.id AND d.ended_at IS NULL
WHERE c.id = $1 ORDER BY n.name, k.id
"""
# Whose answer it was, who heard it and in whose name it was given is told to who may see the request.
HISTORY = """
SELECT e.kind, e.proposal_id, e.purpose, e.at, e.until_at, e.channel, e.number, w.name AS by_name, m.role AS by_role, a.name AS by_agency,
       n.name AS carer, CASE WHEN r.id IS NOT NULL THEN e.witness END AS witness,
       CASE WHEN r.id IS NOT NULL THEN e.given_by END AS given_by, CASE WHEN r.id IS NOT NULL THEN e.reason END AS reason,
       EXISTS (SELECT FROM consent_event k WHERE k.corrects_event_id = e.id) AS in_error
FROM consent_event e JOIN consent_proposal p ON p.id = e.proposal_id LEFT JOIN consent_request r ON r.id = p.request_id
LEFT JOIN person n ON n.id = r.person_id
LEFT JOIN membership m ON m.id = e.recorded_by_membership_id LEFT JOIN person w ON w.id = m.person_id
LEFT JOIN agency a ON a.id = m.agency_id
WHERE e.case_id = $1 AND e.agency_id = $2 AND e.category = $3 ORDER BY e.number DESC
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One agency or person of the grid, with a cell for each kind of information; `ended_by` is an agency and a role."""

    id: UUID
    name: str
    kind: str
    cells: dict[str, Cell]
    status: str = ""
    agency_id: UUID | None = None
    assignee: str | None = None
    reason: str | None = None
    message: str | None = None
    ended_by: tuple[str, str] | None = None
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class Sharing:
    """The grid, what each parent or carer said, and what is shared without consent."""

    head: Head
    rows: list[Row]
    items: list[dict[str, Any]]
    grounds: list[dict[str, Any]]


async def sharing(actor: Actor, reference: str) -> Sharing:
    """Who may see what. Records consents:listed. Raises: NotFound."""
    async with acting_as(actor, "list_consents") as act:
        head = await read_head(act, reference)
        proposals = await act.rows(PROPOSALS + "WHERE p.case_id = $1" + IN_ORDER, head.id)
        found = await states_of(act, [head.id])
        messages = await messages_about(act, [p["request_id"] for p in proposals])
        gone = {row["id"] for row in await act.rows(ASKED_ELSEWHERE, head.id)}
        items = [
            consent(p, found.get(p["id"], NOT_ASKED))
            | {"request_id": p["request_id"], "message": messages.get(p["request_id"])}
            for p in proposals
            if p["request_id"] not in gone or found.get(p["id"], NOT_ASKED).word != "requested"
        ]
        grounds = await grounds_of(act, head.id)
        live = [each for each in grounds if each["state"] == "in_force"]
        rows = [
            *_school(head, live),
            *await _agencies(act, head, items, live),
            *(await _carers(act, head) if head.held else []),
        ]
        pupils = [head.pupil_id]
        act.record(Event.CONSENTS_LISTED, case=head.id, pupils=pupils, outcome="shown", count=len(proposals))
    return Sharing(head, rows, items, grounds)


def _for(agency_id: UUID, grounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in grounds if each["agency"]["id"] == agency_id]


def _school(head: Head, grounds: list[dict[str, Any]]) -> list[Row]:
    """The school's own row, for the school."""
    cells = with_grounds(school_cells(head.opened_at), _for(head.school_id, grounds))
    return [Row(head.school_id, head.school_name, "school", cells, agency_id=head.school_id)] if head.held else []


async def _agencies(act: Act, head: Head, items: list[dict[str, Any]], grounds: list[dict[str, Any]]) -> list[Row]:
    involved = [involvement(row) for row in await act.rows(INVOLVEMENTS, head.id)]
    mine = {act.who.agency_id} if act.who.membership_id else {each["agency"]["id"] for each in items}
    said = {row["id"]: row for row in await act.rows(ANSWERS, head.id)} if act.who.membership_id else {}
    shown = [each for each in involved if head.held or each["agency"]["id"] in mine]
    return [
        _agency(each, items, said.get(each["id"]), _for(each["agency"]["id"], grounds))
        for each in sorted(shown, key=lambda i: i["agency"]["name"])
    ]


def _agency(
    each: dict[str, Any], items: Iterable[dict[str, Any]], said: Record | None, grounds: list[dict[str, Any]]
) -> Row:
    found: dict[str, list[State]] = {}
    for item in items:
        if item["agency"]["id"] == each["agency"]["id"]:
            found.setdefault(item["category"], []).append(State(item["state"], item["since"], item["until"]))
    yeses = [state.since for states in found.values() for state in states if state.word == "given" and state.since]
    yeses += [ground["since"] for ground in grounds]
    since = max(filter(None, [min(yeses), each["answered_at"]])) if yeses else each["answered_at"]
    return Row(
        each["id"], each["agency"]["name"], "agency",
        with_grounds(agency_cells(each["status"], each["categories"], found, since), grounds),
        each["status"], each["agency"]["id"], each["assignee"] and each["assignee"]["name"],
        said["answer_reason"] if said else None, said["answer_message"] if said else None,
        (said["ended_by"], said["ended_role"]) if said and said["ended_by"] else None,
    )  # fmt: skip


async def _carers(act: Act, head: Head) -> list[Row]:
    rows: Sequence[Record] = await act.rows(CARERS, head.id)
    return [
        Row(
            r["id"], r["name"], "carer", carer_cells(r["categories"] or (), r["admitted_at"], r["barred"]),
            relationship=r["relationship"],
        )
        for r in rows
    ]  # fmt: skip


async def scope_history(actor: Actor, reference: str, agency_id: UUID, category: str) -> dict[str, Any]:
    """Every question and answer about one agency and one kind of information, newest first. Records consents:listed.

    Raises: NotFound where nothing was asked that the reader may see.
    """
    async with acting_as(actor, "list_consents") as act:
        head = await read_head(act, reference)
        rows = await act.rows(HISTORY, head.id, agency_id, category)
        name = await act.value("SELECT name FROM agency WHERE id = $1", agency_id)
        if category not in CATEGORIES or not rows:
            raise NotFound
        act.record(
            Event.CONSENTS_LISTED, case=head.id, subject=agency_id, pupils=[head.pupil_id], outcome="shown", category=category
        )  # fmt: skip
    return {"head": head, "agency": name, "category": category, "items": [dict(row) for row in rows]}
