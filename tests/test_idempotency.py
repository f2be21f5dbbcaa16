"""A creating call sent twice does its work once, and tells nobody else, and nothing that has been taken back since."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from ecm.database import acting_as
from ecm.idempotency import LONGEST_KEY
from ecm.seeds import known
from ecm.web.visit import SENT_FIELD
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, action, bring_in, open_story, withdraw
from tests.client import Person, application, sign_in
from tests.journeys.story import Visitor

KEY = {"Idempotency-Key": "an order of Tuesday"}


async def how_many(db: Any) -> int:
    async with db.admin() as admin:
        return await admin.fetchval("SELECT count(*) FROM action")


async def test_the_same_call_again_makes_nothing_and_answers_alike(db):
    story, another = await open_story(db), await open_story(db, "Niamh O’Neill")
    path = f"/cases/{story.case_id}/actions"
    async with application() as client:
        senco = await sign_in(client, SENCO)
        first = await senco.post(path, action(OAKFIELD), **KEY)
        backwards = dict(reversed(action(OAKFIELD).items()))
        for body in (action(OAKFIELD), backwards):
            again = await senco.post(path, body, **KEY)
            assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
        assert await how_many(db) == 1
        for other in (
            await senco.post(path, action(OAKFIELD, title="Something else"), **KEY),
            await senco.post(f"/cases/{another.case_id}/actions", action(OAKFIELD), **KEY),
        ):
            assert other.status_code == 422
            assert other.json()["errors"][0]["field"] == "Idempotency-Key"
        for key in ("", " ", "x" * (LONGEST_KEY + 1), "a\tb"):
            assert (await senco.post(path, action(OAKFIELD), **{"Idempotency-Key": key})).status_code == 422
        assert await how_many(db) == 1
        assert (await senco.post(path, action(OAKFIELD))).json()["id"] != first.json()["id"]
        async with db.admin() as admin:
            assert await admin.fetchval("SELECT count(*) FROM idempotency_key") == 1
            events = "SELECT entry ->> 'event' FROM audit_event WHERE entry ->> 'event' LIKE 'action:%' ORDER BY id"
            told = [each[0] for each in await admin.fetch(events)]
        assert told == ["action:added", "action:shown", "action:shown", "action:added"]


async def test_two_at_once_and_eight_at_once_make_one_and_answer_alike(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)

        async def send(key: str) -> dict[str, Any]:
            body = action(OAKFIELD, title=key)
            answer = await senco.post(f"/cases/{story.case_id}/actions", body, **{"Idempotency-Key": key})
            assert answer.status_code == 201, answer.text
            return answer.json()

        answers = await asyncio.gather(*(send(key) for key in ("one", "two") * 12))
        assert len({each["id"] for each in answers}) == 2
        assert await how_many(db) == 2


async def test_a_call_that_was_refused_keeps_nothing(db):
    story = await open_story(db)
    path = f"/cases/{story.case_id}/actions"
    async with application() as client:
        senco = await sign_in(client, SENCO)
        assert (await senco.post(path, action(OAKFIELD, category="core"), **KEY)).status_code == 422
        assert (await senco.post(path, action(OAKFIELD), **KEY)).status_code == 201
        stranger = await sign_in(client, "senco@hillside.example")
        assert (await stranger.post(path, action(OAKFIELD), **KEY)).status_code == 404
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM idempotency_key") == 1


async def test_a_key_is_its_owners_in_one_role_and_the_answer_is_read_under_the_rights_of_now(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}/actions"
    body = action(assignee_id=str(known("seat " + NURSE)))
    async with application() as client:
        nurse, senco = await sign_in(client, NURSE), await sign_in(client, SENCO)
        made = await nurse.post(path, body, **KEY)
        others = await senco.post(path, body, **KEY)
        assert (made.status_code, others.status_code) == (201, 201)
        assert made.json()["id"] != others.json()["id"]  # the same words from somebody else are another call
        await withdraw(story, "education")
        again = await nurse.post(path, body, **KEY)
        assert again.status_code == 404
        assert made.json()["title"] not in again.text
        await _is_forgotten_after_a_day(db, senco, path, body)
    nurse_actor = await db.act_as(NURSE)
    async with acting_as(nurse_actor, "test") as act:
        act.record("account:shown", outcome="shown")
        assert await act.value("SELECT count(*) FROM idempotency_key") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(nurse_actor, "test") as act:
            await act.run("UPDATE idempotency_key SET principal = $1", known("seat " + SENCO))


async def _is_forgotten_after_a_day(db: Any, senco: Person, path: str, body: dict[str, Any]) -> None:
    async with db.admin() as admin:
        await admin.execute("UPDATE idempotency_key SET at = at - $1::interval", timedelta(hours=24, seconds=1))
    fresh = await senco.post(path, action(OAKFIELD), **KEY)
    assert fresh.status_code == 201
    async with db.admin() as admin:
        seat = known("seat " + SENCO)
        kept = await admin.fetch("SELECT made_id FROM idempotency_key WHERE principal = $1", seat)
    assert [str(each["made_id"]) for each in kept] == [fresh.json()["id"]]


async def test_a_form_is_done_once_by_a_double_click_and_from_the_history_but_again_with_other_words(db):
    story = await open_story(db)
    async with application() as client:
        token = (await sign_in(client, SENCO)).headers["Authorization"].removeprefix("Bearer ")
        senco = Visitor(client, token)
        page = f"/cases/{story.reference}/actions/add"
        mark = re.search(rf'name="{SENT_FIELD}" value="([^"]+)"', (await senco.see(page)).text)
        assert mark is not None
        assert mark[1].endswith(page)

        async def send(**other: str) -> httpx.Response:
            form = action(OAKFIELD) | {"due_on-day": "1", "due_on-month": "7", "due_on-year": "2027"} | other
            del form["due_on"]
            return await senco.submit(page, form | {SENT_FIELD: mark[1]})

        answers = await asyncio.gather(*(send() for _ in range(4)))
        assert {each.status_code for each in answers} == {303}
        assert await how_many(db) == 1
        assert sorted(each.headers["location"] == page for each in answers) == [False, True, True, True]
        refused = await send(title="")
        assert refused.status_code == 422  # and keeps nothing, so that it may be sent again
        assert [(await send(title="Another")).status_code for _ in range(2)] == [303, 303]
        assert await how_many(db) == 2
        elsewhere = await senco.submit(page, {"title": "x", SENT_FIELD: "0123//evil.example"})
        assert elsewhere.status_code == 422
        assert "evil" not in elsewhere.text
