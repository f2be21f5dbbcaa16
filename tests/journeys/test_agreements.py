"""The partnership's data protection officer drafts, approves and ends an agreement; a SENCO reads what is signed."""

from datetime import date

from playwright.async_api import Page, expect

from ecm.clock import today
from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, follow, press, says

STEWARD, TITLE = "dpo@partnership.example", "Play therapy protocol"


async def test_an_agreement_from_draft_to_end(site: Site) -> None:
    async with site.open(width=PHONE) as telephone:
        page = await telephone.new_page()
        await already_in(page, STEWARD)
        await page.goto("/agreements")
        await see(page, "Sharing agreements")
        await begin(page, today())
        await complete(page)
        await page.get_by_text("End this agreement", exact=True).click()
        await press(page, "End it")
        await says(page, "The agreement has ended.")
    async with site.open() as desk:
        page = await desk.new_page()
        await already_in(page, SENCO)
        await page.goto("/")
        await follow(page, "Sharing agreements")
        await expect(page.get_by_role("button", name="Begin an agreement")).to_have_count(0)
        await follow(page, TITLE)
        await see(page, TITLE)
        await expect(page.get_by_role("button", name="End it")).to_have_count(0)
    assert_looked_at("agreements")


async def begin(page: Page, day: date) -> None:
    await page.get_by_role("button", name="Begin an agreement").click()
    await see(page, "Begin an agreement")
    await page.get_by_label("What is it called?").fill(TITLE)
    for group, year in (("First day", day.year), ("Last day", day.year + 5)):
        box = page.get_by_role("group", name=group)
        for part, number in (("Day", 1), ("Month", 2), ("Year", year)):
            await box.get_by_label(part).fill(str(number))
    assert await press(page, "Begin") == 422
    await see(page, "Begin an agreement", problems=True)
    await page.get_by_role("group", name="Last day").get_by_label("Year").fill(str(day.year + 2))
    await press(page, "Begin")
    await see(page, TITLE)


async def complete(page: Page) -> None:
    assert await press(page, "Approve the agreement") == 422
    await see(page, TITLE, problems=True)
    assert await press(page, "Add the clause") == 422
    await see(page, TITLE, problems=True)
    await page.get_by_label("Number of the clause").fill("4.1")
    await page.get_by_label("Learning and school").check()
    await page.get_by_label("Direct support for the pupil").check()
    await press(page, "Add the clause")
    await says(page, "The clause is added.")
    await press(page, "Take out clause 4.1")
    await says(page, "The clause is out.")
    await page.get_by_label("Number of the clause").fill("4.2")
    await page.get_by_label("Health", exact=True).check()
    await page.get_by_label("Assessment").check()
    await press(page, "Add the clause")
    assert await press(page, "Keep the signature") == 422
    await see(page, TITLE, problems=True)
    for name in ("Oakfield Primary School", "Safe Haven", "Hillside Academy"):
        await page.get_by_label("Organisation").select_option(name)
        await press(page, "Keep the signature")
        await says(page, "The signature is kept.")
    await press(page, "Has left the agreement: Hillside Academy")
    await says(page, "They have left.")
    await press(page, "Approve the agreement")
    await says(page, "The agreement is approved.")
    await see(page, TITLE)
