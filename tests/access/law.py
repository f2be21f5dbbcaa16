"""The law of the house: what its policies, triggers and functions say, and the places in it where a fault can be."""

import re
from dataclasses import dataclass, replace

import asyncpg

from tests.access.shaken import Column, House

WORD = re.compile(r"\b[a-z_]+\b")
WRITTEN = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
QUOTED = re.compile(r"'([a-z_:]+)'")
# A column, perhaps of another row than the policy's own, and what it is compared with: words, nothing, what is the reader's.
COLUMN = r"(?<![\w'>])((?:[a-z_]+\.)?)([a-z_]+) "
COMPARED = re.compile(COLUMN + r"(=|<>) (?:A(?:NY|LL) \(\(?ARRAY\[([^\]]*)|('\w*'))")
CASE, WHEN = re.compile(r"\bCASE ([a-z_]+)\s+WHEN '"), re.compile(r"WHEN '([a-z_]+)'")
NULLED = re.compile(COLUMN + r"(IS(?: NOT)?) NULL")
JOINED = re.compile(r"\b[a-z_]+\.([a-z_]+) (?:=|<>) (?:ANY \(ARRAY\[)?[a-z_]+\.([a-z_]+)\b")
ITS = re.compile(COLUMN + r"(?:=|<>|IS NOT DISTINCT FROM) \(+ ?(?:SELECT )?\(*context\(\) ->> '(\w+)'")


FUNCTIONS = """
SELECT p.proname AS name, p.prosrc AS body, p.prorettype = 'trigger'::regtype AS fires, has_function_privilege('ecm_app', p.oid, 'EXECUTE') AS granted,
    ARRAY(SELECT t::regtype::text FROM unnest(p.proargtypes::oid[]) t) AS types, coalesce(p.proargnames, '{}') AS names
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
"""
POLICIES = """
SELECT tablename AS table, policyname AS name, cmd, concat(qual, ' ', with_check) AS text FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2
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
    policies: dict[tuple[str, str], str]  # by table and name
    doors: dict[tuple[str, str], list[str]]  # the policies of a table for a command
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
    policies, doors = {}, {}
    for r in await admin.fetch(POLICIES):
        policies[r["table"], r["name"]] = r["text"]
        doors.setdefault((r["table"], r["cmd"]), []).append(r["name"])
    triggers: dict[str, list[tuple[str, str]]] = {}
    for r in await admin.fetch(TRIGGERS):
        triggers.setdefault(r["table"], []).append((r["name"], r["calls"]))
    tables = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    return Law(
        {r["name"]: r for r in await admin.fetch(FUNCTIONS)},
        triggers,
        policies,
        doors,
        frozenset(r[0] for r in tables),
    )


@dataclass(frozen=True)
class Place:
    """Where faults are: in a table's policy for a command, or in a function. What is shaken there, and what touched."""

    name: str
    tables: tuple[tuple[str, str], ...]  # which tables to try, and how: SELECT, INSERT, UPDATE, DELETE
    function: str
    text: str
    shaken: tuple[Column, ...]
    touched: tuple[str, ...]
    literals: tuple[str, ...]
    fired: bool  # by triggers
    own: str = ""  # its text without those of what it asks
    beside: tuple[str, ...] = ()  # other policies by which the same command is let through

    def about(self, law: Law, text: str) -> set[str]:
        """The names of columns that a piece of the law is about."""
        named = set(WORD.findall(law.under(text)))
        for word, names in CONTEXT.items():
            named |= names if word in named else set()
        return {c.name for c in self.shaken if c.name in named}


# Who somebody is follows from these, whatever a text names.
ALWAYS = {"permission", "session", "membership", "conflict_of_interest"}
CLOSED = {"pupil_id", "person_id", "ended_at"}
# What the sealed context says of a reader comes from these columns.
CONTEXT = {
    "verbs": {"verb", "role"}, "membership": {"membership_id"}, "agency": {"agency_id"}, "principals": {"principal", "membership_id"},
    "closed_cases": CLOSED, "closed_pupils": CLOSED, "barred": {"pupil_id", "from_at", "until_at"},
    "request": {"request_id"}, "person": {"person_id"},
}  # fmt: skip


WAYS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def place_of_policy(house: House, law: Law, table: str, command: str, name: str) -> Place:
    """A table's policy for a command."""
    ways = WAYS if command == "ALL" else (command,)
    text = law.under(law.policies[table, name])
    place = _place(house, law, f"{command} {table} {name}", text, [(table, way) for way in ways])
    return replace(
        place,
        own=law.policies[table, name],
        beside=tuple(other for other in law.doors[table, command] if other != name),
    )


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


@dataclass(frozen=True)
class Compared:
    """What a text asks of columns: the words they are compared with (or nothing, and whether they must say it), what of
    the reader's, and which column of another row."""

    words: dict[str, list[tuple[str, bool]]]
    its: dict[str, str]
    joined: dict[str, str]


def compared(text: str, table: str) -> tuple[Compared, Compared]:
    """What is asked of the row of a table that a policy is about, and what of other rows."""
    here, there = Compared({}, {}, {}), Compared({}, {}, dict(JOINED.findall(text)))
    for alias, name, how, many, one in COMPARED.findall(text):
        if words := [one] if one else quoted(many):
            asked = here if alias in ("", f"{table}.") else there
            asked.words.setdefault(name, []).extend((word, how == "=") for word in words)
    for name in CASE.findall(text):
        here.words.setdefault(name, []).extend((f"'{word}'", True) for word in WHEN.findall(text))
    for alias, name, how in NULLED.findall(text):
        (here if alias in ("", f"{table}.") else there).words.setdefault(name, []).append(("NULL", how == "IS"))
    for alias, name, what in ITS.findall(text):
        (here if alias in ("", f"{table}.") else there).its[name] = what
    return here, there
