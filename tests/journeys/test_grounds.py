"""On a telephone: an override is recorded and told to the mother, who objects; it ends. She ends a service herself."""

from datetime import date, timedelta

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.grounds.commands import record_ground
from ecm.grounds.schemas import NewGround
from tests.actions.story import Story, open_story
from tests.browser import PHONE
from tests.grounds.story import CARE, MANAGER, SERVICE, join, let_in
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import AMINA, already_in, follow, press, says

DSL = "dsl@oakfield.example"
OVERRIDE = "Safeguarding override"


async def test_sharing_without_consent_and_what_the_family_can_do(site: Site) -> None:
    story = await open_story(site.db)
    await join(site.db, story, MANAGER, CARE)
    await let_in(story, AMINA)
    async with site.open(width=PHONE) as context:
        page = await context.new_page()
        await already_in(page, DSL)
        await when_an_override_is_recorded(page, story)
        await when_the_mother_is_told(page)
        address = page.url
    service = NewGround(**SERVICE | {"agency_id": CARE, "code": "early_help"})
    await record_ground(story.senco, story.case_id, service)
    async with site.open(width=PHONE) as context:
        await then_she_objects_and_ends_a_service(await context.new_page())
    async with site.open(width=PHONE) as context:
        page = await context.new_page()
        await already_in(page, DSL)
        await when_it_ends(page, address)
    assert_looked_at("grounds")


async def fill_date(page: Page, legend: str, day: date) -> None:
    box = page.get_by_role("group", name=legend)
    for label, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await box.get_by_label(label).fill(str(number))


async def when_an_override_is_recorded(page: Page, story: Story) -> None:
    await page.goto(f"/cases/{story.reference}/sharing")
    await follow(page, OVERRIDE)
    await see(page, OVERRIDE)
    await page.get_by_label("Northshire Children's Services").check()
    await page.get_by_label("The pupil is suffering serious harm").check()
    await page.get_by_label("Keeping safe").check()
    await page.get_by_label("Why?", exact=True).fill("Too short")
    await page.get_by_label("Who did you ask for advice?").fill("The social care helpline.")
    await fill_date(page, "Until when?", today() + timedelta(days=7))
    await page.get_by_label("Telling them would put somebody at risk").check()
    await fill_date(page, "If nobody was told: when do you look at this again?", today() + timedelta(days=3))
    assert await press(page, "Check what this does") == 422
    await see(page, OVERRIDE, problems=True)
    await page.get_by_label("Why?", exact=True).fill("She said what happens to her at home.")
    await press(page, "Check what this does")
    await see(page, "Check what this does")
    await press(page, "Share it now")
    await says(page, "The override is recorded and in force now.")
    await see(page, "People and sharing")
    await page.get_by_role("link", name="More about why").click()
    await see(page, f"{OVERRIDE}: Northshire Children's Services")


async def when_the_mother_is_told(page: Page) -> None:
    await page.get_by_role("button", name="Say whether the family knows").click()
    heading = "What is shared with Northshire Children's Services"
    await see(page, heading)
    await page.get_by_label("Amina Yusuf").check()
    assert await press(page, "Save") == 422
    await see(page, heading, problems=True)
    await fill_date(page, "When were they told?", today())
    await press(page, "Save")
    await says(page, "Whoever was told sees it on their own page now.")


async def then_she_objects_and_ends_a_service(page: Page) -> None:
    await already_in(page, AMINA)
    await page.goto("/family")
    await see(page, "Your family")
    await expect(page.get_by_role("region", name="We share this by law")).to_contain_text("keeping safe")
    await page.get_by_role("link", name="I object").click()
    await see(page, "Say that you object")
    await page.get_by_label("What do you want to say?").fill("x" * 1001)
    assert await press(page, "I object") == 422
    await see(page, "Say that you object", problems=True)
    await page.get_by_label("What do you want to say?").fill("Nobody asked me.")
    await press(page, "I object")
    await says(page, "Thank you. The school has been told that you object.")
    await page.get_by_role("link", name="Take your yes back").click()
    await see(page, "Take your yes back?")
    await press(page, "Take my yes back")
    await says(page, "It has ended. That works at once.")


async def when_it_ends(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.get_by_role("blockquote")).to_contain_text("Nobody asked me.")
    assert await press(page, "Send the answer") == 422
    await see(page, f"{OVERRIDE}: Northshire Children's Services", problems=True)
    await page.get_by_label("What did you decide, and why?").fill("It ends today. Ring me.")
    await press(page, "Send the answer")
    await says(page, "Whoever objected reads your answer on their own page now.")
    await follow(page, "End it")
    heading = "Stop sharing with Northshire Children's Services for this reason?"
    await see(page, heading)
    assert await press(page, "End it") == 422
    await see(page, heading, problems=True)
    await page.get_by_label("Why does it end?").fill("Social care has its own order now.")
    await press(page, "End it")
    await says(page, "It has ended.")
