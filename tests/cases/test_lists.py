"""The worklist narrowed: by what the reader can see, in an address without names, page by page, and taken away."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from ecm.cases.lists import show_cases
from ecm.cases.schemas import CaseFilter
from ecm.clock import today
from ecm.database import Actor
from ecm.paging import Page, page_asked
from ecm.seeds import known
from tests.actions.story import HEALTH, OAKFIELD, SENCO, THERAPIST, Story, action, bring_in, open_story
from tests.actions.test_pages import browsing, words
from tests.client import application, sign_in

DSL = "dsl@oakfield.example"
PUPILS = ("Leila Reid", "Nguyễn Thị Ánh", "Suhaila", "Niamh O’Neill", "Jack Null")


async def lay_cases(db: Any) -> list[Story]:
    """Five cases; the service is on the first and the third, of which it may read learning only on the first."""
    stories = [await open_story(db, pupil) for pupil in PUPILS]
    await bring_in(db, stories[0], THERAPIST, HEALTH, "education")
    async with application() as client:
        senco = await sign_in(client, SENCO)
        barrier = {"code": "CI01", "how_identified": "assessment", "detail": ""}
        for number, story in enumerate(stories):
            if number % 2 == 0:
                assert (await senco.post(f"/cases/{story.case_id}/barriers", barrier)).status_code == 201
            if number < 3:
                made = await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD))
                async with db.admin() as admin:
                    due_on = today() + timedelta(days=(-2, 3, 20)[number])
                    await admin.execute("UPDATE action SET due_on = $2 WHERE id = $1", UUID(made.json()["id"]), due_on)
    async with db.admin() as admin:
        await admin.execute("UPDATE case_brief SET level = '3' WHERE case_id = $1", stories[0].case_id)
    return stories


async def found(actor: Actor, limit: int = 2, **wanted: Any) -> list[UUID]:
    """The ids of every page, one after another."""
    ids: list[UUID] = []
    page = Page(limit)
    while True:
        shown = await show_cases(actor, page, CaseFilter(**wanted))
        ids += [each["id"] for each in shown["items"]]
        if shown["next"] is None:
            return ids
        page = page_asked(limit, shown["next"])


async def test_filters_find_what_the_reader_can_see_and_nothing_hidden_moves_them(db):
    stories = await lay_cases(db)
    ids = [UUID(str(each.case_id)) for each in stories]
    senco, dsl, service = await db.act_as(SENCO), await db.act_as(DSL), await db.act_as(THERAPIST)
    newest = await found(senco)
    assert set(newest) == set(ids)
    assert newest == await found(senco, 100) == await found(senco, status="open")
    assert await found(senco, sort="due") == await found(senco, 100, sort="due")
    assert (await found(senco, sort="due"))[:3] == ids[:3]
    for reader, wanted, expected in (
        (senco, {"level": "3"}, [0]), (senco, {"level": "2"}, [1, 2, 3, 4]), (senco, {"level": "1"}, []),
        (senco, {"area": "Communication and interaction"}, [0, 2, 4]), (senco, {"area": "Nothing"}, []),
        (senco, {"agency_id": HEALTH}, [0]), (senco, {"agency_id": known("hillside")}, []),
        (senco, {"due": "overdue"}, [0]), (senco, {"due": "week", "sort": "due"}, [0, 1]), (senco, {"due": "month"}, [0, 1, 2]),
        (senco, {"status": "closed"}, []), (senco, {"whose": "mine"}, [0, 1, 2, 3, 4]), (dsl, {"whose": "mine"}, []),
        (dsl, {}, [0, 1, 2, 3, 4]), (service, {}, [0]), (service, {"level": "3"}, [0]), (service, {"due": "overdue"}, [0]),
    ):  # fmt: skip
        got = await found(reader, **wanted)
        assert len(got) == len(set(got)), wanted
        assert set(got) == {ids[each] for each in expected}, wanted


async def test_a_level_that_is_not_the_readers_to_see_finds_nothing(db):
    story = await open_story(db)
    await bring_in(db, story, THERAPIST, HEALTH, "health")
    service = await db.act_as(THERAPIST)
    case = UUID(str(story.case_id))
    assert await found(service) == [case]
    for wanted in ({"level": "2"}, {"level": "4"}, {"area": "Communication and interaction"}):
        assert await found(service, **wanted) == []
    before = await show_cases(service, Page(1), CaseFilter(sort="due"))
    async with application() as client:
        senco = await sign_in(client, SENCO)
        assert (await senco.post(f"/cases/{case}/actions", action(OAKFIELD))).status_code == 201
    assert await show_cases(service, Page(1), CaseFilter(sort="due")) == before


async def test_a_name_never_comes_into_an_address_and_a_list_is_taken_away(db):
    stories = await lay_cases(db)
    async with browsing(SENCO) as browser:
        listed = await browser.client.get("/cases?level=3&q=Leila&sort=due", headers=browser.headers)
        assert stories[0].reference in listed.text
        assert stories[1].reference not in listed.text
        assert 'href="/cases/export?level=3&amp;sort=due"' in listed.text
        for typed in ("oneill niamh", "O'Neill", stories[3].reference.lower(), stories[3].reference.replace("-", " ")):
            answer = await browser.send("/cases/search", q=typed)
            assert answer.status_code == 200
            assert stories[3].reference in answer.text, typed
        assert "No case that you can see fits “Zebedee”." in words(await browser.send("/cases/search", q="Zebedee"))
        for boxes in ({}, {"q": "x" * 101}, {"q": "a\u202eb"}, {"q": "a", "other": "b"}):
            refused = await browser.send("/cases/search", **boxes)
            assert (refused.status_code, "There is a problem" in words(refused)) == (422, True)
        back = await browser.client.get("/cases/search?q=Leila", headers=browser.headers)
        assert (back.status_code, back.headers["location"]) == (303, "/cases")
        taken = await browser.send(
            "/cases/export?area=Communication+and+interaction&sort=due", columns=["pupil", "due_next"]
        )
        rows = list(csv.reader(StringIO(taken.content.decode("utf-8-sig"), newline="")))
        assert rows[0] == ["Pupil", "Next due"]
        assert rows[1] == ["Leila Reid", (today() - timedelta(days=2)).isoformat()]
        assert [row[0] for row in rows[2:]] == ["Suhaila", "Jack Null"]
        assert "Leila" not in taken.headers["content-disposition"]
        async with db.admin() as admin:
            told = await admin.fetch("SELECT entry FROM audit_event WHERE entry ->> 'event' = 'cases:exported'")
        assert len(told) == 1
        assert '"count": 3' in told[0]["entry"]
    async with browsing("senco@hillside.example") as stranger:
        shown = await stranger.send("/cases/search", q="Leila Reid")
        absent = await stranger.send("/cases/search", q="Leola Reed")
        assert "No case that you can see fits" in words(shown)
        assert words(shown).replace("Leila Reid", "") == words(absent).replace("Leola Reed", "")
