"""How much of a bare floor's speed the product keeps in a large area, and how long people wait there.

    python -m tests.bench [PUPILS]

See docs/performance.md. Prints a line for each thing that people do often; exit code 1 when one of them misses its bar.
"""

import asyncio
import os
import platform
import shutil
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import httpx

from ecm.embedded import running
from ecm.migrations.apply import migrate
from tests.bench import imports, plans, waits
from tests.bench.area import Readers, lay_area
from tests.bench.load import Measured, drive
from tests.bench.search import measure_search
from tests.bench.servers import FLOOR, OURS, SECRET, environment, serving
from tests.bench.tasks import CONNECTIONS, Task, alone, tasks

PUPILS = 100_000
ROUNDS = 10
SECONDS = 0.4
WARM_UP_SECONDS = 1.0
LINE = "{:<30}{:>6}{:>6}   {:>7}{:>8}{:>8}   {:>7}{:>8}{:>8}"
HEAD = ("", "ratio", "bar", "ours/s", "p50 ms", "p99 ms", "floor/s", "p50 ms", "p99 ms")


def main() -> int:
    """Measure everything once; the exit code."""
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    with ExitStack() as stack:
        data = Path(tempfile.mkdtemp(prefix="ecm-bench-"))
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        data.chmod(0o755)  # the database's server may run as somebody else
        admin_url = stack.enter_context(running(data))
        asyncio.run(migrate(admin_url, SECRET))
        pupils = int(sys.argv[1]) if len(sys.argv) > 1 else PUPILS
        began = perf_counter()
        who = asyncio.run(lay_area(admin_url, pupils))
        print(f"{pupils:,} pupils, {who.everywhere.cases:,} cases, made in {perf_counter() - began:.0f} s", end="; ")
        missed = [_serve(data, admin_url, who), asyncio.run(measure_search(admin_url, who))]
    print("\npupils from a file, in a database of its own", flush=True)
    missed.append(imports.main())
    print("\nplans as documents", flush=True)
    return max(*missed, plans.main())


def _serve(data: Path, admin_url: str, who: Readers) -> int:
    with ExitStack() as stack:
        settings = environment(data, admin_url)
        served = [stack.enter_context(serving(each, settings)) for each in (OURS, FLOOR)]
        ports = [each.port for each in served]
        servers = [stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}")) for port in ports]
        load = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        busy = f"load average before {os.getloadavg()[0]:.1f}"
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {busy}\n")
        print(waits.LINE.format(*waits.HEAD), flush=True)
        ours = waits.with_children(served[0].process)
        missed = [waits.measure_wait(servers[0], ours, admin_url, each) for each in alone(servers[0], who)]
        print("\n" + LINE.format(f"{CONNECTIONS} connections at once", *HEAD[1:]), flush=True)
        return max(missed + [measure(load, ports, task) for task in tasks(*servers, who)])


def measure(load: ProcessPoolExecutor, ports: list[int], task: Task) -> int:
    """Ask one, then the other, many times over, so that a noisy moment meets both. Print the line; 1 if below the bar."""
    rounds: dict[int, list[Measured]] = {port: [] for port in ports}
    for place in range(ROUNDS + 1):
        for port in ports if place % 2 else reversed(ports):
            found = load.submit(drive, port, task.scripts, SECONDS if place else WARM_UP_SECONDS).result()
            task.scripts = found.scripts
            rounds[port] += [found] if place else []
    ours, floor = rounds.values()
    ratio = median(a.rate / b.rate for a, b in zip(ours, floor, strict=True))
    below = ratio < task.bar
    print(LINE.format(task.name, f"{ratio:.2f}", task.bar, *_facts(ours), *_facts(floor)), "BELOW" * below, flush=True)
    return int(below)


def _facts(side: list[Measured]) -> tuple[str, str, str]:
    """Answers a second, and the median and the 99th percentile of how long every answer took, in ms."""
    cuts = quantiles([took * 1000 for each in side for took in each.took], n=100)
    return f"{median(each.rate for each in side):.0f}", f"{cuts[49]:.1f}", f"{cuts[98]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
