"""Whether what people do takes longer the more cases there are that they have nothing to do with.

    python -m tests.bench.scale [--keep FOLDER] [CASES ...]

Two areas of 10,000 and 100,000 cases, or as many as are named, one after the other in databases of their own; kept in the
folder, if one is named, for the next run: a million cases take most of an hour to make. Measured in each are an ordinary partner with about 30 cases, a SENCO with about 80, and a case officer on half of all, up to 50,000.
Times are processor time of the server and its database for one request, one after another. The bar is on what grows with
the cases of others: from the smallest area in which the same reader has about as many of their own. Of an officer of
50,000 that is one of 100,000; from 10,000, where there cannot be one, their growth is printed without a bar. Exit code 1
above a bar.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx

from ecm.accounts.passwords import hash_password
from ecm.embedded import running
from ecm.migrations.apply import bring_up_to_date
from ecm.seeds import PASSWORD
from tests.bench import walls
from tests.bench.area import SEED, Reader, lay_area
from tests.bench.servers import OURS, SECRET, environment, serving
from tests.bench.tasks import API, Visitor, by_token, changes, listed, shown_case
from tests.bench.waits import ask, backends, with_children, work_of

SIZES = (10_000, 100_000)
GROWS, COSTS, ALIKE = 1.3, 1.5, 0.75
ASKED, WARM_UP = 200, 40
# Every pupil has a case: the others are nobody's reading, and only take time to make.
CASES_IN_100 = 100
WHO = ("partner", "SENCO", "case officer")
OFFICER_CASES = 50_000
OFFICER = """
SELECT p.email, p.id, m.agency_id FROM membership m JOIN person p ON p.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE m.role = 'case_officer' AND NOT EXISTS (SELECT FROM credential c WHERE c.person_id = p.id) ORDER BY a.name, p.email LIMIT 1
"""
# A law has put the authority on as many more cases of its schools as half of all still take, and it came to the table of
# each. Who may record that is not asked; walls.measure derives what follows.
ON_HALF = """
CREATE TEMP TABLE seen AS SELECT case_id FROM case_seat WHERE principal = '$1';
CREATE TEMP TABLE half AS SELECT * FROM support_case WHERE id NOT IN (SELECT case_id FROM seen)
    AND id NOT IN (SELECT case_id FROM involvement WHERE agency_id = '$1')
    AND school_id IN (SELECT invited_by_agency_id FROM involvement WHERE agency_id = '$1') ORDER BY md5(id::text)
    LIMIT greatest(0, least($2, (SELECT count(*) / 2 FROM support_case)) - (SELECT count(*) FROM seen));
SET session_replication_role = replica;
INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, family_told_on, from_at, recorded_by_membership_id)
    SELECT gen_random_uuid(), id, '$1', 'statutory', 'ca1989_s17', '{education,health}', opened_at::date, opened_at, lead_membership_id FROM half;
INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code, status,
                         invited_at, answered_at, updated_at)
    SELECT gen_random_uuid(), id, 'core', '$1', school_id, lead_membership_id, 'assessment', 'accepted', opened_at, opened_at, opened_at FROM half;
SET session_replication_role = origin;
"""
# For the next run on an area that is kept.
WITNESS = "bench-scale"
PUT_BACK = """
WITH gone AS (DELETE FROM consent_event WHERE kind = 'withdrawn' AND witness = $1 RETURNING case_id)
SELECT derive_case(case_id) FROM (SELECT DISTINCT case_id FROM gone) c
"""


@dataclass
class Measured:
    """An area: who was measured there, and how long each chore took, in ms."""

    who: dict[str, Reader]
    found: dict[str, float]


@dataclass
class Chore:
    """Something somebody does, and what is asked for each time."""

    name: str
    asked: list[Any]


def main() -> int:
    """Measure every size, print them beside each other; the exit code."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--keep", type=Path)
    wanted.add_argument("sizes", type=int, nargs="*", metavar="CASES", default=SIZES)
    asked = wanted.parse_args()
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    sizes, areas = asked.sizes, [measure(size, asked.keep) for size in asked.sizes]
    missed = 0
    print(
        "\n"
        + "{:<44}".format("p50, ms of processor time")
        + "".join(f"{size:>12,}" for size in sizes)
        + f"{'grows':>8}{'from':>12}{'bar':>6}"
    )
    for name in areas[0].found:
        base, times = _smallest_alike(name, areas), [area.found[name] for area in areas]
        grown = times[-1] / times[base or 0]
        above = base is not None and grown > GROWS
        missed |= above
        bar = "none" if base is None else GROWS
        print(
            f"{name:<44}" + "".join(f"{t:>12.2f}" for t in times) + f"{grown:>8.2f}{sizes[base or 0]:>12,}{bar:>6}",
            "ABOVE" * above,
        )
    print(f"load average {os.getloadavg()[0]:.1f}")
    return int(missed or walls.missed())


def _smallest_alike(chore: str, areas: list[Measured]) -> int | None:
    """The place of the first area, the last apart, whose reader of this chore has about as many cases as the last one's."""
    name = chore.rpartition(", ")[2]
    if name not in WHO:
        return 0
    most = areas[-1].who[name].cases
    return next((place for place, area in enumerate(areas[:-1]) if area.who[name].cases >= ALIKE * most), None)


def measure(size: int, keep: Path | None) -> Measured:
    """In an area of so many cases: how long each chore takes, in ms."""
    with ExitStack() as stack:
        data = stack.enter_context(_folder(size, keep))
        admin_url = stack.enter_context(running(data))
        asyncio.run(bring_up_to_date(admin_url, SECRET))
        who = _laid(data, admin_url, size)
        print(f"{size:,} cases: " + ", ".join(f"{name} of {who[name].cases:,}" for name in WHO), flush=True)
        # Derives all first: the officer's law is new, and a kept area may be of other rules.
        found = asyncio.run(walls.measure(admin_url, who["SENCO"], size))
        asyncio.run(_seated(admin_url, who["case officer"]))
        return Measured(who, _served(data, admin_url, who) | found)


@contextmanager
def _folder(size: int, keep: Path | None) -> Iterator[Path]:
    data = keep / str(size) if keep else Path(tempfile.mkdtemp(prefix="ecm-scale-"))
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o755)  # the database's server may run as somebody else
    yield data
    if not keep:
        shutil.rmtree(data, ignore_errors=True)


def _laid(data: Path, admin_url: str, size: int) -> dict[str, Reader]:
    """Who is measured, in the area that is made here unless it was kept."""
    file = data / "readers.json"
    if not file.exists():
        began = perf_counter()
        with patch("ecm.synthetic.people.CASES_IN_100", CASES_IN_100):
            who = asyncio.run(lay_area(admin_url, size))
        found = dict(zip(WHO, (who.partner, who.senco, asyncio.run(_officer(admin_url))), strict=True))
        file.write_text(json.dumps({name: asdict(each) for name, each in found.items()}, default=str))
        print(f"{size:,} cases made in {perf_counter() - began:.0f} s", flush=True)
    return {
        name: Reader(each["email"], UUID(each["person"]), UUID(each["agency"]), each["cases"])
        for name, each in json.loads(file.read_text()).items()
    }


async def _officer(admin_url: str) -> Reader:
    connection = await asyncpg.connect(admin_url)
    try:
        email, person, agency = await connection.fetchrow(OFFICER)
        await connection.execute(
            "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)", person, hash_password(PASSWORD)
        )
        await connection.execute(ON_HALF.replace("$1", str(agency)).replace("$2", str(OFFICER_CASES)))
        return Reader(
            email,
            person,
            agency,
            await connection.fetchval("SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM half)"),
        )
    finally:
        await connection.close()


async def _seated(admin_url: str, officer: Reader) -> None:
    """Raises: AssertionError, unless the officer sees as many cases as is said of them."""
    connection = await asyncpg.connect(admin_url)
    # What was derived a moment ago waits at the end of the index of names until autovacuum comes by, and to be written:
    # else those who are measured first write it.
    for tidy in ("VACUUM ANALYZE", "CHECKPOINT"):
        await connection.execute(tidy)
    seats = await connection.fetchval("SELECT count(*) FROM case_seat WHERE principal = $1", officer.agency)
    await connection.close()
    assert 0.95 * officer.cases <= seats <= 1.1 * officer.cases, f"{seats:,} cases instead of {officer.cases:,}"


def _served(data: Path, admin_url: str, who: dict[str, Reader]) -> dict[str, float]:
    settings, found, some = environment(data, admin_url), {}, {}
    for name, reader in who.items():
        print(f" {name}", flush=True)
        with _visiting(settings, reader) as (client, server, program):
            some[name] = _some_cases(client, program)
            for chore in _chores(client, program, reader, some[name]):
                found[f"{chore.name}, {name}"] = took = _p50(client, server, admin_url, chore)
                print(f"  {chore.name}: {took:.2f} ms", flush=True)
    with _visiting(settings, who["SENCO"]) as (client, server, program):
        found["withdraw consent, SENCO"], found["re-read the case, SENCO"] = _withdrawals(
            client, server, admin_url, program
        )
    # The same cases through the same program, whose login no policy applies to: it reads at least as many rows.
    with _visiting(settings | {"ECM_DATABASE_URL": admin_url}, who["SENCO"]) as (client, server, program):
        unwalled = _p50(client, server, admin_url, _opening(program, some["SENCO"]))
    walls.hold("the same cases by id, policies to none", found["open a case, SENCO"] / unwalled, COSTS)
    return found


@contextmanager
def _visiting(settings: dict[str, str], reader: Reader) -> Iterator[tuple[httpx.Client, int, Visitor]]:
    """A server of their own for somebody signed in: its connections are others after 50,000 statements, and not counted."""
    with (
        serving(OURS, settings) as served,
        httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client,
    ):
        yield client, served.process, by_token(client, reader.email)


def _opening(program: Visitor, cases: list[dict[str, Any]]) -> Chore:
    return Chore("open a case", [program.step("GET", f"{API}/cases/{each['id']}") for each in cases])


def _chores(client: httpx.Client, program: Visitor, reader: Reader, cases: list[dict[str, Any]]) -> Iterator[Chore]:
    yield Chore("worklist", [program.step("GET", f"{API}/cases")])
    yield _opening(program, cases)
    names = [str(each["pupil"]["name"]) for each in cases]
    for chore, typed in (("search, 8 letters", [name[:8] for name in names]), ("search, whole name", names)):
        paths = [f"{API}/pupils?q={quote(each)}" for each in typed]
        finds = [len(client.get(each, headers=program.headers).raise_for_status().json()["items"]) for each in paths]
        print(f"  {chore}: finds {median(finds):.0f}", flush=True)
        yield Chore(chore, [program.step("GET", each) for each in paths])
    able = changes(program, [shown_case(client, program, each["id"]) for each in cases], reader)
    assert able, f"{reader.email} has nothing to change in {len(cases)} cases"
    yield Chore("update an action", able)


def _some_cases(client: httpx.Client, program: Visitor) -> list[dict[str, Any]]:
    """Some of all the reader's, by chance: an officer's newest are of few schools, and other names in each area."""
    every = [each for page in _pages(client, program) for each in page]
    return Random(SEED).sample(every, min(ASKED, len(every)))


def _pages(client: httpx.Client, program: Visitor) -> Iterator[list[dict[str, Any]]]:
    """All of the reader's cases, a hundred at a time."""
    path: str | None = f"{API}/cases?limit=100"
    while path:
        page = client.get(path, headers=program.headers).raise_for_status().json()
        yield page["items"]
        path = page["next"] and f"{API}/cases?limit=100&cursor={quote(page['next'])}"


def _p50(client: httpx.Client, server: int, admin_url: str, chore: Chore) -> float:
    for place in range(WARM_UP):
        ask(client, chore.asked[place % len(chore.asked)])
    every = with_children(server) + asyncio.run(backends(admin_url))
    took = []
    for place in range(ASKED):
        worked = work_of(every)
        ask(client, chore.asked[place % len(chore.asked)])
        took.append((work_of(every) - worked) / 1e6)
    return median(took)


def _withdrawals(client: httpx.Client, server: int, admin_url: str, program: Visitor) -> tuple[float, float]:
    """Each yes in the reader's cases is taken back once, and the case read again. Afterwards all of them stand again."""
    agreed, took, again = list(islice(_agreed(client, program), 60)), [], []
    body = {"channel": "phone", "witness": WITNESS}
    every = with_children(server) + asyncio.run(backends(admin_url))
    for case, consent in agreed:
        worked = work_of(every)
        answer = client.post(f"{API}/consents/{consent}/withdrawal", headers=program.headers, json=body)
        assert answer.status_code == 201, answer.text
        took.append((work_of(every) - worked) / 1e6)
        worked = work_of(every)
        ask(client, program.step("GET", f"{API}/cases/{case}"))
        again.append((work_of(every) - worked) / 1e6)
    asyncio.run(_put_back(admin_url))
    return median(took), median(again)


async def _put_back(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    await connection.execute(PUT_BACK.replace("$1", f"'{WITNESS}'"))
    await connection.close()


def _agreed(client: httpx.Client, program: Visitor) -> Iterator[tuple[str, str]]:
    for case in listed(client, program):
        answer = client.get(f"{API}/cases/{case['id']}/consents", headers=program.headers).raise_for_status()
        yield from ((case["id"], each["id"]) for each in answer.json()["items"] if each["state"] == "given")


if __name__ == "__main__":
    sys.exit(main())
