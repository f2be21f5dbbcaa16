"""What can be seen before something is said to be entered in error, and what is kept of it afterwards."""

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.consent.queries import events_of, read_request
from ecm.consent.rules import NOT_ASKED, sound, states
from ecm.consent.rules import Event as ConsentEvent
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.paging import LAST_ID, Page, cursor_of, page_of

Kind = Literal["note", "action", "outcome", "measurement", "provision", "view", "contribution"]
KINDS: tuple[Kind, ...] = ("note", "action", "outcome", "measurement", "provision", "view", "contribution")
TABLES: dict[Kind, str] = {kind: kind for kind in KINDS} | {"view": "case_view", "contribution": "review_contribution"}

# For what a carer wrote the school that keeps the case answers, so its data protection officer keeps it.
SUBJECT = """
SELECT t.id, t.case_id, t.category, {text} AS text, t.{at} AS written_at, coalesce(w.name, n.name) AS author_name,
       m.role AS author_role, coalesce(a.name, s.name) AS agency_name, c.reference, c.pupil_id,
       may_correct(t.case_id, t.category, t.author_membership_id, {person}) AS correctable
FROM {table} t LEFT JOIN membership m ON m.id = t.author_membership_id LEFT JOIN person w ON w.id = m.person_id
LEFT JOIN agency a ON a.id = t.author_agency_id LEFT JOIN support_case c ON c.id = t.case_id
LEFT JOIN agency s ON s.id = c.school_id LEFT JOIN person n ON n.id = {person} WHERE t.id = $1
"""
MEASURED = """(SELECT concat_ws(E'\\n', o.title, o.measure || ': ' || trim_scale(t.value), nullif(t.note, ''))
               FROM outcome o WHERE o.id = t.outcome_id)"""
# Where a kind is not simply a text of a worker: what it says, when it was written, which carer may have written it.
PARTS: dict[Kind, dict[str, str]] = {
    "action": {"text": "t.title", "at": "added_at"},
    "outcome": {"text": "concat_ws(E'\\n', t.title, t.measure)", "at": "added_at"},
    "measurement": {"text": MEASURED},
    "provision": {"text": "concat_ws(E'\\n', t.title, t.who, t.how_often)", "at": "added_at"},
    "view": {"person": "t.author_person_id"},
}
PLAIN = {"text": "t.text", "at": "written_at", "person": "NULL::uuid"}
SUBJECTS: dict[Kind, str] = {
    kind: SUBJECT.format(table=TABLES[kind], **(PLAIN | PARTS.get(kind, {}))) for kind in KINDS
}
KEPT = "SELECT * FROM corrections_kept($1, $2)"


async def show_subject(actor: Actor, kind: Kind, subject_id: UUID) -> dict[str, Any]:
    """Something that the actor may say was entered in error. `carer`: they are one, and wrote it themselves. Records
    case:shown or action:shown.

    Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "show_correction") as act:
        row = await read_subject(act, kind, subject_id)
        event = Event.ACTION_SHOWN if kind == "action" else Event.CASE_SHOWN
        act.record(event, case=row["case_id"], subject=subject_id, pupils=pupils(row), outcome="shown")
        return dict(row) | {"carer": act.who.membership_id is None}


async def read_subject(act: Act, kind: Kind, subject_id: UUID) -> Record:
    """The same, within a transaction. Raises: NotFound; NotAllowed."""
    row = await act.row(SUBJECTS[kind], subject_id)
    if row is None:
        raise NotFound
    if not row["correctable"]:
        raise NotAllowed
    return row


def pupils(row: Any) -> list[UUID]:
    """Whom it is about, for the log, where the actor may still see that."""
    return [row["pupil_id"]] if row["pupil_id"] else []


async def show_answer(actor: Actor, proposal_id: UUID) -> dict[str, Any]:
    """The last answer to a question, as a worker wrote it down, and how it would stand without it.

    Records consents:listed. Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "show_correction") as act:
        found = await read_answer(act, proposal_id)
        act.record(
            Event.CONSENTS_LISTED, case=found["case_id"], subject=proposal_id, pupils=pupils(found), outcome="shown"
        )
        return found


async def read_answer(act: Act, proposal_id: UUID) -> dict[str, Any]:
    """The same, within a transaction; `event` is None when nothing was answered or the carer answered online.

    Raises: NotFound; NotAllowed.
    """
    row = await act.row("SELECT case_id, request_id FROM consent_proposal WHERE id = $1", proposal_id)
    if row is None:
        raise NotFound
    if not act.who.may("consent:record") or not await act.value("SELECT holds_case($1)", row["case_id"]):
        raise NotAllowed
    request = await read_request(act, row["request_id"])
    it = next(each for each in request["proposals"] if each["id"] == proposal_id)
    events = await events_of(act, [row["case_id"]])
    last = _last_answer(sound(events), proposal_id)
    written = last and await act.row(
        """SELECT e.id, e.proposal_id, e.kind, e.at, w.name AS by_name FROM consent_event e
           JOIN membership m ON m.id = e.recorded_by_membership_id JOIN person w ON w.id = m.person_id WHERE e.id = $1""",
        last.id,
    )
    return {
        "case_id": row["case_id"],
        "reference": request["reference"],
        "pupil_id": await act.value("SELECT pupil_id FROM support_case WHERE id = $1", row["case_id"]),
        "it": it,
        "answered": last is not None,
        "event": written or None,
        "without": await _without(act, events, last, proposal_id) if last else None,
    }


def _last_answer(events: list[ConsentEvent], proposal_id: UUID) -> ConsentEvent | None:
    """What the carer said last to the scope of this proposal."""
    scope = next(((e.person, e.agency, e.category, e.purpose) for e in events if e.proposal == proposal_id), None)
    said = [e for e in events if e.kind != "requested" and (e.person, e.agency, e.category, e.purpose) == scope]
    return said[-1] if said else None


async def _without(act: Act, events: list[ConsentEvent], last: ConsentEvent, proposal_id: UUID) -> str:
    """The word for how the proposal would stand if this had never been written."""
    word = replace(last, number=last.number + 1, kind="entered_in_error", id=None, corrects=last.id)
    return states([*events, word], await act.value("SELECT app_now()")).get(proposal_id, NOT_ASKED).word


async def corrections(actor: Actor, page: Page) -> dict[str, Any]:
    """What was entered in error, newest first: what the reader wrote or corrected, and all of the agency's for its data
    protection officer. Records corrections:listed.

    Raises: NotAllowed for somebody who is no worker.
    """
    async with acting_as(actor, "list_corrections") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        (last,) = page.after(LAST_ID)
        rows, more = page_of(await act.rows(KEPT, last, page.limit + 1), page.limit)
        shown = {row["pupil_id"] for row in rows}
        act.record(Event.CORRECTIONS_LISTED, pupils=shown, outcome="shown", count=len(rows))
    return {"items": [dict(row) for row in rows], "next": cursor_of(rows[-1]["id"]) if more else None}


async def show_correction(actor: Actor, correction_id: UUID) -> dict[str, Any]:
    """One correction, for whoever made it. Records corrections:listed. Raises: NotFound."""
    async with acting_as(actor, "list_corrections") as act:
        found = await read_correction(act, correction_id)
        act.record(Event.CORRECTIONS_LISTED, subject=correction_id, outcome="shown", count=1)
        return found


async def read_correction(act: Act, correction_id: UUID) -> dict[str, Any]:
    """One correction as the API words it. Raises: NotFound."""
    row = await act.row("SELECT * FROM corrections_kept($1, 1)", UUID(int=correction_id.int + 1))
    if row is None or row["id"] != correction_id:
        raise NotFound
    return {key: row[key] for key in ("id", "kind", "subject_id", "category", "reason", "at")}
