"""Every state of the pages about invitations in a real browser: accessible, narrow and wide."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from ecm import seeds
from ecm.web import assets
from tests.browser import PHONE, assert_accessible, browser, browser_context, served
from tests.client import application, the_app
from tests.consent.story import AMINA, HEALTH, NURSE, SENCO, THERAPIST, answer, open_story

__all__ = ["browser"]


@pytest.fixture
async def address(db: Any) -> AsyncIterator[str]:
    """The application, served; the test's own pool stands for its lifespan."""
    assets.collect()
    async with served(the_app()) as found:
        yield found


async def enter(page: Page, email: str, path: str) -> None:
    """Sign in and go there."""
    await page.context.clear_cookies()
    await page.goto(f"/sign-in?next={path}")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(seeds.PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")


async def test_from_the_invitation_to_the_end_of_the_work_on_a_telephone(db, address: str, browser: Browser) -> None:
    """The same pages at a desk are the partner's journey (tests/journeys/test_partner.py)."""
    async with application() as client, browser_context(browser, address, width=PHONE) as context:
        story, page = await open_story(client), await context.new_page()
        case = f"/cases/{story.reference}"

        async def look(name: str) -> None:
            await assert_accessible(page, f"involvements-{name}")

        await enter(page, NURSE, "/invitations")
        await look("none")
        await enter(page, SENCO, f"{case}/invite")
        await look("choose")
        await page.get_by_label("Northshire Community Health").check()
        await page.get_by_role("button", name="Continue").click()
        await look("invite")
        await expect(page.get_by_label("Health", exact=True)).to_be_checked()
        await expect(page.get_by_label("Social care", exact=True)).not_to_be_checked()
        await page.get_by_label("Message (optional)").fill("She says little, and hears well.")
        await page.get_by_role("button", name="Send the invitation").click()
        await expect(page.get_by_role("link", name="Choose what you ask for.")).to_be_visible()
        await expect(page.get_by_label("Message (optional)")).to_have_value("She says little, and hears well.")
        await look("invite-error")
        await page.get_by_label("Assessment").check()
        await page.get_by_role("button", name="Send the invitation").click()
        await expect(page.get_by_role("alert")).to_contain_text("Northshire Community Health is invited")
        await page.get_by_role("link", name="Take back the invitation").click()
        await look("withdraw")

        await enter(page, NURSE, "/invitations")
        await look("list")
        assert "Leila" not in await page.content()
        await page.get_by_role("button", name="Read and answer").click()
        await look("answer-practitioner")
        here = page.url.removeprefix(address)
        await enter(page, THERAPIST, here)
        await look("answer")
        await page.get_by_role("button", name="Decline").click()
        await page.get_by_role("button", name="Decline").click()
        await expect(page.get_by_role("link", name="Choose the reason.")).to_be_visible()
        await look("refuse-error")
        await page.get_by_role("link", name="Back", exact=True).click()
        await page.get_by_label("Who will do the work?").select_option(label="Beth Lawson, Practitioner")
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("alert")).to_contain_text("as soon as the family agrees")
        assert "Leila" not in await page.content()
        await look("waiting")

        asked = await story.ask(AMINA, (HEALTH, ["health"]))
        assert (await answer(story.senco, asked, channel="in_person", health="given")).status_code == 201
        await enter(page, NURSE, "/invitations")
        await look("active")
        await page.get_by_role("link", name="Oakfield Primary School").click()
        await expect(page.get_by_text("She says little, and hears well.")).to_be_visible()
        await look("one")
        await page.get_by_role("link", name="End this work").click()
        await look("end")
        await page.get_by_label("Why does it end now?").fill("The assessment is done.")
        await page.get_by_role("button", name="End the work").click()
        await expect(page.get_by_role("alert")).to_contain_text("The work has ended")
        assert "Leila" not in await page.content()
        await look("past")
