"""Writes a bundle for an auditor while the server runs.

Entries below the newest checkpoint never change, so pages read one after another belong together without holding a
transaction open, and what is recorded meanwhile is left for the next export.
"""

from pathlib import Path

import asyncpg

from ecm.audit.bundle import Writer
from ecm.audit.note import Verifier
from ecm.audit.tree import frontier_at
from ecm.database import proof

PAGE = 5000


class NothingToExport(Exception):
    """Nothing has been sealed yet, or less than was asked to start from; the message says which."""


async def export(connection: asyncpg.Connection, directory: Path, key: Verifier, since: int = 0) -> int:
    """Write a bundle of positions `since` and above into a new or empty folder; returns the size it reaches to.

    `key` is only handed along, for information. Needs a connection of the app's login and about 10 MB however long
    the log is. Raises: NothingToExport; FileExistsError when the folder holds something.
    """
    checkpoint = await connection.fetchval("SELECT audit_checkpoint_latest()")
    if checkpoint is None:
        raise NothingToExport("Nothing has been sealed yet.")
    size = int(checkpoint.split("\n")[1])
    if not 0 <= since <= size:
        raise NothingToExport(f"The log has {size} entries: it cannot be exported from position {since}.")
    seal = b"".join(row["seal"] for row in await _page(connection, since - 1, 1)) if since else b""
    with Writer(directory, await frontier_at(connection, since), seal) as bundle:
        for first in range(since, size, PAGE):
            for entry, seal in await _page(connection, first, min(PAGE, size - first)):
                bundle.add(entry.encode(), seal)
        bundle.finish(checkpoint, str(key))
    return size


async def _page(connection: asyncpg.Connection, first: int, count: int) -> list[asyncpg.Record]:
    shown = proof("audit_page", first, count)
    return await connection.fetch("SELECT * FROM audit_page($1, $2, $3)", first, count, shown)
