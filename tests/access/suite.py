"""The third judge of faults: the ordinary tests. What neither worlds nor the shaken house notice, a test of a slice may.

    python -m tests.access.suite FAULTS LEFT        (what test_mutants.py calls in `make prove`)
    python -m tests.access.suite WORD...            (tries every fault of the places with such a word)

One cluster for all: before each fault the template that every test copies is made anew with the fault in it, and tests are
run until one fails. Tried first is what noticed another fault of the place, then test_conditions.py of the slice where the
place is written, its other tests, and tests that name the place or its table. A test is believed only when it passes with a
fault that changes nothing but the text of every function, so that none is who compares hashes.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from inspect import getsource
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import asyncpg
import pytest
from _pytest.runner import runtestprotocol

from tests.access.mutants import Mutant, function_mutants, policy_mutants

ROOT = Path(__file__).parents[2]
# Not tests of what the database decides: those that draw, those that look for long, those about the installation.
APART = re.compile(
    r"tests/(journeys|web|bench|help|synthetic|house)/|tests/access/test_(lint|faults|mutants|model|races|timing|pairs)|tests/test_backup|looks|sheet|pdf"
)
MOST, SECONDS = 20, 12  # tests and time for one fault
NEUTRAL = """SELECT string_agg(replace(pg_get_functiondef(p.oid), p.prosrc, p.prosrc || ' '), ';') FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))"""


def line_of(fault: Mutant) -> str:
    """Place, kind and change."""
    return f"{fault.place} | {fault.kind} | {fault.change}"


def left_by_the_suite(faults: list[Mutant]) -> list[Mutant]:
    """Those that no ordinary test notices. Takes seconds for each."""
    with TemporaryDirectory() as folder:
        given, left = Path(folder) / "faults", Path(folder) / "left"
        given.write_text(json.dumps([asdict(f) for f in faults]))
        subprocess.run([sys.executable, "-m", "tests.access.suite", str(given), str(left)], cwd=ROOT, check=True)
        places = json.loads(left.read_text())
    return [faults[place] for place in places]


class Judge:
    """A pytest plugin that runs the tests it collects once for each fault, as far as needed."""

    def __init__(self, faults: list[Mutant] | None, words: list[str]) -> None:
        self.faults, self.words = faults, words
        self.items: list[pytest.Item] = []
        self.url = ""
        self.sound: dict[str, bool] = {}
        self.takes: dict[str, float] = {}
        self.before: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.left: list[int] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        made = yield
        if fixturedef.argname == "cluster":
            self.url = made
        return made

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if "cluster" in getattr(i, "fixturenames", ()) and not APART.search(i.nodeid)]
        self.items = items

    def pytest_runtestloop(self) -> bool:
        self.runs(self.items[0])  # sets the cluster up
        in_thread(keep_sound(self.url))
        faults = self.faults if self.faults is not None else in_thread(named_faults(self.url, self.words))
        for place, fault in enumerate(faults):
            begun = monotonic()
            by = self.noticed_by(fault)
            print(f"{monotonic() - begun:5.1f} s  {line_of(fault)}  {'BY ' + by if by else 'UNNOTICED'}", flush=True)
            self.left += [] if by else [place]
        self.items[0].session._setupstate.teardown_exact(None)
        return True

    def noticed_by(self, fault: Mutant) -> str:
        """The test that fails with it, or nothing; "no SQL" for what is no fault."""
        if not in_thread(make_template(self.url, fault.sql)):
            return "no SQL"
        begun = monotonic()
        for item in self.likely(fault):
            if monotonic() - begun > SECONDS:
                return ""
            if self.sound.get(item.nodeid, True) and not self.runs(item) and self.is_sound(item, fault):
                self.before[fault.place][item.nodeid] += 1
                return item.nodeid
        return ""

    def likely(self, fault: Mutant) -> list[pytest.Item]:
        """Tests in the order in which they are likely to notice a fault there."""
        before, near = self.before[fault.place], nearness(fault)
        some = [i for i in self.items if before[i.nodeid] or near(i) > 0]
        order = sorted(some, key=lambda i: (-before[i.nodeid], -near(i), self.takes.get(i.nodeid, 1)))
        return order[:MOST]

    def runs(self, item: pytest.Item) -> bool:
        """Whether a test passes. What its file and folder made for themselves is taken down: it is made of the fault, and
        the next test is of another folder."""
        begun = monotonic()
        other = next(i for i in (self.items[0], self.items[-1]) if i.path.parent != item.path.parent)
        passed = not any(report.failed for report in runtestprotocol(item, log=False, nextitem=other))
        self.takes[item.nodeid] = monotonic() - begun
        return passed

    def is_sound(self, item: pytest.Item, fault: Mutant) -> bool:
        """Whether a test that failed passes without the fault."""
        if item.nodeid not in self.sound:
            in_thread(make_template(self.url, NEUTRAL))
            self.sound[item.nodeid] = self.runs(item)
            in_thread(make_template(self.url, fault.sql))
        return self.sound[item.nodeid]


def in_thread(doing: Coroutine[Any, Any, Any]) -> Any:
    """Wait for something while the tests' own loop stands still."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, doing).result()


async def keep_sound(url: str) -> None:
    """Keep the template as it is, under another name."""
    postgres = await asyncpg.connect(url.replace("/ecm?", "/postgres?"))
    await postgres.execute("CREATE DATABASE ecm_sound TEMPLATE ecm")
    await postgres.close()


async def make_template(url: str, sql: str) -> bool:
    """The template anew, with a fault or only with other text; False when the fault is no SQL."""
    postgres = await asyncpg.connect(url.replace("/ecm?", "/postgres?"))
    await postgres.execute("DROP DATABASE ecm WITH (FORCE)")
    await postgres.execute("CREATE DATABASE ecm TEMPLATE ecm_sound")
    await postgres.close()
    admin = await asyncpg.connect(url)
    try:
        await admin.execute(await admin.fetchval(NEUTRAL) if sql == NEUTRAL else sql)
        return True
    except asyncpg.PostgresError:
        return False
    finally:
        await admin.close()


async def named_faults(url: str, words: list[str]) -> list[Mutant]:
    """The faults of these policies and functions."""
    admin = await asyncpg.connect(url)
    faults = await policy_mutants(admin) + await function_mutants(admin)
    await admin.close()
    return [f for f in faults if set(words) & set(f.place.split())]


def nearness(fault: Mutant) -> Callable[[pytest.Item], int]:
    """How near a test is to a place: made for it, in a folder where the place is written, naming it or its table."""
    name = fault.place.partition(" ")[2]
    word = re.compile(rf"(FUNCTION|POLICY) {name}\b")
    written = {
        f.parent.name for f in ROOT.glob("ecm/**/*.sql") if "history" not in f.parts and word.search(f.read_text())
    }
    names = words_near(name, fault.table)

    def near(item: pytest.Item) -> int:
        file, test = read(str(item.path)), getsource(item.function)  # type: ignore[attr-defined]
        at_home, at_walls = item.path.parent.name in written, item.path.parent.name == "access"
        named = any(each in file for each in names)
        made_for_it = item.path.name == "test_conditions.py" and (at_home or named)
        return 8 * made_for_it + 4 * (at_home + any(each in test for each in names)) + 2 * named + at_walls

    return near


@cache
def words_near(name: str, table: str) -> tuple[str, ...]:
    """The name; the table, and for what a trigger calls the tables that do."""
    text = "".join(read(str(f)) for f in sorted(ROOT.glob("ecm/*/policies.sql")))
    fired = re.findall(rf"ON (\w+)[^;]*EXECUTE FUNCTION {name}\(", text)
    return (name, *fired, *([table] if table else []))


@cache
def read(path: str) -> str:
    return (ROOT / path).read_text()


def main(arguments: list[str]) -> None:
    paths = [Path(a) for a in arguments if "/" in a]
    faults = [Mutant(**each) for each in json.loads(paths[0].read_text())] if paths else None
    judge = Judge(faults, [a for a in arguments if "/" not in a])
    pytest.main(["tests", "-p", "no:randomly", "-p", "no:cacheprovider", "-s", "-qq"], plugins=[judge])
    if paths:
        paths[1].write_text(json.dumps(judge.left))


if __name__ == "__main__":
    main(sys.argv[1:])
