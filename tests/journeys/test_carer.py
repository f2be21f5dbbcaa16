"""A parent with a telephone and a keyboard: the link from the message, the decision, and a change of mind."""

import re

import pytest
from playwright.async_api import Page, expect

from ecm import seeds
from tests.browser import PHONE, tab_to
from tests.journeys.conftest import Site
from tests.journeys.given import asked_about_two_services
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import AMINA, HEALTH, HUB, SENCO, already_in, outbox, press, says

NO_MOUSE = "addEventListener('pointerdown', () => console.error('this journey is for the keyboard'), true)"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_by_the_link_with_the_keyboard_alone(site: Site, scripts: bool) -> None:
    reference = (await asked_about_two_services(site)).reference
    async with site.open(width=PHONE, scripts=scripts) as telephone, site.open() as school:
        await telephone.add_init_script(NO_MOUSE)
        page = await telephone.new_page()
        await when_she_starts_from_the_message(page)
        await when_she_types_the_code_from_the_other_message(page)
        await when_she_says_it_is_her_child_and_reads_who_asks(page)
        await when_she_decides_for_each_service(page)
        await then_she_can_check_and_change_it_before_it_is_sent(page)
        await then_the_receipt_says_what_she_said(page)
        await when_she_signs_in_her_family_page_says_the_same(page)
        await when_she_takes_her_yes_back_it_is_gone(page)
        await then_the_school_sees_both(await school.new_page(), reference)


async def enter(page: Page, name: str) -> None:
    """Tab to a button or a link and press Enter."""
    await tab_to(page, name)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def when_she_starts_from_the_message(page: Page) -> None:
    message = (await outbox(page))[0]
    assert (message["to"], message["channel"]) == (AMINA, "email")
    assert not re.search(r"Leila|Reid|Amina|Oakfield", message["subject"] + message["text"]), "the message names nobody"
    link = re.search(r"/consent/\S+", message["text"])
    assert link
    await page.goto(link[0])
    await see(page, "Your child’s school has a question for you")
    assert not re.search(r"Leila|Reid|Amina|Oakfield", await page.content()), "the first page names nobody"
    await enter(page, "Start")


async def when_she_types_the_code_from_the_other_message(page: Page) -> None:
    await see(page, "Look at your phone")
    message = (await outbox(page))[0]
    assert (message["to"], message["channel"]) == ("+447700900101", "sms")
    code = re.search(r"\b\d{6}\b", message["text"])
    assert code
    await tab_to(page, "The 6 digits from the text message")
    await page.keyboard.type(str((int(code[0]) + 1) % 1_000_000).zfill(6))
    await enter(page, "Continue")
    await see(page, "Look at your phone", problems=True)
    await tab_to(page, "The 6 digits from the text message")
    await page.keyboard.type(code[0])
    await enter(page, "Continue")


async def when_she_says_it_is_her_child_and_reads_who_asks(page: Page) -> None:
    await see(page, "Is this about your child?")
    await expect(page.get_by_text("Is there a Leila at Oakfield Primary School")).to_be_visible()
    await enter(page, "Yes, go on")
    await see(page, "Who is asking, and why")
    for name in ("Grace Okafor", HEALTH, HUB):
        await expect(page.get_by_text(name).first).to_be_visible()
    await enter(page, "Go to the questions")


async def when_she_decides_for_each_service(page: Page) -> None:
    await see(page, "You decide")
    assert await page.locator("main input:checked").count() == 0, "everything is off until she chooses"
    await enter(page, "Check my answers")
    await see(page, "You decide", problems=True)
    await tab_to(page, "Yes")
    await page.keyboard.press("Space")
    await tab_to(page, "Learning")
    await page.keyboard.press("Space")
    await tab_to(page, "Yes")
    await page.keyboard.press("ArrowDown")
    await enter(page, "Check my answers")


async def then_she_can_check_and_change_it_before_it_is_sent(page: Page) -> None:
    await see(page, "Is this right?")
    await enter(page, "Change something")
    await see(page, "You decide")
    chosen = page.locator("main input:checked")
    labels = [
        await page.locator(f"label[for='{await each.get_attribute('id')}']").inner_text() for each in await chosen.all()
    ]
    assert labels == ["Yes", "Learning", "No"], "what she chose is still chosen"
    await enter(page, "Check my answers")
    await enter(page, "Yes, send this to the school")


async def then_the_receipt_says_what_she_said(page: Page) -> None:
    await see(page, "What you said")
    await says(page, "Your answer is with the school.")
    health, hub = page.get_by_role("region", name=HEALTH), page.get_by_role("region", name=HUB)
    await expect(health).to_contain_text("You said yes")
    await expect(health).to_contain_text("You said no")
    await expect(hub).not_to_contain_text("You said yes")
    await enter(page, await whole(page, "Change my mind"))
    await see(page, "Take your yes back?")
    await enter(page, "Leave it as it is")
    await expect(health).to_contain_text("You said yes")


async def when_she_signs_in_her_family_page_says_the_same(page: Page) -> None:
    await page.goto("/sign-in")
    await tab_to(page, "E-mail address")
    await page.keyboard.type(AMINA)
    await tab_to(page, "Password")
    await page.keyboard.type(seeds.PASSWORD)
    await enter(page, "Sign in")
    await see(page, "Your family")
    await expect(page.get_by_text("You said yes")).to_have_count(1)


async def whole(page: Page, start: str) -> str:
    """All that a link says, the part for screen readers included."""
    return (await page.get_by_role("link", name=re.compile(f"^{start}")).inner_text()).strip()


async def when_she_takes_her_yes_back_it_is_gone(page: Page) -> None:
    await enter(page, await whole(page, "Turn off"))
    await see(page, "Take your yes back?")
    await enter(page, "Leave it as it is")
    await see(page, "What you said")
    await page.goto("/family")
    await enter(page, await whole(page, "Turn off"))
    await enter(page, "Take my yes back")
    await says(page, "Your yes is taken back.")
    await enter(page, "Back to your family")
    await see(page, "Your family")
    await expect(page.get_by_text("You said yes")).to_have_count(0)
    await expect(page.get_by_text("You turned it off")).to_have_count(1)


async def then_the_school_sees_both(senco: Page, reference: str) -> None:
    await already_in(senco, SENCO)
    await senco.goto(f"/cases/{reference}/sharing")
    await see(senco, "People and sharing")
    answers = senco.get_by_role("table", name="What each parent or carer said").get_by_role("row")
    await expect(answers.filter(has_text="Withdrawn")).to_have_count(1)
    await expect(answers.filter(has_text="Given")).to_have_count(0)
    await expect(answers.filter(has_text=HUB).filter(has_text="Refused")).to_have_count(2)


async def test_a_link_that_reached_somebody_else_and_a_page_left_open(site: Site) -> None:
    await asked_about_two_services(site)
    async with site.open(width=PHONE) as telephone:
        page = await telephone.new_page()
        await when_she_starts_from_the_message(page)
        await when_she_types_the_code_from_the_other_message(page)
        asked = page.url
        await page.goto(asked + "/questions")
        await press(page, "Check my answers")
        await page.goto(asked)
        await press(page, "No, this is not for me")
        await see(page, "Thank you for telling us")
        await page.goto(asked + "/who")
        await see(page, "This page has closed", error=True)


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("carer")
