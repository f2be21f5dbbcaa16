"""Every state of the pages about consent in a real browser: accessible, a telephone's width, the keyboard alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from ecm import seeds
from ecm.consent import links
from ecm.seeds import known
from ecm.web import assets
from tests.browser import DESK, PHONE, assert_accessible, browser, browser_context, served, tab_to
from tests.client import application, the_app
from tests.consent.phone import code_of, link_of
from tests.consent.story import AMINA, CARE, DANIEL, HEALTH, NURSE, SENCO, Story, messages, open_story

__all__ = ["browser"]


@pytest.fixture
async def address(db: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The application, served; the test's own pool stands for its lifespan."""
    assets.collect()
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
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


async def follow_link(page: Page, client: Any, story: Story) -> None:
    """From the message to the first page behind the code."""
    await page.goto(link_of(next(m for m in await messages(client) if m["channel"] == "email")))
    await page.get_by_role("button", name="Start").click()
    await page.get_by_label("The 6 digits from the text message").fill(code_of((await messages(client))[0]))
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Is this about your child?")


async def test_a_carer_answers_on_a_telephone_with_the_keyboard_alone(db, address: str, browser: Browser) -> None:
    async with application() as client, browser_context(browser, address, width=PHONE) as context:
        story, page = await open_story(client), await context.new_page()
        nurse = await story.join(NURSE, HEALTH)
        await story.invite(CARE, categories=["family", "social_care"], reason_code="coordination")
        await story.ask(AMINA, (HEALTH, ["education", "health"]), (CARE, ["family", "social_care"]), how="link")
        link = link_of((await messages(client))[0])

        async def go(text: str, name: str) -> None:
            """Press the thing with this text; then look at the page it leads to."""
            await tab_to(page, text)
            await page.keyboard.press("Enter")
            await expect(page.locator("h1")).to_be_visible()
            await page.wait_for_load_state()
            await assert_accessible(page, f"consent-{name}")

        await page.goto(link)
        await assert_accessible(page, "consent-link")
        await go("Start", "code")
        await tab_to(page, "The 6 digits from the text message")
        await page.keyboard.type("000000")
        await go("Continue", "code-wrong")
        await expect(page.get_by_role("link", name="This code does not work.")).to_be_visible()
        await tab_to(page, "The 6 digits from the text message")
        digits = code_of((await messages(client))[0])
        await page.keyboard.type(f"{digits[:3]} {digits[3:]}")
        await go("Continue", "child")
        await go("Yes, go on", "who")
        await go("Go to the questions", "questions")
        await go("Check my answers", "questions-error")
        await expect(page.get_by_role("link", name="Choose yes, no or talk first for Northshire")).to_have_count(2)
        await tab_to(page, "Yes")
        await page.keyboard.press("Space")
        await tab_to(page, "Family and home")
        await page.keyboard.press("Space")
        await tab_to(page, "Yes")
        await page.keyboard.press("Space")
        await tab_to(page, "Learning")
        await page.keyboard.press("Space")
        await go("Check my answers", "check")
        await go("Change something", "questions-filled")
        await go("Check my answers", "check-again")
        await go("Yes, send this to the school", "receipt")
        assert await story.categories(nurse) == {"core", "education"}
        change = page.get_by_role("link", name="Change my mind about learning for Northshire Community Health")
        await go((await change.inner_text()).strip(), "withdraw")
        await go("Take my yes back", "receipt-withdrawn")
        assert await story.categories(nurse) == set()


async def test_the_school_asks_sees_and_writes_down(db, address: str, browser: Browser) -> None:
    """From nothing asked to a yes taken back, at a desk."""
    async with application() as client, browser_context(browser, address, width=DESK) as context:
        story, page = await open_story(client), await context.new_page()
        case = f"/cases/{story.reference}"

        async def look(name: str) -> None:
            await assert_accessible(page, f"consent-{name}")

        await enter(page, SENCO, f"{case}/sharing")
        await look("sharing-none")
        await page.get_by_role("button", name="Ask the family").click()
        await look("ask-none")
        await story.invite(HEALTH)
        await story.join("social.worker@childrens-services.example", CARE, categories=["family"])
        await page.goto(f"{case}/ask")
        await look("ask")
        await page.get_by_role("button", name="See what they will read").click()
        await expect(page.get_by_role("link", name="Choose the parent or carer.")).to_be_visible()
        await look("ask-error")
        await page.get_by_label("Amina Yusuf").check()
        await page.get_by_label("In person now").check()
        await page.get_by_role("button", name="See what they will read").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("This is what Amina Yusuf will read")
        await look("ask-check")
        await page.get_by_role("button", name="Change something").click()
        await expect(page.get_by_label("In person now")).to_be_checked()
        await page.get_by_role("button", name="See what they will read").click()
        await page.get_by_role("button", name="Go through it together").click()
        await look("record")
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.get_by_role("link", name="Enter who else was there.")).to_be_visible()
        await look("record-error")
        await page.get_by_role("radio", name="Yes").first.check()
        await page.get_by_label("Family and home").check()
        await page.get_by_role("radio", name="Not decided yet").last.check()
        await page.get_by_label("In person").check()
        await page.get_by_label("Who else was there?").fill("Martin Hale, safeguarding lead")
        await page.get_by_label("They read or heard the words above").check()
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.get_by_role("alert")).to_contain_text("in force now")

        await page.goto(f"{case}/ask")
        await page.get_by_label("Daniel Reid").check()
        await page.get_by_label("By link now").check()
        await page.get_by_role("button", name="See what they will read").click()
        await page.get_by_role("button", name="Send the link").click()
        await expect(page.get_by_role("alert")).to_contain_text("Daniel Reid has been written to.")
        await look("sharing")
        await page.get_by_role("link", name="Take the yes back").click()
        await look("withdraw-record")
        await page.get_by_role("button", name="Take the yes back").click()
        await expect(page.get_by_role("link", name="Choose how they said it.")).to_be_visible()
        await page.get_by_label("By phone").check()
        await page.get_by_label("Who heard or saw it?").fill("Grace Okafor")
        await page.get_by_role("button", name="Take the yes back").click()
        await expect(page.get_by_role("alert")).to_contain_text("in force now")
        await page.goto("/demo/outbox")
        await look("outbox")


async def test_a_signed_in_parent_reads_answers_and_turns_off(db, address: str, browser: Browser) -> None:
    async with application() as client, browser_context(browser, address, width=PHONE) as context:
        story, page = await open_story(client), await context.new_page()
        await enter(page, DANIEL, "/family")
        await assert_accessible(page, "family-none")
        worker = await story.join("social.worker@childrens-services.example", CARE, categories=["family"])
        admitted = {
            "carer_id": str(known(f"carer {DANIEL}")),
            "authority_seen": "birth certificate",
            "safe_to_share": True,
        }
        assert (await story.senco.post(f"{story.path}/carers", admitted)).status_code == 201
        action = {
            "title": "Try picture cards every morning",
            "category": "classroom",
            "owner_agency_id": str(known("oakfield")),
            "due_on": "2027-01-15",
        }
        assert (await story.senco.post(f"{story.path}/actions", action)).status_code == 201
        await story.ask(DANIEL, (CARE, ["family"]))
        await page.goto("/family")
        await assert_accessible(page, "family-question")
        await page.get_by_role("button", name="Read and answer").click()
        await page.get_by_role("button", name="Go to the question").click()
        await page.get_by_label("Yes").check()
        await page.get_by_label("Family and home").check()
        await page.get_by_role("button", name="Check my answer").click()
        await page.get_by_role("button", name="Yes, send this to the school").click()
        await expect(page.get_by_role("alert")).to_contain_text("Your answer is with the school.")
        assert await story.categories(worker) == {"core", "family"}
        await page.get_by_role("link", name="Back to your family").click()
        await assert_accessible(page, "family-agreed")
        await page.get_by_role("link", name="Turn off family and home").click()
        await page.get_by_role("button", name="Take my yes back").click()
        await expect(page.get_by_role("alert")).to_contain_text("in force now")
        assert (await worker.get(story.path)).status_code == 404
