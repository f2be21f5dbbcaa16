"""How much of a bare floor's speed the product keeps: `python -m tests.bench`. See docs/performance.md.

Prints a line for each thing that people do often; exit code 1 when one of them is below its bar.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles

import httpx

from ecm.embedded import running
from ecm.migrations.apply import migrate
from tests.bench.area import lay_area
from tests.bench.load import Measured, drive
from tests.bench.servers import FLOOR, OURS, SECRET, environment, serving
from tests.bench.tasks import Task, tasks

ROUNDS = 10
SECONDS = 0.7
WARM_UP_SECONDS = 1.5
LINE = "{:<34}{:>6} {:<12}{:>8}{:>8}{:>15}{:>15}"


def main() -> int:
    """Measure everything once; the exit code."""
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    with ExitStack() as stack:
        data = Path(tempfile.mkdtemp(prefix="ecm-bench-"))
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        data.chmod(0o755)  # the database's server may run as somebody else
        admin_url = stack.enter_context(running(data))
        asyncio.run(migrate(admin_url, SECRET))
        asyncio.run(lay_area(admin_url))
        settings = environment(data, admin_url)
        ports = [stack.enter_context(serving(each, settings)) for each in (OURS, FLOOR)]
        servers = [stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}")) for port in ports]
        load = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        print(LINE.format("", "ratio", "", "ours/s", "floor/s", "ours p50/p99", "floor p50/p99"))
        return max(measure(load, ports, task) for task in tasks(*servers))


def measure(load: ProcessPoolExecutor, ports: list[int], task: Task) -> int:
    """Ask one, then the other, many times over, so that a noisy moment meets both; print the line; 1 if below the bar."""
    rounds: dict[int, list[Measured]] = {port: [] for port in ports}
    for place in range(ROUNDS + 1):
        for port in ports if place % 2 else reversed(ports):
            found = load.submit(drive, port, task.scripts, SECONDS if place else WARM_UP_SECONDS).result()
            task.scripts = found.scripts
            rounds[port] += [found] if place else []
    ours, floor = rounds.values()
    ratio = median(a.rate / b.rate for a, b in zip(ours, floor, strict=True))
    verdict = f"(bar {task.bar})" if ratio >= task.bar else f"BELOW {task.bar}"
    rates = [f"{median(each.rate for each in side):.0f}" for side in (ours, floor)]
    print(
        LINE.format(task.name, f"{ratio:.2f}", verdict, *rates, *(_spread(side) for side in (ours, floor))), flush=True
    )
    return int(ratio < task.bar)


def _spread(side: list[Measured]) -> str:
    """The median and the 99th percentile of every answer, in ms."""
    cuts = quantiles([took for each in side for took in each.took], n=100)
    return f"{cuts[49] * 1000:.1f} / {cuts[98] * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
