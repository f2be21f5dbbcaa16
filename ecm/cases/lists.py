"""The worklist narrowed, searched and taken away. Read along the reader's own seats, so that no hidden row moves anything.

A page looks at so many cases at most; when it has to stop before it is full, the next page goes on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from ecm.agencies.queries import AGENCIES
from ecm.audit.events import Event
from ecm.barriers.catalogue import catalogue
from ecm.cases.queries import LAST_INSTANT, WORKLIST, case_line
from ecm.cases.rules import tidy_reference
from ecm.cases.schemas import CaseFilter
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed
from ecm.paging import LAST_ID, Page, cursor_of
from ecm.pupils.queries import MOST_FOUND, matching_pupils
from ecm.web.sheet import MOST_ROWS, Cell, parts_of

AT_ONCE = 200
MOST_LOOKED_AT = 2_000
DUE_WITHIN = {"overdue": -1, "week": 7, "month": 31}


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the worklist: the place of a seat in it, and how the places of a case's several seats make one."""

    place: str
    comes_after: str
    whole: str
    way: str
    start: tuple[Any, UUID]


# The driver takes the last day of all for infinity, so a case with nothing due stands at the day before.
ORDERS: dict[Literal["activity", "due"], Order] = {
    "activity": Order("{s}.last_activity_at", "<", "max", "DESC", (LAST_INSTANT, LAST_ID)),
    "due": Order("coalesce({s}.due_next, date '9999-12-30')", ">", "min", "ASC", (date.min, UUID(int=0))),
}
# $1 principals, $2 and $3 the place to go on after, $4 how many, $5 status or null. As in WORKLIST: a case met through
# two principals comes once, at the place that comes first.
SEATS = """
WITH candidate AS (
    SELECT DISTINCT x.case_id FROM unnest($1::uuid[]) p (id) CROSS JOIN LATERAL (
        SELECT s.case_id FROM case_seat s
        WHERE s.principal = p.id AND ($5::text IS NULL OR s.status = $5) AND ({of_s}, s.case_id) {comes_after} ($2, $3)
          AND NOT EXISTS (SELECT FROM case_seat y WHERE y.case_id = s.case_id AND y.principal = ANY ($1)
                          AND NOT ({of_y}, y.case_id) {comes_after} ($2, $3))
        ORDER BY {of_s} {way}, s.case_id {way} LIMIT $4) x)
SELECT case_id, m.place FROM candidate CROSS JOIN LATERAL (
    SELECT {whole}({of_s}) AS place FROM case_seat s WHERE s.case_id = candidate.case_id AND s.principal = ANY ($1)) m
ORDER BY m.place {way}, case_id {way} LIMIT $4
"""
SEATED = {
    name: SEATS.format(
        of_s=each.place.format(s="s"),
        of_y=each.place.format(s="y"),
        comes_after=each.comes_after,
        whole=each.whole,
        way=each.way,
    )
    for name, each in ORDERS.items()
}
# What does not fit is left out here, by what the reader can see: a level nobody lets them read is no level.
LINES = """
SELECT c.id, c.reference, c.status, m.due_next, m.last_activity_at, b.level, c.pupil_id,
       u.first_name, u.last_name, u.preferred_name, u.date_of_birth, w.name AS lead_name
FROM support_case c JOIN pupil u ON u.id = c.pupil_id
JOIN membership l ON l.id = c.lead_membership_id JOIN person w ON w.id = l.person_id
LEFT JOIN case_brief b ON b.case_id = c.id
CROSS JOIN LATERAL (SELECT min(s.due_next) AS due_next, max(s.last_activity_at) AS last_activity_at FROM case_seat s
    WHERE s.case_id = c.id AND s.principal = ANY ((SELECT principals())::uuid[])) m
WHERE c.id = ANY ($1::uuid[]) AND ($2::text IS NULL OR b.level = $2) AND ($5::date IS NULL OR m.due_next <= $5)
  AND ($3::text[] IS NULL OR EXISTS (SELECT FROM identified_barrier i WHERE i.case_id = c.id AND i.code = ANY ($3)))
  AND ($4::uuid IS NULL OR EXISTS (SELECT FROM involvement i WHERE i.case_id = c.id AND i.agency_id = $4
                                   AND i.status IN ('invited', 'accepted')))
"""
FOUND = f"""
SELECT c.id FROM support_case c WHERE c.pupil_id = ANY ($1::uuid[]) OR c.reference = $2
ORDER BY c.status = 'open' DESC, c.opened_at DESC, c.id LIMIT {MOST_FOUND}
"""


async def show_cases(actor: Actor, page: Page, wanted: CaseFilter) -> dict[str, Any]:
    """A page of the worklist as it was asked for, where the next one goes on, and what it can be narrowed by.

    Records cases:listed with the pupils shown.
    """
    async with acting_as(actor, "list_cases") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        rows, following = await _read(act, page, wanted)
        agencies = await act.rows(AGENCIES) if act.who.membership_id else []
        act.record(Event.CASES_LISTED, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return {
        "items": [case_line(row) for row in rows],
        "next": following,
        "agencies": [(str(each["id"]), each["name"]) for each in agencies],
    }


async def search_cases(actor: Actor, q: str) -> list[dict[str, Any]]:
    """Up to 25 cases of pupils whom `q` names or numbers, or of this reference; the open ones first.

    Records cases:listed with the pupils shown.
    """
    async with acting_as(actor, "search_cases") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        pupils = await matching_pupils(act, q, roll=False) if q.strip() else []
        ids = [row["id"] for row in await act.rows(FOUND, pupils, tidy_reference(q))]
        rows = await _lines(act, ids, CaseFilter())
        act.record(Event.CASES_LISTED, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return [case_line(row) for row in rows]


async def export_cases(
    actor: Actor, wanted: CaseFilter, columns: Sequence[str]
) -> tuple[list[str], list[list[Cell]], bool]:
    """Heads and rows of a list to take away, and whether there would be more. Records cases:exported, once for each
    1,000 cases. Raises: NotAllowed for somebody outside agencies.
    """
    async with acting_as(actor, "export_cases") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        await act.run("SELECT refresh_my_stale_seats()")
        rows, following = await _walk(act, Page(MOST_ROWS), wanted, most_looked_at=10 * MOST_ROWS)
        for part in parts_of(rows) or [[]]:
            act.record(Event.CASES_EXPORTED, pupils={r["pupil_id"] for r in part}, outcome="shown", count=len(part))
    chosen = [(head, value) for name, (head, value) in CASE_COLUMNS.items() if name in columns]
    lines = [case_line(row) for row in rows]
    return [head for head, _ in chosen], [[value(line) for _, value in chosen] for line in lines], following is not None


CASE_COLUMNS: dict[str, tuple[str, Callable[[dict[str, Any]], Cell]]] = {
    "pupil": ("Pupil", lambda line: line["pupil"]["name"]),
    "year": ("Year", lambda line: line["pupil"]["year_label"]),
    "reference": ("Case", lambda line: line["reference"]),
    "status": ("Status", lambda line: line["status"]),
    "level": ("Level", lambda line: line["level"]),
    "lead": ("Lead", lambda line: line["lead_name"]),
    "due_next": ("Next due", lambda line: line["due_next"]),
    "last_activity_at": ("Last activity", lambda line: line["last_activity_at"]),
}


async def show_nothing(actor: Actor) -> None:
    """A page that asks what to list, before anything is listed. Records cases:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_cases") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        act.record(Event.CASES_LISTED, outcome="shown", count=0)


def areas() -> list[str]:
    """The areas of the catalogue, in its order."""
    return list(dict.fromkeys(each.area for each in catalogue()))


async def _read(act: Act, page: Page, wanted: CaseFilter) -> tuple[list[Record], str | None]:
    if wanted.sort == "activity" and not wanted.narrows:
        at, case_id = page.after(*ORDERS["activity"].start)
        rows = await act.rows(WORKLIST, wanted.status, at, case_id, page.limit + 1)
        shown = rows[: page.limit]
        return shown, cursor_of(shown[-1]["last_activity_at"], shown[-1]["id"]) if len(rows) > page.limit else None
    return await _walk(act, page, wanted)


async def _walk(
    act: Act, page: Page, wanted: CaseFilter, most_looked_at: int = MOST_LOOKED_AT
) -> tuple[list[Record], str | None]:
    """Seat by seat in the order asked for, keeping what fits."""
    many = AT_ONCE if wanted.sifts else min(page.limit + 1, AT_ONCE)
    principals = [act.who.membership_id] if wanted.whose == "mine" else await act.value("SELECT principals()")
    at = page.after(*ORDERS[wanted.sort].start)
    kept: list[tuple[Record, Record]] = []
    looked_at = 0
    while True:
        seats = await act.rows(SEATED[wanted.sort], principals, *at, many, wanted.status)
        lines = {row["id"]: row for row in await _lines(act, [each["case_id"] for each in seats], wanted)}
        kept += [(seat, lines[seat["case_id"]]) for seat in seats if seat["case_id"] in lines]
        looked_at += len(seats)
        if len(kept) > page.limit:
            last = kept[page.limit - 1][0]
            return [line for _, line in kept[: page.limit]], cursor_of(last["place"], last["case_id"])
        if len(seats) < many or _past(wanted, seats[-1]["place"]):
            return [line for _, line in kept], None
        at = (seats[-1]["place"], seats[-1]["case_id"])
        if looked_at >= most_looked_at:
            return [line for _, line in kept], cursor_of(*at)


def _past(wanted: CaseFilter, place: Any) -> bool:
    last = last_due_day(wanted.due)
    return wanted.sort == "due" and last is not None and place > last


async def _lines(act: Act, ids: list[UUID], wanted: CaseFilter) -> list[Record]:
    """The rows of these cases that fit, in their order."""
    codes = [each.code for each in catalogue() if each.area == wanted.area] if wanted.area else None
    rows = await act.rows(LINES, ids, wanted.level, codes, wanted.agency_id, last_due_day(wanted.due)) if ids else []
    place = {each: number for number, each in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row["id"]])


def last_due_day(due: str | None) -> date | None:
    """The last day on which something can be due in a case that is wanted; None when any will do."""
    return today() + timedelta(days=DUE_WITHIN[due]) if due else None
