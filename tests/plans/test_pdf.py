"""The plan as a file: readable by everyone, closed to everything, drawn by processes that never outlive their use."""

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product
from pathlib import Path
from time import monotonic, sleep

import pikepdf
import pytest

from ecm.plans import pdf as module
from ecm.plans.document import PlanDocument
from ecm.plans.pdf import Renderer, RenderFailed, plan_html
from ecm.web.dates import long_date
from tests.plans.samples import (
    AUDIENCES,
    FULL,
    HISTORY,
    LANGUAGES,
    TYPES,
    crowded,
    empty,
    everywhere,
    full,
    in_language,
    text_of,
)
from tests.verapdf import check_ua1

ROOT = Path(module.__file__).parents[2]
# Everything a reader of the professionals' copy finds after the first page, in the order of reading.
IN_ORDER = """1 What is going well | Leila tells wonderful stories and remembers every detail.
2 What we want to change | She finds it hard to begin on paper. | We tried more time. It helped a little.
3 Special educational needs and level of help | 2: extra help in school | SEN support
Speech, language and communication | Specific learning difficulty
4 What makes learning hard, and what helps
Written expression hard to organise | How we know: a teacher noticed it. | Rubs out her first line.
What helps: | Plan aloud before writing | A frame that fades
Poor working memory | How we know: an assessment.
5 What we want to reach, and how it goes | Writes five sentences without help
Being worked on, by Friday 18 December 2026. Followed by Oakfield Primary School | sentences in ten minutes
Where it began | 1 | 9 October 2026 | 2 | With the frame. | Tom Ellis | 20 November 2026 | 3.5 | Where we want to be | 5
Asks for help when she is stuck | Partly met
6 Help that is given: who, how often, how long
Story talk before writing | Tom Ellis | Twice a week | 20 minutes for 12 weeks
Speech and language therapy | Nia Evans | Once a fortnight | 45 minutes. Ended on 6 November 2026
7 Who will do what, and by when | What | Who | By when | Progress
Set up a morning check-in | Tom Ellis, Oakfield Primary School | Friday 27 November 2026 | Under way
Send home the picture timetable | Oakfield Primary School | Friday 20 November 2026 | Done
8 In their own words | These are their words, not ours.
What Leila Reid says | I like telling stories to my nan. | Maya Hall | Thursday 12 November 2026
What the family says | Mornings are hard. | Amina Reid | Friday 13 November 2026. How: on the telephone
9 Who is helping, and how to reach them | Oakfield Primary School | Priya Shah | SENCO | Leads this plan | 01632 960001
Community Health | Nia Evans | Advice | 01632 960002
10 Notes for professionals | Health | Nia Evans, Community Health | Wednesday 18 November 2026
Hearing checked: no concerns.
11 Who can see what | Community Health | Name, school and who is involved; health
12 What has changed, and who has a copy | Since version 2 of 2 October 2026 | New action | Set up a morning check-in
Who has a copy | Community Health | version 2, on 5 October 2026
13 What happens after this | We will look at this plan together on Friday 18 December 2026"""

HEAD_AND_FOOT = 4  # lines
PRIVATE = "about a child. Please keep it safe."


def large(actions: int) -> PlanDocument:
    return full(actions=[FULL["actions"][0]] * actions)


def hostile(address: str, file: Path) -> str:
    """Markup and addresses that would be fetched, run or drawn if a text were ever taken for a page."""
    near, far = file.as_uri(), f"{address}/x.png"
    return (
        f'<img src="{far}"><svg><image href="{near}"/><text>drawn</text></svg><object data="{near}"></object>'
        f'<link rel=stylesheet href="{far}"><link rel=attachment href="{near}"></td></table><iframe src="{far}">'
        f"<style>@import url({far}); @font-face {{ font-family: x; src: url({far}) }} "
        f"p {{ background: url({near}); font-family: x }}</style>{{{{ 7 * 7 }}}} {near}"
    )


def spoken(pdf: bytes, folder: Path) -> str:
    """The words in the order of the tags: what a screen reader says."""
    (folder / "plan.pdf").write_bytes(pdf)
    command = ["pdfinfo", "-struct-text", str(folder / "plan.pdf")]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    return " ".join(" ".join(re.findall(r'^ *"(.*)"$', found, re.MULTILINE)).split())


def drawing_processes() -> set[int]:
    children = Path("/proc/self/task").glob("*/children")
    pids = {int(pid) for path in children for pid in path.read_text().split()}
    return {pid for pid in pids if b"ecm.plans.pdf" in process(pid, "cmdline")}


def process(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()


@pytest.fixture(scope="module")
async def renderer() -> AsyncIterator[Renderer]:
    async with Renderer() as renderer:
        yield renderer


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[tuple[str, list[str], Path]]:
    """A web server's address with what it was asked for, and a file with a canary: neither must ever be touched."""
    asked: list[str] = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY-IN-A-FILE")
    server = HTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked, canary
    server.shutdown()
    server.server_close()


# ---- what is on the page -------------------------------------------------------------------------------------------

# Every kind for every audience, each in a language of its own; `make prove` takes each in every language.
KINDS = tuple(product(TYPES, AUDIENCES))
SPOKEN = [*LANGUAGES, "en", "en", "en"]
SAMPLES = {
    f"{kind}, {audience}, {code}": in_language(code, audience, kind)
    for place, (kind, audience) in enumerate(KINDS)
    for code in (LANGUAGES if os.environ.get("ECM_LONG") else SPOKEN[place : place + 1])
}
AWKWARD = {
    "later version": replace(full("family"), history=HISTORY),
    "own copy": full("family", number=0),
    "empty": empty(),
    "empty profile": empty("one_page_profile"),
    "empty review": empty("review_report"),
    "long words": everywhere("W" * 200),
    "long words in a profile": everywhere("W" * 200, "one_page_profile"),
    "long lines in a profile": replace(everywhere("Nguyễn Thị Hồng Ánh " * 20, "one_page_profile"), history=HISTORY),
    "pictures": everywhere("Loves \U0001f995 ❤\ufe0f ✓ → ½ “reading” \x00\u202e"),
    "crowded": crowded(),
    "crowded profile": crowded("one_page_profile"),
}


async def test_every_sample_is_pdf_ua_1_with_one_page_in_short(renderer: Renderer) -> None:
    samples = SAMPLES | AWKWARD
    drawn = dict(zip(samples, await asyncio.gather(*map(renderer.render, samples.values())), strict=True))

    assert {name: wrong for name, pdf in drawn.items() if (wrong := check_ua1(pdf))} == {}
    for name, pdf in drawn.items():
        assert "Who to talk to" in text_of(pdf, last=1), name
        if samples[name].plan_type == "one_page_profile":
            assert "Page 1 of 1" in text_of(pdf), name
        else:
            assert text_of(pdf, "-raw", first=2, last=2).startswith("1 "), name
            assert name == "long words" or min(map(len, lines_of_pages(pdf))) >= HEAD_AND_FOOT + 4, name


def lines_of_pages(pdf: bytes) -> list[list[str]]:
    """The lines of each page, in the order they were drawn, with those at its head and foot."""
    found = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True)
    return [page.split("\n") for page in found.stdout.decode().removesuffix("\f").split("\f")]


async def test_the_check_itself_finds_what_is_wrong(renderer: Renderer) -> None:
    broken = io.BytesIO()
    with pikepdf.open(io.BytesIO(await renderer.render(full()))) as pdf:
        del pdf.Root.Lang
        del pdf.Root.MarkInfo
        pdf.save(broken)

    clauses = {failure.split(":")[0] for failure in check_ua1(broken.getvalue())}
    assert {"6.2", "7.2"} <= clauses


async def test_every_field_is_read_in_order(renderer: Renderer, tmp_path: Path) -> None:
    pdf = await renderer.render(replace(full(), history=HISTORY))
    heard = spoken(pdf, tmp_path)
    drawn = text_of(pdf, "-raw", first=2)

    heard = heard[heard.rindex("1 What is going well") :]
    for text in (heard, drawn):
        place = 0
        for field in IN_ORDER.replace("\n", " | ").split(" | "):
            assert field in text[place:], f"{field!r} is missing or out of order"
            place = text.index(field, place) + len(field)
    assert "Target 5" in drawn
    for page in ("2 of 5", "5 of 5"):
        assert f"SEN support plan ECM-7K4P-2Q, version 3 Copy for professionals Private: {PRIVATE} Page {page}" in drawn
    assert f"Reference ECM-7K4P-2Q, version 3, made on {long_date(full().made_on)}" in text_of(pdf, last=1)


async def test_the_family_gets_no_notes_and_an_empty_plan_says_what_to_do(renderer: Renderer) -> None:
    family = text_of(await renderer.render(full("family")))
    own = text_of(await renderer.render(full("family", number=0)))
    nothing = text_of(await renderer.render(empty()))

    assert "Hearing checked" not in family
    assert "Notes for professionals" not in family
    assert "12 What happens after this" in family
    assert "the answers are not in this plan" in family
    assert "This is what you agreed to: Who What they can see Community Health Name, school" in own
    assert "Copy for the family" in family
    for sentence in (
        "Nothing is written here in this copy. Tell Oakfield Primary School what goes well at home and at school.",
        "No next steps are listed in this copy.",
        "No other organisation is listed in this copy.",
        "There is no date yet for looking at this plan together. Ask Oakfield Primary School for one.",
    ):
        assert sentence in nothing


async def test_names_come_out_as_they_were_written(renderer: Renderer) -> None:
    for name in ("Zoë O’Brien-Ọláńrewájú", "Ngozi", *(each[0] for code, each in LANGUAGES.items() if code != "bn")):
        assert name in text_of(await renderer.render(full(case={"pupil": name}, plan_type="one_page_profile")))


async def test_no_name_outside_the_pages_and_every_header_cell_says_what_it_heads(renderer: Renderer) -> None:
    with pikepdf.open(io.BytesIO(await renderer.render(full()))) as pdf:
        assert str(pdf.docinfo.Title) == "SEN support plan ECM-7K4P-2Q"
        assert str(pdf.Root.Lang) == "en-GB"
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
        said = f"{pdf.docinfo} {titles} {pdf.Root.Metadata.read_bytes().decode()}"
        scopes = [
            str(each.A.Scope)
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/TH"
        ]

    assert titles[0] == "The plan in short"
    assert "Leila" not in said
    assert "Reid" not in said
    assert (scopes.count("/Column"), scopes.count("/Row")) == (19, 12)


async def test_equal_documents_are_drawn_as_equal_bytes_by_different_processes(renderer: Renderer) -> None:
    async with Renderer(processes=1) as other:
        first, second = await renderer.render(full()), await other.render(full())

    assert first == second
    assert first != await renderer.render(replace(full(), number=4))


async def test_a_partnership_words_its_own_part_and_has_all_the_others(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "after.html").write_text("<h2>Ask us</h2><p>{{ plan.school }} is open until six.</p>")
    async with Renderer(processes=1, own=lambda: tmp_path) as renderer:
        text = text_of(await renderer.render(empty()))

    assert "Ask us Oakfield Primary School is open until six." in text
    assert "What happens after this" not in text
    assert "What is going well" in text


# ---- closed to everything ------------------------------------------------------------------------------------------


async def test_nothing_in_a_text_is_ever_fetched(renderer: Renderer, outside: tuple[str, list[str], Path]) -> None:
    address, asked, canary = outside
    text = hostile(address, canary)
    pdf = await renderer.render(everywhere(text))

    assert asked == []
    assert b"CANARY-IN-A-FILE" not in decompressed(pdf)
    assert without_space(text_of(pdf, "-raw")).count(without_space(text)) > 10
    assert check_ua1(pdf) == []


def without_space(text: str) -> str:
    return "".join(text.split())


def decompressed(pdf: bytes) -> bytes:
    plain = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(plain, stream_decode_level=pikepdf.StreamDecodeLevel.all, compress_streams=False)
    return plain.getvalue()


@pytest.mark.parametrize("fetcher", ["closed", "WeasyPrint's own"])
def test_the_fetcher_is_closed_even_to_real_markup(fetcher: str, outside: tuple[str, list[str], Path]) -> None:
    """Should a template ever forget to escape: nothing leaves. WeasyPrint as it comes would have asked and read."""
    address, asked, canary = outside
    script = {
        "closed": "from ecm.plans.pdf import draw; draw(sys.stdin.read())",
        "WeasyPrint's own": "import weasyprint; weasyprint.HTML(string=sys.stdin.read()).write_pdf(pdf_tags=True)",
    }[fetcher]
    page = plan_html(full()).replace("plan:plan.css", f"{address}/style.css") + hostile(address, canary)
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; {script}"], input=page, text=True, capture_output=True, cwd=ROOT
    )

    assert ("FatalURLFetchingError" in run.stderr) == (fetcher == "closed")
    assert bool(asked) == (fetcher != "closed")


async def test_a_drawing_process_knows_no_secret_and_the_server_never_loads_weasyprint(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECM_SECRET_KEY", "a-very-secret-key")
    async with Renderer() as fresh:
        before = drawing_processes()
        await fresh.render(empty())
        (pid,) = drawing_processes() - before
        environment, limits = process(pid, "environ"), process(pid, "limits")

    assert b"PATH=" in environment
    assert b"a-very-secret-key" not in environment
    assert re.search(rb"Max core file size +0 +0 ", limits)
    assert re.search(rb"Max address space +\d+ ", limits)
    assert "weasyprint" not in sys.modules


# ---- and never in the way ------------------------------------------------------------------------------------------


async def test_a_drawing_that_takes_too_long_is_killed_and_harms_nobody_else() -> None:
    others = drawing_processes()
    async with Renderer(processes=2, seconds=4) as renderer:
        assert await renderer.render(empty())  # a process that is warm: the limit is for drawing
        slow = asyncio.create_task(renderer.render(large(8_000)))
        assert await renderer.render(empty())
        started = monotonic()
        with pytest.raises(RenderFailed) as failed:
            await slow

        assert failed.value.reason == "too_slow"
        assert monotonic() - started < 5
        assert len(drawing_processes() - others) == 1
        assert await renderer.render(empty())


async def test_a_drawing_that_needs_too_much_memory_is_stopped() -> None:
    async with Renderer(processes=1, megabytes=24) as renderer:
        with pytest.raises(RenderFailed) as failed:
            await renderer.render(large(600))

        assert failed.value.reason == "too_large"
        assert "Leila" not in str(failed.value)


async def test_a_cancelled_drawing_stops_and_gives_its_place_to_the_next() -> None:
    async with Renderer(processes=1) as renderer:
        cancelled = asyncio.create_task(renderer.render(large(5000)))
        await asyncio.sleep(1)
        cancelled.cancel()

        assert await renderer.render(empty())
        with pytest.raises(asyncio.CancelledError):
            await cancelled


async def test_a_process_is_replaced_in_time_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAWN_BY_ONE", 2)
    before = drawing_processes()
    seen = []
    async with Renderer(processes=1) as renderer:
        for _ in range(3):
            await renderer.render(empty())
            seen.append(frozenset(drawing_processes() - before))
        under_way = asyncio.create_task(renderer.render(large(5000)))
        await asyncio.sleep(0.1)

    assert [len(pids) for pids in seen] == [1, 0, 1]
    assert seen[0] != seen[2]
    assert drawing_processes() == before
    with pytest.raises(RenderFailed) as failed:
        await under_way
    assert failed.value.reason == "closed"
    with pytest.raises(RenderFailed, match="stopping"):
        await renderer.render(empty())


SERVER = """
import asyncio, datetime, pathlib
from ecm.plans.document import plan_document
from ecm.plans.pdf import Renderer

def plan(barriers):
    case = {"reference": "ECM-0000-00", "pupil": "Ana", "school": "Oakfield"}
    rows = [{"label": "Hard", "category": "core"}] * barriers
    return plan_document(case, barriers=rows, number=1, made_on=datetime.date(2026, 11, 21), audience="family")

async def main():
    async with Renderer(seconds=5) as renderer:
        await renderer.render(plan(0))
        drawing = asyncio.create_task(renderer.render(plan(BARRIERS)))
        await asyncio.sleep(0.3)
        print(*(each.read_text() for each in pathlib.Path("/proc/self/task").glob("*/children")), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("ending", "barriers"),
    [(signal.SIGINT, 20_000), (signal.SIGTERM, 0), (signal.SIGKILL, 0), (signal.SIGKILL, 20_000)],
)
def test_no_process_outlives_its_server(ending: signal.Signals, barriers: int) -> None:
    """Interrupted in order, or gone at once, while drawing or not."""
    command = [sys.executable, "-c", SERVER.replace("BARRIERS", str(barriers))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        (pid,) = map(int, server.stdout.readline().split())
        assert b"ecm.plans.pdf" in process(pid, "cmdline")
        server.send_signal(ending)

    deadline = monotonic() + 10
    while running(pid) and monotonic() < deadline:
        sleep(0.02)
    assert not running(pid)


def running(pid: int) -> bool:
    """Not gone, and not only waiting for its end to be noticed by whoever inherited it."""
    try:
        return b"State:\tZ" not in process(pid, "status")
    except (FileNotFoundError, ProcessLookupError):
        return False
