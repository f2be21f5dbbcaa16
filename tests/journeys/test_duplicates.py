"""A pupil written down twice becomes one; two who are alike stay two; and two schools settle whose pupil it is."""

from typing import Any

from playwright.async_api import Page, expect

from ecm.duplicates.matching import match
from ecm.pupils.records import add_carer, add_pupil
from ecm.pupils.schemas import NewCarer, NewPupil
from ecm.seeds import known
from tests.actions.story import open_story
from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, STRANGER, already_in, follow, press, says

PAIRS, LEILA = "Pupils who may be here twice", known("pupil Leila Reid")


async def given_a_pupil_who_is_here_twice(db: Any) -> str:
    """Leila has a case, is on the roll once more with a parent written twice, and is at Hillside; her reference."""
    story = await open_story(db)
    twice = {"first_name": "Leilla", "last_name": "Reid", "date_of_birth": "2018-02-14", "pronouns": "she/her"}
    again = (await add_pupil(story.senco, NewPupil.model_validate(twice | {"class_name": "Cedar"})))["id"]
    await add_carer(story.senco, again, NewCarer(name="Amina Yusuf", relationship="mother"))
    alike = {"first_name": "Suhaila", "date_of_birth": "2017-11-13"}
    await add_pupil(story.senco, NewPupil.model_validate(alike))
    async with db.admin() as admin:
        upn = await admin.fetchval("SELECT upn FROM enrolment WHERE pupil_id = $1", LEILA)
    await add_pupil(await db.act_as(STRANGER), NewPupil(first_name="Lea", upn=upn))
    await match()
    return story.reference


async def test_a_pupil_who_is_here_twice(site: Site) -> None:
    reference = await given_a_pupil_who_is_here_twice(site.db)
    async with site.open(width=PHONE) as telephone:
        page = await telephone.new_page()
        await already_in(page, SENCO)
        await page.goto("/pupils/merges")
        await see(page, "Records that were merged")
        await follow(page, "See whether any pupil is here twice")
        await see(page, PAIRS)
        await two_who_are_alike_stay_two(page)
        await two_records_become_one(page, reference)
        await two_schools_settle_it(page)
    assert_looked_at("duplicates")


async def two_who_are_alike_stay_two(page: Page) -> None:
    await page.get_by_role("link", name="Compare the two records of Suhaila").click()
    await press(page, "They are two pupils")
    await says(page, "They are two pupils, and are not offered again.")
    await see(page, PAIRS)
    await page.get_by_role("button", name="Undo").click()
    await says(page, "That is undone.")


async def two_records_become_one(page: Page, reference: str) -> None:
    await page.get_by_role("link", name="Compare the two records of Leila Reid").click()
    await see(page, "Are these one pupil?")
    await follow(page, "Keep the other record instead")
    right = page.get_by_role("group", name="First name").get_by_label("Leila", exact=True)
    await right.check()
    assert await press(page, "Continue") == 422
    await see(page, "Are these one pupil?", problems=True)
    await expect(right).to_be_checked()
    await page.get_by_label("How do you know that they are one pupil?").fill("Asked the office.")
    await press(page, "Continue")
    await see(page, "Merge the two records?")
    await expect(page.get_by_text(f"case {reference} moves to this record")).to_be_visible()
    await expect(page.get_by_text("Amina Yusuf is written once from now on")).to_be_visible()
    await press(page, "Merge the records")
    await says(page, "The two records are one now.")
    await see(page, "Leila Reid: two records merged")
    await follow(page, "Records that were merged")
    await see(page, "Records that were merged")
    await page.goto(f"/cases/{reference}")
    await expect(page.get_by_text("Leila Reid").first).to_be_visible()


async def two_schools_settle_it(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Ring the school").click()
    await see(page, "Pupils whom another school may have too")
    await expect(page.get_by_text("01632 960102")).to_be_visible()
    await page.get_by_role("link", name="Say what came of it").click()
    await see(page, "Leila Reid and Hillside Academy")
    assert await press(page, "We have spoken, it is settled") == 422
    await see(page, "Leila Reid and Hillside Academy", problems=True)
    await page.get_by_label("A number was mistyped, and is corrected now").check()
    await press(page, "We have spoken, it is settled")
    await says(page, "It is settled for your school.")
    await see(page, "Pupils whom another school may have too")
