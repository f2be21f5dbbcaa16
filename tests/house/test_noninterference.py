"""What somebody may not see moves nothing that they are shown: two copies of one database, which differ in every row that
is hidden from somebody, answer that person alike to the byte, on every route that reads.

In the second copy every hidden row has other words, numbers and days, and some are there twice or gone. Times of day, what
is made anew for each answer (a form's token), and ids that the asking itself makes are left aside; days are not.
"""

import os
import re
import time
from base64 import urlsafe_b64decode

import asyncpg
import pytest

from ecm.accounts.commands import token_hash
from ecm.audit.events import Event
from ecm.clock import fixed_ids
from ecm.database import Actor, acting_as
from tests.house.examples import PERSONAS, Example, Place, World
from tests.house.routes import bare, copied, send
from tests.journeys.story import Visitor

EVERYBODY = PERSONAS[1:-1]
ASKED = EVERYBODY if os.environ.get("ECM_LONG") else ("nurse", "amina")

# The rows that a case is made of, by the column that names one.
TABLES = {
    "case_brief": "case_id", "identified_barrier": "id", "involvement": "id", "involvement_message": "involvement_id",
    "action": "id", "note": "id", "review_contribution": "id", "outcome": "id", "measurement": "id", "provision": "id",
    "case_view": "id", "consent_event": "id",
    "sharing_ground": "id", "emergency_access": "id", "health_alert": "id", "shielded_fact": "id",
}  # fmt: skip
DOUBLED = ("identified_barrier", "action", "note", "outcome", "measurement", "provision", "case_view")
DROPPED = ("identified_barrier", "note", "measurement", "case_view")
OTHERWISE = {
    "text": ("reason consulted end_reason strengths detail answer_message text title progress measure note who how_often how witness given_by",
             "{0} || ' Otherwise.'"),
    "number": ("baseline target value minutes weeks version", "{0} + 7"),
    "day": ("due_on measured_on given_on starts_on", "{0} - 9"),
    "instant": ("updated_at written_at added_at", "{0} - interval '50 hours'"),
}  # fmt: skip

# Aside: a form's token and its number, the time of day, and what was made within this very test.
LEFT_ASIDE = (
    (re.compile(r'(name="(?:_csrf_token|_sent)" value=")[^"]*'), r"\1"),
    (re.compile(r"(?<=\d\d\d\d-\d\d-\d\d)[T ]\d\d(:|%3A)\d\d((:|%3A)\d\d(\.\d+)?)?(Z|\+00:00)?"), ""),
    (re.compile(r"\b\d{1,2}(:\d\d)?(am|pm)\b|\bmidday\b|\bmidnight\b"), "<time>"),
)

NEW_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CURSOR = re.compile(r"(?<=cursor=)([\w-]+)")

Hidden = dict[str, list[object]]


@pytest.mark.parametrize("persona", ASKED)
async def test_nothing_hidden_moves_an_answer(place: Place, persona: str) -> None:
    world, made, routes = place
    reads = [route for route in routes if route.startswith("GET ")]
    visitor = world.people[persona]
    async with copied(made) as url:
        hidden = await _hidden_from(visitor, url)
    async with copied(made):
        first = await _answers(world, visitor, reads)
    async with copied(made) as url:
        changed = await _make_otherwise(url, hidden)
        second = await _answers(world, visitor, reads)
    different = [f"{route}\n{_where(first[route], second[route])}" for route in reads if first[route] != second[route]]
    print(f"{persona}: {len(reads)} routes, {changed} hidden rows otherwise")
    assert not different, "\n".join(different)
    assert changed > 0
    assert sum(answer.startswith("200") for answer in first.values()) > 5


async def _hidden_from(visitor: Visitor, url: str) -> Hidden:
    """The rows that row-level security does not show to this person; what is hidden as an error is another matter."""
    shown: Hidden = {}
    async with acting_as(Actor(token_hash(visitor.secret)), "test") as act:
        for table, key in TABLES.items():
            shown[table] = [row[0] for row in await act.rows(f"SELECT {key} FROM {table}")]
        act.record(Event.HOME_SHOWN, outcome="shown")
    admin = await asyncpg.connect(url)
    hidden: Hidden = {}
    for table, key in TABLES.items():
        sound = "WHERE NOT in_error" if await _has(admin, table, "in_error") else ""
        every = {row[0] for row in await admin.fetch(f"SELECT {key} FROM {table} {sound}")}
        hidden[table] = sorted(every - set(shown[table]), key=str)
    await admin.close()
    return hidden


async def _make_otherwise(url: str, hidden: Hidden) -> int:
    """Change, double and drop what is hidden, and let what follows from it follow; how many rows."""
    admin = await asyncpg.connect(url)
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")  # no trigger asks who changes it
        for table, rows in hidden.items():
            key, sets = TABLES[table], await _sets(admin, table)
            await admin.execute(f"UPDATE {table} SET {sets} WHERE {key} = ANY ($1)", rows)
        for table in DOUBLED:
            columns = [name for name in await _columns(admin, table) if name != "id"]
            kept = ", ".join(columns)
            copy = f"INSERT INTO {table} (id, {kept}) SELECT gen_random_uuid(), {kept} FROM {table} WHERE id = ANY ($1)"
            await admin.execute(copy, hidden[table])
        for table in DROPPED:
            await admin.execute(f"DELETE FROM {table} WHERE id = ANY ($1)", hidden[table][::2])
    await admin.execute("SELECT derive_case(id) FROM support_case")
    await admin.close()
    return sum(map(len, hidden.values()))


async def _sets(admin: asyncpg.Connection, table: str) -> str:
    there = await _columns(admin, table)
    return ", ".join(
        f"{name} = {how.format(name)}" for names, how in OTHERWISE.values() for name in names.split() if name in there
    )


async def _columns(admin: asyncpg.Connection, table: str) -> list[str]:
    rows = await admin.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'", table
    )
    return [row[0] for row in rows]


async def _has(admin: asyncpg.Connection, table: str, column: str) -> bool:
    return column in await _columns(admin, table)


async def _answers(world: World, visitor: Visitor, routes: list[str]) -> dict[str, str]:
    """What each route answers: status, headers and body, less what is left aside. The same ids are made each time."""
    found, since = {}, time.time_ns() // 1_000_000
    with fixed_ids(6):
        for route in routes:
            method, path = route.split()
            where = path.format(**world.ids_of(route)) + world.examples.get(route, Example()).query
            status, headers, text = bare(await send(visitor, method, where, None))
            found[route] = f"{status} {headers}\n{text}"
            for pattern, instead in LEFT_ASIDE:
                found[route] = pattern.sub(instead, found[route])
            found[route] = CURSOR.sub(lambda each: urlsafe_b64decode(each[1] + "===").decode(), found[route])
            found[route] = NEW_ID.sub(lambda each: _old(each[0], since), found[route])
    return found


def _old(identifier: str, since: int) -> str:
    """A UUIDv7 of before this instant (ms); one that the asking has made is left aside (RFC 9562, 5.7)."""
    return identifier if int(identifier.replace("-", "")[:12], 16) < since else "<new>"


def _where(one: str, other: str) -> str:
    """The first place in which two answers differ."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"  …{one[max(0, at - 150) : at + 150]!r}\n  …{other[max(0, at - 150) : at + 150]!r}"
