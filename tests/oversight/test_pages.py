"""The auditor's pages: what they find, what they refuse, what they never say; and what is taken away from them."""

import csv
import re
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import asyncpg

from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.audit.verify import SOUND, verify
from ecm.clock import today
from ecm.oversight.bundle import _Pipe
from ecm.oversight.figures import count_next_day, show_figures
from ecm.oversight.words import SORTS
from ecm.seeds import PUPILS, known
from tests.actions.test_pages import words
from tests.client import application
from tests.journeys.story import Story, Visitor, begin, pupil_id
from tests.oversight.test_filters import lay_log

NAMES = re.compile(rf"\b({'|'.join(re.escape(p.first) for p in PUPILS if len(p.first) > 3)})\b")
AREA = "ecm.example/log"


async def events(db: Any, event: str) -> list[str]:
    async with db.admin() as admin:
        rows = await admin.fetch("SELECT entry::text FROM audit_event WHERE event = $1 ORDER BY id", event)
    return [row["entry"] for row in rows]


async def seen(visitor: Visitor, path: str, status: int = 200) -> str:
    """The words of a page, of which none may be a pupil's name."""
    answer = await visitor.see(path)
    assert answer.status_code == status, (path, answer.text)
    assert not NAMES.search(answer.text), path
    return words(answer)


async def test_searching_finding_keeping_and_refusals(db):
    async with application() as client:
        story = await begin(client, ("community-health",))
        auditor, senco, stranger = [await story.who(each) for each in ("auditor", "senco", "stranger")]
        assert (await stranger.get(story.path)).status_code == 404
        await _filters(auditor, story)
        await _find(db, auditor, story)
        await _keep(db, auditor, story)
        await _days_and_records(db, auditor, story)
        for path in (
            "",
            f"/people/{known('senco@oakfield.example')}",
            f"/pupils/{pupil_id('Leila Reid')}",
            "/figures",
            "/bundle",
        ):
            for other in (senco, await story.who("system"), await story.who("amina")):
                assert (await other.see(f"/oversight{path}")).status_code == 403, path
        for path, form in (("find", {"number": story.case_id}), ("export", {}), ("saved?outcome=denied", {"name": "x"}),
                           ("figures/export", {}), ("bundle", {}), ("checks", {"verdict": "sound", "size": "1"})):  # fmt: skip
            assert (await senco.submit(f"/oversight/{path}", form)).status_code == 403, path


async def _filters(auditor: Visitor, story: Story) -> None:
    denied = await seen(auditor, "/oversight?outcome=denied")
    assert "Denied attempts, newest first" in denied
    assert "status 404" in denied
    assert "note:written" not in denied.partition("newest first")[2]
    by_school = await seen(auditor, f"/oversight?agency={known('oakfield')}&lately=1")
    assert "Grace Okafor, SENCO, Oakfield" in by_school
    assert "their school kept the case" in by_school
    assert "No event matches" in await seen(
        auditor, f"/oversight?agency={known('oakfield')}&until-day=1&until-month=1&until-year=2021"
    )
    assert "No event matches" in await seen(auditor, "/oversight?until-day=1&until-month=1&until-year=0001")
    for query, sentence, kept in (
        ("case=Leilani", "Enter the id as it stands in the list of events", 'value="Leilani"'),
        ("pupil=1", "Enter the id as it stands", 'value="1"'),
        ("agency=oak", "Enter the id as it stands", "newest first"),
        ("person=%00", "Enter the id as it stands", "newest first"),
        ("event=case:eaten", "Choose the kind of event from the list.", "newest first"),
        ("outcome=perhaps", "Choose the outcome from the list.", "newest first"),
        ("lately=9", "Choose the days from the list.", "newest first"),
        ("since-day=31&since-month=2&since-year=2026", "must be a real date", 'value="31"'),
        ("since-day=2&since-month=2&since-year=2026&until-day=1&until-month=2&until-year=2026", "must not be before", 'value="2026"'),
    ):  # fmt: skip
        answer = await auditor.see(f"/oversight?{query}")
        assert answer.status_code == 422, query
        assert sentence in answer.text, query
        assert kept in answer.text, query
    assert (await auditor.see("/oversight?cursor=abc")).status_code == 422
    api = await auditor.get("/audit/events", outcome="denied", agency_id=str(known("hillside")))
    assert {each["agency"]["name"] for each in api.json()["items"]} == {"Hillside Academy"} or api.json()["items"]
    assert (await auditor.get("/audit/events", outcome="perhaps")).status_code in (400, 422)
    assert len((await auditor.get("/audit/events", **{"from": "0001-01-01", "to": "9999-12-31"})).json()["items"]) > 5


async def _find(db: Any, auditor: Visitor, story: Story) -> None:
    leila = pupil_id("Leila Reid")
    upn = (await (await story.who("senco")).get(f"/pupils/{leila}")).json()["upn"]
    for number in (leila, upn.lower()):
        assert (await auditor.submit("/oversight/find", {"number": number})).headers[
            "location"
        ] == f"/oversight/pupils/{leila}"
    for number in (story.reference, story.case_id):
        found = await auditor.submit("/oversight/find", {"number": number})
        assert found.headers["location"] == f"/oversight?case={story.case_id}"
    for number, sentence in (
        ("Leila Reid", "No pupil and no case has this number."),
        ("", "Enter the number."),
        ("x" * 61, "60 characters"),
    ):
        wrong = await auditor.submit("/oversight/find", {"number": number})
        assert wrong.status_code == 422
        assert sentence in wrong.text
    async with db.admin() as admin:
        await admin.execute("UPDATE enrolment SET upn = $1 WHERE pupil_id = (SELECT pupil_id FROM enrolment WHERE school_id = $2 LIMIT 1)",
                            upn, known("hillside"))  # fmt: skip
    both = await auditor.submit("/oversight/find", {"number": upn})
    assert both.status_code == 200
    assert both.text.count("/oversight/pupils/") == 2
    assert upn not in "".join(await events(db, "audit:searched"))


async def _keep(db: Any, auditor: Visitor, story: Story) -> None:
    query = f"?agency={known('oakfield')}&outcome=denied&since-day=1&since-month=9&since-year=2026"
    kept = await auditor.submit(f"/oversight/saved{query}", {"name": "Denied at <b>Oakfield</b>"})
    assert kept.status_code == 303
    page = await auditor.see("/oversight")
    assert "Denied at &lt;b&gt;Oakfield&lt;/b&gt;" in page.text
    assert query.replace("&", "&amp;").partition("?")[2].split("&amp;")[1] in page.text
    for name, where, sentence in (
        ("denied AT <b>oakfield</b>", query, "You have kept a search under this name already."), ("All", "", "Filter the list first"),
        ("", query, "Enter a name for this search."), ("a\u202eb", query, "holds a hidden character"),
    ):  # fmt: skip
        wrong = await auditor.submit(f"/oversight/saved{where}", {"name": name})
        assert wrong.status_code == 422, name
        assert sentence in wrong.text, name
    removal = re.findall(r"/oversight/saved/[0-9a-f-]{36}/removal", page.text)
    assert len(removal) == 1
    async with db.admin() as admin:
        other = "UPDATE saved_query SET membership_id = $1"
        await admin.execute(other, known("seat system@partnership.example"))
        assert (await auditor.submit(removal[0], {})).status_code == 404
        assert "Your searches" not in (await auditor.see("/oversight")).text
        await admin.execute(other, known("seat auditor@partnership.example"))
    assert (await auditor.submit(removal[0], {})).status_code == 303
    assert (await auditor.submit(f"/oversight/saved/{known('no search')}/removal", {})).status_code == 404


async def _days_and_records(db: Any, auditor: Visitor, story: Story) -> None:
    person, leila = known("senco@oakfield.example"), pupil_id("Leila Reid")
    day = await seen(auditor, f"/oversight/people/{person}")
    assert day.startswith("Grace Okafor: ")
    assert day.index("case:opened") < day.index("involvement:invited")  # in order, not newest first
    assert "Nothing was recorded on this day." in await seen(
        auditor, f"/oversight/people/{person}?day={today() - timedelta(days=3)}"
    )
    await seen(auditor, f"/oversight/people/{person}?day=9999-12-31")
    await seen(auditor, f"/oversight/people/{person}?day=tomorrow", status=422)
    assert (await auditor.see(f"/oversight/people/{known('amina.yusuf@home.example')}")).status_code == 404
    record = await seen(auditor, f"/oversight/pupils/{leila}")
    assert "Who, the last first" in record
    assert "Cara" in record or "Community" in record
    assert "Denied" in record.partition("Event by event")[2]
    assert (await auditor.see(f"/oversight/pupils/{known('nobody at all')}")).status_code == 404
    assert (
        await auditor.see(f"/oversight/pupils/{known('nobody at all')}")
    ).status_code == 404  # its own refusal is no record
    mine = await events(db, "audit:searched")
    assert any(f'"pupils": ["{leila}"]' in each and '"part": "pupil"' in each for each in mine)
    assert any(f'"actor_asked": "{person}"' in each and '"part": "day"' in each for each in mine)


async def test_what_is_taken_away(db, tmp_path):
    async with application() as client:
        story = Story(client)
        auditor = await story.who("auditor")
        entries = await lay_log(db, 60)
        await _take_list(db, auditor, len(entries))
        await _take_log(db, auditor, tmp_path)


async def _take_list(db: Any, auditor: Visitor, least: int) -> None:
    answer = await auditor.submit("/oversight/export?outcome=denied", {})
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {row["Outcome"] for row in rows} == {"denied"}
    whole = await auditor.submit("/oversight/export", {})
    rows = list(csv.DictReader(StringIO(whole.content.decode("utf-8-sig"), newline="")))
    assert len(rows) > least
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert '"part": "events"' in (await events(db, "audit:exported"))[-1]


async def _take_log(db: Any, auditor: Visitor, folder: Any) -> None:
    assert "Nothing has been sealed yet" in (await auditor.submit("/oversight/bundle", {})).text
    signer = log_key(folder / "log.key", AREA)
    connection = await asyncpg.connect(db.app_url)
    begun = await resume(connection, signer, folder / "checkpoint")
    sealed = await seal_batch(connection, signer, folder / "checkpoint", begun)
    await connection.close()
    for first in (0, 7, sealed.size):
        answer = await auditor.submit("/oversight/bundle", {"first": str(first) if first else ""})
        assert answer.headers["content-type"] == "application/zip"
        ZipFile(BytesIO(answer.content)).extractall(folder / str(first))
        verdict = verify(folder / str(first) / "ecm-log", str(signer.verifier))
        assert verdict.exit_code == SOUND, verdict.message
    assert f'"first": {sealed.size}' in (await events(db, "audit:exported"))[-1]
    for typed, sentence in (
        (str(sealed.size + 1), f"The log has only {sealed.size} entries."),
        ("-1", "must be 0 or more"),
        ("many", "whole number"),
    ):
        wrong = await auditor.submit("/oversight/bundle", {"first": typed})
        assert wrong.status_code == 422
        assert sentence in wrong.text
        assert f'value="{typed}"' in wrong.text
    assert "No check from outside is on record." in await seen(auditor, "/oversight")
    assert (await auditor.submit("/oversight/checks", {"verdict": "fine", "size": "3"})).status_code == 422
    assert (await auditor.submit("/oversight/checks", {"verdict": "sound", "size": "5"})).status_code == 303
    line = await seen(auditor, "/oversight")
    assert f"{sealed.size} entries sealed" in line
    assert "sound, 5 entries" in line


async def test_figures_are_the_same_counted_before_and_now(db):
    await lay_log(db)
    await db.put_clock_forward(timedelta(days=10))
    auditor, last = await db.act_as("auditor@partnership.example"), date(2026, 11, 1)
    now = await show_figures(auditor, last)
    assert {now.by_kind[kind, "denied"] > 0 for kind in ("school", "family")} == {True}
    assert sum(now.by_month.values()) == sum(now.by_kind.values())
    counted = 0
    while await count_next_day():
        counted += 1
    assert counted >= 21
    before = await show_figures(auditor, last)
    more = {("partnership", "views"), ("partnership", "sign_ins"), ("program", "sign_ins")}  # looking itself is counted
    assert {k: n for k, n in before.by_kind.items() if k not in more} == {
        k: n for k, n in now.by_kind.items() if k not in more
    }
    async with db.admin() as admin:
        days = await admin.fetch("SELECT day, number FROM audit_count WHERE kind = 'all'")
        whole = await admin.fetchval("SELECT sum(number) FROM audit_count WHERE kind <> 'all'")
    assert sum(row["number"] for row in days) == whole
    async with application() as client:
        visitor = await Story(client).who("auditor")
        page = await seen(visitor, "/oversight/figures?month=2026-11")
        assert all(sort in page for sort in SORTS.values())
        assert (await visitor.see("/oversight/figures?month=2026-13")).status_code == 422
        taken = await visitor.submit("/oversight/figures/export?month=2026-11", {})
        rows = list(csv.reader(StringIO(taken.content.decode("utf-8-sig"), newline="")))
        assert [row[0] for row in rows[1:13]] == [f"{each:%Y-%m}" for each in now.months]


def test_a_pipe_gives_everything_once():
    pipe = _Pipe()
    pipe.write(b"a")
    pipe.write(b"b")
    assert (pipe.taken(), pipe.taken()) == (b"ab", b"")
