"""Lists of actions against what the reader sees one by one; many given to a colleague; a list taken away."""

import asyncio
import csv
from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from ecm.actions.lists import Asked, pick
from ecm.actions.rules import is_open
from ecm.clock import today
from ecm.database import Actor, acting_as
from ecm.paging import Page, page_asked
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, THERAPIST, action, bring_in, open_story
from tests.actions.test_pages import browsing, words
from tests.client import application, sign_in

DSL = "dsl@oakfield.example"
HUB = known("family-hub")
SEAT = {email: known("seat " + email) for email in (SENCO, DSL, NURSE, THERAPIST)}
EVERY = "SELECT t.*, c.lead_membership_id, c.school_id FROM action t JOIN support_case c ON c.id = t.case_id"


async def lay_work(db: Any, number: int = 26) -> list[UUID]:
    """Actions of three cases: the school's, the service's and the hub's, some ended, some assigned, on few days."""
    random, made = Random(3), []
    async with application() as client:
        senco = await sign_in(client, SENCO)
        stories = [await open_story(db, pupil) for pupil in ("Leila Reid", "Nguyễn Thị Ánh", "Suhaila")]
        await bring_in(db, stories[0], THERAPIST, HEALTH, "education")
        await bring_in(db, stories[0], "family.worker@family-hub.example", HUB, "education")
        for n in range(number):
            story = stories[n % 3]
            owner = random.choice([OAKFIELD, HEALTH, HUB]) if n % 3 == 0 else OAKFIELD
            answer = await senco.post(f"/cases/{story.case_id}/actions", action(owner, title=f"Do {n}"))
            assert answer.status_code == 201, answer.text
            made.append(UUID(answer.json()["id"]))
    async with db.admin() as admin:
        for each in made:
            owner = await admin.fetchval("SELECT owner_agency_id FROM action WHERE id = $1", each)
            persons = [
                None,
                *((SEAT[SENCO], SEAT[DSL]) if owner == OAKFIELD else (SEAT[THERAPIST],) if owner == HEALTH else ()),
            ]
            await admin.execute(
                "UPDATE action SET due_on = $2, status = $3, assignee_membership_id = $4 WHERE id = $1",
                each, today() + timedelta(days=random.randint(-3, 4)),
                random.choice(["todo", "doing", "todo", "done", "cancelled"]), random.choice(persons),
            )  # fmt: skip
    return made


async def whole(actor: Actor, asked: Asked, limit: int = 4) -> list[UUID]:
    """Every page of a list, one after another."""
    found: list[UUID] = []
    key: tuple[str, ...] = ()
    while True:
        async with acting_as(actor, "test") as act:
            act.record("home:shown", outcome="shown")
            ids, following = await pick(act, asked, Page(limit, key))
        found += ids
        if following is None:
            return found
        key = page_asked(limit, following).key


@pytest.mark.parametrize("email", [SENCO, DSL, THERAPIST, NURSE, "teacher@oakfield.example"])
async def test_each_list_holds_what_the_reader_sees_and_in_its_order(db, email):
    await lay_work(db)
    actor = await db.act_as(email)
    async with acting_as(actor, "test") as act:
        act.record("home:shown", outcome="shown")
        rows, principals = await act.rows(EVERY), await act.value("SELECT principals()")
        me, agency = act.who.membership_id, act.who.agency_id
    desks = [each for each in principals if each != me]
    free = lambda row: row["assignee_membership_id"] is None and row["owner_desk_id"] in desks  # noqa: E731
    of = {
        "mine": lambda row: row["assignee_membership_id"] == me or free(row),
        "unassigned": free,
        "agency": lambda row: row["owner_desk_id"] in desks,
        "lead": lambda row: row["lead_membership_id"] == me,
        "all": lambda row: True,
    }
    for asked in (
        *(Asked(whose) for whose in of), *(Asked(whose, "open") for whose in of), *(Asked(whose, "done") for whose in of),
        Asked("all", "doing"), Asked("all", overdue=True), Asked("agency", "open", overdue=True),
        Asked("lead", "open", due_before=today() + timedelta(days=2)), Asked("all", "open", agency_id=HEALTH),
        Asked("all", "done", overdue=True),
    ):  # fmt: skip
        wanted = [
            row for row in rows
            if of[asked.whose](row) and (asked.agency_id in (None, row["owner_agency_id"]))
            and (asked.status in (None, row["status"]) or (asked.status == "open" and is_open(row["status"])))
            and (not asked.overdue or (is_open(row["status"]) and row["due_on"] < today()))
            and (asked.due_before is None or row["due_on"] < asked.due_before)
        ]  # fmt: skip
        ended = sorted(
            (r for r in wanted if not is_open(r["status"])), key=lambda r: (r["updated_at"], r["case_id"], r["id"])
        )
        opened = sorted((r for r in wanted if is_open(r["status"])), key=lambda r: (r["due_on"], r["case_id"], r["id"]))
        assert await whole(actor, asked) == [row["id"] for row in (*opened, *reversed(ended))], asked
    assert agency
    if email in (SENCO, THERAPIST):
        assert len(rows) > 5


async def test_many_are_given_to_a_colleague_or_none(db):
    story = await open_story(db)
    await bring_in(db, story, THERAPIST, HEALTH, "education")
    async with application() as client:
        senco = await sign_in(client, SENCO)
        path = f"/cases/{story.case_id}/actions"
        ours = [(await senco.post(path, action(OAKFIELD, title=f"Book {n}"))).json()["id"] for n in range(3)]
        theirs = (await senco.post(path, action(HEALTH, title="Listen"))).json()["id"]
    ticks = [f"{each}.1" for each in ours]
    query = "&".join(f"chosen={each}" for each in ticks)
    async with browsing(SENCO) as browser, browsing(NURSE) as nurse:
        shown = await browser.get("/actions")
        assert "Give what you chose to a colleague" in shown
        chosen = await browser.get(f"/actions/handover?{query}&list=whose%3Dagency")
        assert "Give 3 actions to a colleague" in chosen
        assert "Martin Hale" in chosen
        assert "Priya" not in chosen  # a teacher would not see them
        checked = await browser.get(f"/actions/handover/check?{query}&assignee_id={SEAT[DSL]}")
        assert "Give 3 actions to Martin Hale?" in checked
        nobody = await browser.client.get(f"/actions/handover/check?{query}", headers=browser.headers)
        assert (nobody.status_code, "Choose a colleague" in words(nobody)) == (422, True)
        empty = await browser.client.get("/actions/handover", headers=browser.headers)
        assert (empty.status_code, empty.headers["location"]) == (303, "/actions")
        for boxes, said in (
            (
                {"chosen": ticks, "assignee_id": str(SEAT[NURSE])},
                "Choose a colleague who works on every one of these cases.",
            ),
            (
                {"chosen": ticks, "assignee_id": str(uuid4())},
                "Choose a colleague who works on every one of these cases.",
            ),
            ({"chosen": [f"{theirs}.1"], "assignee_id": str(SEAT[DSL])}, "Untick: “Listen”."),
            ({"chosen": ["rubbish"], "assignee_id": str(SEAT[DSL])}, "Choose the actions from the list."),
            ({"chosen": [f"{ours[0]}.x"], "assignee_id": str(SEAT[DSL])}, "must be a whole number"),
            ({"chosen": ticks * 20, "assignee_id": str(SEAT[DSL])}, "no more than 50"),
            ({"chosen": ticks, "assignee_id": str(SEAT[DSL]), "colour": "red"}, "not asked for here"),
        ):
            refused = await browser.send("/actions/handover", **boxes)
            assert (refused.status_code, said in words(refused)) == (422, True), (boxes, words(refused))
        absent = await browser.send("/actions/handover", chosen=[f"{uuid4()}.1"], assignee_id=str(SEAT[DSL]))
        hidden = await nurse.send("/actions/handover", chosen=ticks, assignee_id=str(SEAT[NURSE]))
        assert (absent.status_code, hidden.status_code) == (404, 404)
        await browser.send(f"/actions/{ours[1]}/step", version="1", status="doing", progress="Begun.")
        late = await browser.send("/actions/handover", chosen=ticks, assignee_id=str(SEAT[DSL]))
        assert late.status_code == 409
        assert "“Book 1”: under way" in words(late)
        assert f'value="{ours[1]}.2"' in late.text  # sending again is a decision, not a retry
        async with db.admin() as admin:
            held = "SELECT count(*) FROM action WHERE assignee_membership_id = $1"
            assert await admin.fetchval(held, SEAT[DSL]) == 0
            ticks[1] = f"{ours[1]}.2"
            done = await browser.send(
                "/actions/handover?list=whose%3Dagency%26evil%3D1", chosen=ticks, assignee_id=str(SEAT[DSL])
            )
            assert (done.status_code, done.headers["location"]) == (303, "/actions?whose=agency")
            assert await admin.fetchval(held, SEAT[DSL]) == 3
            told = "SELECT count(*) FROM audit_event WHERE entry ->> 'event' = 'action:updated' AND entry #>> '{detail,assignee_id}' = 'true'"
            assert await admin.fetchval(told) == 3


async def test_of_two_who_hand_over_at_once_one_is_told(db):
    stories = [await open_story(db, pupil) for pupil in ("Leila Reid", "Suhaila")]
    async with application() as client:
        senco = await sign_in(client, SENCO)
        made = [
            (await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD))).json()["id"]
            for _ in range(3) for story in stories
        ]  # fmt: skip
    async with browsing(SENCO) as first, browsing(DSL) as second:
        for number in (1, 2, 3):
            ticks = [f"{each}.{number}" for each in made]
            sent = [
                first.send("/actions/handover", chosen=ticks, assignee_id=str(SEAT[SENCO])),
                second.send("/actions/handover", chosen=ticks[::-1], assignee_id=str(SEAT[DSL])),
            ]
            answers = await asyncio.gather(*sent)
            assert sorted(each.status_code for each in answers) == [303, 409]
            async with db.admin() as admin:
                held = await admin.fetch(
                    "SELECT assignee_membership_id AS who, version FROM action WHERE id = ANY ($1)", made
                )
            winner = SEAT[SENCO] if answers[0].status_code == 303 else SEAT[DSL]
            assert {(row["who"], row["version"]) for row in held} == {(winner, number + 1)}


async def test_filters_live_in_the_address_and_come_back_and_a_list_is_taken_away(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        for title in ("=HYPERLINK(1)", "Plain"):
            made = (await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, title=title))).json()
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE action SET due_on = $2 WHERE id = $1", UUID(made["id"]), today() - timedelta(days=4)
            )
    async with browsing(SENCO) as browser:
        listed = await browser.client.get("/actions?whose=agency&overdue=yes&name=Leila", headers=browser.headers)
        assert "4 days overdue" in words(listed)
        assert "HYPERLINK" not in words(listed)
        query = "?list=whose%3Dagency%26overdue%3Dyes"
        assert f'href="/actions/{made["id"]}{query}"' in listed.text
        one = await browser.client.get(f"/actions/{made['id']}{query}", headers=browser.headers)
        assert 'href="/actions?whose=agency&amp;overdue=yes"' in one.text
        step = await browser.send(f"/actions/{made['id']}/step{query}", version="1", progress="Rang.")
        assert step.headers["location"] == "/actions?whose=agency&overdue=yes"
        wrong = await browser.client.get(
            "/actions?due_before-day=31&due_before-month=2&due_before-year=2027", headers=browser.headers
        )
        assert (wrong.status_code, "must be a real date" in words(wrong)) == (422, True)
        for bad in (
            "whose=everybody",
            "status=lost",
            "agency_id=7",
            "due_before-day=1&due_before-month=1&due_before-year=0001",
        ):
            assert (await browser.client.get(f"/actions?{bad}", headers=browser.headers)).status_code in (200, 422)
        before = await browser.get("/actions/export?whose=agency")
        assert "your organisation’s responsibility" in before
        taken = await browser.send("/actions/export?whose=agency", columns=["title", "due_on"])
        assert taken.headers["content-disposition"] == f'attachment; filename="actions-{today().isoformat()}.csv"'
        rows = list(csv.reader(StringIO(taken.content.decode("utf-8-sig"), newline="")))
        assert rows[0] == ["Action", "Due"]
        assert [row[0] for row in rows[1:]] == ["Plain", "'=HYPERLINK(1)"]
        assert rows[1][1] == (today() - timedelta(days=4)).isoformat()
        for boxes in ({}, {"columns": "salary"}, {"columns": "title", "whose": "all"}):
            refused = await browser.send("/actions/export", **boxes)
            assert (refused.status_code, "Export this list" in words(refused)) == (422, True)
        async with db.admin() as admin:
            told = await admin.fetch("SELECT entry FROM audit_event WHERE entry ->> 'event' = 'actions:exported'")
        assert len(told) == 1
        assert '"count": 2' in told[0]["entry"]
        assert str(known("pupil Leila Reid")) in told[0]["entry"]
    async with browsing("amina.yusuf@home.example") as carer:
        for path in ("/actions/export", "/cases/export"):
            assert (await carer.client.get(path, headers=carer.headers)).status_code == 403
            assert (await carer.send(path, columns="title" if "actions" in path else "pupil")).status_code == 403
