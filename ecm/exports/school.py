"""Everything a school keeps, as whoever asks may see it: a ZIP of CSV files that describe themselves."""

import asyncio
import json
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from asyncpg import Record

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.consent.queries import states_of
from ecm.consent.rules import NOT_ASKED, State
from ecm.database import Act, Actor, acting_as
from ecm.exports.files import new_file
from ecm.exports.package import package, school_readme, sheet_resource
from ecm.exports.pupils import PARTS, columns_of, write_pupils
from ecm.exports.schemas import SchoolExport
from ecm.exports.sheets import SHEETS, Sheet
from ecm.pupils.roll import school_of
from ecm.pupils.schemas import RollFilter
from ecm.web.sheet import cell, paragraphs, quoted

CASES_AT_ONCE = 100
CASES = f"""SELECT id, pupil_id FROM support_case WHERE school_id = $1 AND ($2::uuid IS NULL OR id > $2)
ORDER BY id LIMIT {CASES_AT_ONCE}"""
PUPILS = "pupils"
# As it is read back; whose case it is stands in `cases`, of a pupil who has left too.
ROLL = Sheet(
    PUPILS,
    "The pupils on the school’s roll, with the columns that a file of pupils is read by, and their parents and carers.",
    "",
    tuple((head, "text") for head, _ in columns_of(PARTS)),
    (),
    key="ECM id",
)


async def take_school(actor: Actor, said: SchoolExport) -> IO[bytes]:
    """The pupils on the school's roll, and its cases with everything in them that the reader may see, as a ZIP file.

    Records pupils:exported for each 1,000 pupils and case:exported for each case, so that it stands in the list of who
    opened it. Raises: NotAllowed.
    """
    with ExitStack() as stack:
        files = {name: stack.enter_context(new_file()) for name in (PUPILS, *(each.name for each in SHEETS))}
        counts = dict.fromkeys(files, 0)
        async with acting_as(actor, "export_school") as act:
            async for ids in write_pupils(act, files[PUPILS], RollFilter(), PARTS):
                counts[PUPILS] += len(ids)
                _record_pupils(act, ids, said)
            await _write_cases(act, files, counts, said)
            if not act.events:
                _record_pupils(act, [], said)
            at = await act.value("SELECT app_now()")
        return await asyncio.to_thread(_zipped, files, counts, act.who.agency_name or "", act.who.person_name, at)


def _record_pupils(act: Act, ids: Sequence[UUID], said: SchoolExport) -> None:
    act.record(Event.PUPILS_EXPORTED, pupils=ids, outcome="shown", count=len(ids), purpose_code=said.purpose)


async def _write_cases(act: Act, files: Mapping[str, IO[bytes]], counts: dict[str, int], said: SchoolExport) -> None:
    for sheet in SHEETS:
        files[sheet.name].write(BOM_UTF8 + quoted([[name for name, _ in sheet.columns]]))
        if not sheet.of_cases:
            counts[sheet.name] += await _add(files[sheet.name], sheet, await act.rows(sheet.sql), {})
    last = None
    while cases := await act.rows(CASES, school_of(act), last):
        last, ids = cases[-1]["id"], [each["id"] for each in cases]
        states = await states_of(act, ids)
        for sheet in SHEETS:
            if sheet.of_cases:
                counts[sheet.name] += await _add(files[sheet.name], sheet, await act.rows(sheet.sql, ids), states)
        for each in cases:
            about = {"case": each["id"], "pupils": [each["pupil_id"]], "outcome": "shown"}
            act.record(Event.CASE_EXPORTED, **about, purpose_code=said.purpose)


async def _add(file: IO[bytes], sheet: Sheet, rows: Sequence[Record], states: Mapping[UUID, State]) -> int:
    """Write rows; how many. In a thread, so that the pages of others are answered meanwhile."""
    file.write(await asyncio.to_thread(_written, sheet, rows, states))
    return len(rows)


def _written(sheet: Sheet, rows: Sequence[Record], states: Mapping[UUID, State]) -> bytes:
    kinds = [kind for _, kind in sheet.columns]
    return quoted([_cell(kind, value, states) for kind, value in zip(kinds, row, strict=True)] for row in rows)


def _cell(kind: str, value: Any, states: Mapping[UUID, State]) -> str:
    if kind in ("state", "since", "until"):
        state = states.get(value, NOT_ASKED)
        value = state.word if kind == "state" else getattr(state, kind)
    if value is None:
        return ""
    if kind == "barrier":
        return cell(barrier(value).label)
    if kind == "long":
        return paragraphs(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return f"{value:f}"  # nothing runs in a number
    return "; ".join(value) if isinstance(value, list) else cell(value if isinstance(value, int | date) else str(value))


def _zipped(
    files: Mapping[str, IO[bytes]], counts: Mapping[str, int], school: str, who: str, at: datetime
) -> IO[bytes]:
    made = new_file()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.md", school_readme(school, who, at, [ROLL, *SHEETS], counts))
        resources = [sheet_resource(each, counts[each.name]) for each in (ROLL, *SHEETS)]
        whole = package("ecm-school", school, f"What {who} may see of the cases of {school}.", at, resources)
        archive.writestr("datapackage.json", json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
        for name, file in files.items():
            file.seek(0)
            with archive.open(f"{name}.csv", "w") as out:
                _copy(file, out)
    return made


def _copy(file: IO[bytes], out: IO[bytes]) -> None:
    while chunk := file.read(1 << 18):
        out.write(chunk)
