"""Small faults put into the walls one at a time, made from the database itself: its policies, its functions, its grants.

A mutant is a statement that changes one thing and can be undone by rolling back. Nothing is chosen by hand: every place
where an operator below fits, in every policy and in every function that a policy or the relation asks, is one mutant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

TOKEN = re.compile(
    r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|[A-Za-z_][\w.]*|::|->>|->|=>|<>|>=|<=|&&|@>|:=|[()=<>;,?*+\[\]-]|\d+|\S",
    re.DOTALL,
)
BOOLEAN = {"AND", "OR"}
BEGINS = {"WHERE", "ON", "WHEN", "HAVING", "IF", "ELSIF", "AND", "OR", "SELECT", "RETURN", "THEN", "ELSE"}
ENDS = {
    "AND", "OR", "GROUP", "ORDER", "UNION", "LIMIT", "THEN", "ELSE", "END", "WHEN", "WHERE", "JOIN", "LEFT", "CROSS", "ON",
    "RETURNING", "FROM", "HAVING", ";", ",", "AS", "LOOP", "FOR",
}  # fmt: skip
FLIPPED = {"=": "<>", "<>": "=", ">=": "<", "<": ">=", ">": "<=", "<=": ">"}
SHIFTED = "(app_now() + interval '{} days')"
# What decides nothing about who sees what: seals and their arithmetic (tests/access/test_hostile.py forges them).
APART = {"app_now", "hmac_sha256", "context_seal", "set_context", "proved", "must_be_proved", "lock_case"}


@dataclass(frozen=True)
class Mutant:
    """One fault: what kind, where (a policy's table and command, or a function), the statement that makes it, and what
    stands near it."""

    kind: str
    place: str
    table: str
    command: str
    change: str
    sql: str
    near: str = ""


@dataclass(frozen=True)
class Token:
    """A word of SQL, where it stands, and in how many brackets."""

    text: str
    start: int
    end: int
    depth: int


def tokens_of(sql: str) -> list[Token]:
    """The words of a piece of SQL without its comments."""
    found, depth = [], 0
    for match in TOKEN.finditer(sql):
        word = match.group()
        depth -= word == ")"
        if not word.startswith("--"):
            found.append(Token(word.upper() if word.upper() in ENDS | BEGINS else word, *match.span(), depth))
        depth += word == "("
    return found


Change = tuple[str, str, str, str]  # kind, what, the SQL with it, what stands near it


def changes(sql: str) -> Iterator[Change]:
    """Every change of one thing."""
    tokens = tokens_of(sql)
    for place, token in enumerate(tokens):
        if token.text in BOOLEAN and not _between(tokens, place):
            yield from _of_a_boolean(sql, tokens, place)
        elif token.text == "WHERE":
            end = _operand_end(tokens, place, 1)
            if place + 1 < end < len(tokens) and tokens[end].text not in BOOLEAN:
                yield _replaced("condition dropped", sql, tokens[place + 1].start, tokens[end - 1].end, "true")
        elif token.text in FLIPPED and not _assigns(tokens, place):
            yield _replaced("comparison flipped", sql, token.start, token.end, FLIPPED[token.text])
        elif token.text == "NOT" and tokens[place + 1].text != "NULL":
            yield _replaced("comparison flipped", sql, token.start, token.end, "")
        elif (token.text == "EXISTS" and tokens[place - 1].text != "NOT") or (
            token.text == "NULL" and tokens[place - 1].text.upper() == "IS"
        ):
            yield _replaced("comparison flipped", sql, token.start, token.start, "NOT ")
        elif token.text == "app_now" and _is_a_bound(tokens, place):
            days = 400 if tokens[place + 3].text in (">=", ">") else -400
            yield _replaced("time bound shifted", sql, token.start, tokens[place + 2].end, SHIFTED.format(days))


def _of_a_boolean(sql: str, tokens: list[Token], place: int) -> Iterator[Change]:
    token, end = tokens[place], _operand_end(tokens, place, 1)
    nothing = "true" if token.text == "AND" else "false"
    other = "OR" if token.text == "AND" else "AND"
    yield _replaced("AND/OR swapped", sql, token.start, token.end, other)
    yield _replaced("condition dropped", sql, tokens[place + 1].start, tokens[end - 1].end, nothing)
    begin = _operand_end(tokens, place, -1)
    if begin < 0 or tokens[begin].text not in BOOLEAN:
        yield _replaced("condition dropped", sql, tokens[begin + 1].start, tokens[place - 1].end, nothing)


def _operand_end(tokens: list[Token], place: int, step: int) -> int:
    """The place of the first word after (or before) the operand beside a word."""
    depth, ends, at = tokens[place].depth, ENDS if step > 0 else BEGINS, place + step
    while 0 <= at < len(tokens) and tokens[at].depth >= depth:
        if tokens[at].depth == depth and tokens[at].text in ends and tokens[at - 1].text.upper() != "DISTINCT":
            break
        at += step
    return at


def _between(tokens: list[Token], place: int) -> bool:
    before = [t.text.upper() for t in tokens[max(0, place - 8) : place] if t.depth == tokens[place].depth]
    return "BETWEEN" in before


def _assigns(tokens: list[Token], place: int) -> bool:
    """Whether a `=` gives a value, or is the default of a parameter."""
    near = [t.text.upper() for t in tokens[max(0, place - 3) : place]]
    return tokens[place].text == "=" and ("SET" in near or tokens[place - 1].text == ":")


def _is_a_bound(tokens: list[Token], place: int) -> bool:
    return place + 3 < len(tokens) and tokens[place + 3].text in FLIPPED


def _replaced(kind: str, sql: str, start: int, end: int, by: str) -> Change:
    what = " ".join(sql[max(0, start - 12) : end + 4].split())
    return kind, f"{what[:90]} => {by or 'nothing'}", sql[:start] + by + sql[end:], sql[max(0, start - 90) : end + 90]


async def policy_mutants(admin: asyncpg.Connection) -> list[Mutant]:
    """Faults in the conditions of policies."""
    rows = await admin.fetch("SELECT * FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname")
    return [
        Mutant(kind, f"policy {r['policyname']}", r["tablename"], r["cmd"], what,
               f'ALTER POLICY "{r["policyname"]}" ON "{r["tablename"]}" {clause} ({sql})', near)
        for r in rows
        for clause, text in (("USING", r["qual"]), ("WITH CHECK", r["with_check"])) if text
        for kind, what, sql, near in [("condition dropped", f"all of it ({clause})", "true", text), *changes(text)] if text != "true"
    ]  # fmt: skip


FUNCTIONS = """
SELECT p.proname, p.prosrc, pg_get_functiondef(p.oid) AS definition,
       p.prorettype = 'trigger'::regtype OR p.proname = 'enter' AS root
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' ORDER BY 1
"""


async def function_mutants(admin: asyncpg.Connection) -> list[Mutant]:
    """Faults in what decides who sees or writes rows: the functions that policies ask, those of triggers, `enter`, and
    all that these ask in turn. What the application calls and no wall rests on is left out: it makes a page, or is a
    command, which has tests of its own.
    """
    functions = {r["proname"]: r for r in await admin.fetch(FUNCTIONS)}
    policies = await admin.fetch("SELECT concat(qual, with_check) AS text FROM pg_policies WHERE schemaname = 'public'")
    asked: set[str] = set()
    new = {r["proname"] for r in functions.values() if r["root"]} | _named(
        " ".join(r["text"] for r in policies), functions
    )
    while new:
        asked |= new
        new = {name for each in new for name in _named(functions[each]["prosrc"], functions)} - asked
    return [
        Mutant(kind, f"function {r['proname']}", "", "", what, r["definition"].replace(r["prosrc"], sql), near)
        for r in (functions[name] for name in sorted(asked - APART))
        for kind, what, sql, near in changes(r["prosrc"])
    ]


def _named(text: str, functions: dict[str, asyncpg.Record]) -> set[str]:
    return (set(re.findall(r"\b(\w+)\(", text)) & functions.keys()) - APART


TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relforcerowsecurity ORDER BY 1"
UNGRANTED = """
SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
AND NOT has_function_privilege('ecm_app', p.oid, 'EXECUTE') ORDER BY 1
"""


async def wall_mutants(admin: asyncpg.Connection) -> list[Mutant]:
    """Walls taken down, policies dropped, rights given."""
    found = []
    for table in [r[0] for r in await admin.fetch(TABLES)]:
        found += [
            Mutant("FORCE removed", f"table {table}", table, "", "NO FORCE", f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY'),
            Mutant("grant added", f"table {table}", table, "", "TRUNCATE", f'GRANT TRUNCATE ON "{table}" TO ecm_app'),
        ]  # fmt: skip
    for r in await admin.fetch(
        "SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' ORDER BY 2, 1"
    ):
        sql = f'DROP POLICY "{r[0]}" ON "{r[1]}"'
        found.append(Mutant("policy dropped", f"policy {r[0]}", r[1], "", "gone", sql))
    for r in await admin.fetch(UNGRANTED):
        found.append(
            Mutant("grant added", f"function {r[0]}", "", "", "EXECUTE", f"GRANT EXECUTE ON FUNCTION {r[0]} TO ecm_app")
        )
    return found
