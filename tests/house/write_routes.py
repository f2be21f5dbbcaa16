"""Who gets what, by route: `python -m tests.house.write_routes > tests/house/routes.txt` writes the table anew.

The table is the review: read what changed line by line, as somebody who must not see it, before it is kept.
"""

import asyncio
import shutil
import sys
from pathlib import Path

import asyncpg

from ecm import connections
from ecm.app import create_app
from ecm.config import settings
from ecm.embedded import running
from ecm.migrations.apply import migrate
from ecm.seeds import lay_ground
from tests.client import application
from tests.conftest import DATA, fresh_database
from tests.house.examples import PERSONAS, build
from tests.house.routes import copied, observe, routes_of

TABLE = Path(__file__).with_name("routes.txt")


def table(columns: dict[str, dict[str, int]]) -> str:
    """One line for each route: its statuses by persona."""
    routes = list(columns[PERSONAS[0]])
    width = max(map(len, routes)) + 1
    head = f"{'method path':{width}}" + "".join(f"{persona:>9}" for persona in PERSONAS)
    lines = (f"{route:{width}}" + "".join(f"{columns[p][route]:>9}" for p in PERSONAS) for route in routes)
    return "\n".join([head, *lines]) + "\n"


def reviewed() -> dict[str, dict[str, int]]:
    """The table as it was reviewed: persona → route → status."""
    lines = [line.split() for line in TABLE.read_text().splitlines()[1:]]
    return {persona: {" ".join(w[:2]): int(w[2 + place]) for w in lines} for place, persona in enumerate(PERSONAS)}


async def _print_table(cluster: str) -> None:
    """The table as it is; on the side, whatever tells a hidden thing from an absent one."""
    await migrate(cluster, settings().secret_key)
    connection = await asyncpg.connect(cluster)
    await lay_ground(connection)
    await connection.close()
    routes, columns = routes_of(create_app()), {}
    async with fresh_database(cluster) as made, application() as client:
        world = await build(client)
        await connections.close_pool()
        for persona in PERSONAS:
            async with copied(made):
                observed = await observe(world, persona, routes)
            columns[persona] = {route: observed.statuses[route] for route in routes}
            for tell in observed.tells:
                print(f"{persona}: {tell[:300]}", file=sys.stderr)
    print(table(columns), end="")


if __name__ == "__main__":
    try:
        with running(DATA, quick=True) as url:
            asyncio.run(_print_table(url))
    finally:
        shutil.rmtree(DATA)
