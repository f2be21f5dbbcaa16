"""How much of bare WeasyPrint's speed a plan keeps, and how much more two drawing processes draw than one.

python -m tests.bench.plans
"""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from ecm.plans.pdf import TEMPLATES, Renderer, plan_html
from tests.plans.samples import full

DOCUMENTS = [replace(full(), number=number) for number in range(1, 9)]
ROUNDS = 4
LINK = '<link rel="stylesheet" href="plan:plan.css">'
LINE = "{:<52}{:>6}{:>6}"

# The same pages and the same sheet, drawn by WeasyPrint as it comes, in a process that has drawn one before.
BARE = """
import sys, time
from weasyprint import HTML
pages = sys.stdin.read().split("\\0")
def draw(page):
    HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")
draw(pages[0])
began = time.process_time()
for page in pages:
    draw(page)
print(time.process_time() - began)
"""


def main() -> int:
    """Measure and print; 1 when something misses its bar."""
    ours, bare, one, two = asyncio.run(_measure())
    keeps = median(b / a for a, b in zip(ours, bare, strict=True))
    more = median(a / b for a, b in zip(one, two, strict=True))
    print(LINE.format(f"{len(DOCUMENTS)} plans of 6 pages", "ratio", "bar"))
    print(
        LINE.format("of the speed of bare WeasyPrint, in processor time", f"{keeps:.2f}", 0.9), "BELOW" * (keeps < 0.9)
    )
    print(LINE.format("two processes, of the speed of one, by the clock", f"{more:.2f}", 1.7), "BELOW" * (more < 1.7))
    work, clock = (median(each) / len(DOCUMENTS) * 1000 for each in (ours, one))
    print(f"a plan: {work:.0f} ms of processor time, {clock:.0f} ms; load average {os.getloadavg()[0]:.1f}", flush=True)
    return int(keeps < 0.9 or more < 1.7)


async def _measure() -> tuple[list[float], ...]:
    """Seconds for all documents, in turns, so that a noisy moment meets all: processor time of ours with its process and
    of bare WeasyPrint; by the clock with one process and with two."""
    found: tuple[list[float], ...] = ([], [], [], [])
    async with Renderer(processes=1) as one, Renderer(processes=2) as two:
        for renderer in (one, two):
            await _draw(renderer)  # the processes are warm
        for _ in range(ROUNDS):
            before = _worked(one)
            found[2].append(await _draw(one))
            found[0].append(_worked(one) - before)
            found[3].append(await _draw(two))
            found[1].append(_bare())
    return found


async def _draw(renderer: Renderer) -> float:
    began = perf_counter()
    await asyncio.gather(*map(renderer.render, DOCUMENTS))
    return perf_counter() - began


def _worked(renderer: Renderer) -> float:
    """Processor seconds of this process and of the drawing ones so far."""
    stats = [Path(f"/proc/{each.process.pid}/stat").read_text().rpartition(")")[2].split() for each in renderer._all]
    return process_time() + sum(int(each[11]) + int(each[12]) for each in stats) / os.sysconf("SC_CLK_TCK")


def _bare() -> float:
    sheet = f"<style>{(TEMPLATES / 'plan.css').read_text()}</style>"
    pages = "\0".join(plan_html(each).replace(LINK, sheet) for each in DOCUMENTS)
    done = subprocess.run([sys.executable, "-c", BARE], input=pages, text=True, check=True, stdout=subprocess.PIPE)
    return float(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
