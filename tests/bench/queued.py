"""Whether pages wait while 100 plans are drawn: `python -m tests.bench.queued`. See docs/performance.md.

A real server and a real worker over a made-up area. A SENCO asks for 100 plans at once, each of another case or kind.
Meanwhile somebody of a service opens their list and their cases, up to fifty pages a second, as they did before and do
after. Exit code 1 when the 99th percentile of a page is more than twice what it is when idle.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice, product
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep

import httpx

from ecm.embedded import running
from ecm.migrations.apply import migrate
from tests.bench.area import Readers, lay_area
from tests.bench.load import Step
from tests.bench.servers import OURS, SECRET, Served, environment, serving, working
from tests.bench.tasks import API, by_cookie, by_token, listed
from tests.bench.waits import ask

PUPILS, PLANS = 6_000, 100
BAR = 2
IDLE_SECONDS, REST_SECONDS, WARM_UP = 10, 0.02, 100
PATIENCE_SECONDS = 300
KINDS = tuple(product(("sen_support", "early_help"), ("family", "professionals")))
LINE = "{:<36}{:>9}{:>9}{:>9}"

Wanted = tuple[str, dict[str, str]]


def main() -> int:
    """Measure once; the exit code."""
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    with ExitStack() as stack:
        data = Path(tempfile.mkdtemp(prefix="ecm-queued-"))
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        data.chmod(0o755)  # the database's server may run as somebody else
        admin_url = stack.enter_context(running(data))
        asyncio.run(migrate(admin_url, SECRET))
        who = asyncio.run(lay_area(admin_url, PUPILS))
        settings = environment(data, admin_url)
        served = stack.enter_context(serving(OURS, settings))
        stack.enter_context(working(settings))
        elsewhere = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        return measure(served, who, elsewhere)


def measure(served: Served, who: Readers, elsewhere: ProcessPoolExecutor) -> int:
    """Measure against a server that answers; print a line for each bar; the exit code. `elsewhere` asks for the plans."""
    url = f"http://127.0.0.1:{served.port}"
    with httpx.Client(base_url=url) as client:
        reader, maker = by_cookie(client, who.partner.email), by_token(client, who.senco.email)
        steps = [
            reader.step("GET", f"/cases/{each['reference']}")
            for each in listed(client, by_token(client, who.partner.email))
        ]
        steps = [each for case in steps for each in (reader.step("GET", "/cases"), case)]
        wanted = _wanted([each["id"] for each in listed(client, maker)])
        for step in islice(cycle(steps), WARM_UP):
            ask(client, step)
        idle = watching(client, steps, lambda: sleep(IDLE_SECONDS))
        began = perf_counter()
        made: list[Counter[str]] = []
        busy = watching(
            client, steps, lambda: made.append(elsewhere.submit(queue, url, maker.headers, wanted).result())
        )
        took = perf_counter() - began
        idle += watching(client, steps, lambda: sleep(IDLE_SECONDS))
    assert made == [Counter(ready=PLANS)], made
    return _told(idle, busy, took)


def _wanted(cases: list[str]) -> list[Wanted]:
    """As many plans as are queued, of each case every kind for every audience before the next."""
    bodies = [{"plan_type": kind, "audience": audience} for kind, audience in KINDS]
    found = [(f"{API}/cases/{case}/plans", body) for case, body in product(cases, bodies)][:PLANS]
    assert len(found) == PLANS, "this area is too small"
    return found


def queue(url: str, headers: dict[str, str], wanted: list[Wanted]) -> Counter[str]:
    """Ask for all of these plans at once, and wait for them: how they ended."""
    return asyncio.run(_queue(url, headers, wanted))


async def _queue(url: str, headers: dict[str, str], wanted: list[Wanted]) -> Counter[str]:
    limits = httpx.Limits(max_connections=len(wanted))
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_SECONDS, limits=limits) as client:
        answers = await asyncio.gather(*(client.post(path, json=body) for path, body in wanted))
    return Counter(each.json()["status"] if each.status_code == 201 else each.text[:200] for each in answers)


def watching(client: httpx.Client, steps: list[Step], work: Callable[[], None]) -> list[float]:
    """Do the work while somebody else opens these pages, one after the other; how long each took, in ms."""
    took: list[float] = []
    turns = cycle(steps)

    def look() -> None:
        began = perf_counter()
        ask(client, next(turns))
        took.append((perf_counter() - began) * 1000)

    with _repeating(look):
        work()
    return took


@contextmanager
def _repeating(what: Callable[[], None]) -> Iterator[None]:
    stop = threading.Event()
    trouble: list[Exception] = []

    def run() -> None:
        try:
            while not stop.wait(REST_SECONDS):
                what()
        except Exception as each:
            trouble.append(each)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if trouble:
        raise trouble[0]


def _told(idle: list[float], busy: list[float], took: float) -> int:
    before, meanwhile = (quantiles(each, n=100) for each in (idle, busy))
    print(LINE.format("pages, ms by the clock", "p50", "p99", "pages"))
    for name, cuts, each in (("idle", before, idle), (f"while {PLANS} plans wait", meanwhile, busy)):
        print(LINE.format(name, f"{cuts[49]:.1f}", f"{cuts[98]:.1f}", len(each)))
    slower = meanwhile[98] / before[98]
    print(
        f"p99 of idle's: {slower:.2f}, bar {BAR}; {PLANS} plans in {took:.1f} s", "ABOVE" * (slower > BAR), flush=True
    )
    return int(slower > BAR)


if __name__ == "__main__":
    sys.exit(main())
