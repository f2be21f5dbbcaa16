"""Who may see what, derived anew for every case: when the rules are others than those it was derived by.

Case after case in short transactions. Nobody who reads waits; who changes a case waits for at most `AT_ONCE` of them.
Until its turn comes a case is seen as the rules before said.
"""

import json
from collections.abc import Callable
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.connections import SHORT_LISTS
from ecm.database import proof, use_secret

AT_ONCE = 50
NONE_YET = UUID(int=0)

# Where a pass is: the rules it derives by (32 bytes), then the last case that is done.
KEEP = "INSERT INTO context_key (name, key) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = EXCLUDED.key"
NEXT = """
SELECT id, derive_case(id) FROM (SELECT id FROM support_case WHERE id > $1 ORDER BY id LIMIT $2) c ORDER BY id
"""

Progress = Callable[[int, int], None]  # how many cases of how many


def silent(_: int, __: int) -> None:
    """Tell nobody."""


async def derive_all(admin_url: str, secret: str, say: Progress = silent, *, again: bool = False) -> int:
    """Derive every case unless it was by these rules, or `again`; how many. Records access:derived.

    `admin_url` is an address that `ecm migrate` takes. Interrupted, the next call goes on where this one was.
    """
    use_secret(secret)
    connection = await asyncpg.connect(admin_url, server_settings=SHORT_LISTS)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended('ecm derive', 0))")
        if again:
            async with connection.transaction():
                await connection.execute("SET LOCAL ROLE ecm_owner")
                await connection.execute("DELETE FROM context_key WHERE name IN ('derived', 'deriving')")
        return await _derive(connection, say)
    finally:
        await connection.close()


async def _derive(connection: asyncpg.Connection, say: Progress) -> int:
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE ecm_policy")  # an administrator need not see past the walls
        rules = await connection.fetchval("SELECT rules_of_access()")
        kept = dict(await connection.fetch("SELECT name, key FROM context_key WHERE name IN ('derived', 'deriving')"))
        if kept.get("derived") == rules:
            return 0
        place = kept.get("deriving", b"")
        last = UUID(bytes=place[32:]) if place[:32] == rules else NONE_YET
        left, done = await connection.fetchval("SELECT count(*) FROM support_case WHERE id > $1", last), 0
    while cases := await _some(connection, rules, last):
        last, done = cases[-1], min(done + len(cases), left)
        say(done, left)
    await _finish(connection, rules, left)
    return left


async def _some(connection: asyncpg.Connection, rules: bytes, last: UUID) -> list[UUID]:
    """Derive the next few cases and keep the place, in one transaction; an empty list when there are no more."""
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE ecm_policy")
        cases = [row["id"] for row in await connection.fetch(NEXT, last, AT_ONCE)]
        if cases:
            await connection.execute("SET LOCAL ROLE ecm_owner")
            await connection.execute(KEEP, "deriving", rules + cases[-1].bytes)
    return cases


async def _finish(connection: asyncpg.Connection, rules: bytes, cases: int) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE ecm_owner")
        await connection.execute(KEEP, "derived", rules)
        await connection.execute("DELETE FROM context_key WHERE name = 'deriving'")
        if cases:
            await connection.execute("SET LOCAL ROLE ecm_policy")
            await _record(connection, cases)


async def _record(connection: asyncpg.Connection, cases: int) -> None:
    event = {"event": Event.ACCESS_DERIVED, "outcome": "done", "pupils": [], "detail": {"cases": cases}}
    await connection.execute("SELECT enter_service('derive', 'derive', $1)", proof("service", "derive"))
    await connection.execute("SELECT audit_record_all($1::jsonb)", json.dumps([event]))
