"""Are the walls standing? The live catalogue of a database, held against rules and against `catalogue.txt`.

Rules hold whatever the file says: forced row-level security, ownership, roles, what the application may never be
granted. The file is the reviewed list of everything else that decides who reaches a row: grants, functions, policies,
triggers. One thing a line, sorted, texts as SHA-256, the same on every PostgreSQL from 15 to 18. Make it anew from a
database that was migrated and not touched since:

    python -m ecm.access.lint ADDRESS > ecm/access/catalogue.txt
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from ecm.access.walls import CATALOGUE, RULES

COMMITTED = Path(__file__).with_name("catalogue.txt")

# Tables that hold nothing about anybody; all others are behind row-level security.
BOOKKEEPING = ("migration", "permission", "context_key")
# Where the application may take rows of its own away.
DELETABLE = ("idempotency_key",)
CLOCK = "function app_now()"


class WallsOpen(Exception):
    """The database would show or take more than was reviewed; the message says what, one finding a line."""


async def refuse_if_open(connection: asyncpg.Connection, *, test_clock: bool = False) -> None:
    """Look before serving. `test_clock` is for a test database alone, whose `app_now()` is another.

    Raises: WallsOpen when `lint` finds anything.
    """
    if problems := await lint(connection, test_clock=test_clock):
        raise WallsOpen("\n".join(["The database is not as it was reviewed. Nothing is served.", *problems]))


async def lint(connection: asyncpg.Connection, *, test_clock: bool = False) -> list[str]:
    """Everything wrong with the walls, in plain sentences; an empty list is a sound house. Any login may ask."""
    lines, broken = await _look(connection)
    return broken + differences(lines, COMMITTED.read_text().splitlines(), passed=CLOCK if test_clock else None)


async def catalogue(connection: asyncpg.Connection) -> list[str]:
    """What `catalogue.txt` should say of this database: sorted lines, each `name: what is true of it`."""
    return (await _look(connection))[0]


async def _look(connection: asyncpg.Connection) -> tuple[list[str], list[str]]:
    async with connection.transaction():
        # Names in policies are written as this path resolves them: one path, one text.
        await connection.execute("SET LOCAL search_path = pg_catalog, public; SET LOCAL quote_all_identifiers = off")
        lines = await connection.fetch(CATALOGUE)
        broken = await connection.fetch(RULES, BOOKKEEPING, DELETABLE)
    return sorted(r[0] for r in lines), sorted(r[0] for r in broken)


def differences(found: Iterable[str], committed: Iterable[str], passed: str | None = None) -> list[str]:
    """Sentences for lines that are new, gone or changed; the line named `passed` may say anything but not be absent."""
    here, there = (dict(line.split(": ", 1) for line in lines) for lines in (found, committed))
    return [
        *(f"{name} is in the database and was never reviewed ({here[name]})." for name in sorted(here.keys() - there.keys())),
        *(f"{name} is missing in the database." for name in sorted(there.keys() - here.keys())),
        *(
            f"{name} was changed: reviewed as ({there[name]}), now ({here[name]})."
            for name in sorted(here.keys() & there.keys() - {passed})
            if here[name] != there[name]
        ),
    ]


async def _write(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        print("\n".join(await catalogue(connection)))
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
