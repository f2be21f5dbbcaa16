"""On a telephone: what is to change, a number in two clicks, what the pupil gets, and a mother who says what she thinks."""

from datetime import timedelta
from decimal import Decimal

from playwright.async_api import Page, expect

from ecm.cases.commands import admit_carer, change_case
from ecm.cases.queries import show_case
from ecm.cases.schemas import Admission, CaseChange
from ecm.clock import today
from ecm.outcomes.commands import add_outcome
from ecm.outcomes.schemas import NewOutcome
from ecm.seeds import known
from tests.actions.story import Story, open_story
from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import AMINA, SENCO, already_in, follow, press, says

TEACHER = "teacher@oakfield.example"
GOAL, MEASURE = "Reads a page aloud", "Words in a minute"


async def test_what_is_to_change_and_whether_it_does(site: Site) -> None:
    story = await open_story(site.db)
    letting = Admission(carer_id=known(f"carer {AMINA}"), authority_seen=True, safe_to_share=True)
    await admit_carer(story.senco, story.case_id, letting)
    async with site.open(width=PHONE) as context:
        page = await context.new_page()
        await already_in(page, SENCO)
        await when_an_outcome_is_added_and_measured_in_two_clicks(page, f"/cases/{story.reference}")
        await when_it_is_changed(page)
        await when_the_pupil_gets_something(page, f"/cases/{story.reference}")
        await when_the_pupil_says_something(page, f"/cases/{story.reference}")
    async with site.open(width=PHONE) as context:
        await then_a_mother_sees_it_and_says_what_she_thinks(await context.new_page())
    async with site.open(width=PHONE) as context:
        await when_the_teacher_writes_down_a_number(await context.new_page(), story)
    async with site.open(width=PHONE) as context:
        await then_all_of_it_was_a_mistake(await context.new_page(), f"/cases/{story.reference}")
    assert_looked_at("outcomes")


async def when_an_outcome_is_added_and_measured_in_two_clicks(page: Page, case: str) -> None:
    await page.goto(f"{case}/outcomes/add")
    await see(page, "What is to be different?")
    await page.get_by_label("The outcome").fill(GOAL)
    await page.get_by_label("The number at the start").fill("20")
    await page.get_by_label("Learning and school").check()
    assert await press(page, "Add the outcome") == 422
    await see(page, "What is to be different?", problems=True)
    await page.get_by_label("What is measured").fill(MEASURE)
    await page.get_by_label("The number to reach").fill("60.5")
    day = today() + timedelta(days=100)
    for label, text in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await page.get_by_label(label).fill(str(text))
    await press(page, "Add the outcome")
    await says(page, "The outcome is added. Next: write down numbers as they are measured.")
    await page.get_by_label(f"{MEASURE}, today").fill("24,5")
    await press(page, f"Save the number for {GOAL}")
    await see(page, GOAL, problems=True)
    await page.get_by_label(MEASURE, exact=True).fill("24.5")
    await press(page, "Save the number")
    await says(page, "The number is saved. The chart has it now.")
    await expect(page.get_by_role("img", name=f"{GOAL}: {MEASURE}")).to_be_visible()
    await see(page, GOAL)


async def when_it_is_changed(page: Page) -> None:
    await page.get_by_label("What is measured").fill("")
    await press(page, "Save changes")
    await see(page, GOAL, problems=True)
    await page.get_by_label("What is measured").fill(MEASURE)
    await page.get_by_role("radio", name="Partly met").check()
    await press(page, "Save changes")
    await says(page, "Your change is saved. Everybody who can see the outcome sees it now.")
    await expect(page.locator("main .govuk-tag").first).to_have_text("Partly met")


async def when_the_pupil_gets_something(page: Page, case: str) -> None:
    await page.goto(f"{case}/provisions/add")
    await see(page, "What does the pupil get?")
    await page.get_by_label("What", exact=True).fill("Picture cards")
    await page.get_by_label("How often").fill("Every day")
    await page.get_by_label("What helps in class").check()
    assert await press(page, "Add the provision") == 422
    await see(page, "What does the pupil get?", problems=True)
    await page.get_by_label("Who gives it").fill("Ms Nair")
    await press(page, "Add the provision")
    await page.get_by_role("link", name="Picture cards").click()
    await page.get_by_label("Minutes each time").fill("601")
    await press(page, "Save changes")
    await see(page, "Picture cards", problems=True)
    await page.get_by_label("Minutes each time").fill("20")
    await press(page, "Save changes")
    await expect(page.get_by_text("Every day, 20 minutes each time")).to_be_visible()
    await see(page, "Picture cards")


async def when_the_pupil_says_something(page: Page, case: str) -> None:
    await page.goto(f"{case}/views/add")
    await see(page, "What do they say?")
    await page.get_by_label("What they say").fill("I like the cards.")
    await page.get_by_label("What helps in class").check()
    assert await press(page, "Save their words") == 422
    await see(page, "What do they say?", problems=True)
    await page.get_by_label("The pupil", exact=True).check()
    await press(page, "Save their words")
    await expect(page.get_by_role("blockquote")).to_contain_text("I like the cards.")
    await page.goto(f"{case}?")
    await see(page, f"Case {case.removeprefix('/cases/')}")
    await page.goto(f"{case}/timeline")
    for words in (GOAL, f"{MEASURE}: 24.5", "Outcome: partly met", "Picture cards", "What the pupil says"):
        await expect(page.locator("main")).to_contain_text(words)


async def then_a_mother_sees_it_and_says_what_she_thinks(page: Page) -> None:
    await already_in(page, AMINA)
    await page.goto("/family")
    await expect(page.get_by_role("img", name=f"{GOAL}: {MEASURE}")).to_be_visible()
    await see(page, "Your family")
    await page.locator("a", has_text="Tell us what you think").click()
    await see(page, "Tell us what you think")
    await page.get_by_label("What you want to say").fill("Evenings are hard since we moved.")
    assert await press(page, "Send") == 422
    await see(page, "Tell us what you think", problems=True)
    await page.get_by_label("Mine").check()
    await press(page, "Send")
    await says(page, "Thank you. The school can read it now.")
    await expect(page.get_by_role("blockquote")).to_contain_text("Evenings are hard since we moved.")
    await page.get_by_role("link", name="I sent this by mistake").click()
    await see(page, "Did you send this by mistake?")
    await expect(page.get_by_role("button", name="Leave this page quickly")).to_be_visible()
    assert await press(page, "Take it back") == 422
    await see(page, "Did you send this by mistake?", problems=True)
    await page.get_by_label("Why do you take it back?").fill("It is about her sister.")
    await press(page, "Take it back")
    await says(page, "You have taken it back.")
    await expect(page.get_by_role("blockquote")).to_have_count(0)


async def when_the_teacher_writes_down_a_number(page: Page, story: Story) -> None:
    case = await show_case(story.senco, story.case_id)
    lead = CaseChange(version=case["version"], lead_practitioner_id=known(f"seat {TEACHER}"))
    await change_case(story.senco, story.case_id, lead)
    goal = NewOutcome(
        title="Sits with the others", measure="Minutes", baseline=Decimal(2), target=Decimal(20), category="education"
    )
    await add_outcome(story.senco, story.case_id, goal)
    await already_in(page, TEACHER)
    await page.goto("/class")
    await see(page, "Your class: Willow")
    await page.get_by_label("Minutes").fill("five")
    assert await press(page, "Save the number for Leila Reid: Sits with the others") == 422
    await see(page, "Your class: Willow", problems=True)
    await page.get_by_label("Minutes").fill("5")
    await press(page, "Save the number for Leila Reid: Sits with the others")
    await says(page, "The number is saved.")
    await expect(page.get_by_text("5 today. Target: 20.")).to_be_visible()


async def then_all_of_it_was_a_mistake(page: Page, case: str) -> None:
    await already_in(page, SENCO)
    await page.goto(case)
    await follow(page, GOAL)
    await page.get_by_text("The numbers as a table").click()
    await page.get_by_role("link", name="Entered in error?").click()
    await _it_was(page, "number")
    await follow(page, GOAL)
    await follow(page, "This outcome was entered in error")
    await _it_was(page, "outcome")
    await follow(page, "Picture cards")
    await follow(page, "This provision was entered in error")
    await _it_was(page, "provision")
    await page.get_by_role("link", name="Entered in error? What was said").click()
    await _it_was(page, "text in their own words")
    for gone in (GOAL, "Picture cards", "I like the cards."):
        await expect(page.get_by_text(gone)).to_have_count(0)


async def _it_was(page: Page, thing: str) -> None:
    heading = f"Was this {thing} entered in error?"
    await see(page, heading)
    assert await press(page, "It was entered in error") == 422
    await see(page, heading, problems=True)
    await page.get_by_label("Why should it not be there?").fill("About another pupil.")
    await press(page, "It was entered in error")
    await says(page, f"The {thing} is marked as entered in error.")
