"""A record is opened in an emergency on a telephone, ended, and reviewed by somebody else; who is on duty; an alert."""

from playwright.async_api import Page, expect

from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.given import open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, THERAPIST, already_in, follow, press, says

SOCIAL, MANAGER = "social.worker@childrens-services.example", "manager@childrens-services.example"
PASSWORD = "open-the-demo"
WHY = "She is not home since five. The police ask for contacts."


async def test_a_record_is_opened_in_an_emergency(site: Site) -> None:
    async with program(site) as client:
        reference = (await open_case(client)).reference
    async with site.open() as school, site.open(width=PHONE) as telephone, site.open() as desk:
        await an_alert_is_written(await school.new_page(), reference)
        await somebody_is_on_duty(await desk.new_page())
        await it_is_opened_and_ended(await telephone.new_page(), reference)
    async with site.open() as desk:
        await somebody_else_reviews_it(await desk.new_page(), reference)
    assert_looked_at("emergencies")


async def an_alert_is_written(page: Page, reference: str) -> None:
    await already_in(page, SENCO)
    await page.goto(f"/cases/{reference}/alerts")
    await see(page, "Health alerts")
    assert await press(page, "Save the health alert") == 422
    await see(page, "Health alerts", problems=True)
    await page.get_by_label("Add a health alert").fill("Allergic to peanuts. EpiPen in the office.")
    await press(page, "Save the health alert")
    await says(page, "The health alert is saved.")


async def somebody_is_on_duty(page: Page) -> None:
    await already_in(page, THERAPIST)
    await page.goto("/emergencies/duty")
    await see(page, "Who is on safeguarding duty")
    assert await press(page, "On duty from now on") == 422
    await see(page, "Who is on safeguarding duty", problems=True)
    await page.get_by_label("Who goes on duty?").select_option(label="Beth Lawson, Practitioner")
    await press(page, "On duty from now on")
    await says(page, "They are on duty from now on.")
    await press(page, "End the duty of Beth Lawson")
    await says(page, "They are off duty.")


async def it_is_opened_and_ended(page: Page, reference: str) -> None:
    await already_in(page, SOCIAL)
    await page.goto("/emergencies")
    await see(page, "Emergency access")
    await page.get_by_role("button", name="Open a record in an emergency").click()
    await see(page, "Open a record in an emergency")
    await page.get_by_label("First name").fill("Leila")
    await page.get_by_label("Say in your own words why it cannot wait").fill(WHY)
    assert await press(page, "Open the record") == 422
    await see(page, "Open a record in an emergency", problems=True)
    await page.get_by_label("Last name").fill("Reid")
    for part, value in (("Day", "14"), ("Month", "2"), ("Year", "2018")):
        await page.get_by_label(part).fill(value)
    await page.get_by_label("The pupil is missing").check()
    await page.get_by_label("Your password").fill(PASSWORD)
    await press(page, "Open the record")
    await says(page, "It is written down")
    await see(page, "Emergency access")
    await follow(page, reference)
    await see(page, f"Case {reference}")
    await expect(page.get_by_text("Allergic to peanuts.")).to_be_visible()
    await press(page, "End it now")
    await says(page, "Your emergency access has ended.")
    await expect(page.get_by_role("link", name=reference)).to_have_count(0)


async def somebody_else_reviews_it(page: Page, reference: str) -> None:
    await already_in(page, MANAGER)
    await page.goto("/")
    await page.get_by_role("button", name="Review it").click()
    await see(page, "Was it right to open this?")
    await expect(page.get_by_text(WHY)).to_be_visible()
    assert await press(page, "Save the review") == 422
    await see(page, "Was it right to open this?", problems=True)
    await page.get_by_label("It was right to open it").check()
    await page.get_by_label("What did you look at, and what follows?").fill("The police have rung back.")
    await press(page, "Save the review")
    await says(page, "Your review is saved.")
    await see(page, "Emergency access")
