"""The roll: the pupils of the school somebody acts for. Row-level security decides which; nothing here filters by reader."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, Refused
from ecm.paging import BAD_CURSOR, Page, cursor_of, page_of
from ecm.pupils.queries import matching_pupils
from ecm.pupils.rules import display_name, year_group_label
from ecm.pupils.schemas import RollFilter

ON_A_PAGE = 50
ANY_SUPPORT = ["K", "E"]
# Who is on the roll of $1 now, each pupil once.
ROLL = """
WITH roll AS (
    SELECT DISTINCT ON (e.pupil_id) e.pupil_id, e.upn, e.year_group, e.class_name, e.from_on, e.to_on FROM enrolment e
    WHERE e.school_id = $1 AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
    ORDER BY e.pupil_id, e.to_on NULLS FIRST, e.from_on DESC)
"""
# By last name as people look for it, without case and accents. Who has one name only, or the same twice, stands at it.
LAST_KEY = """CASE WHEN {0}.last_name = '' OR split_part({0}.search_key, ' ', 2) = '' THEN split_part({0}.search_key, ' ', 1)
ELSE split_part({0}.search_key, ' ', 2) END"""
PLACE = f"{LAST_KEY}, split_part({{0}}.search_key, ' ', 1), {{0}}.id"
ORDER = PLACE.format("u")
ON_ROLL = "FROM roll r JOIN pupil u ON u.id = r.pupil_id LEFT JOIN sen_status s ON s.pupil_id = u.id"
# $2 year group, $3 class, $4 provisions, $5 a need, $6 whether there is a case open that the reader sees.
FITS = """
WHERE ($2::text IS NULL OR r.year_group = $2) AND ($3::text IS NULL OR r.class_name = $3)
  AND ($4::text[] IS NULL OR s.sen_provision = ANY ($4))
  AND ($5::text IS NULL OR s.needs @> jsonb_build_array(jsonb_build_object('type', $5::text)))
  AND ($6::bool IS NULL OR $6 = EXISTS (SELECT FROM support_case c WHERE c.pupil_id = r.pupil_id AND c.status = 'open'))
"""
# $7 the last pupil of the page before: an id, because an address names nobody.
PAGE = f"""{ROLL} SELECT u.id {ON_ROLL} {FITS}
  AND ($7::uuid IS NULL OR ({ORDER}) > (SELECT {PLACE.format("x")} FROM pupil x WHERE x.id = $7))
ORDER BY {ORDER} LIMIT $8"""
COUNT = f"{ROLL} SELECT count(*) {ON_ROLL} {FITS}"
LINES = f"""{ROLL} SELECT u.id, u.first_name, u.last_name, u.preferred_name, r.upn, r.year_group, r.class_name, r.to_on,
    s.sen_provision, s.needs,
    (SELECT c.reference FROM support_case c WHERE c.pupil_id = u.id AND c.status = 'open' ORDER BY c.opened_at LIMIT 1) AS open_case
{ON_ROLL} WHERE u.id = ANY ($2::uuid[]) ORDER BY {ORDER}"""
CLASSES = ROLL + "SELECT DISTINCT class_name FROM roll WHERE class_name IS NOT NULL ORDER BY class_name"
NOBODY = UUID(int=0)


async def list_roll(actor: Actor, page: Page, wanted: RollFilter) -> dict[str, Any]:
    """A page of the school's pupils by last name, how many fit in all, and the classes there are.

    Records pupils:listed with the pupils shown. Raises: NotAllowed for who may not look up a whole school; Refused for a
    place in the list that is not known (any more).
    """
    async with acting_as(actor, "list_pupils") as act:
        school = school_of(act)
        values = (school, *conditions(wanted))
        after = await _after(act, page)
        ids = [row["id"] for row in await act.rows(PAGE, *values, after, page.limit + 1)]
        shown, more = page_of(ids, page.limit)
        lines = await _lines(act, school, list(shown))
        return {
            "items": lines,
            "next": cursor_of(shown[-1]) if more else None,
            "count": len(ids) if after is None and not more else await act.value(COUNT, *values),
            "classes": [row["class_name"] for row in await act.rows(CLASSES, school)],
        }


async def search_roll(actor: Actor, q: str) -> list[dict[str, Any]]:
    """Up to 25 of the school's pupils whom `q` names or numbers, by last name. Records pupils:listed with the pupils
    shown. Raises: NotAllowed."""
    async with acting_as(actor, "search_pupils") as act:
        school = school_of(act)
        return await _lines(act, school, await matching_pupils(act, q) if q.strip() else [])


def school_of(act: Act) -> UUID:
    """The school whose roll the reader may look up. Raises: NotAllowed."""
    if act.who.agency_id is None or not act.who.may("pupil:look_up"):
        raise NotAllowed
    return act.who.agency_id


def conditions(wanted: RollFilter) -> tuple[Any, ...]:
    """The values of FITS."""
    provisions = ANY_SUPPORT if wanted.sen == "any" else [wanted.sen] if wanted.sen else None
    has_case = {"open": True, "none": False}.get(wanted.case or "")
    return wanted.year_group, wanted.class_name, provisions, wanted.need, has_case


async def _after(act: Act, page: Page) -> UUID | None:
    (after,) = page.after(NOBODY)
    if after == NOBODY:
        return None
    if not await act.value("SELECT EXISTS (SELECT FROM pupil WHERE id = $1)", after):
        raise Refused({"cursor": BAD_CURSOR})
    return after


async def _lines(act: Act, school: UUID, ids: list[UUID]) -> list[dict[str, Any]]:
    rows = await act.rows(LINES, school, ids) if ids else []
    act.record(Event.PUPILS_LISTED, pupils=[row["id"] for row in rows], outcome="shown", count=len(rows))
    return [_line(row) for row in rows]


def needs_of(row: Record | Mapping[str, Any]) -> list[str]:
    """The types of need, the first one first."""
    needs = json.loads(row["needs"]) if row["needs"] else []
    return [each["type"] for each in sorted(needs, key=lambda each: each.get("rank") or 99)]


def _line(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": display_name(row["first_name"], row["last_name"], row["preferred_name"] or ""),
        "year_label": year_group_label(row["year_group"]),
        "class_name": row["class_name"],
        "upn": row["upn"],
        "leaves_on": row["to_on"],
        "sen_provision": row["sen_provision"],
        "needs": needs_of(row),
        "open_case": row["open_case"],
    }
