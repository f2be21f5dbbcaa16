"""A word of its own in every row of text: whoever is entitled to it reads it in every place, and nobody else in any."""

import logging
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from ecm.accounts.commands import token_hash
from ecm.database import Actor, acting_as
from ecm.logs import Line
from tests.client import application
from tests.house.routes import ENDS_SESSION, PLACE, UNSOUND, send
from tests.journeys.aviary import NEVER_NAMED, NOTHING, OFF_CASE, PLANS, READS, Aviary, fill
from tests.journeys.story import CARERS, Visitor, carer_id, pupil_id

TEXTS = """
SELECT text FROM note UNION ALL SELECT title || ' ' || progress FROM action UNION ALL SELECT detail FROM identified_barrier
UNION ALL SELECT reason || ' ' || strengths FROM case_brief UNION ALL SELECT text FROM review_contribution
UNION ALL SELECT title || ' ' || measure FROM outcome
UNION ALL SELECT note FROM measurement UNION ALL SELECT concat_ws(' ', title, who, how_often) FROM provision
UNION ALL SELECT text || ' ' || how FROM case_view
"""
OF_OUTCOMES = ("outcome", "measure", "measured", "provision", "view", "how")
IN_CASE = ("note", "title", "progress", "detail", "reason", "strengths", "contribution", *OF_OUTCOMES)
EVERYWHERE = (*IN_CASE, "message")
OWN_FOR_GOOD = re.compile(r"\w+ /(notes|views|contributions)/\S+/correct ")
PRINTED = ("note", "title", "detail", "reason", "strengths", *OF_OUTCOMES)


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: its status, the words in it, and whether it names the pupil."""

    status: int
    words: frozenset[str]
    named: bool


async def in_tables(aviary: Aviary, visitor: Visitor) -> set[str]:
    """The words this person's session gets from the tables themselves."""
    async with acting_as(Actor(token_hash(visitor.secret)), "test") as act:
        rows = await act.rows(TEXTS)
        act.record("case:shown", outcome="shown")
    return aviary.found(" ".join(row["text"] for row in rows))


async def answers(aviary: Aviary, visitor: Visitor, changes: bool = True) -> dict[str, Seen]:
    """What any route answers, about anything there is, refusals too; the changes come after all the looking.

    Without `changes` for who may see nothing: to them all of it is as nothing to the byte (tests/house/test_routes.py).
    """
    found = {}
    for method, path, body in sorted(_requests(aviary), key=lambda each: each[0] != "GET"):
        if method != "GET" and not changes:
            break
        answer = await send(visitor, method, path, body)
        text = _text(aviary, answer)
        seen = Seen(answer.status_code, frozenset(aviary.found(text)), "Leila" in text)
        assert seen.status < 500, (method, path)
        assert seen.status not in (401, 403, 404) or not (seen.words or seen.named), (method, path, text)
        found[f"{method} {path} {body or ''}"] = seen
    return found


def _requests(aviary: Aviary) -> Iterator[tuple[str, str, Any]]:
    queries = {"/api/v1/pupils": "?q=leila", "/api/v1/actions": "?limit=100"}
    for route in aviary.routes:
        method, path = route.split()
        if route in ENDS_SESSION or path.startswith(("/consent/", "/sign-in", "/static")):
            continue
        names = PLACE.findall(path)
        for ids in product(*(_some(aviary.ids[name], method, path) for name in names)):
            place = path.format(**dict(zip(names, ids, strict=True))) + queries.get(path, "")
            yield method, place, None if method in ("GET", "DELETE") else UNSOUND
    yield from (("POST", path, {"q": "leila"}) for path in ("/cases/new", "/cases/search"))
    yield from _late(aviary)


def _some(ids: list[str], method: str, path: str) -> list[str]:
    """Everything there is where it is shown; three of it on the pages behind that; one where it would be changed."""
    if method != "GET":
        return ids[-1:]
    return ids if path.endswith(("}", "/document")) or len(ids) < 3 else ids[:: len(ids) // 2]


def _late(aviary: Aviary) -> Iterator[tuple[str, str, Any]]:
    """Changes that come too late: whoever may change the row is answered with the row as it is now."""
    for action in aviary.actions:
        yield "PATCH", f"/api/v1/actions/{action}", {"version": 1, "status": "done"}
    yield "POST", f"/actions/{aviary.ids['action_id'][-1]}/step", {"version": "1", "status": "done"}
    yield "PATCH", f"/api/v1/cases/{aviary.story.case_id}", {"version": 999, "level": "4"}
    for involvement in aviary.ids["involvement_id"]:
        for step in ("acceptance", "withdrawal"):
            yield "POST", f"/api/v1/involvements/{involvement}/{step}", {}
        yield "PATCH", f"/api/v1/involvements/{involvement}", {"version": 999}


def _text(aviary: Aviary, answer: Any) -> str:
    if answer.headers.get("content-type") != "application/pdf":
        return answer.text
    if answer.content not in aviary.printed:
        assert shutil.which("pdftotext")
        done = subprocess.run(["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True)
        aviary.printed[answer.content] = done.stdout.decode()
    return aviary.printed[answer.content]


async def in_place(aviary: Aviary, reader: str, named: bool) -> None:
    """Every place where this reader's words belong has them, all of them and no others; and no other place has any."""
    mine = aviary.entitled(reader, IN_CASE)
    story, seen = aviary.story, await answers(aviary, await aviary.story.who(reader), changes=bool(mine))
    of_case = set() if reader in OFF_CASE else mine
    rows = {f"GET /api/v1{story.path} ": of_case}
    for tab in ("", "/timeline", "/actions"):  # the newest of it; page by page: tests/casefile
        assert seen[f"GET /cases/{story.reference}{tab} "].words <= mine, (reader, tab)
        assert bool(seen[f"GET /cases/{story.reference}{tab} "].words) == bool(of_case), (reader, tab)
    for action, words in aviary.actions.items():
        rows |= dict.fromkeys((f"GET /api/v1/actions/{action} ", f"GET /actions/{action} "), words & of_case)
    listed = set() if reader in OFF_CASE else aviary.entitled(reader, ("title", "progress"))
    lists = {"GET /api/v1/actions?limit=100 ": listed}
    if reader in CARERS:
        words = aviary.entitled(reader, ("title", "progress", "reason", "strengths", *OF_OUTCOMES[:4]))
        lists |= {"GET /api/v1/family ": words, "GET /family ": words}
    for place, words in (rows | lists).items():
        assert seen[place].words == words, (reader, place)
        assert seen[place].status == (200 if words or place in lists else 404), (reader, place)
    wrongs = {place: seen.pop(place) for place in list(seen) if OWN_FOR_GOOD.match(place)}
    texts = ("note", "view", "contribution")
    own = _own(aviary, reader, texts)
    assert frozenset().union(*(each.words for each in wrongs.values())) <= aviary.entitled(reader, texts) | own
    everything = frozenset().union(*(each.words for each in seen.values()))
    if reader in OFF_CASE:  # of some kinds of text they have no page
        assert seen["GET /class "].words, reader
        assert everything <= aviary.entitled(reader, EVERYWHERE), reader
    else:
        assert everything == aviary.entitled(reader, EVERYWHERE), reader
    assert any(each.named for each in seen.values()) == named, reader
    assert {409, 422} <= {each.status for each in seen.values()} or not of_case or reader in CARERS
    for maker, (categories, readers) in aviary.plans_read.items():
        kinds = [kind for kind in PRINTED if maker != "family" or kind != "note"]
        written = {c.word for c in aviary.written if c.kind in kinds and c.category in categories}
        for place in (f"GET /api/v1/plans/{aviary.plans[maker]}/document ", f"GET /plans/{aviary.plans[maker]} "):
            assert seen[place].status == (200 if reader in readers else 404), (reader, maker)
            assert seen[place].words == (written if reader in readers else set()), (reader, maker)


def _own(aviary: Aviary, reader: str, kinds: Collection[str]) -> set[str]:
    """What somebody wrote, or a colleague of theirs, they may say to be an error for good."""
    authors = {"therapist": "nurse", "manager": "social_worker"}
    return {c.word for c in aviary.canaries if c.kind in kinds and c.author == authors.get(reader, reader)}


async def test_each_reads_what_is_theirs_in_every_place_and_nothing_else_in_any(db, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    async with application() as client:
        aviary = await fill(db, client)
        for reader in READS:
            await in_place(aviary, reader, named=reader not in NEVER_NAMED)
            assert await in_tables(aviary, await aviary.story.who(reader)) == aviary.entitled(reader, IN_CASE), reader
        link = await aviary.story.follow_link(aviary.ids["secret"][0])
        for visitor in (link, Visitor(client, "", link.secret), Visitor(client, "")):
            assert not any(each.words for each in (await answers(aviary, visitor, changes=visitor is link)).values())
        assert aviary.found(str(await aviary.story.messages())) == set()
        async with db.admin() as admin:
            for table in ("audit_event", "outbox", "idempotency_key", "session", "sign_in_attempt", "consent_event"):
                rows = await admin.fetch(f"SELECT t::text AS row FROM {table} t")
                assert aviary.found(" ".join(each["row"] for each in rows)) == set(), table
    log = "\n".join(Line().format(record) for record in caplog.records)
    assert len(log) > 1000
    assert aviary.found(log) == set()
    assert not re.search(r"Leila|Yusuf|@home|ECM-[0-9A-Z]{4}", log)


async def test_a_withdrawal_and_a_bar_take_away_at_once_and_give_nobody_anything(db):
    async with application() as client:
        aviary = await fill(db, client)
        story = aviary.story
        for agency, maker, readers in (
            ("community-health", "nurse", ("nurse", "therapist")),
            ("childrens-services", "social_worker", ("social_worker", "manager")),
        ):
            own = {c.word for c in aviary.canaries if c.author == maker and c.kind in ("note", "detail", "view", "how")}
            await story.withdraw(agency)
            aviary.plans_read[maker] = PLANS[maker][0], set()
            aviary.reads |= dict.fromkeys(readers, NOTHING)
            aviary.extra |= {reader: set() for reader in readers}
            await story.note("senco", "education", aviary.word("note", "senco", "education"))
            for reader in readers:
                await in_place(aviary, reader, named=False)
                assert await in_tables(aviary, await story.who(reader)) == own
        for reader in ("senco", "dsl"):
            await in_place(aviary, reader, named=True)
            assert await in_tables(aviary, await story.who(reader)) == aviary.entitled(reader, IN_CASE), reader

        bar = {"carer_id": carer_id("daniel"), "reason_code": "court_order"}
        await story.do("senco", f"/pupils/{pupil_id('Leila Reid')}/contact-bars", **bar)
        aviary.reads["daniel"], aviary.plans_read["family"] = NOTHING, (PLANS["family"][0], {"senco", "dsl", "amina"})
        await in_place(aviary, "daniel", named=False)
        assert await in_tables(aviary, await story.who("daniel")) == set()
        await in_place(aviary, "amina", named=True)
