"""The law of the house: what its policies, triggers and functions say, and the places in it where a fault can be."""

import re
from dataclasses import dataclass

import asyncpg

from tests.access.shaken import Column, House

WORD = re.compile(r"\b[a-z_]+\b")
WRITTEN = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
QUOTED = re.compile(r"'([a-z_:]+)'")
FUNCTIONS = """
SELECT p.proname AS name, p.prosrc AS body, p.prorettype = 'trigger'::regtype AS fires, has_function_privilege('ecm_app', p.oid, 'EXECUTE') AS granted,
    ARRAY(SELECT t::regtype::text FROM unnest(p.proargtypes::oid[]) t) AS types, coalesce(p.proargnames, '{}') AS names
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
"""
TRIGGERS = """
SELECT t.tgrelid::regclass::text AS table, t.tgname AS name, p.proname AS calls FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Law:
    """What the database says: its functions by name, the tables that fire them, the text of each table's policies."""

    functions: dict[str, asyncpg.Record]
    triggers: dict[str, list[tuple[str, str]]]  # by table: name, function
    policies: dict[str, str]
    tables: frozenset[str]

    def fired_by(self, function: str) -> list[str]:
        return [table for table, triggers in self.triggers.items() if any(calls == function for _, calls in triggers)]

    def named(self, text: str) -> set[str]:
        """The functions that a text asks."""
        return set(re.findall(r"\b(\w+)\(", text)) & self.functions.keys()

    def under(self, text: str) -> str:
        """A text with the bodies of all functions that it asks, and that these ask."""
        asked: set[str] = set()
        while new := self.named(text) - asked:
            asked |= new
            text += "\n".join(self.functions[each]["body"] for each in sorted(new))
        return text

    def tables_in(self, text: str) -> set[str]:
        return set(WORD.findall(text)) & self.tables


async def read_law(admin: asyncpg.Connection) -> Law:
    policies = await admin.fetch(
        "SELECT tablename, string_agg(concat(qual, ' ', with_check), ' ') FROM pg_policies WHERE schemaname = 'public' GROUP BY 1"
    )
    triggers: dict[str, list[tuple[str, str]]] = {}
    for r in await admin.fetch(TRIGGERS):
        triggers.setdefault(r["table"], []).append((r["name"], r["calls"]))
    tables = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    return Law(
        {r["name"]: r for r in await admin.fetch(FUNCTIONS)},
        triggers,
        {r[0]: r[1] for r in policies},
        frozenset(r[0] for r in tables),
    )


@dataclass(frozen=True)
class Place:
    """Where faults are: at a table's policies for a command, or in a function. What is shaken there, and what touched."""

    name: str
    tables: tuple[tuple[str, str], ...]  # which tables to try, and how: SELECT, INSERT, UPDATE, DELETE
    function: str
    text: str
    shaken: tuple[Column, ...]
    touched: tuple[str, ...]
    literals: tuple[str, ...]
    fired: bool  # by triggers

    def about(self, law: Law, text: str) -> set[str]:
        """The names of columns that a piece of the law is about."""
        named = set(WORD.findall(law.under(text)))
        for word, names in CONTEXT.items():
            named |= names if word in named else set()
        return {c.name for c in self.shaken if c.name in named}


# Who somebody is follows from these, whatever a text names.
ALWAYS = {"permission", "session", "membership", "conflict_of_interest"}
# What the sealed context says of a reader comes from these columns.
CONTEXT = {
    "verbs": {"verb", "role"}, "membership": {"membership_id"}, "agency": {"agency_id"}, "principals": {"principal", "membership_id"},
    "closed_cases": {"pupil_id", "ended_at"}, "closed_pupils": {"pupil_id", "ended_at"}, "barred": {"pupil_id", "from_at", "until_at"},
    "request": {"request_id"}, "person": {"person_id"},
}  # fmt: skip


WAYS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def place_of_table(house: House, law: Law, table: str, command: str) -> Place:
    """A table's policies for a command."""
    ways = WAYS if command == "ALL" else (command,)
    text = law.under(law.policies[table])
    return _place(house, law, f"{command} {table}", text, [(table, way) for way in ways])


def place_of_function(house: House, law: Law, name: str) -> Place:
    """A function; one that triggers call is tried at their tables."""
    text = law.under(law.functions[name]["body"])
    if not law.functions[name]["fires"]:
        return _place(house, law, name, text, [], name)
    return _place(house, law, name, text, [(table, way) for table in law.fired_by(name) for way in WAYS[1:]])


def _place(house: House, law: Law, name: str, text: str, tables: list[tuple[str, str]], function: str = "") -> Place:
    about = {table for table, _ in tables}
    words = set(WORD.findall(text)).union(*(names for word, names in CONTEXT.items() if word in text))
    shaken = [
        c for table in sorted((law.tables_in(text) | about | ALWAYS) - {"context_key"}) for c in house.columns[table]
        if c.name in words and c.name not in ("id", "token_hash") and c.type not in ("bytea", "jsonb")
    ]  # fmt: skip
    reads_only = tables and all(way == "SELECT" for _, way in tables)
    touched = set() if reads_only else about | set(WRITTEN.findall(text)) & law.tables
    return Place(
        name,
        tuple(tables),
        function,
        text,
        tuple(shaken),
        tuple(sorted(touched)),
        quoted(text),
        name in law.functions and not function,
    )


def quoted(text: str) -> tuple[str, ...]:
    """The words that a text quotes."""
    return tuple(f"'{word}'" for word in sorted(set(QUOTED.findall(text))))
