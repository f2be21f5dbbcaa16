"""Who is on a school's roll and may leave it, who has left, and what the school still knows of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.cases.queries import display
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.moves.rules import MOST_PUPILS
from ecm.moves.schemas import LeavingFilter
from ecm.paging import LAST_ID, Page, cursor_of, page_of
from ecm.pupils.rules import year_group_label

# Each once, though somebody may have been enrolled twice; `last_on` where it is known already.
ON_ROLL = """
SELECT DISTINCT ON (u.last_name, u.first_name, u.id) u.id, u.first_name, u.last_name, u.preferred_name, e.class_name,
       e.year_group, e.from_on, e.to_on AS last_on, d.id AS departure_id
FROM enrolment e JOIN pupil u ON u.id = e.pupil_id
LEFT JOIN departure d ON d.enrolment_id = e.id AND d.stayed_at IS NULL
WHERE e.school_id = $1 AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
"""
BY_NAME = "ORDER BY u.last_name, u.first_name, u.id, e.to_on NULLS FIRST"
CLASSES = """
SELECT DISTINCT class_name FROM enrolment WHERE school_id = $1 AND class_name IS NOT NULL
AND (to_on IS NULL OR app_now() < london_midnight(to_on + 1)) ORDER BY class_name
"""
OPEN_CASES = """
SELECT c.id, c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name, w.name AS lead_name, m.role AS lead_role
FROM support_case c JOIN pupil u ON u.id = c.pupil_id JOIN membership m ON m.id = c.lead_membership_id JOIN person w ON w.id = m.person_id
WHERE c.pupil_id = ANY ($1::uuid[]) AND c.school_id = $2 AND c.status = 'open' ORDER BY u.last_name, u.first_name, c.id
"""
SCHOOLS = "SELECT id, name FROM agency WHERE kind = 'school' AND id <> $1 ORDER BY name, id"
LEFT = """
SELECT d.id, d.pupil_id, d.name, d.last_on, d.destination, g.name AS next_school, d.at, w.name AS by_name, m.role AS by_role,
       (SELECT count(*) FROM cases_left_behind(d.id) k WHERE k.with_us AND k.status = 'open') AS open_cases,
       app_now() >= london_midnight(d.last_on + 1) AS gone
FROM departure d LEFT JOIN agency g ON g.id = d.next_school_id
JOIN membership m ON m.id = d.by_membership_id JOIN person w ON w.id = m.person_id WHERE d.stayed_at IS NULL
"""
# What the reader's school wrote there, as far as it is theirs to read; newest first.
WRITTEN = """
SELECT x.*, w.name AS author_name, m.role AS author_role FROM (
    SELECT n.case_id, n.category, 'note' AS kind, n.text, n.written_at AS at, n.author_membership_id FROM note n
        WHERE n.case_id = ANY ($1::uuid[]) AND n.author_agency_id = $2
    UNION ALL SELECT b.case_id, b.category, 'barrier', concat_ws(E'\\n', b.code, nullif(b.detail, '')), b.updated_at, b.author_membership_id
        FROM identified_barrier b WHERE b.case_id = ANY ($1::uuid[]) AND b.author_agency_id = $2
    UNION ALL SELECT r.case_id, r.category, 'review', r.text, r.written_at, r.author_membership_id FROM review_contribution r
        WHERE r.case_id = ANY ($1::uuid[]) AND r.author_agency_id = $2
    UNION ALL SELECT b.case_id, b.category, 'brief', concat_ws(E'\\n', b.reason, nullif(b.strengths, '')), b.updated_at, b.author_membership_id
        FROM case_brief b WHERE b.case_id = ANY ($1::uuid[]) AND b.author_agency_id = $2
    UNION ALL SELECT b.case_id, b.category, 'brief', concat_ws(E'\\n', b.reason, nullif(b.strengths, '')), b.written_at, b.author_membership_id
        FROM kept_brief b WHERE b.case_id = ANY ($1::uuid[]) AND b.author_agency_id = $2) x
JOIN membership m ON m.id = x.author_membership_id JOIN person w ON w.id = m.person_id ORDER BY x.at DESC, x.kind
"""


@dataclass(frozen=True, slots=True)
class Leavers:
    """Pupils on roll who may be said to leave, their open cases, the schools they could go to, and the classes there are."""

    pupils: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    schools: list[tuple[str, str]]
    classes: list[str]


async def show_leavers(actor: Actor, pupil_ids: list[UUID] | None, wanted: LeavingFilter | None = None) -> Leavers:
    """These pupils; or, without ids, those of a class or year (nobody when neither is asked for). Records pupils:listed.

    Raises: NotAllowed for a role that ends no enrolment; NotFound when one of them is not on the school's roll.
    """
    async with acting_as(actor, "end_enrolment") as act:
        school = leaving_school(act)
        if pupil_ids is None and wanted and (wanted.year_group or wanted.class_name):
            narrow = "AND ($2::text IS NULL OR e.year_group = $2) AND ($3::text IS NULL OR e.class_name = $3)"
            rows = await act.rows(f"{ON_ROLL} {narrow} {BY_NAME}", school, wanted.year_group, wanted.class_name)
        else:
            rows = await on_roll(act, pupil_ids) if pupil_ids else []
        rows = rows[:MOST_PUPILS]
        cases = await open_cases(act, [row["id"] for row in rows])
        schools = [(str(r["id"]), r["name"]) for r in await act.rows(SCHOOLS, school)]
        classes = [r["class_name"] for r in await act.rows(CLASSES, school)] if pupil_ids is None else []
        act.record(Event.PUPILS_LISTED, pupils=[r["id"] for r in rows], outcome="shown", count=len(rows))
    return Leavers([_pupil(row) for row in rows], cases, schools, classes)


def leaving_school(act: Act) -> UUID:
    """The school whose enrolments the actor may end. Raises: NotAllowed."""
    if act.who.agency_id is None or not act.who.may("pupil:leave"):
        raise NotAllowed
    return act.who.agency_id


async def on_roll(act: Act, pupil_ids: list[UUID]) -> list[Record]:
    """These pupils, on the actor's roll now. Raises: NotFound when one is not, absent and elsewhere alike."""
    wanted = list(dict.fromkeys(pupil_ids))
    rows = await act.rows(f"{ON_ROLL} AND u.id = ANY ($2::uuid[]) {BY_NAME}", act.who.agency_id, wanted)
    if len(rows) != len(wanted):
        raise NotFound
    return rows


async def open_cases(act: Act, pupil_ids: list[UUID]) -> list[dict[str, Any]]:
    """Their open cases at the actor's school, by name."""
    rows = await act.rows(OPEN_CASES, pupil_ids, act.who.agency_id)
    return [dict(row) | {"name": display(row)} for row in rows]


def _pupil(row: Record) -> dict[str, Any]:
    return dict(row) | {"name": display(row), "year_label": year_group_label(row["year_group"])}


async def departures(actor: Actor, page: Page) -> dict[str, Any]:
    """Who has left the actor's school or will, the latest last day first. Records departures:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_departures") as act:
        leaving_school(act)
        on, last = page.after(date.max, LAST_ID)
        sql = f"{LEFT} AND (d.last_on, d.id) < ($1, $2) ORDER BY d.last_on DESC, d.id DESC LIMIT $3"
        shown, more = page_of(await act.rows(sql, on, last, page.limit + 1), page.limit)
        pupils = {row["pupil_id"] for row in shown}
        act.record(Event.DEPARTURES_LISTED, pupils=pupils, outcome="shown", count=len(shown))
    cursor = cursor_of(shown[-1]["last_on"], shown[-1]["id"]) if more else None
    return {"items": [dict(row) for row in shown], "next": cursor}


async def show_departure(actor: Actor, departure_id: UUID) -> dict[str, Any]:
    """One of them, with the name as it was known, their cases, and what this school wrote in those.

    Records departures:listed. Raises: NotAllowed; NotFound, also once it was undone.
    """
    async with acting_as(actor, "list_departures") as act:
        leaving_school(act)
        found = await read_departure(act, departure_id)
        cases = [dict(row) for row in await act.rows("SELECT * FROM cases_left_behind($1)", departure_id)]
        written = await act.rows(WRITTEN, [each["id"] for each in cases], act.who.agency_id)
        act.record(Event.DEPARTURES_LISTED, subject=departure_id, pupils=[found["pupil_id"]], outcome="shown", count=1)
    references = {each["id"]: each["reference"] for each in cases}
    return found | {"cases": cases, "written": [_written(row, references) for row in written]}


async def read_departure(act: Act, departure_id: UUID) -> dict[str, Any]:
    """A departure that was not undone, within a transaction. Raises: NotFound."""
    row = await act.row(f"{LEFT} AND d.id = $1", departure_id)
    if row is None:
        raise NotFound
    return dict(row)


def _written(row: Record, references: dict[UUID, str]) -> dict[str, Any]:
    text = row["text"]
    if row["kind"] == "barrier":
        code, _, detail = text.partition("\n")
        text = f"{barrier(code).label}\n{detail}".strip()
    return dict(row) | {"text": text, "reference": references[row["case_id"]]}
