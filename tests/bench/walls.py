"""What the walls themselves cost: policies against none, deriving one case again, deriving all of them.

Part of `python -m tests.bench.scale`.
"""

import asyncio
import json
import sys
from pathlib import Path
from secrets import token_bytes
from statistics import median
from time import perf_counter
from uuid import UUID

import asyncpg

from ecm.access.derivation import derive_all
from ecm.cases.queries import ACTIONS, BARRIERS, CASE, INVOLVEMENTS, NOTES
from ecm.clock import new_id
from ecm.connections import PLAN_ONCE
from ecm.database import proof, use_secret
from ecm.embedded import as_role
from tests.bench.area import Reader
from tests.bench.servers import SECRET

DERIVED_MS, WAITS_MS = 5.0, 250.0
ROUNDS = 300
READ = (f"{CASE} WHERE c.id = $1", BARRIERS, INVOLVEMENTS, ACTIONS, NOTES)
_missed: list[str] = []


def missed() -> bool:
    """Whether anything measured so far missed its bar."""
    return bool(_missed)


def hold(name: str, found: float, bar: float, more: str = "") -> None:
    """Print a line; remember it if above the bar."""
    above = found > bar
    _missed.extend([name] * above)
    print(f"  {name:<42}{found:>8.2f}{bar:>8}  {more}", "ABOVE" * above, flush=True)


async def measure(admin_url: str, reader: Reader, size: int) -> None:
    """Print a line for each, and remember what misses its bar."""
    use_secret(SECRET)
    admin = await asyncpg.connect(admin_url, server_settings=PLAN_ONCE)
    app = await asyncpg.connect(as_role(admin_url, "ecm_app"), server_settings=PLAN_ONCE)
    try:
        token = await _session(app, reader)
        cases = [
            r[0]
            for r in await admin.fetch("SELECT case_id FROM case_seat WHERE principal = $1 LIMIT 80", reader.agency)
        ]
        ours, bare = await _read(app, token, cases), await _read(admin, token, cases)
        print(f"  the same in the database alone: {ours:.2f} ms, without policies {bare:.2f}")
        hold("deriving a case after a consent changed, ms", await _derive_one(admin, cases), DERIVED_MS)
        await _derive_all(admin_url, app, token, cases, size)
    finally:
        await admin.close()
        await app.close()


async def _session(app: asyncpg.Connection, reader: Reader) -> bytes:
    token = token_bytes(32)
    await app.execute(
        "SELECT open_session($1, $2, 'api', $3, NULL, interval '2 hours', $4)",
        new_id(), reader.person, token, proof("session", reader.person, "api", token.hex()),
    )  # fmt: skip
    return token


async def _read(connection: asyncpg.Connection, token: bytes, cases: list[UUID]) -> float:
    """Processor time of the database to show a case whole, in ms: the transaction as the application runs it."""
    process, took = await connection.fetchval("SELECT pg_backend_pid()"), []
    for place in range(ROUNDS):
        began = _worked(process)
        await _show(connection, token, cases[place % len(cases)])
        took.append(_worked(process) - began)
    return median(took[ROUNDS // 3 :])


async def _show(connection: asyncpg.Connection, token: bytes, case: UUID) -> float:
    """Show a case whole; when all was read and the log of it had only to reach the disk."""
    async with connection.transaction():
        await connection.fetchrow("SELECT * FROM enter($1, 'show_case')", token)
        for sql in READ:
            await connection.fetch(sql, case)
        event = {"event": "case:shown", "outcome": "shown", "case": str(case), "pupils": [], "detail": {}}
        await connection.execute("SELECT audit_record_all($1::jsonb)", json.dumps([event]))
        return perf_counter()


async def _derive_one(admin: asyncpg.Connection, cases: list[UUID]) -> float:
    """What follows when somebody's yes is taken back: its rows of the relation are gone, here put in again."""
    process, took = await admin.fetchval("SELECT pg_backend_pid()"), []
    for place in range(ROUNDS):
        change = admin.transaction()
        await change.start()
        case = cases[place % len(cases)]
        await admin.execute("DELETE FROM case_access WHERE case_id = $1 AND basis = 'consent'", case)
        began = _worked(process)
        await admin.execute("SELECT derive_case($1)", case)
        took.append(_worked(process) - began)
        await change.rollback()
    return median(took)


async def _derive_all(admin_url: str, app: asyncpg.Connection, token: bytes, cases: list[UUID], size: int) -> None:
    """Everything anew, as `ecm derive` does it, while somebody goes on reading."""
    waits: list[tuple[float, float]] = []  # and what of each was writing it down, in ms
    began = perf_counter()
    work = asyncio.create_task(derive_all(admin_url, SECRET, say, again=True))
    while not work.done():
        asked = perf_counter()
        read = await _show(app, token, cases[len(waits) % len(cases)])
        done = perf_counter()
        waits.append(((done - asked) * 1000, (done - read) * 1000))
        await asyncio.sleep(0.01)
    work.result()
    # What derives is to hold nobody up who reads; how long a disk takes to keep what everybody wrote is its own.
    hold(
        "longest wait of a reader meanwhile, ms",
        max(wait - disk for wait, disk in waits),
        WAITS_MS,
        f"of {len(waits):,} reads; with the disk {max(waits)[0]:.0f}, median {median(wait for wait, _ in waits):.1f}",
    )
    seconds = perf_counter() - began
    print(f"  all {size:,} cases derived anew in {seconds:.0f} s, {size / seconds:.0f} a second", flush=True)


def say(done: int, of: int) -> None:
    """How far deriving everything is."""
    print(f"\rderived {done:,} of {of:,}", end="" if done < of else "\n", file=sys.stderr, flush=True)


def _worked(process: int) -> float:
    """How long a process has been at work so far, in ms."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6
