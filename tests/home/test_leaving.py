"""Leaving a family page at once, with and without JavaScript; and no written text lost by going away."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from ecm.seeds import PASSWORD
from ecm.web import assets
from ecm.web.render import ELSEWHERE
from tests.actions.story import SENCO, open_story
from tests.browser import DESK, PHONE, browser, browser_context, served
from tests.client import the_app

__all__ = ["browser"]
AMINA = "amina.yusuf@home.example"


@pytest.fixture
async def address(db) -> AsyncIterator[str]:
    assets.collect()
    async with served(the_app()) as found:
        yield found


async def enter(page: Page, email: str, path: str) -> None:
    await page.goto(f"/sign-in?next={path}")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")


@pytest.mark.parametrize("how", ["press", "shift", "without scripts"])
async def test_a_parent_is_elsewhere_and_signed_out_at_once(db, address: str, browser: Browser, how: str) -> None:
    scripts = how != "without scripts"
    async with browser_context(browser, address, width=PHONE, scripts=scripts) as context:
        await context.route(
            f"{ELSEWHERE}**", lambda route: route.fulfill(body="<h1>Sunny</h1>", content_type="text/html")
        )
        page = await context.new_page()
        await enter(page, AMINA, "/family")
        if how == "shift":
            for _ in range(3):
                await page.keyboard.press("Shift")
        else:
            await page.get_by_role("button", name="Leave this page quickly").click()
        await expect(page.get_by_role("heading", name="Sunny")).to_be_visible()
        assert page.url == ELSEWHERE
        async with db.admin() as admin:
            live = "SELECT count(*) FROM session WHERE ended_at IS NULL"
            for _ in range(50):
                if await admin.fetchval(live) == 0:
                    break
                await page.wait_for_timeout(20)
            assert await admin.fetchval(live) == 0
        await page.go_back()
        await expect(page.get_by_role("heading", level=1)).not_to_have_text("Your family")


async def test_going_away_asks_first_when_words_would_be_lost_and_paper_says_who_has_it(
    db, address: str, browser: Browser
) -> None:
    story = await open_story(db)
    form = f"/cases/{story.reference}/actions/add"
    async with browser_context(browser, address, width=DESK) as context:
        page, asked = await context.new_page(), []

        async def stay(dialog) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        page.on("dialog", stay)
        await enter(page, SENCO, form)
        await page.get_by_role("link", name="Home", exact=True).click()
        await page.wait_for_url(f"{address}/")  # nothing was written: nobody asks
        await page.goto(form)
        await page.get_by_label("What will be done").fill("Read together every morning")
        await page.get_by_role("link", name="Home", exact=True).click()
        await page.wait_for_timeout(200)
        assert (asked, page.url) == (["beforeunload"], address + form)
        await page.get_by_role("button", name="Add the action").click()
        await expect(
            page.get_by_role("link", name="Choose the kind of information.")
        ).to_be_visible()  # not asked again
        assert asked == ["beforeunload"]
        await expect(page.get_by_label("What will be done")).to_have_value("Read together every morning")

        await page.goto(f"/cases/{story.reference}")
        await page.emulate_media(media="print")
        await expect(page.get_by_text("Printed by Grace Okafor, Oakfield Primary School, on")).to_be_visible()
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        after = "Array.from(document.querySelectorAll('main a'), each => getComputedStyle(each, '::after').content)"
        assert set(await page.evaluate(after)) == {"none"}, "addresses on paper"
        await expect(page.get_by_role("button", name="Save the note")).to_be_hidden()
