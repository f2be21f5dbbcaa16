"""`python -m tests.house.write_catalogue`: what the walls are now, to be reviewed as a difference."""

import asyncio
import tempfile
from pathlib import Path

import asyncpg

from ecm.access.lint import COMMITTED, catalogue
from ecm.embedded import running
from ecm.migrations.apply import migrate


async def of_a_fresh_database(url: str) -> list[str]:
    """The catalogue's lines for a database just migrated."""
    await migrate(url, "a secret for a database that lives for a second")
    connection = await asyncpg.connect(url)
    try:
        return await catalogue(connection)
    finally:
        await connection.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ecm-catalogue-") as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder), quick=True) as url:
            COMMITTED.write_text("\n".join(asyncio.run(of_a_fresh_database(url))) + "\n")
