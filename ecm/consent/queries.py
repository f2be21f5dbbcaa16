"""What can be seen of consent: by the school that keeps the case, by each carer their own, by a partner its own row.

Row-level security decides which rows there are. A state is folded from the rows the reader can see, so one carer's
page never moves because of what another carer said.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event as Happened
from ecm.consent.rules import NOT_ASKED, Event, State, states
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound
from ecm.paging import LAST_ID, Page, cursor_of, page_of

EVENTS = """
SELECT number, proposal_id, person_id, agency_id, category, purpose, kind, at, until_at, id, corrects_event_id
FROM consent_event WHERE case_id = ANY ($1::uuid[])
"""
PROPOSALS = """
SELECT p.id, p.request_id, p.case_id, p.person_id, p.category, p.purpose, a.id AS agency_id, a.name AS agency_name,
       p.agency_name AS agency_as_asked, r.carer_id, n.name AS carer_name
FROM consent_proposal p JOIN agency a ON a.id = p.agency_id
LEFT JOIN consent_request r ON r.id = p.request_id
LEFT JOIN person n ON n.id = p.person_id
"""
IN_ORDER = " ORDER BY a.name, p.purpose, a.id, p.category, p.id"
REQUESTS = """
SELECT r.id, r.case_id, r.carer_id, n.name AS carer_name, r.language, r.asked_at, r.answered_at, c.reference, c.pupil_id
FROM consent_request r LEFT JOIN person n ON n.id = r.person_id LEFT JOIN support_case c ON c.id = r.case_id
WHERE r.id < $1 AND {mine} ORDER BY r.id DESC LIMIT $3
"""
# A worker's requests are found by the worker's cases; who of them may see a request is the policy's business.
AS_CARER = "r.person_id = $2"
AS_WORKER = "r.case_id IN (SELECT s.case_id FROM case_seat s WHERE s.principal = ANY ((SELECT principals())::uuid[])) AND $2::uuid IS NOT NULL"


async def consents(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """Every proposal of a case that the reader may see, with its state. Records consents:listed.

    Raises: NotFound when the reader sees neither the case nor a proposal.
    """
    async with acting_as(actor, "list_consents") as act:
        rows = await act.rows(PROPOSALS + "WHERE p.case_id = $1" + IN_ORDER, case_id)
        pupil = await act.value("SELECT pupil_id FROM support_case WHERE id = $1", case_id)
        if not rows and pupil is None:
            raise NotFound
        found = await states_of(act, [case_id])
        act.record(
            Happened.CONSENTS_LISTED, case=case_id, pupils=[pupil] if pupil else [], outcome="shown", count=len(rows)
        )
    return [consent(row, found.get(row["id"], NOT_ASKED)) for row in rows]


async def agreed_kinds(act: Act, case_id: UUID) -> dict[UUID, list[str]]:
    """By agency, the categories that a carer's yes opens to it now, sorted; as far as the reader sees the answers."""
    found = await states_of(act, [case_id])
    kinds: dict[UUID, set[str]] = {}
    for row in await act.rows(PROPOSALS + "WHERE p.case_id = $1", case_id):
        if found.get(row["id"], NOT_ASKED).word == "given":
            kinds.setdefault(row["agency_id"], set()).add(row["category"])
    return {agency_id: sorted(each) for agency_id, each in kinds.items()}


async def requests(actor: Actor, page: Page) -> dict[str, Any]:
    """A carer's own requests, or those of a worker's cases, newest first. Records consents:listed."""
    async with acting_as(actor, "list_consents") as act:
        who = act.who
        (last,) = page.after(LAST_ID)
        sql = REQUESTS.format(mine=AS_WORKER if who.membership_id else AS_CARER)
        rows, more = page_of(await act.rows(sql, last, who.person_id, page.limit + 1), page.limit)
        items = await _with_proposals(act, rows)
        act.record(
            Happened.CONSENTS_LISTED,
            pupils=[r["pupil_id"] for r in rows if r["pupil_id"]],
            outcome="shown",
            count=len(rows),
        )
    return {"items": items, "next": cursor_of(rows[-1]["id"]) if more else None}


async def show_request(actor: Actor, request_id: UUID) -> dict[str, Any]:
    """One request as the API words it. Records consents:listed. Raises: NotFound."""
    async with acting_as(actor, "list_consents") as act:
        found = await read_request(act, request_id)
        pupils = await pupils_of(act, found["case_id"])
        act.record(Happened.CONSENTS_LISTED, case=found["case_id"], subject=request_id, pupils=pupils, outcome="shown")
        return found


async def show_consent(actor: Actor, proposal_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """One proposal and the request it is of. Records consents:listed. Raises: NotFound."""
    async with acting_as(actor, "list_consents") as act:
        request_id = await act.value("SELECT request_id FROM consent_proposal WHERE id = $1", proposal_id)
        found = await read_request(act, request_id)
        pupils = await pupils_of(act, found["case_id"])
        act.record(Happened.CONSENTS_LISTED, case=found["case_id"], subject=proposal_id, pupils=pupils, outcome="shown")
        return found, next(each for each in found["proposals"] if each["id"] == proposal_id)


async def read_request(act: Act, request_id: UUID) -> dict[str, Any]:
    """One request as the API words it. Raises: NotFound."""
    row = await act.row(
        """SELECT r.id, r.case_id, r.carer_id, n.name AS carer_name, r.language, r.asked_at, r.answered_at, c.reference, c.pupil_id
           FROM consent_request r LEFT JOIN person n ON n.id = r.person_id LEFT JOIN support_case c ON c.id = r.case_id
           WHERE r.id = $1""",
        request_id,
    )
    if row is None:
        raise NotFound
    return (await _with_proposals(act, [row]))[0]


async def _with_proposals(act: Act, rows: Sequence[Record]) -> list[dict[str, Any]]:
    proposals = await act.rows(PROPOSALS + "WHERE p.request_id = ANY ($1::uuid[])" + IN_ORDER, [r["id"] for r in rows])
    found = await states_of(act, list({r["case_id"] for r in rows}))
    return [
        _request(row, [consent(p, found.get(p["id"], NOT_ASKED)) for p in proposals if p["request_id"] == row["id"]])
        for row in rows
    ]


def _request(row: Record, proposals: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": "requested" if any(p["state"] == "requested" for p in proposals) else "answered",
        "case_id": row["case_id"],
        "reference": row["reference"],
        "carer": {"id": row["carer_id"], "name": row["carer_name"]},
        "language": row["language"],
        "asked_at": row["asked_at"],
        "answered_at": row["answered_at"],
        "proposals": proposals,
    }


def consent(row: Record, state: State) -> dict[str, Any]:
    """A proposal as the contract words it. A partner does not learn which carer was asked."""
    return {
        "id": row["id"],
        "agency": {"id": row["agency_id"], "name": row["agency_name"]},
        "category": row["category"],
        "purpose": row["purpose"],
        "state": state.word,
        "since": state.since,
        "until": state.until,
        "carer": {"id": row["carer_id"], "name": row["carer_name"]} if row["carer_id"] else None,
    }


async def messages_about(act: Act, request_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """By request, what became of the message that asked to answer it: channel, state, when; never where it went."""
    rows = await act.rows(
        """SELECT about, channel, state, at, sent_at, opened_at FROM outbox
           WHERE about = ANY ($1::uuid[]) AND letter = 'carer_link' ORDER BY at""",
        request_ids,
    )
    return {row["about"]: dict(row) for row in rows}


async def states_of(act: Act, case_ids: list[UUID]) -> dict[UUID, State]:
    """How every proposal of these cases stands, from the events the reader can see."""
    return states(await events_of(act, case_ids), await act.value("SELECT app_now()"))


async def events_of(act: Act, case_ids: list[UUID]) -> list[Event]:
    """What was asked and answered in these cases, as far as the reader can see."""
    return [_event(row) for row in await act.rows(EVENTS, case_ids)]


def _event(row: Record) -> Event:
    return Event(
        row["number"], row["proposal_id"], row["person_id"], row["agency_id"], row["category"], row["purpose"],
        row["kind"], row["at"], row["until_at"], row["id"], row["corrects_event_id"],
    )  # fmt: skip


async def pupils_of(act: Act, case_id: UUID) -> list[UUID]:
    """The pupil a case is about, for the log: known to whoever sees the case, and to a carer who is asked about it."""
    rows = await act.rows(
        """SELECT pupil_id FROM support_case WHERE id = $1
           UNION SELECT pupil_id FROM linked_request() WHERE case_id = $1""",
        case_id,
    )
    return [row["pupil_id"] for row in rows]
