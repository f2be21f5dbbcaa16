"""The log, as an auditor reads it: ids and codes, and the names of workers and agencies. Never case content."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.audit.queries import (
    Filter,
    LoggedEvent,
    auditors_only,
    events_for_auditor,
    latest_checkpoint,
    proof_of_event,
)
from ecm.clock import LONDON, midnight
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.oversight.rules import happened_at, numbers_in, pause_before, pause_words, within_reach
from ecm.oversight.schemas import Search
from ecm.oversight.state import LogState, read_state
from ecm.paging import LAST_ID, Page, cursor_of, page_of
from ecm.web.sheet import MOST_ROWS

ZERO = UUID(int=0)
AT_ONCE = 1_000

WORKERS = """
SELECT DISTINCT p.id, p.name FROM person p JOIN membership m ON m.person_id = p.id WHERE p.id = ANY ($1::uuid[])
"""
AGENCIES = "SELECT id, name FROM agency ORDER BY name, id"
# Of one organisation, who left among them; and whoever is asked for already.
PEOPLE = """
SELECT DISTINCT p.name, p.id FROM person p JOIN membership m ON m.person_id = p.id WHERE m.agency_id = $1 OR p.id = $2
ORDER BY p.name, p.id
"""
ROLES = """
SELECT p.name, m.role, a.name AS agency, m.started_at, m.ended_at FROM membership m JOIN person p ON p.id = m.person_id
JOIN agency a ON a.id = m.agency_id WHERE p.id = $1 ORDER BY m.started_at DESC, m.id
"""
QUERIES = "SELECT id, name, filter FROM saved_query ORDER BY lower(name)"


@dataclass(frozen=True, slots=True)
class Workplace:
    """A page of events and all that stands around it."""

    events: list[dict[str, Any]]
    next: str | None
    state: LogState
    agencies: list[Record]
    people: list[Record]
    queries: list[Record]


@dataclass(frozen=True, slots=True)
class PersonDay:
    """What a worker did at work on one day, in order; `pause` in each event says how long nothing happened before it.

    `roles`: where they work or worked, the newest first.
    """

    name: str
    roles: list[Record]
    day: date
    events: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class PupilRecord:
    """Who came near a pupil: by person, the last first, and event by event, the newest first. `id` holds the record now."""

    id: UUID
    school: str | None
    lookers: list[dict[str, Any]]
    events: list[dict[str, Any]]
    next: str | None


def wanted_of(asked: Search, today: date) -> Filter:
    """A search with days in London turned into instants. What somebody did as a parent is not found by their name."""
    since, until = asked.since, asked.until
    if asked.lately:
        since, until = today - timedelta(days=int(asked.lately) - 1), today
    return Filter(
        case=asked.case, actor=asked.person, event=asked.event and asked.event.value, agency=asked.agency,
        pupil=asked.pupil, outcome=asked.outcome, at_work=asked.person is not None,
        from_at=midnight(within_reach(since)) if since else None,
        until_at=midnight(within_reach(until) + timedelta(days=1)) if until else None,
    )  # fmt: skip


def detail_of(wanted: Filter) -> dict[str, Any]:
    """What was asked, as the log keeps it: ids, codes, days as numbers such as 20261122 (the last one excluded)."""
    return {
        "case_asked": wanted.case, "actor_asked": wanted.actor, "agency_asked": wanted.agency,
        "pupil_asked": wanted.pupil, "event_asked": wanted.event, "outcome_asked": wanted.outcome,
        "from_day": _number(wanted.from_at), "until_day": _number(wanted.until_at),
    }  # fmt: skip


def _number(at: datetime | None) -> int | None:
    return int(at.astimezone(LONDON).strftime("%Y%m%d")) if at else None


async def search_events(actor: Actor, wanted: Filter, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Events, newest first, as the contract words them. Records audit:searched. Raises: NotAllowed."""
    async with acting_as(actor, "audit") as act:
        events = await events_for_auditor(act, wanted, after, limit)
        found = await _published(act, events)
        act.record(Event.AUDIT_SEARCHED, outcome="shown", count=len(events), **detail_of(wanted))
    return found


async def show_workplace(actor: Actor, wanted: Filter, page: Page) -> Workplace:
    """A page of events, where the log stands, and what to choose from. Records audit:searched.

    Raises: NotAllowed; Refused for a cursor of another list.
    """
    async with acting_as(actor, "audit") as act:
        found, following = await _page(act, wanted, page)
        state = await read_state(act)
        agencies, queries = await act.rows(AGENCIES), await act.rows(QUERIES)
        people = await act.rows(PEOPLE, wanted.agency, wanted.actor) if wanted.agency or wanted.actor else []
        act.record(Event.AUDIT_SEARCHED, outcome="shown", count=len(found), **detail_of(wanted))
    return Workplace(found, following, state, agencies, people, queries)


async def _page(
    act: Act, wanted: Filter, page: Page, *, upward: bool = False
) -> tuple[list[dict[str, Any]], str | None]:
    (after,) = page.after(ZERO if upward else LAST_ID)
    events = await events_for_auditor(act, wanted, after, page.limit + 1, upward=upward)
    shown, more = page_of(events, page.limit)
    return await _published(act, list(shown)), cursor_of(shown[-1].id) if more else None


async def show_person_day(actor: Actor, person_id: UUID, day: date | None, page: Page) -> PersonDay:
    """A worker's day, by default the last on which they did something. Records audit:searched.

    Raises: NotAllowed; NotFound for somebody who works nowhere and never did.
    """
    async with acting_as(actor, "audit") as act:
        newest = await events_for_auditor(act, Filter(actor=person_id, at_work=True), limit=1)
        roles = await act.rows(ROLES, person_id)
        if not roles:
            raise NotFound
        now: datetime = await act.value("SELECT app_now()")
        chosen = within_reach(day or (newest[0].at if newest else now).astimezone(LONDON).date())
        wanted = Filter(
            actor=person_id, at_work=True, from_at=midnight(chosen), until_at=midnight(chosen + timedelta(days=1))
        )
        found, following = await _page(act, wanted, page, upward=True)
        act.record(Event.AUDIT_SEARCHED, outcome="shown", part="day", count=len(found), **detail_of(wanted))
    return PersonDay(roles[0]["name"], roles, chosen, _with_pauses(found, page), following)


def _with_pauses(events: list[dict[str, Any]], page: Page) -> list[dict[str, Any]]:
    """The same, each with the pause before it in words; on a later page the first is held to the last of the page before."""
    (after,) = page.after(ZERO)
    before = happened_at(after, events[0]["at"]) if events and after != ZERO else None
    found = []
    for each in events:
        pause = pause_before(each["at"], before)
        found.append(each | {"pause": pause_words(pause) if pause else ""})
        before = each["at"]
    return found


async def show_pupil_record(actor: Actor, pupil_id: UUID, page: Page) -> PupilRecord:
    """Who looked at a pupil's record, when and why. Records audit:searched, about this pupil too.

    Raises: NotAllowed; NotFound for an id of which neither the records nor the log know anything.
    """
    async with acting_as(actor, "audit") as act:
        with auditors_only():
            records = await act.rows("SELECT id, school_id FROM audit_find($1, '', '') WHERE kind = 'pupil'", pupil_id)
            holder = records[0]["id"] if records else pupil_id
            lookers = await act.rows("SELECT * FROM audit_lookers($1)", holder)
        if not records and not any(each["views"] + each["changes"] for each in lookers):
            raise NotFound
        found, following = await _page(act, Filter(pupil=holder), page)
        names = await _names(act, [row["actor"] for row in lookers if row["agency"]],
                             [row["agency"] for row in lookers] + [row["school_id"] for row in records])  # fmt: skip
        act.record(Event.AUDIT_SEARCHED, pupils=[holder], outcome="shown", part="pupil", count=len(found))
    school = names.get(records[0]["school_id"]) if records else None
    return PupilRecord(holder, school, [_looker(row, names) for row in lookers], found, following)


def _looker(row: Record, names: dict[UUID, str]) -> dict[str, Any]:
    named = {"name": names.get(row["actor"]) if row["agency"] else None, "agency": names.get(row["agency"])}
    return dict(row) | named | {"agency_id": row["agency"], "actor": row["actor"] if row["agency"] else None}


async def find_records(actor: Actor, number: str) -> list[dict[str, Any]]:
    """The pupils and cases a number may mean: (kind, id, school). What was typed is not kept. Records audit:searched.

    Raises: NotAllowed.
    """
    found_id, upn, reference = numbers_in(number)
    async with acting_as(actor, "audit") as act:
        with auditors_only():
            rows = await act.rows("SELECT * FROM audit_find($1, $2, $3)", found_id, upn, reference)
        names = await _names(act, [], [row["school_id"] for row in rows])
        pupils = [row["id"] for row in rows if row["kind"] == "pupil"]
        act.record(Event.AUDIT_SEARCHED, pupils=pupils, outcome="shown", part="number", count=len(rows))
    return [dict(row) | {"school": names.get(row["school_id"])} for row in rows]


async def take_events(actor: Actor, wanted: Filter) -> list[dict[str, Any]]:
    """Events to take away, newest first: at most 5,001, so that it is known whether there are more than 5,000.

    Records audit:exported. Raises: NotAllowed.
    """
    found: list[LoggedEvent] = []
    async with acting_as(actor, "audit") as act:
        if not act.who.may("audit:export"):
            raise NotAllowed
        while len(found) <= MOST_ROWS:
            more = await events_for_auditor(act, wanted, found[-1].id if found else None, AT_ONCE)
            found += more
            if len(more) < AT_ONCE:
                break
        act.record(
            Event.AUDIT_EXPORTED, outcome="shown", part="events", count=min(len(found), MOST_ROWS), **detail_of(wanted)
        )
        return await _published(act, found[: MOST_ROWS + 1])


async def _published(act: Act, events: list[LoggedEvent]) -> list[dict[str, Any]]:
    entries = [each.entry for each in events]
    actors = [UUID(each["actor"]) for each in entries if "actor" in each and "membership" in each]
    names = await _names(act, actors, [UUID(each["agency"]) for each in entries if "agency" in each])
    return [_event(each, names) for each in events]


async def _names(act: Act, people: list[UUID], agencies: list[UUID | None]) -> dict[UUID, str]:
    """Names of workers and agencies; nobody else has one here."""
    workers = await act.rows(WORKERS, list(set(people)))
    places = await act.rows("SELECT id, name FROM agency WHERE id = ANY ($1::uuid[])", list({*agencies} - {None}))
    return {row["id"]: row["name"] for row in (*workers, *places)}


def _event(each: LoggedEvent, names: dict[UUID, str]) -> dict[str, Any]:
    """As the contract words it. Who acted outside an agency has no name here, though somebody with their id may work."""
    entry = each.entry
    name = names.get(UUID(entry["actor"])) if "membership" in entry else None
    return {
        "id": each.id,
        "at": each.at,
        "event": each.event,
        "outcome": each.outcome,
        "position": each.position,
        "actor": {"id": entry.get("actor"), "name": name, "role": entry.get("role")},
        "agency": {"id": entry["agency"], "name": names.get(UUID(entry["agency"]))} if "agency" in entry else None,
        "service": entry.get("service"),
        "purpose": entry.get("purpose"),
        "basis": entry.get("basis"),
        "case_id": entry.get("case"),
        "subject_id": entry.get("subject"),
        "pupil_ids": entry.get("pupils", []),
        "detail": entry.get("detail", {}),
    }


async def checkpoint(actor: Actor) -> str:
    """The newest signed checkpoint. Records audit:checked. Raises: NotAllowed; NotFound while nothing is sealed."""
    async with acting_as(actor, "audit") as act:
        with auditors_only():  # only whoever may read the log may ask where it stands
            await read_state(act)
        note = await latest_checkpoint(act)
        act.record(Event.AUDIT_CHECKED, outcome="shown")
    return note


async def event_proof(actor: Actor, event_id: UUID) -> str:
    """A proof to be checked offline that this event is in the log. Records audit:proved. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "audit") as act:
        proof = await proof_of_event(act, event_id)
        act.record(Event.AUDIT_PROVED, subject=event_id, outcome="shown")
    return proof
