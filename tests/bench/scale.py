"""Whether what people do takes longer the more cases there are that they have nothing to do with.

    python -m tests.bench.scale [--keep FOLDER] [CASES ...]

Areas of 10,000 and 100,000 cases, or of as many as are named, in databases of their own; kept in the folder, if one is
named, for the next run: a million cases take most of an hour to make. Measured in each are an ordinary partner with about
30 cases, a SENCO with about 80, and a case officer on half of all, up to 50,000.
Times are processor time of the server and its database for one request, one after another. The areas take turns, request
by request: a machine that is slower for a minute is so for all of them. The bar is on what grows with the cases of others:
from the smallest area in which the same reader has about as many of their own. Of an officer of 50,000 that is one of
100,000; from 10,000, where there cannot be one, their growth is printed without a bar. Exit code 1 above a bar.
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

from ecm.embedded import running
from ecm.migrations.apply import bring_up_to_date
from tests.bench import walls
from tests.bench.area import SEED, Reader, lay_area
from tests.bench.load import Step
from tests.bench.officer import check_seats, make_officer
from tests.bench.servers import OURS, SECRET, environment, serving
from tests.bench.tasks import API, Visitor, by_token, changes, listed, shown_case
from tests.bench.waits import ask, backends, with_children, work_of

SIZES = (10_000, 100_000)
GROWS, COSTS, ALIKE = 1.3, 1.5, 0.75
ASKED, WITHDRAWN, WARM_UP = 200, 60, 40
# Every pupil has a case: the others are nobody's reading, and only take time to make.
CASES_IN_100 = 100
WHO = ("partner", "SENCO", "case officer")
# For the next run on an area that is kept.
WITNESS = "bench-scale"
PUT_BACK = """
WITH gone AS (DELETE FROM consent_event WHERE kind = 'withdrawn' AND witness = $1 RETURNING case_id)
SELECT derive_case(case_id) FROM (SELECT DISTINCT case_id FROM gone) c
"""


@dataclass
class Area:
    """So many cases in a database of their own, and who is measured there."""

    size: int
    admin_url: str
    who: dict[str, Reader]
    settings: dict[str, str]


@dataclass
class Visit:
    """Somebody signed in at an area's server, which is theirs alone."""

    area: Area
    reader: Reader
    client: httpx.Client
    server: int
    program: Visitor


@dataclass
class Chore:
    """Something somebody does, who does it, and in milliseconds how long it takes in each area."""

    name: str
    who: str
    took: list[float]


def main() -> int:
    """Measure every size, print them beside each other; the exit code."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--keep", type=Path)
    wanted.add_argument("sizes", type=int, nargs="*", metavar="CASES", default=SIZES)
    asked = wanted.parse_args()
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    with ExitStack() as stack:
        areas = [_ready(stack, size, asked.keep) for size in asked.sizes]
        chores = [chore for name in WHO for chore in _compared(areas, name)]
        _compare_with_none(areas)
    above = _print_table(areas, chores)
    return int(above or walls.missed())


def _ready(stack: ExitStack, size: int, keep: Path | None) -> Area:
    """An area whose database runs as long as the stack, and in which everything was just derived."""
    data = stack.enter_context(_folder(size, keep))
    admin_url = stack.enter_context(running(data))
    asyncio.run(bring_up_to_date(admin_url, SECRET))
    who = _laid(data, admin_url, size)
    print(f"{size:,} cases: " + ", ".join(f"{name} of {who[name].cases:,}" for name in WHO), flush=True)
    # Derives all first: the officer's law is new, and a kept area may be of other rules.
    asyncio.run(walls.measure(admin_url, who["SENCO"], size))
    asyncio.run(check_seats(admin_url, who["case officer"]))
    return Area(size, admin_url, who, environment(data, admin_url))


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
        found = dict(zip(WHO, (who.partner, who.senco, asyncio.run(make_officer(admin_url))), strict=True))
        file.write_text(json.dumps({name: asdict(each) for name, each in found.items()}, default=str))
        print(f"{size:,} cases made in {perf_counter() - began:.0f} s", flush=True)
    return {
        name: Reader(each["email"], UUID(each["person"]), UUID(each["agency"]), each["cases"])
        for name, each in json.loads(file.read_text()).items()
    }


@contextmanager
def _visiting(area: Area, name: str, **settings: str) -> Iterator[Visit]:
    """A server of their own: its connections are others after 50,000 statements, and that is not to be counted."""
    with (
        serving(OURS, area.settings | settings) as served,
        httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client,
    ):
        reader = area.who[name]
        yield Visit(area, reader, client, served.process, by_token(client, reader.email))


def _compared(areas: list[Area], name: str) -> Iterator[Chore]:
    """What somebody of this name does, in every area at once."""
    print(name, flush=True)
    with ExitStack() as stack:
        visits = [stack.enter_context(_visiting(area, name)) for area in areas]
        some = [_some_cases(visit) for visit in visits]
        chores = {
            "worklist": [[_step(visit, "cases")] for visit in visits],
            "open a case": [_opening(*each) for each in zip(visits, some, strict=True)],
            "search, 8 letters": [_searching(*each, 8) for each in zip(visits, some, strict=True)],
            "search, whole name": [_searching(*each) for each in zip(visits, some, strict=True)],
            "update an action": [_updating(*each) for each in zip(visits, some, strict=True)],
        }
        for chore, asked in chores.items():
            yield Chore(chore, name, _beside([_times(*each) for each in zip(visits, asked, strict=True)]))
        if name == "SENCO":
            rounds = list(zip(*(_withdrawals(visit) for visit in visits), strict=False))
            for place, chore in enumerate(("withdraw consent", "re-read the case")):
                took = [median(pair[place] for pair in area) for area in zip(*rounds, strict=True)]
                yield Chore(chore, name, took)
            for area in areas:
                asyncio.run(_put_back(area.admin_url))


def _compare_with_none(areas: list[Area]) -> None:
    """The same cases through the same program, whose login no policy applies to: it reads at least as many rows."""
    for area in areas:
        with _visiting(area, "SENCO") as ours, _visiting(area, "SENCO", ECM_DATABASE_URL=area.admin_url) as bare:
            cases = _some_cases(ours)
            walled, unwalled = _beside([_times(visit, _opening(visit, cases)) for visit in (ours, bare)])
        walls.hold(f"a case by id to no policies, {area.size:,}", walled / unwalled, COSTS)


def _print_table(areas: list[Area], chores: list[Chore]) -> bool:
    """Every chore in every area; whether one grows by more than the bar."""
    sizes, missed = [area.size for area in areas], False
    print("\n{:<44}".format("p50, ms of processor time") + "".join(f"{size:>12,}" for size in sizes), end="")
    print(f"{'grows':>8}{'from':>12}{'bar':>6}")
    for chore in chores:
        base = _smallest_alike(areas, chore.who)
        grown = chore.took[-1] / chore.took[base or 0]
        above = base is not None and grown > GROWS
        missed |= above
        print(f"{chore.name + ', ' + chore.who:<44}" + "".join(f"{ms:>12.2f}" for ms in chore.took), end="")
        print(f"{grown:>8.2f}{sizes[base or 0]:>12,}{'none' if base is None else GROWS:>6}", "ABOVE" * above)
    print(f"load average {os.getloadavg()[0]:.1f}")
    return missed


def _smallest_alike(areas: list[Area], name: str) -> int | None:
    """The place of the first area, the last apart, whose reader of this name has about as many cases as the last one's."""
    most = areas[-1].who[name].cases
    return next((place for place, area in enumerate(areas[:-1]) if area.who[name].cases >= ALIKE * most), None)


def _some_cases(visit: Visit) -> list[dict[str, Any]]:
    """Some of all the reader's, by chance: an officer's newest are of few schools, and other names in each area."""
    every = [each for page in _pages(visit) for each in page]
    return Random(SEED).sample(every, min(ASKED, len(every)))


def _pages(visit: Visit) -> Iterator[list[dict[str, Any]]]:
    """All of the reader's cases, a hundred at a time."""
    path: str | None = f"{API}/cases?limit=100"
    while path:
        page = visit.client.get(path, headers=visit.program.headers).raise_for_status().json()
        yield page["items"]
        path = page["next"] and f"{API}/cases?limit=100&cursor={quote(page['next'])}"


def _items(visit: Visit, path: str) -> list[dict[str, Any]]:
    return list(visit.client.get(path, headers=visit.program.headers).raise_for_status().json()["items"])


def _step(visit: Visit, path: str) -> Step:
    return visit.program.step("GET", f"{API}/{path}")


def _opening(visit: Visit, cases: list[dict[str, Any]]) -> list[Step]:
    return [_step(visit, f"cases/{each['id']}") for each in cases]


def _searching(visit: Visit, cases: list[dict[str, Any]], letters: int | None = None) -> list[Step]:
    """A search for the pupil of each case, by so many letters of the name."""
    paths = [f"{API}/pupils?q={quote(each['pupil']['name'][:letters])}" for each in cases]
    finds = median(len(_items(visit, path)) for path in paths)
    print(f"  {visit.area.size:,} cases: {letters or 'all'} letters find {finds:.0f}", flush=True)
    return [visit.program.step("GET", path) for path in paths]


def _updating(visit: Visit, cases: list[dict[str, Any]]) -> list[Step]:
    """The first thing still to do of the reader's agency in each case. Raises: AssertionError if there is nothing."""
    able = changes(visit.program, [shown_case(visit.client, visit.program, each["id"]) for each in cases], visit.reader)
    assert able, f"{visit.reader.email} has nothing to change in {len(cases)} cases"
    return able


def _beside(turns: list[Iterator[float]]) -> list[float]:
    """The median of each of what takes turns: a machine that is slower for a while is so for all of them."""
    return [median(each) for each in zip(*zip(*turns, strict=True), strict=True)]


def _times(visit: Visit, asked: list[Step]) -> Iterator[float]:
    """How long the server and its database work for one request after another, in ms. The first are not told."""
    for place in range(WARM_UP):
        ask(visit.client, asked[place % len(asked)])
    working = _working_for(visit)
    for place in range(ASKED):
        worked = work_of(working)
        ask(visit.client, asked[place % len(asked)])
        yield (work_of(working) - worked) / 1e6


def _working_for(visit: Visit) -> list[int]:
    return with_children(visit.server) + asyncio.run(backends(visit.area.admin_url))


def _withdrawals(visit: Visit) -> Iterator[tuple[float, float]]:
    """How long it takes to take back one yes in the reader's cases after another, and then to read the case, in ms."""
    body, working = {"channel": "phone", "witness": WITNESS}, _working_for(visit)
    for case, consent in list(islice(_agreed(visit), WITHDRAWN)):
        worked = work_of(working)
        answer = visit.client.post(f"{API}/consents/{consent}/withdrawal", headers=visit.program.headers, json=body)
        assert answer.status_code == 201, answer.text
        withdrawn = work_of(working)
        ask(visit.client, _step(visit, f"cases/{case}"))
        yield (withdrawn - worked) / 1e6, (work_of(working) - withdrawn) / 1e6


def _agreed(visit: Visit) -> Iterator[tuple[str, str]]:
    for case in listed(visit.client, visit.program):
        every = _items(visit, f"{API}/cases/{case['id']}/consents")
        yield from ((case["id"], each["id"]) for each in every if each["state"] == "given")


async def _put_back(admin_url: str) -> None:
    """All that was taken back stands again."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute(PUT_BACK.replace("$1", f"'{WITNESS}'"))
    await connection.close()


if __name__ == "__main__":
    sys.exit(main())
