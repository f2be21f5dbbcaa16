"""This process's connections to the database: a pool, and a transaction that gives its connection back sound.

Our own context manager because Piccolo 1.38 leaks its pooled connection when COMMIT fails, and its nested
transaction has no savepoint.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine


class OutsideTransaction(RuntimeError):
    """A query was attempted outside `acting_as`: a bug, never shown."""


class NotKept(RuntimeError):
    """A transaction went on after one of its statements had failed: a bug, never shown."""


class Engine(PostgresEngine):  # type: ignore[type-arg]
    """Piccolo's engine, except that a query outside a transaction of ours is a bug instead of an anonymous read."""

    async def _run_in_pool(self, *_: Any, **__: Any) -> Any:
        raise OutsideTransaction("query outside acting_as()")

    async def _run_in_new_connection(self, *_: Any, **__: Any) -> Any:
        raise OutsideTransaction("query outside acting_as()")

    async def get_version(self) -> float:
        """The oldest PostgreSQL we support: Piccolo asks while it is being made, before there is a connection."""
        return 15.0

    async def prep_database(self) -> None:
        """Nothing to prepare: extensions and roles are the migration's business."""


ENGINE = Engine(config={}, extensions=())


class Joined:
    """What Piccolo looks for in its context variable, so that its queries join our transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection


@asynccontextmanager
async def transaction() -> AsyncIterator[asyncpg.Connection]:
    """BEGIN … COMMIT on a pooled connection that is always given back sound, or not at all.

    A failed or interrupted COMMIT or ROLLBACK leaves a connection in an unknown state: it is ended, and the pool
    opens another.
    """
    pool = ENGINE.pool
    if pool is None:
        raise OutsideTransaction("the connection pool is not open")
    connection = await pool.acquire(timeout=ANSWER_WITHIN)
    finished = False
    mark = ENGINE.current_transaction.set(Joined(connection))  # type: ignore[arg-type]
    try:
        await connection.execute("BEGIN")
        yield connection
        if await connection.execute("COMMIT") != "COMMIT":
            raise NotKept("a statement had failed, so COMMIT rolled back")
        finished = True
    except BaseException:
        finished = await _rolled_back(connection)
        raise
    finally:
        ENGINE.current_transaction.reset(mark)
        if not finished:
            with suppress(asyncpg.InterfaceError):  # the pool took it back itself when the server hung up
                connection.terminate()
        await pool.release(connection)  # shields itself: a cancelled request still gives its connection back


async def _rolled_back(connection: asyncpg.Connection) -> bool:
    try:
        await asyncio.wait_for(connection.execute("ROLLBACK"), timeout=2)
    except BaseException:  # whatever stopped it, the connection is not to be trusted again
        return False
    return True


# Seconds. The server gives up on a statement after 5 (database.sql); this is for a server that says nothing at all.
ANSWER_WITHIN = 10

# With all its policies a statement takes several times longer to plan than to run (docs/performance.md).
PLAN_ONCE = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
# Names wait in a list before they go into the index of names, and every search reads that list too: it is kept short.
SHORT_LISTS = {"gin_pending_list_limit": "64kB"}


async def open_pool(url: str, size: int, settings: Mapping[str, str] | None = None) -> None:
    """Open this process's pool of connections as the application's login."""
    ENGINE.config = {"dsn": url}
    ENGINE.pool = await asyncpg.create_pool(
        dsn=url, min_size=1, max_size=size, server_settings=PLAN_ONCE | SHORT_LISTS | dict(settings or {}), timeout=5, command_timeout=ANSWER_WITHIN,
        reset=_leave_as_found,
    )  # fmt: skip


# A temporary table or a PREPAREd statement outlives its transaction and would take in what the next one here says.
# The app makes neither, so a connection that has one was used by somebody else's SQL.
END_IF_TAMPERED_WITH = """
SELECT pg_terminate_backend(pg_backend_pid())
WHERE pg_my_temp_schema() <> 0 OR EXISTS (SELECT FROM pg_prepared_statements WHERE from_sql)
"""


async def _leave_as_found(connection: asyncpg.Connection) -> None:
    """Between two transactions: settings, locks and cursors as they were at first; if that is not enough, the end."""
    await connection.execute(connection.get_reset_query() + END_IF_TAMPERED_WITH)


async def close_pool() -> None:
    """Close the pool, if open."""
    if ENGINE.pool is not None:
        await ENGINE.pool.close()
        ENGINE.pool = None
