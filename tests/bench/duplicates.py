"""How long it takes to find the pupils a school has twice: `python -m tests.bench.duplicates [pupils ...]`.

One school with so many pupils, of 300 first and 360 last names, 1 in 60 a twin, 1 in 100 written down twice. Said is
what the database took (EXPLAIN ANALYZE, the best of three), and how many pairs it hands on to the rules.
"""

import asyncio
import json
import random
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import asyncpg

from ecm import connections, seeds
from ecm.clock import new_id
from ecm.connections import open_pool
from ecm.database import use_secret
from ecm.duplicates.queries import list_duplicates
from ecm.embedded import as_role, running
from ecm.migrations.apply import migrate
from tests.conftest import SECRET, open_session

END = ("", "na", "s", "el", "th", "by", "vin", "cot", "dre", "fur", "gan", "sor")
FIRST = [a + b + c for a in ("Ma", "Le", "So", "Ka", "Ni") for b in ("ri", "la", "ne", "mo", "to") for c in END]
LAST = [
    a + b + c
    for a in ("Har", "Bel", "Dun", "Ash", "Wes", "Cor")
    for b in ("ton", "ley", "by", "ford", "man")
    for c in END
]


def people(many: int) -> list[tuple[str, str, date]]:
    """Names and dates of birth of a school's pupils."""
    dice, found = random.Random(7), []
    while len(found) < many:
        one = (dice.choice(FIRST), dice.choice(LAST), date(2008, 9, 1) + timedelta(days=dice.randrange(5000)))
        found.append(one)
        if dice.random() < 1 / 60:
            found.append((dice.choice(FIRST), *one[1:]))
        if dice.random() < 1 / 100:
            found.append(one)
    return found[:many]


async def fill(url: str, many: int) -> None:
    """So many pupils on Oakfield's roll, beside those of the demonstration."""
    connection = await asyncpg.connect(url)
    try:
        pupils = [(new_id(), *each, f"{each[0]} {each[1]}".lower()) for each in people(many)]
        await connection.execute("ALTER TABLE pupil DISABLE TRIGGER USER; ALTER TABLE enrolment DISABLE TRIGGER USER")
        await connection.copy_records_to_table(
            "pupil", records=pupils, columns=("id", "first_name", "last_name", "date_of_birth", "search_key")
        )
        rows = [(new_id(), each[0], seeds.known("oakfield"), "4", seeds.FIRST_DAY) for each in pupils]
        columns = ("id", "pupil_id", "school_id", "year_group", "from_on")
        await connection.copy_records_to_table("enrolment", records=rows, columns=columns)
        await connection.execute("ANALYZE pupil, enrolment")
    finally:
        await connection.close()


async def measure(url: str, many: int) -> None:
    """Fill, find, say."""
    await migrate(url, SECRET)
    connection = await asyncpg.connect(url)
    await seeds.lay_ground(connection)
    await connection.close()
    await fill(url, many)
    use_secret(SECRET)
    await open_pool(as_role(url, "ecm_app"), size=2)
    try:
        senco = await open_session(seeds.known("senco@oakfield.example"))
        took = []
        for _ in "123":
            async with connections.transaction() as inside:
                await inside.fetch("SELECT * FROM enter($1, 'bench')", senco.token_hash)
                plan = await inside.fetchval(
                    "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT * FROM duplicate_candidates(5000)"
                )
                took.append(json.loads(plan)[0])
        clock = asyncio.get_running_loop().time()
        pairs = await list_duplicates(senco)
        whole = asyncio.get_running_loop().time() - clock
        best = min(each["Execution Time"] for each in took)
        handed_on = took[0]["Plan"]["Actual Rows"]
        shown = len(pairs["pairs"]) + pairs["more"]
        print(
            f"{many} pupils: {best:.0f} ms in the database, {handed_on} candidates, {shown} pairs, page {whole * 1000:.0f} ms"
        )
    finally:
        await connections.close_pool()


def main() -> None:
    """Each size on a database of its own."""
    for many in map(int, sys.argv[1:] or ["2000", "50000"]):
        with tempfile.TemporaryDirectory(prefix="ecm-bench-") as folder:
            Path(folder).chmod(0o755)
            with running(Path(folder), quick=True) as url:
                asyncio.run(measure(url, many))


if __name__ == "__main__":
    main()
