"""A review is held, a case ends, goes on and turns out to be a mistake; what was entered in error is put right."""

from datetime import date, timedelta

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.seeds import known
from tests.browser import DESK, PHONE
from tests.client import Person
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import HEALTH_ID, HUB_ID, Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    AMINA,
    LONG,
    NURSE,
    SENCO,
    already_in,
    follow,
    press,
    says,
    then_the_form_is_shown_again,
)

DPO = "dpo@oakfield.example"
NEXT = today() + timedelta(days=70)


async def test_a_case_is_reviewed_closed_reopened_and_voided(site: Site) -> None:
    async with program(site) as client, site.open(width=DESK) as school, site.open(width=PHONE) as service:
        case, nurse = await given_a_case_with_a_nurse(client)
        senco, page = await school.new_page(), await service.new_page()
        await already_in(senco, SENCO)
        await already_in(page, NURSE)
        await a_review_is_held(senco, case)
        await then_the_nurse_adds_her_part(page, case, nurse)
        await then_the_case_is_closed(senco, case)
        await then_it_goes_on(senco, case)
        await then_it_was_opened_in_error(senco, case)


async def test_what_was_entered_in_error_is_put_right(site: Site) -> None:
    async with program(site) as client, site.open(width=PHONE) as school, site.open() as office:
        case, _ = await given_a_case_with_a_nurse(client)
        senco, officer = await school.new_page(), await office.new_page()
        await already_in(senco, SENCO)
        await already_in(officer, DPO)
        await when_a_note_and_an_action_are_mistakes(senco, case)
        await when_an_answer_was_never_given(senco, case)
        await when_it_was_another_pupil_who_died(senco, case)
        await officer.goto("/corrections")
        await see(officer, "Entered in error")
        await expect(officer.get_by_text("The wombats bite.")).to_be_visible()


async def given_a_case_with_a_nurse(client) -> tuple[Case, Person]:
    """Health works on the case, as the mother agreed in person; one action is open."""
    case = await open_case(client)
    nurse = await sign_in_by_api(client, NURSE)
    invited = await case.invite(HEALTH_ID, "education")
    await case.invite(HUB_ID, "education")
    assert (await nurse.post(f"/involvements/{invited}/acceptance")).status_code == 201
    asking = {"agency_id": HEALTH_ID, "categories": ["education"], "purpose": "support"}
    request = await case.add(
        "consent-requests", carer_id=str(known(f"carer {AMINA}")), proposals=[asking], how="in_person"
    )
    yes = [{"proposal_id": each["id"], "decision": "given"} for each in request["proposals"]]
    said = {"channel": "in_person", "witness": "Martin Hale", "given_by": "Amina Yusuf", "decisions": yes}
    assert (await case.senco.post(f"/consent-requests/{request['id']}/answers", said)).status_code == 201
    body = {"title": "Book a hearing test", "category": "education", "owner_agency_id": HEALTH_ID}
    await case.add("actions", **body, due_on=NEXT.isoformat())
    return case, nurse


async def enter_date(page: Page, legend: str, day: date) -> None:
    """A date in its three boxes."""
    boxes = page.get_by_role("group", name=legend)
    for label, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await boxes.get_by_label(label, exact=True).fill(str(number))


async def a_review_is_held(senco: Page, case: Case) -> None:
    await senco.goto(f"/cases/{case.reference}/review")
    await see(senco, "Hold a review")
    await expect(senco.get_by_role("link", name="Book a hearing test")).to_be_visible()
    await then_the_form_is_shown_again(senco, "Hold a review", "Check the review", {"Learning and school": LONG})
    await enter_date(senco, "When is the next review?", NEXT)
    await press(senco, "Check the review")
    await see(senco, "Check the review")
    await press(senco, "Change something")
    await expect(senco.get_by_label("Learning and school", exact=True)).to_have_value(LONG)
    await press(senco, "Check the review")
    await press(senco, "Save the review")
    await says(senco, "The review is saved. The next one is on")
    await senco.goto(f"/cases/{case.reference}/review")
    await expect(senco.get_by_text(LONG)).to_be_visible()


async def then_the_nurse_adds_her_part(page: Page, case: Case, nurse: Person) -> None:
    review = (await nurse.get(f"/cases/{case.id}")).json()["reviews"][0]
    heading = f"The review on {today():%A} {today().day} {today():%B} {today().year}"
    await page.goto(f"/reviews/{review['id']}/contribute")
    await see(page, heading)
    await then_the_form_is_shown_again(page, heading, "Save your part", {})
    await page.get_by_label("Health", exact=True).fill("Hears with both ears.")
    await press(page, "Save your part")
    await says(page, "Your part of the review is saved.")


async def then_the_case_is_closed(senco: Page, case: Case) -> None:
    await senco.goto(f"/cases/{case.reference}/close")
    await see(senco, "Close the case?")
    await then_the_form_is_shown_again(senco, "Close the case?", "Close the case", {"Why does it close now?": LONG})
    await senco.get_by_role("radio", name="What we set out to do is done").check()
    assert await press(senco, "Close the case") == 422
    await see(senco, "Close the case?", problems=True)
    await senco.get_by_role("radio", name="Cancelled").check()
    assert await press(senco, "Close the case") == 422
    await senco.get_by_label("In a line").fill("She has had one.")
    await press(senco, "Close the case")
    await says(senco, "The case is closed.")
    await senco.goto(f"/cases/{case.reference}/close")
    await see(senco, "This case is closed")
    await expect(senco.get_by_text(LONG)).to_be_visible()


async def then_it_goes_on(senco: Page, case: Case) -> None:
    await follow_button(senco, "Reopen it")
    await see(senco, "Reopen the case?")
    await then_the_form_is_shown_again(senco, "Reopen the case?", "Reopen the case", {})
    await senco.get_by_label("Why does it go on?").fill(LONG)
    await press(senco, "Reopen the case")
    await says(senco, "The case is open again.")
    await senco.goto(f"/cases/{case.reference}/reopen")
    await see(senco, "This case is open")


async def follow_button(page: Page, name: str) -> None:
    """Follow a link that looks like a button."""
    await page.get_by_role("button", name=name).click()
    await page.wait_for_load_state("load")


async def then_it_was_opened_in_error(senco: Page, case: Case) -> None:
    await senco.goto(f"/cases/{case.reference}/void")
    await see(senco, "Was this case opened in error?")
    await then_the_form_is_shown_again(
        senco, "Was this case opened in error?", "It was opened in error", {"What went wrong?": ""}
    )
    await senco.get_by_label("What went wrong?").fill("It was about her sister.")
    await press(senco, "It was opened in error")
    await says(senco, "Only your school can read it.")
    for step in ("void", "reopen", "close"):
        await senco.goto(f"/cases/{case.reference}/{step}")
        await see(senco, "This case was opened in error")


async def when_a_note_and_an_action_are_mistakes(senco: Page, case: Case) -> None:
    note = await case.add("notes", category="education", text="The wombats bite.")
    action = (await case.senco.get(f"/cases/{case.id}")).json()["actions"][0]
    said = [{"category": "education", "text": "The wombats sing."}]
    review = await case.add("reviews", held_on=today().isoformat(), contributions=said)
    part = review["contributions"][0]
    for kind, made, thing in (
        ("note", note, "note"),
        ("action", action, "action"),
        ("contribution", part, "part of the review"),
    ):
        await senco.goto(f"/{kind}s/{made['id']}/correct")
        heading = f"Was this {thing} entered in error?"
        await see(senco, heading)
        await then_the_form_is_shown_again(senco, heading, "It was entered in error", {})
        await senco.get_by_label("Why should it not be there?").fill("About another pupil.")
        await press(senco, "It was entered in error")
        await says(senco, "Nobody on the case sees it any more.")
        await expect(senco.get_by_text("The wombats bite.")).to_have_count(0)
    await expect(senco.get_by_text("The wombats sing.")).to_have_count(0)


async def when_an_answer_was_never_given(senco: Page, case: Case) -> None:
    consent = (await case.senco.get(f"/cases/{case.id}/consents")).json()["items"][0]
    await senco.goto(f"/consents/{consent['id']}/correct")
    await see(senco, "Was this answer written down in error?")
    await then_the_form_is_shown_again(
        senco, "Was this answer written down in error?", "It was written down in error", {"What went wrong?": ""}
    )
    await senco.get_by_label("What went wrong?").fill("Amina said that of another service.")
    await press(senco, "It was written down in error")
    await says(senco, "as if it had never been written down")
    await senco.goto(f"/consents/{consent['id']}/correct")
    await see(senco, "There is nothing here to put right")


async def when_it_was_another_pupil_who_died(senco: Page, case: Case) -> None:
    here = f"/cases/{case.reference}/died"
    await senco.goto(here)
    await see(senco, "Write down that Leila Reid has died")
    await then_the_form_is_shown_again(senco, "Write down that Leila Reid has died", "Write it down", {})
    await enter_date(senco, "The day it happened", today())
    await press(senco, "Write it down")
    await says(senco, "no message is sent to anybody")
    await senco.goto(f"/cases/{case.reference}/reopen")
    await see(senco, "This case cannot be reopened")
    await follow(senco, "say so first")
    heading = await senco.get_by_role("heading", level=1).inner_text()
    await see(senco, heading)
    await then_the_form_is_shown_again(senco, heading, "It was entered in error", {})
    await senco.get_by_label("What went wrong?").fill("Another family of that name.")
    await press(senco, "It was entered in error")
    await says(senco, "The date is taken away.")


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("closing")
