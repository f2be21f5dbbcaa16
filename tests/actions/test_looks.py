"""Every state of the actions' pages in a real browser: accessible, narrow and wide, by keyboard, without scripts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from ecm import seeds
from ecm.clock import today
from ecm.seeds import known
from ecm.web import assets
from tests.actions.story import HEALTH, NURSE, SENCO, action, bring_in, open_story
from tests.browser import DESK, PHONE, assert_accessible, browser, browser_context, served, tab_to
from tests.client import application, sign_in, the_app

__all__ = ["browser"]


async def make_work(db: Any) -> None:
    """An overdue, a near and a far action of the nurse's, for two pupils."""
    titles = [
        (-4, "Ring the hearing clinic about Leila’s missed appointment and agree a new day"),
        (2, "Send the report"),
        (60, "Review"),
    ]
    async with application() as client:
        senco = await sign_in(client, SENCO)
        for pupil in ("Leila Reid", "Nguyễn Thị Ánh"):
            story = await open_story(db, pupil)
            if pupil == "Leila Reid":
                await bring_in(db, story, NURSE, HEALTH, "education")
            for days, title in titles:
                body = action(HEALTH if pupil == "Leila Reid" else known("oakfield"), title=title)
                body["assignee_id"] = str(known("seat " + (NURSE if pupil == "Leila Reid" else SENCO)))
                made = await senco.post(f"/cases/{story.case_id}/actions", body)
                async with db.admin() as admin:
                    due_on = today() + timedelta(days=days)
                    await admin.execute("UPDATE action SET due_on = $2 WHERE id = $1", made.json()["id"], due_on)


async def enter(page: Page, email: str) -> None:
    await page.goto("/sign-in?next=/actions")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(seeds.PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your actions")


@pytest.fixture
async def address(db: Any) -> AsyncIterator[str]:
    """The application, served; the test's own pool stands for its lifespan."""
    assets.collect()
    async with served(the_app()) as found:
        yield found


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, False)])
async def test_every_state_of_the_pages(db, address: str, browser: Browser, width: int, scripts: bool) -> None:
    await make_work(db)
    async with browser_context(browser, address, width=width, scripts=scripts) as context:
        page = await context.new_page()

        async def look(name: str) -> None:
            if scripts:
                await assert_accessible(page, f"actions-{name}")

        await enter(page, NURSE)
        await look("list")
        await page.goto("/actions?status=done")
        await look("empty")
        await page.goto("/actions")
        other = await context.new_page()  # the same person, at another desk
        await other.goto("/actions")
        await other.get_by_label("Progress, in a sentence “Send the report”").fill("Sent by post.")
        await other.get_by_role("button", name="Start “Send the report”").click()
        await expect(other.get_by_role("alert")).to_contain_text("The action is under way.")
        await page.get_by_label("Progress, in a sentence “Send the report”").fill("Given to the school by hand.")
        await page.get_by_role("button", name="Mark as done “Send the report”").click()
        await expect(page.get_by_role("heading", level=2, name="What it says now, and what you typed")).to_be_visible()
        await look("both")
        await expect(page.get_by_role("radio", name="Done")).to_be_checked()
        await page.get_by_role("button", name="Save my version").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Send the report")
        await look("one")
        await page.get_by_label("Year").fill("")
        await page.get_by_role("button", name="Save changes").click()
        await expect(page.get_by_role("link", name="The date must include a year.")).to_be_visible()
        await expect(page.get_by_label("Progress, in a sentence")).to_have_value("Given to the school by hand.")
        await look("error")
        await page.get_by_role("link", name="Your actions").click()
        await expect(page.get_by_role("link", name="Send the report")).to_have_count(0)


async def test_by_keyboard_alone_an_action_is_added(db, address: str, browser: Browser) -> None:
    await make_work(db)
    async with browser_context(browser, address, width=PHONE) as context:
        page = await context.new_page()
        await enter(page, SENCO)
        reference = await page.locator("main a[href^='/cases/']").first.inner_text()
        await page.goto(f"/cases/{reference}/actions/add")
        await assert_accessible(page, "actions-new")
        day = today() + timedelta(days=30)
        for label, text in (("What will be done", "Meet"), ("Day", day.day), ("Month", day.month), ("Year", day.year)):
            await tab_to(page, label)
            await page.keyboard.type(str(text))
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await tab_to(page, "What helps in class")
        await page.keyboard.press("ArrowDown")
        await tab_to(page, "Add the action")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("can see it now.")
        await page.goto("/actions")
        await expect(page.get_by_role("heading", level=3, name="Meet")).to_be_visible()
