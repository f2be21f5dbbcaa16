"""`ecm import-pupils`: the same files under the same rules, for one school or for a folder of many.

Beginning again after an interruption goes on where it stopped: what was approved is known by its SHA-256 and passed
over, and what was only read is read, compared and approved anew.
"""

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import click

from ecm import connections, database
from ecm.audit.events import Event
from ecm.clock import today
from ecm.config import Settings
from ecm.database import outside_the_log
from ecm.errors import NotAllowed, Refused, Stale
from ecm.imports.commands import Seen, approve_import, begin_import, read_import, service
from ecm.imports.queries import preview
from ecm.imports.reading import Head, Unreadable, read_file
from ecm.imports.rules import number_problem
from ecm.imports.words import FIELD_LABELS

DONE, NOT_ALL_ROWS, NOT_ALL_FILES = 0, 1, 2
"""Exit codes: everything was taken; some rows were not; some file was not."""
SUFFIXES = (".csv", ".txt", ".xml")
MOST_SHOWN = 20
WORDIER = 4
"""How many bytes of a batch there are for a byte of a CSV, more or less."""
# LLLEEEE_CTF_LLLEEEE_NNN.xml: source, destination, serial. Where pupils go to is the school they are for.
NAME = re.compile(r"(?P<source>[0-9]{7})_CTF_(?P<destination>[0-9]{7})?", re.IGNORECASE)
NO_SCHOOL = "No school of this number is here. Give it with --school, or record it first: ecm set-school-number."

FIND_SCHOOL = "SELECT id, name FROM agency WHERE kind = 'school' AND (urn = $1 OR laestab = $1)"
FIND_FILE = """
SELECT id, status FROM pupil_import
WHERE school_id = $1 AND sha256 = $2 AND (status = 'approved' OR (status = 'ready' AND app_now() < expires_at))
ORDER BY status, made_at DESC LIMIT 1
"""


@dataclass(frozen=True)
class School:
    """Whose pupils a file has."""

    id: UUID
    name: str


async def import_all(config: Settings, path: Path, number: str | None, approve: bool) -> int:
    """Read, and with `approve` write, a file or every file of a folder; the exit code. Says what came of each."""
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url, size=2)
    try:
        files = _files(path)
        codes = [await _import_one(file, number, approve, _place(n, files)) for n, file in enumerate(files, start=1)]
    finally:
        await connections.close_pool()
    if not files:
        click.echo(f"{path}: there is no file that ends in {', '.join(SUFFIXES)}.", err=True)
    return max(codes, default=NOT_ALL_FILES)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())


def _place(number: int, files: Sequence[Path]) -> str:
    return f"[{number}/{len(files)}] " if len(files) > 1 else ""


async def _import_one(file: Path, number: str | None, approve: bool, place: str) -> int:
    try:
        school = await _school_of(file, number)
        import_id, again = await _ready(school, file, place)
        if approve and not again:
            await _approve(import_id)
        shown = await preview(service, import_id)
    except (Unreadable, Refused, NotAllowed, Stale) as trouble:
        sentence = next(iter(trouble.problems.values())) if isinstance(trouble, Refused) else str(trouble)
        click.echo(f"{place}{file.name}: not taken. {sentence or NO_SCHOOL}", err=True)
        return NOT_ALL_FILES
    _tell(f"{place}{file.name}: {school.name}", shown, again)
    return NOT_ALL_ROWS if shown["counts"]["rejected"] else DONE


async def _school_of(file: Path, number: str | None) -> School:
    """By the number that was given, the file's own, or its name. Raises: Unreadable."""
    for each in [number] if number else [*await _numbers_in(file), *_numbers_of_name(file.name)]:
        async with outside_the_log("import") as act:
            if row := await act.row(FIND_SCHOOL, each):
                return School(row["id"], row["name"])
    raise Unreadable(NO_SCHOOL)


async def _numbers_in(file: Path) -> list[str]:
    """What the head of the file names its school by, the destination first. Raises: Unreadable."""
    async with aclosing(read_file(file, today())) as parts:  # type: ignore[type-var]
        async for part in parts:
            if isinstance(part, Head):
                named = part.destination or part.source
                return [named[key] for key in ("laestab", "urn") if named.get(key)]
    return []


def _numbers_of_name(name: str) -> Iterable[str]:
    found = NAME.match(name)
    return [each for each in (found["destination"], found["source"]) if each] if found else []


async def _ready(school: School, file: Path, place: str) -> tuple[UUID, bool]:
    """The file, read and compared, and whether it was approved before."""
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    async with outside_the_log("import") as act:
        known = await act.row(FIND_FILE, school.id, sha256)
    if known is not None:
        return known["id"], known["status"] == "approved"
    import_id = await begin_import(service, school.id, sha256)
    with _progress(file, place) as seen:
        await read_import(service, import_id, file, seen)
    return import_id, False


@contextmanager
def _progress(file: Path, place: str) -> Iterator[Seen]:
    """A bar that is as long as the file; what is read of it comes in other words, so it only comes near the end."""
    length = max(file.stat().st_size, 2)
    with click.progressbar(length=length, label=f"{place}{file.name}", file=sys.stderr) as bar:
        yield lambda size: bar.update(min(size // WORDIER, length - bar.pos - 1))
        bar.update(length - bar.pos)


async def _approve(import_id: UUID) -> None:
    """Nobody looks between reading and writing here, so what was compared again is written as it is now."""
    try:
        await approve_import(service, import_id)
    except Stale:
        await approve_import(service, import_id)


def _tell(about: str, shown: dict[str, Any], again: bool) -> None:
    counts = ", ".join(f"{count:,} {LABELS[name]}" for name, count in shown["counts"].items())
    state = "approved before, passed over" if again else STATES[shown["status"]]
    click.echo(f"{about}: {state}. {counts}.")
    for sentence in shown["warnings"]:
        click.echo(f"  {sentence}")
    for problem in shown["problems"][:MOST_SHOWN]:
        field = FIELD_LABELS.get(problem["field"], problem["field"])
        click.echo(f"  row {problem['row']}{', ' if field else ''}{field}: {problem['message']}")
    if shown["more_problems"] or len(shown["problems"]) > MOST_SHOWN:
        click.echo("  There are more; the page of the file has them all.")


LABELS = {
    "new": "new", "changed": "changed", "unchanged": "unchanged", "rejected": "not taken",
    "kept": "kept as corrected by hand", "leavers": "on the roll and not in the file",
}  # fmt: skip
STATES = {
    "ready": "read, nothing written yet (write it with --approve, or on the page of the school within a day)",
    "approved": "approved",
}


async def set_numbers(config: Settings, name: str, urn: str | None, laestab: str | None) -> None:
    """Record what a school is called outside. Raises: Refused when no school, or more than one, has this name."""
    if problem := number_problem(urn, laestab):
        raise Refused({"": problem})
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url, size=1)
    try:
        async with service("set_school_number") as act:
            school = await act.value("SELECT set_school_number($1, $2, $3)", name, urn, laestab)
            if school is None:
                raise Refused({"": f"There is not exactly one school called “{name}” here."})
            act.record(Event.AGENCY_CHANGED, subject=school)
    except asyncpg.UniqueViolationError:
        raise Refused({"": "Another school has this number."}) from None
    finally:
        await connections.close_pool()
