"""A data protection officer looks after sharing; a SENCO asks why somebody can, or cannot, see a case."""

from playwright.async_api import expect

from tests.actions.story import HEALTH, NURSE, bring_in, open_story
from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, follow, press

OFFICER = "dpo@oakfield.example"


async def test_what_is_shared_and_why(site: Site) -> None:
    story = await open_story(site.db)
    await bring_in(site.db, story, NURSE, HEALTH, "education", "health")
    async with site.db.admin() as admin:
        await admin.execute("UPDATE case_access SET valid_until = now() + interval '9 days' WHERE basis = 'consent'")
    async with site.open(width=PHONE) as telephone:
        page = await telephone.new_page()
        await already_in(page, OFFICER)
        await page.goto("/oversight/sharing")
        await see(page, "Sharing to look after")
        ending = page.get_by_role("table", name="Ends within 30 days")
        await expect(ending.get_by_text("Northshire Community Health")).to_have_count(2)
    async with site.open() as desk:
        page = await desk.new_page()
        await already_in(page, SENCO)
        await page.goto(f"/cases/{story.reference}/access")
        await follow(page, "Why can, or can’t, somebody see this?")
        await see(page, "Why can, or can’t, somebody see this?")
        person = page.get_by_label("Person")
        await person.select_option("Beth Lawson, Practitioner, Northshire Community Health")
        await press(page, "Show")
        await see(page, "Why can, or can’t, somebody see this?")
        answer = page.get_by_role("table")
        await expect(answer.get_by_text("They were named to work on it", exact=False)).to_have_count(3)
        await expect(answer.get_by_text("Neither the family’s consent nor anything else")).to_have_count(4)
    assert_looked_at("oversee")
