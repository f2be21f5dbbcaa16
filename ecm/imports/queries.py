"""What is known of a file: its preview, its rows a page at a time, the problems as a list to take away."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.imports.commands import Door
from ecm.imports.words import FIELD_LABELS, PARTS, WHY_KEPT, conflict, shown_value
from ecm.paging import Page, cursor_of, page_of
from ecm.pupils.rules import display_name, year_group_label
from ecm.web.sheet import MOST_ROWS, sheet

MOST_PROBLEMS = 100
MOST_EARLIER = 20

IMPORT = """
SELECT i.id, i.made_at, i.expires_at, i.format, i.head, i.counts, i.warnings, i.sentence, i.ended_at, i.version, p.name AS by_name,
       CASE WHEN i.status IN ('ready', 'reading') AND app_now() >= i.expires_at THEN 'expired'
            WHEN i.status = 'reading' AND app_now() >= i.made_at + interval '10 minutes' THEN 'interrupted' ELSE i.status END AS status,
       app_now() >= i.expires_at AS is_over, a.name AS school_name,
       (SELECT max(o.ended_at) FROM pupil_import o WHERE o.school_id = i.school_id AND o.sha256 = i.sha256
        AND o.status = 'approved' AND o.id <> i.id) AS approved_before
FROM pupil_import i JOIN agency a ON a.id = i.school_id
LEFT JOIN membership m ON m.id = i.membership_id LEFT JOIN person p ON p.id = m.person_id
"""
WHERE = {
    "new": "r.kind = 'new'",
    "changed": "r.kind = 'changed'",
    "unchanged": "r.kind = 'unchanged'",
    "rejected": "r.kind = 'rejected'",
    "leavers": "r.kind = 'leaver'",
    "kept": "r.kept <> '[]'",
    "warned": "r.warnings <> '[]' AND r.kind <> 'rejected'",
}
ROWS = """
SELECT r.row, r.kind, r.pupil_id, r.said, r.carers, r.changes, r.kept, r.problems, r.conflicts, r.warnings,
       u.id AS now_id, u.first_name, u.last_name, u.preferred_name
FROM import_row r LEFT JOIN pupil u ON u.id = r.pupil_id
WHERE r.import_id = $1 AND {where} AND r.row > $2 ORDER BY r.row LIMIT $3
"""


async def list_imports(actor: Actor) -> dict[str, Any]:
    """The acting school and the files it has sent, the newest first. Records imports:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_imports") as act:
        if not act.who.may("pupil:import"):
            raise NotAllowed
        school = await act.row("SELECT id, name, urn, laestab FROM agency WHERE id = $1", act.who.agency_id)
        rows = await act.rows(IMPORT + "ORDER BY i.made_at DESC, i.id DESC LIMIT $1", MOST_EARLIER)
        act.record(Event.IMPORTS_LISTED, outcome="shown", count=len(rows))
    assert school is not None
    return {"school": dict(school), "earlier": [_import(r) for r in rows]}


def _import(row: Record) -> dict[str, Any]:
    parsed = {key: json.loads(row[key]) for key in ("head", "counts", "warnings")}
    found = dict(row) | parsed
    found["changes_nothing"] = row["status"] == "ready" and not parsed["counts"]["new"] + parsed["counts"]["changed"]
    return found


async def show_import(actor: Actor, import_id: UUID, part: str, page: Page) -> dict[str, Any]:
    """A file and a page of one part of it (a key of `PARTS`; else the first with something in it).

    Records import:shown with the pupils of the page who are on the roll. Raises: NotFound; Refused.
    """
    async with acting_as(actor, "show_import") as act:
        found = await read_import_head(act, import_id)
        counts = {name: found["counts"].get(name, 0) for name in PARTS}
        part = part if part in PARTS else next((name for name, count in counts.items() if count), "new")
        (after,) = page.after(0)
        rows, more = page_of(await _rows(act, import_id, part, after, page.limit + 1), page.limit)
        on_roll = [r["now_id"] for r in rows if r["now_id"]]
        act.record(Event.IMPORT_SHOWN, subject=import_id, pupils=on_roll, outcome="shown")
    return {
        "file": found, "part": part, "counts": counts, "rows": [_row(r) for r in rows],
        "next": cursor_of(rows[-1]["row"]) if more else None,
    }  # fmt: skip


async def read_import_head(act: Act, import_id: UUID) -> dict[str, Any]:
    """What is known of a file as a whole. Raises: NotFound."""
    row = await act.row(IMPORT + "WHERE i.id = $1", import_id)
    if row is None:
        raise NotFound
    return _import(row)


async def _rows(act: Act, import_id: UUID, part: str, after: int, most: int) -> list[Record]:
    return await act.rows(ROWS.format(where=WHERE[part]), import_id, after, most)


def _row(row: Record) -> dict[str, Any]:
    said = json.loads(row["said"])
    names = row if row["now_id"] else said
    return {
        "row": row["row"],
        "pupil_id": row["now_id"],
        "name": display_name(*((names.get(k) or "") for k in ("first_name", "last_name", "preferred_name")))
        or "No name",
        "born": _day(said.get("date_of_birth")),
        "year": year_group_label(said.get("year_group")),
        "class_name": said.get("class_name"),
        "left_on": _day(said.get("left_on")),
        "carers": [each.get("name") for each in json.loads(row["carers"])],
        "changes": [_difference(each) for each in json.loads(row["changes"])],
        "kept": [_difference(each) for each in json.loads(row["kept"])],
        "problems": [_labelled(each) for each in _problems(row)],
        "warnings": [_labelled(each) for each in json.loads(row["warnings"])],
    }


def _labelled(each: dict[str, str]) -> dict[str, str]:
    return {"label": FIELD_LABELS.get(each["field"], ""), "message": each["message"]}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _difference(each: dict[str, Any]) -> dict[str, Any]:
    name = each["field"]
    label = FIELD_LABELS.get(name, name)
    return {
        "label": f"{label} of {each['who']}" if each.get("who") else label,
        "now": shown_value(name, each.get("now")),
        "file": shown_value(name, each.get("file")),
        "why": WHY_KEPT.get(each.get("why", "")),
    }


def _problems(row: Record) -> list[dict[str, str]]:
    return [*json.loads(row["problems"]), *(conflict(each) for each in json.loads(row["conflicts"]))]


async def preview(door: Door, import_id: UUID, most: int = MOST_PROBLEMS) -> dict[str, Any]:
    """The file for a program, with the first problems of its rows. Records import:shown. Raises: NotFound."""
    async with door("show_import") as act:
        found = await read_import_head(act, import_id)
        rows = await _rows(act, import_id, "rejected", 0, most)
        act.record(Event.IMPORT_SHOWN, subject=import_id, outcome="shown")
    problems = flat_problems(rows)
    counts = found["counts"]
    return {
        "id": found["id"],
        "status": found["status"],
        "version": found["version"],
        "format": found["format"],
        "counts": {
            name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "rejected", "kept", "leavers")
        },
        "problems": problems[:most],
        "more_problems": counts.get("rejected", 0) > len(rows) or len(problems) > most,
        "warnings": found["warnings"],
        "message": found["sentence"],
        "expires_at": found["expires_at"],
        "approved_before": found["approved_before"],
    }


def flat_problems(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """A line for each problem: the row of the file, the field, a sentence."""
    return [{"row": row["row"], **problem} for row in rows for problem in _problems(row)]


async def problems_sheet(actor: Actor, import_id: UUID) -> bytes:
    """The rows that are not taken, as a list to put right. Records import_problems:exported. Raises: NotFound."""
    async with acting_as(actor, "export_problems") as act:
        await read_import_head(act, import_id)
        rows = await _rows(act, import_id, "rejected", 0, MOST_ROWS + 1)
        act.record(Event.IMPORT_PROBLEMS_EXPORTED, subject=import_id, outcome="shown", count=len(rows[:MOST_ROWS]))
    lines = flat_problems(rows[:MOST_ROWS])
    heads = ("Row of the file", "Field", "What is wrong")
    body = [(each["row"], FIELD_LABELS.get(each["field"], each["field"]), each["message"]) for each in lines]
    return sheet(heads, body, cut=len(rows) > MOST_ROWS)
