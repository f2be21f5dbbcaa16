"""Plan documents as accessible PDF (PDF/UA-1), drawn in processes of their own.

A drawing process is `python -m ecm.plans.pdf`: it is given a document, and no database, no key and no way to fetch
anything; what it sends back is bytes, never objects. It can be killed at any moment without harm to anybody else.
This is the only file that imports WeasyPrint, and only a drawing process does: it is large, slow to load, and holds
the interpreter for the whole of a drawing.
"""

import asyncio
import os
import pickle
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ecm.plans.document import PlanDocument
from ecm.plans.text import amount, direction, excerpt, paragraphs
from ecm.web.charts import outcome_chart
from ecm.web.dates import long_date, short_date

Reason = Literal["too_slow", "too_large", "fetching", "broken", "closed"]
SENTENCES: dict[Reason, str] = {
    "too_slow": "The document took too long to draw and was stopped.",
    "too_large": "The document needed too much memory and was stopped.",
    "fetching": "The document tried to fetch something from outside and was stopped.",
    "broken": "The document could not be drawn.",
    "closed": "The document was not drawn because the server is stopping.",
}
ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "plans"
DRAWN_BY_ONE = 50
"""Documents after which a drawing process is replaced, so that what WeasyPrint caches cannot grow for ever."""
NICE = 10
"""How far a drawing stands back: a page gets ten times as much of a busy processor, and a queue still comes to an end."""
GRACE_SECONDS = 1
"""A drawing process whose server has died is ended by the kernel this long after the time limit."""


class RenderFailed(Exception):
    """A document was not drawn. `reason` is a code, the message a plain sentence; neither holds any of its text."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason])
        self.reason: Reason = reason


# ---- in the server -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Drawer:
    """A drawing process, and how many documents it has drawn."""

    process: Process
    drawn: int = 0

    async def draw(self, document: PlanDocument) -> bytes:
        question, answer = self.process.stdin, self.process.stdout
        assert question is not None
        assert answer is not None
        try:
            question.write(_framed(pickle.dumps(document)))
            await question.drain()
            size = int.from_bytes(await answer.readexactly(_SIZE_BYTES))
            reason, _, pdf = (await answer.readexactly(size)).partition(b"\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            # Pango and the kernel end a process that is out of memory by a signal, which is a negative code.
            code = await self.process.wait()
            raise RenderFailed("too_large" if code < 0 else "broken") from None
        if reason:
            raise RenderFailed(reason.decode())  # type: ignore[arg-type]
        self.drawn += 1
        return pdf

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


class Renderer:
    """Draws plan documents, `processes` at a time; further ones wait their turn. Use with `async with`.

    Processes start when first needed and are gone when the block ends, whatever was being drawn. Should this process
    die, they go by themselves.
    """

    def __init__(
        self,
        *,
        processes: int = 2,
        seconds: float = 20.0,
        megabytes: int = 512,
        own: Callable[[], Path | None] = lambda: None,
    ) -> None:
        """`own` says where a partnership keeps templates of its own, which come before the bundled ones."""
        self._own = own
        self._places = asyncio.Semaphore(processes)
        self._seconds = seconds
        self._megabytes = megabytes
        self._idle: list[_Drawer] = []
        self._all: set[_Drawer] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End every drawing process; whatever was being drawn fails as `closed`."""
        self._closed = True
        await asyncio.gather(*(self._dismiss(drawer) for drawer in tuple(self._all)))

    async def render(self, document: PlanDocument) -> bytes:
        """The document as a PDF/UA-1 file. Equal documents give equal bytes on the same machine.

        A drawing that takes longer than the time limit is killed; waiting for a turn is not counted.

        Raises: RenderFailed, with the reason.
        """
        async with self._drawer() as drawer:
            try:
                async with asyncio.timeout(self._seconds):
                    return await drawer.draw(document)
            except TimeoutError:
                raise RenderFailed("too_slow") from None

    @asynccontextmanager
    async def _drawer(self) -> AsyncIterator[_Drawer]:
        async with self._places:
            drawer = await self._idle_or_new()
            try:
                yield drawer
            except BaseException as failure:
                # Failed, or cancelled in the middle of an answer: what it would say next answers nobody's question.
                await self._dismiss(drawer)
                if self._closed and isinstance(failure, RenderFailed):
                    raise RenderFailed("closed") from None
                raise
            if drawer.drawn < DRAWN_BY_ONE:
                self._idle.append(drawer)
            else:
                await self._dismiss(drawer)

    async def _idle_or_new(self) -> _Drawer:
        while self._idle and not self._closed:
            drawer = self._idle.pop()
            if drawer.process.returncode is None:
                return drawer
            self._all.discard(drawer)
        drawer = _Drawer(await _start(self._megabytes, int(self._seconds) + GRACE_SECONDS, self._own()))
        self._all.add(drawer)
        if self._closed:
            await self._dismiss(drawer)
            raise RenderFailed("closed")
        return drawer

    async def _dismiss(self, drawer: _Drawer) -> None:
        await drawer.stop()
        self._all.discard(drawer)


async def _start(megabytes: int, seconds: int, own: Path | None) -> Process:
    folder = [str(own)] if own else []
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ecm.plans.pdf", str(megabytes), str(seconds), *folder,
        stdin=PIPE, stdout=PIPE, cwd=ROOT, env=_environment(),
        start_new_session=True,  # Ctrl-C in a terminal goes to the server, which then ends its drawings in order
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """What finding fonts needs, and no secret; fixed language and hash seed, so that equal documents are equal."""
    kept = ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}


# ---- between the two: a length, then that many bytes ---------------------------------------------------------------

_SIZE_BYTES = 4


def _framed(content: bytes) -> bytes:
    return len(content).to_bytes(_SIZE_BYTES) + content


# ---- in a drawing process ------------------------------------------------------------------------------------------


def plan_html(document: PlanDocument) -> str:
    """The document as the HTML page that is drawn; its one style sheet is `plan:plan.css`."""
    return _templates().get_template(f"{document.plan_type}.html").render(plan=document)


@cache
def _templates() -> Environment:
    templates = Environment(autoescape=True, undefined=StrictUndefined, loader=FileSystemLoader(_folders()))
    templates.filters |= {
        each.__name__: each for each in (amount, direction, excerpt, long_date, paragraphs, short_date)
    }
    templates.globals["outcome_chart"] = outcome_chart
    return templates


def _folders() -> list[Path]:
    """Where templates and style sheets are looked for; in a drawing process the third argument comes first."""
    return [*_own_folder, TEMPLATES]


_own_folder: list[Path] = []


@cache
def _closed_fetcher() -> Any:
    """Serves the bundled style sheets from memory. Anything else ends the drawing, whoever asks for it."""
    from weasyprint.urls import (  # type: ignore[import-untyped]  # here, so that the server never loads it
        FatalURLFetchingError,
        URLFetcher,
        URLFetcherResponse,
    )

    folders = reversed(_folders())  # the last one read wins
    sheets = {f"plan:{path.name}": path.read_bytes() for folder in folders for path in folder.glob("*.css")}

    class ClosedFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url not in sheets:
                raise FatalURLFetchingError
            return URLFetcherResponse(url, sheets[url], {"Content-Type": "text/css"})

    return ClosedFetcher()


def draw(html: str) -> bytes:
    """The page as PDF/UA-1. Only for a drawing process: it loads WeasyPrint, and has no limits of its own."""
    from weasyprint import HTML  # type: ignore[import-untyped]  # here, so that the server never loads it

    page = HTML(string=html, url_fetcher=_closed_fetcher())
    pdf: bytes = page.write_pdf(pdf_variant="pdf/ua-1", finisher=_scope_header_cells)
    return pdf


def _scope_header_cells(_document: Any, pdf: Any) -> None:
    """Say of each header cell whether it heads its column or its row: WeasyPrint 70 does not pass `scope` on."""
    elements = {each.reference: each for each in pdf.objects if "S" in getattr(each, "keys", tuple)()}
    for cell in elements.values():
        if cell["S"] == "/TH":
            row = elements[cell["P"]]
            cell["A"]["Scope"] = "/Column" if elements[row["P"]]["S"] == "/THead" else "/Row"


def _draw_until_closed(megabytes: int, seconds: int) -> None:
    """Answer documents on standard input until it is closed, within these limits of further memory and time."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    _give_way()
    _closed_fetcher()  # loads WeasyPrint, before memory is counted
    _limit_memory(megabytes)
    while size := sys.stdin.buffer.read(_SIZE_BYTES):
        question = sys.stdin.buffer.read(int.from_bytes(size))
        signal.alarm(seconds)  # the kernel's own ending, also when the server is gone
        answers.write(_framed(_answer(question)))
        answers.flush()
        signal.alarm(0)


def _answer(question: bytes) -> bytes:
    """A reason and a line end; no reason means that the PDF follows. Exceptions stay here: they can hold text."""
    try:
        return b"\n" + draw(plan_html(pickle.loads(question)))
    except MemoryError:
        return b"too_large\n"
    except BaseException as error:
        return b"fetching\n" if type(error).__name__ == "FatalURLFetchingError" else b"broken\n"


def _give_way() -> None:
    """Let people's pages go first: somebody who asked for a plan waits anyway.

    A process of its own session is also in a group of its own, and Linux shares a processor between groups before it
    looks at what is in them. Source: sched(7), "The autogroup feature".
    """
    os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def _limit_memory(megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a pupil's plan
    used = Path("/proc/self/statm")
    if used.exists():
        limit = int(used.read_text().split()[0]) * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    _own_folder += [Path(each) for each in sys.argv[3:]]
    _draw_until_closed(int(sys.argv[1]), int(sys.argv[2]))
