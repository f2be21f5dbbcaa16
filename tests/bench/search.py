"""How long it takes to find a pupil. See docs/performance.md.

Work of the database's process (processor time, as Linux tells it) for a SENCO (own school), for a worker of a service,
and for the manager of a service on every case; the bar is 50 ms at the 99th percentile.
"""

import random
from pathlib import Path
from secrets import token_bytes
from statistics import quantiles

import asyncpg

from ecm import connections, database
from ecm.clock import new_id
from ecm.database import Actor, acting_as, proof
from ecm.embedded import as_role
from ecm.pupils.queries import matching_pupils
from tests.bench.area import Reader, Readers
from tests.bench.servers import SECRET

ASKED = 100
BAR_MS = 50
NAMES = "SELECT first_name, last_name, upn FROM pupil u JOIN enrolment e ON e.pupil_id = u.id WHERE last_name <> '' ORDER BY md5(u.id::text) LIMIT $1"
COMMONEST = "SELECT last_name FROM pupil GROUP BY last_name ORDER BY count(*) DESC, last_name LIMIT 1"


async def measure_search(admin_url: str, readers: Readers) -> int:
    """Ask everything for everybody, printing a line each; 1 if one is above the bar."""
    asked = await _questions(admin_url)
    database.use_secret(SECRET)
    await connections.open_pool(as_role(admin_url, "ecm_app"), size=2)
    worst = 0.0
    print(f"\n{'finding pupils, database process':<38}{'p50 ms':>8}{'p99 ms':>8}{'found':>8}")
    for name, reader in (("SENCO", readers.senco), ("worker", readers.partner), ("manager", readers.everywhere)):
        print(f"{name} of {reader.cases:,} cases")
        for kind, queries in asked.items():
            worst = max(worst, await _line(reader, kind, queries))
    await connections.close_pool()
    return int(worst > BAR_MS)


async def _questions(admin_url: str) -> dict[str, list[str]]:
    drawn, admin = random.Random(1), await asyncpg.connect(admin_url)
    names, commonest = await admin.fetch(NAMES, ASKED), await admin.fetchval(COMMONEST)
    await admin.close()
    return {
        "one letter wrong in each name": [f"{_wrong(r[0], drawn)} {_wrong(r[1], drawn)}" for r in names],
        "last name": [r[1] for r in names],
        "last name begun, three letters": [r[1][:3] for r in names],
        "both names begun, two letters": [f"{r[0][:2]} {r[1][:2]}" for r in names],
        "the commonest last name": [commonest] * 50,
        "two letters": [r[1][:2] for r in names],
        "UPN": [r[2] for r in names],
        "nothing typed": [""] * 20,
    }


def _wrong(name: str, drawn: random.Random) -> str:
    """Two neighbours changed places."""
    at = drawn.randrange(len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _worked(process: int) -> int:
    """How long a process has been at work so far, in ns: the same whatever else the machine does meanwhile."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


async def _line(reader: Reader, kind: str, queries: list[str]) -> float:
    """Ask them all and print how long it took; the 99th percentile in ms."""
    token, found, took = token_bytes(32), 0, []
    async with connections.transaction() as connection:
        await connection.execute(
            "SELECT open_session($1, $2, 'api', $3, NULL, interval '1 hour', $4)",
            new_id(), reader.person, token, proof("session", reader.person, "api", token.hex()),
        )  # fmt: skip
    async with acting_as(Actor(token), "find_pupils") as act:
        act.record("pupils:searched")
        await matching_pupils(act, queries[0])
        server = await act.value("SELECT pg_backend_pid()")
        for each in queries:
            began = _worked(server)
            found += len(await matching_pupils(act, each))
            took.append((_worked(server) - began) / 1_000_000)
    cuts = quantiles(took, n=100)
    print(f"  {kind:<36}{cuts[49]:>8.1f}{cuts[98]:>8.1f}{found / len(queries):>8.1f}", flush=True)
    return cuts[98]
