"""A school's pupils as CSV, under the names by which a file of pupils is read: what is taken away can be brought back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import IO, Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed
from ecm.exports.files import new_file
from ecm.exports.schemas import PupilExport
from ecm.pupils.roll import COUNT, FITS, ON_ROLL, ORDER, ROLL, conditions, needs_of, school_of
from ecm.pupils.schemas import RollFilter
from ecm.web.sheet import MOST_AT_ONCE, Cell, sheet, sheet_lines

TAKEN = f"""{ROLL} SELECT u.id, u.first_name, u.last_name, u.preferred_name, u.date_of_birth, r.upn, r.year_group,
    r.class_name, r.from_on, s.sen_provision, s.needs {ON_ROLL} {FITS} ORDER BY {ORDER}"""
NUMBERS = "SELECT pupil_id, kind, value FROM pupil_identifier WHERE pupil_id = ANY ($1::uuid[]) ORDER BY id"
MOST_CONTACTS = 4
MOST_NEEDS = 4

Line = Mapping[str, Any]
Column = tuple[str, Callable[[Line], Cell]]


def _plain(name: str) -> Callable[[Line], Cell]:
    return lambda line: line[name]


def _need(place: int) -> Callable[[Line], Cell]:
    return lambda line: line["needs"][place] if place < len(line["needs"]) else None


def _contact(place: int, name: str) -> Callable[[Line], Cell]:
    return lambda line: line["contacts"][place][name] if place < len(line["contacts"]) else None


CONTACT = (
    ("name", "name"),
    ("relationship", "relationship"),
    ("parental responsibility", "responsible"),
    ("email", "email"),
    ("phone", "phone"),
    ("language", "language"),
)
# What can be asked for, what it is called on the page, and its columns, in their order.
PARTS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "names": (
        "Names",
        (
            ("Forename", _plain("first_name")),
            ("Surname", _plain("last_name")),
            ("Preferred name", _plain("preferred_name")),
        ),
    ),
    "numbers": (
        "UPN, former UPN and ULN",
        (("UPN", _plain("upn")), ("Former UPN", _plain("former_upn")), ("ULN", _plain("uln"))),
    ),
    "nhs_number": ("NHS number", (("NHS number", _plain("nhs_number")),)),
    "born": ("Date of birth", (("Date of birth", _plain("date_of_birth")),)),
    "class": (
        "Year group, class and entry date",
        (("Year group", _plain("year_group")), ("Class", _plain("class_name")), ("Entry date", _plain("from_on"))),
    ),
    "sen": (
        "SEN provision and needs",
        (
            ("SEN provision", _plain("sen_provision")),
            *((f"SEN need {place + 1}", _need(place)) for place in range(MOST_NEEDS)),
        ),
    ),
    "contacts": (
        "Parents and carers, and how to reach them",
        tuple(
            (f"Contact {place + 1} {head}", _contact(place, name))
            for place in range(MOST_CONTACTS)
            for head, name in CONTACT
        ),
    ),
}
# Always there, at the end. By the id a list that was corrected elsewhere finds its pupils again, also one who has no number and another name now.
ALWAYS: tuple[Column, ...] = (("ECM id", lambda line: str(line["id"])), ("LAESTAB", _plain("laestab")))


async def count_pupils(actor: Actor, wanted: RollFilter) -> int:
    """How many pupils a list has that may be taken away. Records pupils:listed. Raises: NotAllowed."""
    async with acting_as(actor, "count_pupils") as act:
        many = await act.value(COUNT, _school(act), *conditions(wanted))
        act.record(Event.PUPILS_LISTED, outcome="shown", count=0)
        return many


def _school(act: Act) -> UUID:
    """Raises: NotAllowed for who may not take a whole school away."""
    if not act.who.may("school:export"):
        raise NotAllowed
    return school_of(act)


async def take_pupils(actor: Actor, wanted: RollFilter, said: PupilExport) -> IO[bytes]:
    """The pupils of a list as a file, by last name. Records pupils:exported, once for each 1,000 pupils.

    Raises: NotAllowed.
    """
    async with acting_as(actor, "export_pupils") as act:
        file = new_file()
        async for ids in write_pupils(act, file, wanted, said.parts):
            _record(act, ids, said)
        if not act.events:
            _record(act, [], said)
    return file


def _record(act: Act, ids: Sequence[UUID], said: PupilExport) -> None:
    parts = ":".join(name for name in PARTS if name in said.parts)
    act.record(
        Event.PUPILS_EXPORTED, pupils=ids, outcome="shown", count=len(ids), purpose_code=said.purpose, parts=parts
    )


async def write_pupils(
    act: Act, file: IO[bytes], wanted: RollFilter, parts: Collection[str]
) -> AsyncIterator[list[UUID]]:
    """Write a list of pupils; yields the ids of those written, at most 1,000 at once.

    Raises: NotAllowed for who may not take a whole school away.
    """
    school = _school(act)
    laestab = await act.value("SELECT laestab FROM agency WHERE id = $1", school)
    columns = columns_of(parts)
    file.write(sheet([head for head, _ in columns], []))
    rows = await act.connection.cursor(TAKEN, school, *conditions(wanted))
    while some := await rows.fetch(MOST_AT_ONCE):
        lines = await _lines(act, some, laestab, "contacts" in parts)
        # In a thread, so that the pages of others are answered meanwhile.
        file.write(await asyncio.to_thread(_written, columns, lines))
        yield [row["id"] for row in some]


def columns_of(parts: Collection[str]) -> list[Column]:
    """The columns of a file with these parts, in their order: names, ids and the school's number always."""
    return [*(each for name, (_, some) in PARTS.items() if name in {"names", *parts} for each in some), *ALWAYS]


def _written(columns: Sequence[Column], lines: Sequence[Line]) -> bytes:
    return sheet_lines([value(line) for _, value in columns] for line in lines)


async def _lines(act: Act, rows: Sequence[Record], laestab: str | None, with_contacts: bool) -> list[Line]:
    ids = [row["id"] for row in rows]
    numbers = {(each["pupil_id"], each["kind"]): each["value"] for each in await act.rows(NUMBERS, ids)}
    contacts = await _contacts(act, ids) if with_contacts else {}
    return [
        dict(row)
        | {kind: numbers.get((row["id"], kind)) for kind in ("former_upn", "uln", "nhs_number")}
        | {"laestab": laestab, "needs": needs_of(row), "contacts": contacts.get(row["id"], [])}
        for row in rows
    ]


async def _contacts(act: Act, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Who cares for these pupils, but for those who must not be in touch with them."""
    shown = proof("contacts-to-take", *ids)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await act.rows("SELECT * FROM contacts_to_take($1, $2)", ids, shown):
        responsible = "yes" if row["has_parental_responsibility"] else "no"
        found.setdefault(row["pupil_id"], []).append(dict(row) | {"responsible": responsible})
    return found
