"""Make an area: rows as they stand after years of work, written set-wise, then derived as all other rows are.

Everything is written in one transaction, with one event in the log; triggers, which ask who is working, stand aside in
it. Who may see what is derived afterwards in many short ones: what is not derived yet nobody sees, so they may be
interrupted, and asking for the same area again finishes it.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from random import Random
from secrets import token_urlsafe
from uuid import UUID

import asyncpg

from ecm import database
from ecm.accounts.passwords import hash_password
from ecm.audit.events import Event
from ecm.database import proof
from ecm.errors import Refused
from ecm.synthetic.people import cases_until
from ecm.synthetic.places import Area
from ecm.synthetic.rows import ORDER, Batch, Rows, write
from ecm.synthetic.telling import Cast, batches, found, welcome

Progress = Callable[[str, int, int], None]  # what is being done, how many of how many

COUNTY = "Eastmarch"
CASES_AT_ONCE = 200
CONNECTIONS = 2
# Whose triggers ask for the context of a worker, or derive after each statement.
WITH_TRIGGERS = (
    "support_case", "case_brief", "identified_barrier", "involvement", "involvement_message", "case_author", "carer_admission",
    "contact_bar", "consent_request", "consent_proposal", "consent_event", "action", "note", "review", "review_contribution",
    "case_turn", "correction",
)  # fmt: skip

# A pupil whose number an authority gave, or who has none, is taken for real: 999 is no authority.
NOT_SUPERUSER = "Only a superuser of the database can make an area. Set ECM_ADMIN_DATABASE_URL to the address of one."
REAL_PUPILS_HERE = (
    "There are pupils here who were not made up. Nothing was written. Say --into-existing if you mean it."
)
REAL_PUPILS = """
SELECT EXISTS (SELECT FROM pupil p WHERE NOT EXISTS (
    SELECT FROM enrolment e WHERE e.pupil_id = p.id AND e.upn ~ '^[A-Z]999'))
"""
UNDERIVED = """
SELECT id FROM support_case c WHERE NOT EXISTS (SELECT FROM case_access a WHERE a.case_id = c.id) ORDER BY id
"""
DERIVE = "SELECT count(derive_case(id)) FROM unnest($1::uuid[]) id"


@dataclass(frozen=True)
class Wanted:
    """An area: how many pupils, how many services beside the schools, the number it is drawn from, the day it is relative to."""

    pupils: int
    agencies: int
    seed: int
    day: date


@dataclass(frozen=True)
class SignIn:
    """Somebody who can sign in now."""

    email: str
    role: str
    agency: str


@dataclass(frozen=True)
class Made:
    """How many rows of each table; who can sign in, with a password that was drawn for this and is kept nowhere."""

    rows: dict[str, int] = field(default_factory=dict)
    sign_ins: Sequence[SignIn] = ()
    password: str = ""


async def make_area(
    admin_url: str, secret: str, wanted: Wanted, say: Progress, *, into_existing: bool = False, sign_ins: bool = False
) -> Made:
    """Write the area, derive who may see what, gather statistics. Records area:made.

    Raises: Refused when pupils are there who were not made up (unless `into_existing`), when the area of this number is
    there already and complete, when `admin_url` is not a superuser's.
    """
    database.use_secret(secret)
    connection = await asyncpg.connect(admin_url)
    try:
        await _refuse(connection, into_existing)
        made = await _write_area(connection, wanted, say, sign_ins)
        # Not the tables that are still empty: a plan made for an empty one would read the whole of the full one.
        await connection.execute(f"ANALYZE {', '.join(ORDER)}")
        await _derive(admin_url, [row["id"] for row in await connection.fetch(UNDERIVED)], say)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return made


async def _refuse(connection: asyncpg.Connection, into_existing: bool) -> None:
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        raise Refused({"": NOT_SUPERUSER})
    if not into_existing and await connection.fetchval(REAL_PUPILS):
        raise Refused({"": REAL_PUPILS_HERE})


async def _write_area(connection: asyncpg.Connection, wanted: Wanted, say: Progress, sign_ins: bool) -> Made:
    """Rows and log in one transaction; nothing if only deriving was left to do."""
    number = await connection.fetchval("SELECT last_value + is_called::int FROM consent_event_number")
    rows = Rows(Random(f"ids of {wanted.seed}"), number)
    area = Area(rows, Random(wanted.seed), wanted.day, COUNTY, f"area{wanted.seed}.example")
    taken = await connection.fetch("SELECT unnest(ARRAY[urn, laestab]) AS number FROM agency")
    cast = found(area, wanted.pupils, wanted.agencies, {row["number"] for row in taken})
    if await connection.fetchval("SELECT EXISTS (SELECT FROM agency WHERE id = $1)", cast.schools[0].id):
        if await connection.fetchval(f"SELECT EXISTS ({UNDERIVED})"):
            return Made()
        raise Refused({"": f"The area of seed {wanted.seed} is here already. Choose another --seed."})
    async with _triggers_aside(connection):
        await _copy(connection, cast, wanted, say)
        made = await _let_in(connection, cast) if sign_ins else Made()
        await connection.execute("SELECT setval('consent_event_number', $1, false)", next(rows.numbers))
        await _record(connection, wanted, rows.made)
    return Made(rows.made, made.sign_ins, made.password)


@asynccontextmanager
async def _triggers_aside(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """One transaction in which no trigger of ours asks who is working; foreign keys and checks hold as ever."""

    async def put(state: str) -> None:
        # Refused while foreign keys wait to be checked.
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in WITH_TRIGGERS:
            await connection.execute(f"ALTER TABLE {table} {state} TRIGGER USER")

    async with connection.transaction():
        await put("DISABLE")
        yield
        await put("ENABLE")


async def _copy(connection: asyncpg.Connection, cast: Cast, wanted: Wanted, say: Progress) -> None:
    """While one batch is being written, the next is told in a thread: Python and the database work at the same time."""
    references = {row["reference"] for row in await connection.fetch("SELECT reference FROM support_case")}
    stream, waiting = batches(cast, references), Batch()
    while True:
        _, following = await asyncio.gather(write(connection, waiting), asyncio.to_thread(next, stream, None))
        if following is None:
            return
        told, waiting = following
        say("pupils", told, wanted.pupils)


async def _let_in(connection: asyncpg.Connection, cast: Cast) -> Made:
    """A few people with one password, drawn anew."""
    password, people = token_urlsafe(12), welcome(cast)
    hashed = hash_password(password)
    await connection.executemany(
        "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)",
        [(worker.person, hashed) for _, worker in people],
    )
    return Made({}, [SignIn(worker.email, worker.role, place.name) for place, worker in people], password)


async def _record(connection: asyncpg.Connection, wanted: Wanted, rows: dict[str, int]) -> None:
    """The one event, by the service `seed`."""
    detail = {
        "seed": wanted.seed, "pupils": wanted.pupils, "services": wanted.agencies, "agencies": rows["agency"],
        "cases": cases_until(wanted.pupils),
    }  # fmt: skip
    event = {"event": Event.AREA_MADE, "outcome": "done", "pupils": [], "detail": detail}
    await connection.execute("SELECT enter_service('seed', 'seed', $1)", proof("service", "seed"))
    await connection.execute("SELECT audit_record_all($1::jsonb)", json.dumps([event]))


async def _derive(admin_url: str, cases: Sequence[UUID], say: Progress) -> None:
    """Who may see what, by the function that every change of a case goes through; on two connections."""
    parts = deque(cases[first : first + CASES_AT_ONCE] for first in range(0, len(cases), CASES_AT_ONCE))
    done = 0

    async def work() -> None:
        nonlocal done
        connection = await asyncpg.connect(admin_url)
        try:
            while parts:
                part = parts.popleft()
                await connection.execute(DERIVE, part)
                done += len(part)
                say("cases", done, len(cases))
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
