"""What can be tried where a fault was put: at a table whose policy it is in, at the tables of a trigger, at a function."""

import json
import re
from collections.abc import Iterable
from random import Random
from typing import Any

import asyncpg

from tests.access.hands import Try
from tests.access.law import Law, Place
from tests.access.shaken import DEFAULTS, INSTANTS, Column, House

READERS, ROWS, CALLS = 8, 4, 16
SERVICE = re.compile(r"'service'(?:::text)?\)*(?: =| IS DISTINCT FROM) '(\w+)'")
Ways = list[tuple[str, str]]  # a statement to plan, and what it is given


async def tries_at(
    house: House, law: Law, place: Place, every: bool, focus: set[str], literals: Iterable[str], most: int, some: Random
) -> list[Try]:
    """Some of all that can be tried there; with every column, if nothing but the place itself is in the way."""
    ways: Ways = []
    for table, way in some.sample(place.tables, min(4, len(place.tables))):
        ways += await WAYS[way](house, table, every, focus, literals, some)
    if place.function:
        ways += [("", call) for call in _calls(house, law.functions[place.function], literals, some)]
    services = [f" {name}".encode() for name in SERVICE.findall(place.text)]
    readers, when = (
        _some([*house.tokens, *services], READERS, some),
        some.choices(INSTANTS, (1, 2, 3, 30, 3, 2, 1), k=2),
    )
    found = [Try("0", house.story.reader, *way) for way in ways] if house.story else []
    found = _some(found, most // 2, some)
    return found + _some([Try(w, who, *way) for w in when for who in readers for way in ways], most - len(found), some)


async def _eyes(house: House, table: str, every: bool, focus: set[str], literals: Iterable[str], some: Random) -> Ways:
    columns = ", ".join(c.name for c in house.columns[table] if every or c.reads)
    shown = f"AS SELECT count(*) || ' ' || coalesce(sum(hashtextextended(ROW({columns})::text, 0)), 0) FROM {table}"
    return [(shown, "")] if columns else []


async def _edits(house: House, table: str, every: bool, focus: set[str], literals: Iterable[str], some: Random) -> Ways:
    rows, key, found = await _rows(house, table, some), _key(house, table), []
    for c in _first([c for c in house.columns[table] if every or c.updates], 2 if focus else 9, focus, some):
        edit = f"({c.type}, text) AS UPDATE {table} t SET {c.name} = $1 WHERE t.{key}::text = $2"
        # All rows, unseen: then only the policies for writing are asked.
        found += [
            (f"({c.type}) AS UPDATE {table} SET {c.name} = $1", f"({value})")
            for value in _some(house.choices(c, literals), 2, some)
        ]
        for row in rows:
            values = [_literal(row[c.name], c), *_some(house.choices(c, literals), 3, some)]
            found += [(edit, f"({value}, '{row[key]}')") for value in values]
    return found


async def _puts(house: House, table: str, every: bool, focus: set[str], literals: Iterable[str], some: Random) -> Ways:
    columns = [c for c in house.columns[table] if every or c.inserts]
    if not columns:
        return []
    names, types = ", ".join(c.name for c in columns), ", ".join(c.type for c in columns)
    put = (
        f"({types}) AS INSERT INTO {table} ({names}) VALUES ({', '.join(f'${n}' for n in range(1, len(columns) + 1))})"
    )
    return [
        (put, f"({', '.join(_cell(house, row, d, d is other, literals, some) for d in columns)})")
        for row in await _rows(house, table, some)
        for other in (None, *_first(columns, 3, focus, some))
    ]


def _cell(
    house: House, row: dict[str, object], column: Column, other: bool, literals: Iterable[str], some: Random
) -> str:
    if column.name == "id" and column.type == "uuid":
        return "gen_random_uuid()"
    if not other:
        return _literal(row[column.name], column)
    if column.names in OWN and some.random() < 0.3:
        return _own(str(column.names))
    return some.choice(house.choices(column, literals) or ["NULL"])


OWN = {"membership", "person", "agency"}


def _own(what: str) -> str:
    """What is the asking session's own."""
    return f"(context() ->> '{what}')::uuid"


async def _drops(house: House, table: str, every: bool, focus: set[str], literals: Iterable[str], some: Random) -> Ways:
    key = _key(house, table)
    rows = await _rows(house, table, some) if every or house.columns[table][0].deletes else []
    return [(f"(text) AS DELETE FROM {table} t WHERE t.{key}::text = $1", f"('{row[key]}')") for row in rows]


WAYS = {"SELECT": _eyes, "INSERT": _puts, "UPDATE": _edits, "DELETE": _drops}


async def _rows(house: House, table: str, some: Random) -> list[dict[str, object]]:
    rows = await house.admin.fetch(f"SELECT to_jsonb(t) FROM {table} t ORDER BY t::text LIMIT 40")
    told = house.story.rows.get(table, [])[:2] if house.story else []
    return [*filter(None, told), *_some([json.loads(r[0]) for r in rows], ROWS - len(told), some)]


def _key(house: House, table: str) -> str:
    names = [c.name for c in house.columns[table]]
    return next((n for n in ("id", "case_id", "involvement_id", "emergency_id", "pupil_id") if n in names), names[0])


def _literal(value: object, column: Column) -> str:
    if value is None:
        return f"NULL::{column.type}"
    if column.type.endswith("[]"):
        value = "{" + ",".join(json.dumps(each) for each in value) + "}"  # type: ignore[attr-defined]
    text = value if isinstance(value, str) else json.dumps(value)
    return "'" + text.replace("'", "''") + f"'::{column.type}"


def _first(columns: list[Column], number: int, focus: set[str], some: Random) -> list[Column]:
    """So many of them, those first that it is about."""
    return sorted(_some(columns, len(columns), some), key=lambda c: c.name not in focus)[:number]


def _some(values: list[Any], number: int, some: Random) -> list[Any]:
    return some.sample(values, min(number, len(values)))


# What `enter` says besides its answer.
SEALED = "|| context() || principals()::text || closed_cases()::text || closed_pupils()::text"


def _calls(house: House, function: asyncpg.Record, literals: Iterable[str], some: Random) -> list[str]:
    """Ways to call a function."""
    found = []
    for _ in range(CALLS):
        parameters = zip(function["names"], function["types"], strict=False)
        given = ", ".join(_argument(house, function, name, kind, literals, some) for name, kind in parameters)
        after = SEALED if function["name"] == "enter" else ""
        call = f"SELECT array_agg(x::text ORDER BY x::text)::text {after} FROM {function['name']}({given}) x"
        found.append("SELECT asked_inside('" + call.replace("'", "''") + "')")
    return found


def _argument(
    house: House, function: asyncpg.Record, name: str, kind: str, literals: Iterable[str], some: Random
) -> str:
    """Something of the kind that a parameter is called after."""
    if kind in house.columns:
        return f"(SELECT t FROM {kind} t ORDER BY t::text OFFSET {some.randrange(5)} LIMIT 1)"
    if kind == "bytea":
        return f"'\\x{some.choice(house.tokens).hex()}'"
    like = _compared(house, function["body"], name, kind.removesuffix("[]")) or _like(
        house, name.removeprefix("p_"), kind.removesuffix("[]")
    )
    own = sorted({str(c.names) for c in like} & OWN) if kind == "uuid" else []
    if own and some.random() < 0.4:
        return _own(own[0])
    choices = [value for c in like for value in house.choices(c, literals)] or FALLBACK.get(kind, [])
    if kind == "uuid" and not like:
        choices = [v for table in ("pupil", "membership", "support_case", "agency") for v in house.ids[table]]
    choices = choices or [DEFAULTS.get(kind, "''")]
    if kind.endswith("[]"):
        return f"ARRAY[{', '.join(some.choices(choices, k=some.randrange(3)))}]::{kind}"
    return some.choice(choices) + f"::{kind}"


def _compared(house: House, body: str, name: str, kind: str) -> list[Column]:
    """Columns that a parameter is compared with."""
    found = re.findall(rf"\b(\w+) = {name}\b", body) + re.findall(rf"\b{name} = (?:ANY \()?(?:\w+\.)?(\w+)", body)
    return [
        c
        for columns in house.columns.values()
        for c in columns
        if c.type == kind and c.name in found and c.name != "id"
    ]


def _like(house: House, word: str, kind: str) -> list[Column]:
    """Columns of that name, or else those that end or begin with it, and keys of tables that do."""
    every = [c for columns in house.columns.values() for c in columns if c.type == kind]
    exact = [c for c in every if c.name in (word, f"{word}_id")]
    return exact or [
        c for c in every if c.name.startswith(f"{word}_") or c.name.endswith(f"_{word}") or (c.table.endswith(word) and c.name == "id")
    ]  # fmt: skip


FALLBACK = {
    "timestamp with time zone": [f"app_now() + '{each}'" for each in INSTANTS],
    "date": ["school_day()", "school_day() + 30"], "boolean": ["true", "false"], "interval": ["'1 hour'"],
    "integer": ["0", "1", "9", "16", "40"],
}  # fmt: skip
