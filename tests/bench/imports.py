"""How long a school's pupils take from a file to the roll: `python -m tests.bench.imports [PUPILS]`. See docs/performance.md.

The floor is COPY into a table and one INSERT … SELECT for each table of the product, with its indexes and triggers, in
the same database. Meanwhile somebody else reads their list of cases, one answer after the other. Exit code 1 when the
speed is below 0.3 of the floor's, a step takes longer than it may, memory is above its bar, or pages become slower than
twice what they are when idle. Bars in seconds count on a machine with nothing else to do.
"""

import asyncio
import os
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep

import asyncpg
import httpx

from ecm import seeds
from ecm.embedded import running
from ecm.migrations.apply import migrate
from ecm.pupils.rules import make_upn, search_key
from ecm.seeds import PASSWORD, known
from tests.bench.servers import OURS, SECRET, environment, serving

PUPILS = 50_000
BAR, BAR_SECONDS, BAR_MEGABYTES, BAR_SLOWER = 0.3, 20, 300, 2
IDLE_SECONDS = 8
SPAWN = get_context("spawn")
HEADER = "UPN,Forename,Surname,DOB,Year,Class,SEN,Parent 1 name,Parent 1 relationship,Parent 1 PR,Parent 1 email"
SYLLABLES = [
    "ma",
    "le",
    "ri",
    "no",
    "ka",
    "di",
    "san",
    "ber",
    "to",
    "wil",
    "har",
    "ste",
    "jon",
    "mar",
    "an",
    "el",
    "pat",
    "rob",
    "gra",
    "fin",
]

FLOOR = """
CREATE TABLE bench_row (n serial, upn text, first text, last text, born date, year text, class text, sen text, carer text,
                        relationship text, claims boolean, email text, key text);
"""
WRITE = """
WITH made AS MATERIALIZED (SELECT *, gen_random_uuid() AS pupil, gen_random_uuid() AS person FROM bench_row),
pupils AS (INSERT INTO pupil (id, first_name, last_name, date_of_birth, search_key) SELECT pupil, first, last, born, key FROM made),
roll AS (INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, class_name, from_on)
         SELECT gen_random_uuid(), pupil, $1, upn, year, class, current_date FROM made),
needs AS (INSERT INTO sen_status (pupil_id, sen_provision) SELECT pupil, sen FROM made),
people AS (INSERT INTO person (id, name, email) SELECT person, carer, email FROM made)
INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility)
SELECT gen_random_uuid(), pupil, person, relationship, claims FROM made
"""


def rows(pupils: int, school: int) -> Iterator[tuple[str, ...]]:
    """Made-up pupils, the same every time; a few names are common."""
    draw = random.Random(pupils)

    def name(most: int) -> str:
        n = int(most * draw.random() ** 2)
        return (SYLLABLES[n % 20] + SYLLABLES[n // 20 % 20] + SYLLABLES[n // 400 % 20]).capitalize()

    for n in range(pupils):
        first, last = name(400), name(2500)
        yield (
            make_upn(school + n // 100_000, 10 + n // 1000 % 100, n % 1000), first, last,
            f"{2010 + n % 6}-{1 + n % 12:02}-{1 + n % 28:02}", str(1 + n % 6), f"C{n % 30}", "NKE"[n % 7 % 3],
            f"Parent {last}", "mother", "Y", f"p{n}.{school}@home.example",
        )  # fmt: skip


def main() -> int:
    """Measure once; the exit code."""
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    with ExitStack() as stack:
        data = Path(tempfile.mkdtemp(prefix="ecm-imports-"))
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        data.chmod(0o755)  # the database's server may run as somebody else
        admin_url = stack.enter_context(running(data))
        asyncio.run(_lay(admin_url))
        port, process = stack.enter_context(serving(OURS, environment(data, admin_url)))
        return measure(port, process, admin_url, int(sys.argv[1]) if sys.argv[1:] else PUPILS)


async def _lay(admin_url: str) -> None:
    await migrate(admin_url, SECRET)
    admin = await asyncpg.connect(admin_url)
    await seeds.lay_ground(admin)
    await admin.close()


def measure(port: int, process: int, admin_url: str, pupils: int) -> int:
    """Measure against a server that answers at `port`; print a line for each bar; the exit code."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=180)
    senco, other = (_signed_in(client, each) for each in ("senco@oakfield.example", "senco@hillside.example"))
    body = "\n".join((HEADER, *(",".join(each) for each in rows(pupils, 1000)))).encode()
    idle, _ = watching(client, other, process, lambda: sleep(IDLE_SECONDS))
    made: dict[str, httpx.Response] = {}

    def step(name: str, path: str, **sent: object) -> Callable[[], None]:
        def go() -> None:
            made[name] = client.post(path, headers=senco, **sent)  # type: ignore[arg-type]
            assert made[name].status_code == 201, made[name].text

        return go

    begun = perf_counter()
    upload = watching(client, other, process, step("preview", "/pupil-imports", files={"file": ("a.csv", body)}))
    seen = perf_counter()
    path = f"/pupil-imports/{made['preview'].json()['id']}/approval"
    approval = watching(client, other, process, step("approval", path, json={}))
    ended = perf_counter()
    assert made["approval"].json()["counts"]["new"] == pupils
    floor = asyncio.run(_floor(admin_url, pupils))
    return max([
        _line("speed, of COPY and one INSERT", floor / (ended - begun), BAR, more=True),
        _line("upload to preview, seconds", seen - begun, BAR_SECONDS),
        _line("approve, seconds", ended - seen, BAR_SECONDS),
        _line("pages meanwhile, p99 of idle's", _p99(upload[0] + approval[0]) / _p99(idle), BAR_SLOWER),
        _line("memory of server and reader, MB", max(upload[1], approval[1]), BAR_MEGABYTES),
    ])  # fmt: skip


def _line(name: str, found: float, bar: float, more: bool = False) -> int:
    below = found < bar if more else found > bar
    print(f"{name:<36}{found:>8.2f}{bar:>8}  {'BELOW' * below}", flush=True)
    return int(below)


def _signed_in(client: httpx.Client, email: str) -> dict[str, str]:
    answer = client.post("/tokens", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def watching(
    client: httpx.Client, reader: dict[str, str], process: int, work: Callable[[], None]
) -> tuple[list[float], float]:
    """Do the work while somebody else looks at pages, up to fifty a second.

    How long each of those took, in seconds, and the most memory of the server and its readers (MB).
    """
    memory: list[float] = [0.0]
    # In a process of its own: what this one does meanwhile, such as sending a file, must not look like a slow page.
    here, there = SPAWN.Pipe()
    looker = SPAWN.Process(target=_look, args=(there, str(client.base_url), reader))
    looker.start()
    here.recv()
    with _repeating(lambda: memory.append(_megabytes(process)), 0.25):
        work()
    here.send(None)
    took = here.recv()
    looker.join()
    return took, max(memory)


def _look(there: Connection, address: str, reader: dict[str, str]) -> None:
    """Look until told to stop, then say how long each took; the first look, which connects, is not counted."""
    client, took = httpx.Client(base_url=address, timeout=180), []
    _seconds(client, reader)
    there.send(None)
    while not there.poll(0.02):
        took.append(_seconds(client, reader))
    there.send(took)


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _seconds(client: httpx.Client, reader: dict[str, str]) -> float:
    begun = perf_counter()
    assert client.get("/cases", headers=reader).status_code == 200
    return perf_counter() - begun


@contextmanager
def _repeating(what: Callable[[], None], rest: float) -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(rest):
            what()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _megabytes(process: int) -> float:
    """Memory of a process and of all it has started, without what they share."""
    found, waiting = 0, [process]
    while waiting:
        here = Path(f"/proc/{waiting.pop()}")
        try:
            found += int(
                next(x for x in (here / "smaps_rollup").read_text().splitlines() if x.startswith("Pss:")).split()[1]
            )
            for task in (here / "task").iterdir():
                waiting += [int(each) for each in (task / "children").read_text().split()]
        except (OSError, StopIteration):
            continue
    return found / 1024


async def _floor(admin_url: str, pupils: int) -> float:
    """Seconds that COPY and one INSERT take for as many other pupils of the other school, made ready beforehand."""
    admin = await asyncpg.connect(admin_url)
    await admin.execute(FLOOR)
    await admin.execute("SET gin_pending_list_limit = '1MB'")  # as an import does: every search reads that list
    ready = [(n, *each, search_key(each[1], each[2])) for n, each in enumerate(rows(pupils, 5000))]
    body = "".join("\t".join(map(str, each)) + "\n" for each in ready).encode()
    begun = perf_counter()
    async with admin.transaction():
        await admin.copy_to_table("bench_row", source=_in_pieces(body))
        await admin.execute(WRITE.replace("$1", f"'{known('hillside')}'"))
    took = perf_counter() - begun
    await admin.close()
    return took


async def _in_pieces(body: bytes):  # type: ignore[no-untyped-def]
    for first in range(0, len(body), 1 << 16):
        yield body[first : first + (1 << 16)]


if __name__ == "__main__":
    sys.exit(main())
