"""Actions on pages, as a browser without JavaScript sends them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from ecm import seeds
from ecm.accounts.current import SESSION_COOKIE
from ecm.clock import today
from ecm.seeds import known
from ecm.web.dates import long_date
from ecm.web.visit import CSRF_FIELD, csrf_token
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, Story, action, bring_in, open_story
from tests.client import application, sign_in


class Browser:
    """Somebody signed in on pages."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        self.client, self.token = client, csrf_token(secret)
        self.headers = {"Cookie": f"{SESSION_COOKIE}={secret}"}

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return words(answer)

    async def send(self, path: str, **boxes: Any) -> httpx.Response:
        return await self.client.post(path, data={CSRF_FIELD: self.token, **boxes}, headers=self.headers)


def words(answer: httpx.Response) -> str:
    """What is on a page, without its marks."""
    body = re.search(r"<main.*</main>", answer.text, re.S)
    assert body is not None
    apart = re.sub(r"</?(span|strong|a)\b[^>]*>", "", body[0])
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", apart)).split())


@asynccontextmanager
async def browsing(email: str) -> AsyncIterator[Browser]:
    """A browser in which somebody has signed in."""
    async with application() as client:
        typed = {"email": email, "password": seeds.PASSWORD}
        answer = await client.post("/sign-in", data=typed)
        cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(SESSION_COOKIE))
        yield Browser(client, cookie.partition("=")[2].partition(";")[0])


async def add(story: Story, owner: Any = OAKFIELD, **other: Any) -> dict[str, Any]:
    """An action of the SENCO's."""
    async with application() as client:
        senco = await sign_in(client, SENCO)
        answer = await senco.post(f"/cases/{story.case_id}/actions", action(owner, **other))
        assert answer.status_code == 201, answer.text
        return answer.json()


def date_boxes(name: str, day: Any) -> dict[str, str]:
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


async def test_an_action_is_added_from_its_case_and_shows_in_its_owners_list(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    day = today() + timedelta(days=3)
    async with browsing(SENCO) as senco:
        path = f"/cases/{story.reference.lower()}/actions/add"
        shown = await senco.get(path)
        assert "Leila Reid" in shown
        assert "sees the title, the date and how far it is" in shown
        assert "Northshire Community Health" in shown
        assert "Riverside Family Hub" not in shown
        assert "Beth Lawson, Practitioner" in shown
        assert "Keeping safe" not in shown  # not the SENCO's to write
        typed = {"title": "Try a hearing test", "owner_agency_id": HEALTH, "category": "education"}
        refused = await senco.send(path, **typed, **date_boxes("due_on", day.replace(year=2020)))
        assert refused.status_code == 422
        assert "must not be before the day the case was opened" in words(refused)
        assert 'value="Try a hearing test"' in refused.text
        added = await senco.send(path, **typed, assignee_id=known("seat " + NURSE), **date_boxes("due_on", day))
        assert (added.status_code, added.headers["location"]) == (303, f"/cases/{story.reference}")
    async with browsing(NURSE) as nurse:
        shown = await nurse.get("/actions")
        assert shown.index("Due in the next 7 days") < shown.index("Try a hearing test")
        assert f"Leila Reid · {story.reference}" in shown
        assert f"Due {long_date(day)} (in 3 days)" in shown
        assert "Mark as done “Try a hearing test”" in shown


async def test_one_click_and_one_sentence_move_an_action_on(db):
    story = await open_story(db)
    made = await add(story)
    async with browsing(SENCO) as senco:
        page = (await senco.client.get("/actions", headers=senco.headers)).text
        assert f'action="/actions/{made["id"]}/step"' in page
        step = f"/actions/{made['id']}/step"
        begun = await senco.send(step, version="1", status="doing", progress="Booked.")
        assert (begun.status_code, begun.headers["location"]) == (303, "/actions")
        assert "Under way" in (shown := await senco.get("/actions"))
        assert "Start “" not in shown
        assert (await senco.send(step, version="2", progress="Heard well.")).status_code == 303
        assert (await senco.send(step, version="3", status="done", progress="Heard well.")).status_code == 303
        assert "You have nothing to do here at the moment." in await senco.get("/actions")
        assert "Try a hearing test" in await senco.get("/actions?status=done")
        assert "None of your actions is cancelled." in await senco.get("/actions?status=cancelled")
        refused = await senco.send(step, version="4", status="todo", progress="")
        assert "Say in a line of progress why this action is open again." in words(refused)


async def test_whoever_comes_second_sees_both_versions_and_has_lost_nothing(db):
    story = await open_story(db)
    made = await add(story)
    day = today() + timedelta(days=30)
    mine = {
        "title": "Book a hearing test",
        "status": "doing",
        "progress": "They were <closed>.",
        "assignee_id": "anybody",
    }
    async with browsing(SENCO) as senco:
        path = f"/actions/{made['id']}"
        assert (await senco.send(path + "/step", version="1", status="done", progress="Heard well.")).status_code == 303
        late = await senco.send(path, version="1", **mine, **date_boxes("due_on", day))
        assert late.status_code == 409
        shown = words(late)
        assert "Where it stands (different) Done Under way" in shown
        assert "Progress (different) Heard well. They were <closed>." in shown
        assert f"By when (different) {long_date(today() + timedelta(days=14))} {long_date(day)}" in shown
        assert "Who Nobody in particular Nobody in particular" in shown
        assert 'name="version" value="2"' in late.text
        again = await senco.send(path, version="2", **mine, **date_boxes("due_on", day))
        assert again.headers["location"] == path
        assert "They were <closed>." in await senco.get(path)
        quick = await senco.send(path + "/step", version="2", status="done", progress="Twice.")
        assert quick.status_code == 409
        assert "Progress (different) They were <closed>. Twice." in words(quick)
        assert "Book a hearing test" in words(quick)


@pytest.mark.parametrize("email", ["family.worker@family-hub.example", "senco@hillside.example"])
async def test_whoever_may_only_read_has_no_form_and_a_stranger_has_no_page(db, email):
    story = await open_story(db)
    await bring_in(db, story, "family.worker@family-hub.example", known("family-hub"), "education")
    made = await add(story)
    async with browsing(email) as reader:
        path = f"/actions/{made['id']}"
        shown = await reader.client.get(path, headers=reader.headers)
        sent = await reader.send(path + "/step", version="1", status="done")
        added = await reader.client.get(f"/cases/{story.reference}/actions/add", headers=reader.headers)
        if email.startswith("family"):
            assert shown.status_code == 200
            assert "Change this action" not in words(shown)
            assert sent.status_code == 403
            assert added.status_code == 200
        else:
            assert (shown.status_code, sent.status_code, added.status_code) == (404, 404, 404)


async def test_no_pupil_is_named_where_a_title_stays_behind(db):
    story = await open_story(db)
    made = await add(story, title="Ring Leila’s aunt")
    async with browsing(SENCO) as senco:
        for path in ("/actions", f"/actions/{made['id']}", f"/cases/{story.reference}/actions/add"):
            answer = await senco.client.get(path, headers=senco.headers)
            title = re.search("<title>(.*)</title>", answer.text)
            assert title is not None
            assert "Leila" in answer.text
            assert "Leila" not in title[1]
