"""How much of bare WeasyPrint's speed a plan keeps, how much more two drawing processes draw than one, and whether pages
wait while many plans do (tests/bench/queued.py).

python -m tests.bench.plans
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

from ecm.plans.pdf import TEMPLATES, Renderer, plan_html
from tests.bench import queued
from tests.bench.waits import work_of
from tests.plans.samples import full

DOCUMENTS = [replace(full(), number=number) for number in range(1, 9)]
ROUNDS = 5
LINK = '<link rel="stylesheet" href="plan:plan.css">'
LINE = "{:<58}{:>6}{:>6}"
KEEPS, MORE = 0.9, 1.7

# The same pages and the same sheet, drawn by WeasyPrint as it comes: of all pages the part that it is told, each time.
BARE = """
import json, sys
from weasyprint import HTML
pages = json.loads(sys.stdin.readline())
for line in sys.stdin:
    for page in pages[slice(*json.loads(line))]:
        HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")
    print("drawn", flush=True)
"""


@dataclass
class Way:
    """One way to draw all documents: in each round, seconds by the clock and of its processes' processor time."""

    clock: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)

    def take(self, seconds: float, worked: int) -> None:
        """A round: seconds by the clock, and ns of processor time."""
        self.clock.append(seconds)
        self.work.append(worked / 1e9)


def main() -> int:
    """Measure and print; 1 when something misses its bar."""
    one, two, bare, bare_two = asyncio.run(_measure())
    keeps = median(b / a for a, b in zip(one.work, bare.work, strict=True))
    more, machine = _gain(one, two), _gain(bare, bare_two)
    print(LINE.format(f"{len(DOCUMENTS)} plans of 5 pages, {ROUNDS} rounds", "ratio", "bar"))
    print(_line("of the speed of bare WeasyPrint, in processor time", keeps, KEEPS))
    print(_line("two processes, of the speed of one, by the clock", more, MORE))
    print(LINE.format("  the same of bare WeasyPrint: what this machine gives", f"{machine:.2f}", ""))
    for name, each in (("one process", one), ("two", two), ("bare, one", bare), ("bare, two", bare_two)):
        work, clock = (median(seconds) / len(DOCUMENTS) * 1000 for seconds in (each.work, each.clock))
        print(f"  a plan, {name}: {work:.0f} ms of processor time, {clock:.0f} ms by the clock")
    print(f"load average {os.getloadavg()[0]:.1f}\n", flush=True)
    return max(int(keeps < KEEPS), int(more < MORE), queued.main())


def _gain(one: Way, two: Way) -> float:
    return median(a / b for a, b in zip(one.clock, two.clock, strict=True))


def _line(name: str, found: float, bar: float) -> str:
    return LINE.format(name, f"{found:.2f}", f"{bar:.2f}") + "  BELOW" * (found < bar)


async def _measure() -> tuple[Way, Way, Way, Way]:
    """Ours with one process and with two, bare WeasyPrint with one and with two: all warm, the same documents, in turns,
    so that a noisy moment meets all."""
    ways = Way(), Way(), Way(), Way()
    async with Renderer(processes=1) as one, Renderer(processes=2) as two:
        with _bare() as first, _bare() as second:
            for place in range(ROUNDS + 1):
                found = [await _ours(one), await _ours(two), _theirs([first]), _theirs([first, second])]
                for way, (seconds, worked) in zip(ways, found, strict=True):
                    if place:  # the first round makes them warm
                        way.take(seconds, worked)
    return ways


async def _ours(renderer: Renderer) -> tuple[float, int]:
    """Seconds, and ns of processor time of the drawing processes and of this one."""
    before, began = _worked(renderer), perf_counter()
    await asyncio.gather(*map(renderer.render, DOCUMENTS))
    return perf_counter() - began, _worked(renderer) - before


def _worked(renderer: Renderer) -> int:
    return work_of([os.getpid(), *(each.process.pid for each in renderer._all)])


Bare = subprocess.Popen[str]


@contextmanager
def _bare() -> Iterator[Bare]:
    """A process that has loaded bare WeasyPrint and knows all pages."""
    sheet = f"<style>{(TEMPLATES / 'plan.css').read_text()}</style>"
    pages = [plan_html(each).replace(LINK, sheet) for each in DOCUMENTS]
    command = [sys.executable, "-c", BARE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        _tell(process, pages)
        yield process
        process.communicate()


def _tell(process: Bare, what: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def _theirs(processes: list[Bare]) -> tuple[float, int]:
    """Seconds, and ns of processor time, for all documents dealt to these processes."""
    pids = [each.pid for each in processes]
    before, began = work_of(pids), perf_counter()
    for place, process in enumerate(processes):
        _tell(process, [place, None, len(processes)])
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "drawn\n"
    return perf_counter() - began, work_of(pids) - before


if __name__ == "__main__":
    sys.exit(main())
