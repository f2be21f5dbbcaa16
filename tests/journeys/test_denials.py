"""Who must not see: a conflict of interest, a case for named people only, a court order, and what is shielded."""

from playwright.async_api import Page, expect

from ecm.clock import today
from tests.browser import DESK, PHONE
from tests.journeys.conftest import Site
from tests.journeys.given import Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import already_in, follow, press, says, then_the_form_is_shown_again

DSL, DPO = "dsl@oakfield.example", "dpo@oakfield.example"
SHIELD, NAMED = "What must not be given out", "This case is for named people only"


async def test_a_lead_keeps_a_case_from_those_who_must_not_see_it(site: Site) -> None:
    async with program(site) as client, site.open(width=DESK) as school, site.open(width=PHONE) as office:
        case = await open_case(client)
        dsl, officer = await school.new_page(), await office.new_page()
        await already_in(dsl, DSL)
        await an_order_bars_the_father(dsl, case)
        await a_fact_is_shielded(dsl, case)
        await only_named_people_see_the_case(dsl, case)
        await she_is_too_close_herself(dsl, case)
        await already_in(officer, DPO)
        await officer.goto("/conflicts")
        await see(officer, "Conflicts of interest")
        await press(officer, "It is over (the conflict of Martin Hale)")
        await says(officer, "The conflict has ended. They see again what they have a reason to see.")
        assert_looked_at("denials")


async def an_order_bars_the_father(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}/carers")
    await follow(page, "Court order about Daniel Reid")
    heading = "Record a court order about Daniel Reid"
    await see(page, heading)
    await then_the_form_is_shown_again(page, heading, "Record the order", {})
    await page.get_by_role("radio", name="Non-molestation order").check()
    box = page.get_by_role("group", name="When was it made?")
    for label, number in (("Day", today().day), ("Month", today().month), ("Year", today().year)):
        await box.get_by_label(label).fill(str(number))
    await page.get_by_role("radio", name="Yes").check()
    await press(page, "Record the order")
    await says(page, "The court order is recorded. They see nothing about this pupil from now on.")
    await see(page, "Parents and carers")
    await expect(page.get_by_text("By a court order")).to_be_visible()


async def a_fact_is_shielded(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}")
    await follow(page, SHIELD)
    await see(page, SHIELD)
    await then_the_form_is_shown_again(page, SHIELD, "Shield it", {"What must not be given out?": "12 Quince Lane"})
    await page.get_by_role("radio", name="Where they live").check()
    await press(page, "Shield it")
    await says(page, "It is shielded. Only you can read it until you name others.")
    await see(page, SHIELD)
    await then_the_form_is_shown_again(page, SHIELD, "Let them read it", {})
    await page.get_by_label("Let somebody else on this case read it").select_option(
        label="Grace Okafor, SENCO, Oakfield Primary School"
    )
    await press(page, "Let them read it")
    await says(page, "They can read it now.")
    assert await press(page, "Take off the list Martin Hale") == 422
    await see(page, SHIELD, problems=True)


async def only_named_people_see_the_case(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}")
    await follow(page, "Who may see this case, by name")
    heading = "Only named people see this case"
    await see(page, heading)
    await then_the_form_is_shown_again(page, heading, "Continue", {})
    await page.get_by_role("radio", name="The public or the press take an interest").check()
    await press(page, "Continue")
    await see(page, "Check who will see this case")
    await press(page, "Restrict the case")
    await says(page, "Only the people you named, and the lead practitioner, see the case now.")
    await see(page, NAMED)
    await then_the_form_is_shown_again(page, NAMED, "Name them", {})
    assert await press(page, "Take off the list Martin Hale") == 422
    await see(page, NAMED, problems=True)
    await press(page, "Lift the restriction")
    await says(page, "The restriction is lifted.")


async def she_is_too_close_herself(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}")
    await follow(page, "Record a conflict of interest")
    heading = "Conflict of interest with Leila Reid"
    await see(page, heading)
    await then_the_form_is_shown_again(page, heading, "Record the conflict", {})
    await page.get_by_role("radio", name="The family are neighbours").check()
    await press(page, "Record the conflict")
    await see(page, "Conflicts of interest")
    answer = await page.goto(f"/cases/{case.reference}")
    assert answer is not None
    assert answer.status == 404
