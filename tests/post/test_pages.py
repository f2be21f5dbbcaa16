"""The page of who keeps the post going: what is in trouble and why, never to whom in full, never about whom."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from ecm import seeds
from ecm.database import acting_as
from ecm.errors import NotAllowed, Refused
from ecm.notifications.letters import LETTERS as EVERY_LETTER
from ecm.notifications.letters import CarerLink, LinkCode, YouCover
from ecm.notifications.outbox import queue
from ecm.post.commands import list_troubles, send_again
from ecm.post.words import LETTERS, trouble_sentence
from ecm.web import assets
from tests.browser import DESK, PHONE, assert_accessible, browser, browser_context, served
from tests.client import the_app
from tests.post.test_delivery import Kept, carrying, settled

__all__ = ["browser"]

SYSTEM = "system@partnership.example"
WAYS = {"email": Kept(), "sms": Kept()}
TROUBLES = (
    ("amina.yusuf@home.example", "refused", "smtp_550", 1), ("daniel@home.example", "bounced", "dsn_5_1_1", 1),
    ("+447700900101", "failed", "no_connection", 7), ("senco@oakfield.example", "waiting", "certificate", 9),
    ("dsl@oakfield.example", "sent", None, 1),
)  # fmt: skip


async def make_trouble(db: Any) -> None:
    async with acting_as(await db.act_as("senco@oakfield.example"), "test") as act:
        for to, *_ in TROUBLES[:2]:
            await queue(act, CarerLink(to, "s" * 43, 7))
        await queue(act, LinkCode(TROUBLES[2][0], "012345", 10))
        for to, *_ in TROUBLES[3:]:
            await queue(act, YouCover(to))
        act.record("consent:requested")
    async with db.admin() as admin:
        await admin.executemany(
            "UPDATE outbox SET state = $2, trouble = $3, tries = $4, tried_at = at WHERE recipient = $1", TROUBLES
        )
        await admin.execute("DELETE FROM pgqueuer")
        await admin.execute(
            "UPDATE outbox SET waiting_since = at - $1::interval, useful_until = useful_until - $1::interval",
            timedelta(hours=2),
        )


async def test_only_who_keeps_the_post_going_sees_what_is_in_trouble_and_tries_it_again(db):
    await make_trouble(db)
    system = await db.act_as(SYSTEM)
    for other in ("senco@oakfield.example", "auditor@partnership.example", "admin@oakfield.example"):
        with pytest.raises(NotAllowed):
            await list_troubles(await db.act_as(other))
        with pytest.raises(NotAllowed):
            await send_again(await db.act_as(other), None)
    found, counts = await list_troubles(system)
    shown = {each["hidden_to"]: (each["state"], each["again"]) for each in found}
    assert shown == {
        "a…@home.example": ("refused", True), "d…@home.example": ("bounced", True), "…101": ("failed", False),
        "s…@oakfield.example": ("waiting", True),
    }  # fmt: skip
    assert (counts["waiting"], counts["sent_today"]) == (1, 0)
    assert not any(to in str(found) for to, *_ in TROUBLES)
    code = next(each for each in found if each["letter"] == "link_code")
    with pytest.raises(Refused, match="run out"):
        await send_again(system, code["id"])
    assert await send_again(system, found[-1]["id"]) == 1
    assert await send_again(system, None) == 2
    async with carrying(WAYS):
        await settled(db)
    assert [each["letter"] for each in (await list_troubles(system))[0]] == ["link_code"]
    async with db.admin() as admin:
        events = dict(
            await admin.fetch("SELECT event, count(*) FROM audit_event WHERE event LIKE 'message%' GROUP BY 1")
        )
    assert events == {"messages:listed": 2, "messages:retried": 2, "message:sent": 3}


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, False)])
async def test_every_state_of_the_page(db, browser: Browser, width: int, scripts: bool) -> None:
    assets.collect()
    async with (
        served(the_app()) as address,
        browser_context(browser, address, width=width, scripts=scripts) as context,
    ):
        page = await context.new_page()
        await page.goto("/sign-in?next=/post")
        await page.get_by_label("E-mail address").fill(SYSTEM)
        await page.get_by_label("Password").fill(seeds.PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("Every message has left.")).to_be_visible()
        if scripts:
            await assert_accessible(page, "post-empty")
        await make_trouble(db)
        await page.goto("/post")
        if scripts:
            await assert_accessible(page, "post-troubles")
        await page.get_by_role("button", name="Try again “A question to a parent or carer”").first.click()
        await expect(page.get_by_role("alert")).to_contain_text("1 message will be tried again now.")
        await page.get_by_role("button", name="Try all again").click()
        await expect(page.get_by_role("alert")).to_contain_text("2 messages will be tried again now.")


def test_every_trouble_is_a_sentence():
    assert {letter.name for letter in EVERY_LETTER} == LETTERS.keys()
    said = {
        code: trouble_sentence(code) for code in (None, "smtp_550", "smtp_451", "http_503", "dsn_5_1_1", "certificate")
    }
    assert said["smtp_451"] == "The server said “try later” (451)."
    assert said["dsn_5_1_1"] == "It left, and was reported as not delivered (5.1.1)."
    assert all(sentence.endswith((".", "?")) for sentence in said.values())
