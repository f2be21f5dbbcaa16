"""Lists of actions, each read along an index in the order in which it is shown: a page costs what it shows.

Row-level security decides which rows there are; a list only says where to look. What is open comes first, by the day it
is due; then what has ended, what changed last first. Source: docs/performance.md, "Lists of actions".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from ecm.clock import today
from ecm.database import Act
from ecm.errors import Refused
from ecm.paging import BAD_CURSOR, LAST_ID, Page, cursor_of, page_of

Whose = Literal["mine", "unassigned", "agency", "lead", "all"]
Key = tuple[Any, UUID, UUID]

NO_ID = UUID(int=0)
LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_SEATS = 100
MOST_SEATS = 3_200
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which actions are wanted.

    `whose`: mine (given to the reader, or to nobody in particular at a desk they act for), unassigned (only the latter),
    agency (every desk the reader acts for), lead (on cases the reader leads), all that the reader may see.
    `status` may also be `open`; None is every one. `due_before` leaves that day out. `overdue` is only what is open.
    `assigned_only`: of mine, without what nobody in particular has.
    """

    whose: Whose = "all"
    status: str | None = None
    overdue: bool = False
    due_before: date | None = None
    agency_id: UUID | None = None
    assigned_only: bool = False

    @property
    def last_due_on(self) -> date | None:
        """The last day on which what is wanted can be due; None if any will do."""
        ends = [each for each in (self.due_before, today() if self.overdue else None) if each]
        return max(min(ends), date.min + DAY) - DAY if ends else None

    def parts(self) -> Iterator[str]:
        """The part of what is open, the part of what has ended, as far as they are wanted."""
        yield from ["open"] if self.status in (None, "open", "todo", "doing") else []
        yield from ["ended"] if self.status in (None, "done", "cancelled") and not self.overdue else []


@dataclass(frozen=True, slots=True)
class Part:
    """One half of a list, with the words of SQL that differ: $1 to $3 the key to go on after, $4 how many."""

    name: str
    day: str
    stands: str
    order: str
    after: str
    start: Key
    seat_day: str
    seat_order: str
    seat_after: str


OPEN = Part(
    "open", "t.due_on", "t.status IN ('todo', 'doing')", "t.due_on, t.case_id, t.id",
    "(t.due_on, t.case_id, t.id) > ($1::date, $2::uuid, $3::uuid)", (date.min, NO_ID, NO_ID),
    "coalesce(s.due_next, date '9999-12-30')", "coalesce(s.due_next, date '9999-12-30'), s.case_id",
    "s.due_next IS NOT NULL AND (coalesce(s.due_next, date '9999-12-30'), s.case_id) > ($2::date, $3::uuid)",
)  # fmt: skip
ENDED = Part(
    "ended", "t.updated_at", "t.status IN ('done', 'cancelled')", "t.updated_at DESC, t.case_id DESC, t.id DESC",
    "(t.updated_at, t.case_id, t.id) < ($1::timestamptz, $2::uuid, $3::uuid)", (LAST_INSTANT, LAST_ID, LAST_ID),
    "s.last_activity_at", "s.last_activity_at DESC, s.case_id DESC",
    "(s.last_activity_at, s.case_id) < ($2::timestamptz, $3::uuid)",
)  # fmt: skip
PARTS = {"open": OPEN, "ended": ENDED}

# $5 to $7 narrow the list, or are null; $8 is the reader's desks, the reader's membership, or cases.
NARROWED = """t.{at} AND {stands} AND {after} AND ($5::text IS NULL OR t.status = $5)
    AND ($6::date IS NULL OR t.due_on <= $6) AND ($7::uuid IS NULL OR t.owner_agency_id = $7) ORDER BY {order} LIMIT $4"""
PICK = "SELECT t.id, t.case_id, {day} AS day FROM action t WHERE "
AT_DESKS = """SELECT x.* FROM unnest($8::uuid[]) d (id) CROSS JOIN LATERAL (
    SELECT t.id, t.case_id, {day} AS day FROM action t WHERE """
PLACES = {
    "desk": (AT_DESKS, "owner_desk_id = d.id", ") x"),
    "free": (AT_DESKS, "owner_desk_id = d.id AND t.assignee_membership_id IS NULL", ") x"),
    "given": (AT_DESKS, "assignee_membership_id = d.id", ") x"),
    "cases": (PICK, "case_id = ANY ($8::uuid[])", ""),
    "led": (PICK, "case_id = ANY ($8::uuid[]) AND EXISTS (SELECT FROM support_case c WHERE c.id = t.case_id AND c.lead_membership_id = (SELECT (context() ->> 'membership')::uuid))", ""),
}  # fmt: skip
SEATS = """SELECT x.case_id, x.day FROM unnest($1::uuid[]) p (id) CROSS JOIN LATERAL (
    SELECT s.case_id, {seat_day} AS day FROM case_seat s WHERE s.principal = p.id AND {seat_after}
    ORDER BY {seat_order} LIMIT $4) x ORDER BY x.day {down}, x.case_id {down} LIMIT $4"""


def _sql(place: str, part: Part) -> str:
    head, at, tail = PLACES[place]
    words = {"day": part.day, "stands": part.stands, "after": part.after, "order": part.order, "at": at}
    return head.format(**words) + NARROWED.format(**words) + tail


PICKED = {(place, name): _sql(place, part) for place in PLACES for name, part in PARTS.items()}
SEATED = {
    name: SEATS.format(
        seat_day=part.seat_day, seat_after=part.seat_after, seat_order=part.seat_order, down="DESC" * (name == "ended")
    )
    for name, part in PARTS.items()
}


async def pick(act: Act, asked: Asked, page: Page) -> tuple[list[UUID], str | None]:
    """The ids of a page of actions in their order, and the cursor of the next page if there is one.

    Raises: Refused for a cursor of another list.
    """
    begun, after = _begun(page)
    found: list[tuple[str, Record]] = []
    for name in asked.parts():
        missing = page.limit + 1 - len(found)
        if missing and not (begun == "ended" and name == "open"):
            key = after if name == begun else PARTS[name].start
            found += [(name, row) for row in await _pick_part(act, asked, PARTS[name], key, missing)]
    shown, more = page_of(found, page.limit)
    if not more:
        return [row["id"] for _, row in shown], None
    name, last = shown[-1]
    return [row["id"] for _, row in shown], cursor_of(name, last["day"], last["case_id"], last["id"])


def _begun(page: Page) -> tuple[str, Key]:
    """In which part, and after which key, a page goes on; ('', …) at the beginning."""
    if not page.key:
        return "", OPEN.start
    part = PARTS.get(page.key[0])
    if part is None:
        raise Refused({"cursor": BAD_CURSOR})
    _, day, case_id, action_id = page.after("", *part.start)
    return part.name, (day, case_id, action_id)


async def _pick_part(act: Act, asked: Asked, part: Part, after: Key, limit: int) -> list[Record]:
    # Whoever covers for a colleague has the colleague’s principal too, and so what was given to either.
    me, every = act.who.membership_id, await _principals(act)
    desks = [each for each in every if each != me]
    known: dict[str, list[tuple[str, list[Any]]]] = {
        "mine": [("given", every), *([] if asked.assigned_only else [("free", desks)])],
        "unassigned": [("free", desks)],
        "agency": [("desk", desks)],
    }
    if asked.whose not in known:
        return await _walk(act, asked, part, after, limit, [me] if asked.whose == "lead" else every)
    found = [
        row for place, ids in known[asked.whose] for row in await _read(act, asked, part, place, after, limit, ids)
    ]
    return _in_order(found, part)[:limit]


async def _walk(act: Act, asked: Asked, part: Part, after: Key, limit: int, principals: list[Any]) -> list[Record]:
    """Case by case in the order of what is next there; no action lies before the seat of its case.

    Stops when what is found lies before every seat that was not looked at.
    """
    place = "led" if asked.whose == "lead" else "cases"
    found: dict[UUID, Record] = {}
    at: tuple[Any, UUID] = part.start[:2]
    many = FIRST_SEATS
    while True:
        seats = await act.rows(SEATED[part.name], principals, *at, many)
        cases = list({each["case_id"] for each in seats})
        rows = await _read(act, asked, part, place, after, limit, cases) if cases else []
        found |= {row["id"]: row for row in rows}
        ordered = _in_order(list(found.values()), part)[:limit]
        if len(seats) < many or _past(asked, part, seats[-1]["day"]):
            return ordered
        at = (seats[-1]["day"], seats[-1]["case_id"])
        if len(ordered) == limit and not _before(at, (ordered[-1]["day"], ordered[-1]["case_id"]), part):
            return ordered
        many = min(many * 2, MOST_SEATS)


def _past(asked: Asked, part: Part, day: Any) -> bool:
    return part is OPEN and asked.last_due_on is not None and day > asked.last_due_on


def _before(one: Any, other: Any, part: Part) -> bool:
    return bool(one < other if part is OPEN else one > other)


async def _read(act: Act, asked: Asked, part: Part, place: str, after: Key, limit: int, ids: list[Any]) -> list[Record]:
    status = asked.status if asked.status in ("todo", "doing", "done", "cancelled") else None
    return await act.rows(PICKED[place, part.name], *after, limit, status, asked.last_due_on, asked.agency_id, ids)


def _in_order(rows: list[Record], part: Part) -> list[Record]:
    return sorted(rows, key=lambda row: (row["day"], row["case_id"], row["id"]), reverse=part is ENDED)


async def _principals(act: Act) -> list[UUID]:
    return list(await act.value("SELECT principals()"))
