"""How long one person keeps the server busy: the processor time of the server and of its database for one request.

Requests one after the other, and nothing else meanwhile. Processor time, as Linux tells it in ns, is the same whatever
else the machine does; on a quiet machine the clock says little more.
"""

import asyncio
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from time import monotonic, perf_counter

import asyncpg
import httpx

from tests.bench.load import Step
from tests.bench.tasks import Wait

SECONDS, LEAST, WARM_UP = 3.0, 300, 50
LINE = "{:<34}{:>9}{:>9}{:>12}{:>12}{:>9}"
HEAD = ("one person, one request, ms", "p50", "p99", "bar", "clock p50", "p99")


def measure_wait(client: httpx.Client, server: list[int], admin_url: str, wait: Wait) -> int:
    """Ask for a while. Print the line; 1 if above the bar. Raises: AssertionError for any answer but 200."""
    # Each connection to the database plans a statement once, at its first turn.
    for _, step in zip(range(WARM_UP), cycle(wait.script), strict=False):
        ask(client, step)
    processes = server + asyncio.run(backends(admin_url))
    busy: list[float] = []
    clock: list[float] = []
    until = monotonic() + SECONDS
    while monotonic() < until or len(busy) < LEAST:
        step = wait.script[len(busy) % len(wait.script)]
        worked, began = work_of(processes), perf_counter()
        ask(client, step)
        clock.append((perf_counter() - began) * 1000)
        busy.append((work_of(processes) - worked) / 1_000_000)
    cuts, seen = quantiles(busy, n=100), quantiles(clock, n=100)
    above = cuts[wait.percentile - 1] > wait.bar_ms
    figures = (
        f"{cuts[49]:.1f}",
        f"{cuts[98]:.1f}",
        f"p{wait.percentile} <= {wait.bar_ms}",
        f"{seen[49]:.1f}",
        f"{seen[98]:.1f}",
    )
    print(LINE.format(wait.name, *figures), "ABOVE" * above, flush=True)
    return int(above)


def ask(client: httpx.Client, step: Step) -> None:
    """One request, exactly as the load sends it."""
    request, _, body = step.bytes().decode().partition("\r\n\r\n")
    first, *headers = request.split("\r\n")
    method, path, _ = first.split(" ")
    answer = client.request(method, path, headers=dict(each.split(": ", 1) for each in headers), content=body)
    assert answer.status_code == 200, f"{first} → {answer.status_code} {answer.text[:500]}"
    step.version += bool(step.version)


async def backends(admin_url: str) -> list[int]:
    """The database's processes that work for servers."""
    connection = await asyncpg.connect(admin_url)
    rows = await connection.fetch(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    await connection.close()
    return [row["pid"] for row in rows]


def with_children(process: int) -> list[int]:
    """This process and all that it started."""
    found = [process]
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += with_children(int(child))
    return found


def work_of(processes: list[int]) -> int:
    """How long these processes have been at work so far, all their threads, in ns."""
    tasks = (task for process in processes for task in Path(f"/proc/{process}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
