"""A health service: asked without a name, let in by the family, at work, and out again when the family says so."""

import re

from playwright.async_api import Page, expect

from tests.journeys.conftest import Site
from tests.journeys.given import HEALTH_ID, HUB_ID, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    AMINA,
    DETAIL,
    HEALTH,
    HUB,
    MESSAGE,
    NURSE,
    REASON,
    SENCO,
    STRENGTHS,
    THERAPIST,
    add_action,
    already_in,
    answer_at_home,
    follow,
    invite,
    kinds_offered,
    press,
    says,
    sign_in,
)

TITLE = "Try a hearing test"
HOME_NOTE = "Grandmother the falconer moves in at Easter."
SAID_BY_NURSE = "Rang the clinic, they have a place in May."
SAID_BY_SENCO = "Amina would rather come in the morning."


async def test_from_an_invitation_without_a_name_to_the_family_changing_its_mind(site: Site) -> None:
    async with site.open() as school, site.open() as health, site.open() as service, site.open() as home:
        senco, therapist = await school.new_page(), await health.new_page()
        nurse, amina = await service.new_page(), await home.new_page()
        reference = await given_an_invitation(site)
        await then_it_names_no_pupil(therapist)
        await when_she_accepts_and_gives_the_work_to_the_nurse(therapist)
        await then_the_nurse_sees_no_case_yet(nurse, reference)
        await when_the_family_agrees_to_some_of_it(amina)
        await then_the_nurse_sees_exactly_what_was_agreed(nurse, reference)
        await when_she_is_given_an_action(senco, reference)
        await then_it_takes_two_clicks_and_a_sentence(nurse)
        await when_two_people_change_it_at_once_nothing_is_lost(senco, nurse)
        await when_the_family_takes_it_back(amina)
        await then_the_next_request_shows_it_is_gone(nurse, reference)


async def given_an_invitation(site: Site) -> str:
    kinds = ["classroom", "education", "health", "family"]
    async with program(site) as client:
        case = await open_case(client)
        await case.add("notes", category="family", text=HOME_NOTE)
        await case.invite(HEALTH_ID, *kinds)
        await case.ask(AMINA, (HEALTH_ID, kinds))
    return case.reference


async def then_it_names_no_pupil(therapist: Page) -> None:
    await sign_in(therapist, THERAPIST)
    await see(therapist, "What needs you today")
    await no_pupil_on(therapist)
    await therapist.get_by_role("link", name="Invitations").click()
    await see(therapist, "Invitations")
    await no_pupil_on(therapist)
    await therapist.get_by_role("button", name="Read and answer").click()
    await see(therapist, "Oakfield Primary School asks you for: advice")
    await no_pupil_on(therapist)


async def no_pupil_on(page: Page) -> None:
    text = await page.content()
    for word in ("Leila", "Reid", "Willow", "ECM-", "Amina", REASON, STRENGTHS, DETAIL, HOME_NOTE, MESSAGE):
        assert word not in text, f"{word!r} on {page.url}"


async def when_she_accepts_and_gives_the_work_to_the_nurse(therapist: Page) -> None:
    await therapist.get_by_label("Who will do the work?").select_option(label="Beth Lawson, Practitioner")
    await press(therapist, "Accept")
    await see(therapist, "Invitations")
    await says(therapist, "The case appears in your cases as soon as the family agrees.")
    row = therapist.get_by_role("row").filter(has_text="Beth Lawson")
    await expect(row).to_contain_text("Accepted, waiting for the family")
    await no_pupil_on(therapist)
    await follow(therapist, "Oakfield Primary School")
    await see(therapist, "Oakfield Primary School asks you for: advice")
    await no_pupil_on(therapist)


async def then_the_nurse_sees_no_case_yet(nurse: Page, reference: str) -> None:
    await already_in(nurse, NURSE)
    await nurse.goto("/")
    await see(nurse, "What needs you today")
    await follow(nurse, "Cases")
    await see(nurse, "Cases")
    await no_pupil_on(nurse)
    await nurse.goto(f"/cases/{reference}")
    await see(nurse, "Not found", error=True)


async def when_the_family_agrees_to_some_of_it(amina: Page) -> None:
    await already_in(amina, AMINA)
    await amina.goto("/")
    await see(amina, "Your family")
    await amina.get_by_role("button", name="Read and answer").click()
    await answer_at_home(amina, "Learning", "What helps in class")


async def then_the_nurse_sees_exactly_what_was_agreed(nurse: Page, reference: str) -> None:
    await nurse.goto("/cases")
    await follow(nurse, "Leila Reid")
    await see(nurse, f"Case {reference}")
    for text in (REASON, STRENGTHS, DETAIL):
        await expect(nurse.get_by_text(text, exact=True)).to_be_visible()
    assert HOME_NOTE not in await nurse.content()
    kinds = (
        await nurse.get_by_role("region", name="What you can see, and why").get_by_role("listitem").all_inner_texts()
    )
    assert sorted(each.split(":")[0] for each in kinds) == [
        "Learning and school", "Name, school and who is involved", "What helps in class",
    ]  # fmt: skip
    assert await kinds_offered(nurse) == ["What helps in class", "Learning and school", "Health", "Family and home"]


async def when_she_is_given_an_action(senco: Page, reference: str) -> None:
    await already_in(senco, SENCO)
    await add_action(senco, reference, TITLE, HEALTH, "Learning and school")
    await says(senco, f"The action is added. {HEALTH} can see it now.")


async def then_it_takes_two_clicks_and_a_sentence(nurse: Page) -> None:
    await nurse.goto("/")
    await see(nurse, "What needs you today")
    await follow(nurse, "Actions")
    await see(nurse, "Your actions")
    await nurse.get_by_label(f"Progress, in a sentence “{TITLE}”").fill("Rang the clinic.")
    await press(nurse, f"Start “{TITLE}”")
    await says(nurse, "The action is under way.")
    await see(nurse, "Your actions")
    await expect(nurse.get_by_role("region", name=TITLE)).to_contain_text("Under way")


async def when_two_people_change_it_at_once_nothing_is_lost(senco: Page, nurse: Page) -> None:
    await nurse.goto("/actions")
    await follow(nurse, TITLE)
    await see(nurse, TITLE)
    await senco.goto(nurse.url)
    await senco.get_by_label("Progress, in a sentence").fill(SAID_BY_SENCO)
    assert await press(senco, "Save changes") == 200
    await nurse.get_by_label("Progress, in a sentence").fill(SAID_BY_NURSE)
    assert await press(nurse, "Save changes") == 409
    await see(nurse, TITLE, problems=True)
    both = nurse.get_by_role("row").filter(has_text="Progress")
    await expect(both).to_contain_text(SAID_BY_SENCO)
    await expect(both).to_contain_text(SAID_BY_NURSE)
    await expect(nurse.get_by_label("Progress, in a sentence")).to_have_value(SAID_BY_NURSE)
    await nurse.get_by_label("Progress, in a sentence").fill(f"{SAID_BY_SENCO} {SAID_BY_NURSE}")
    assert await press(nurse, "Save my version") == 200
    await says(nurse, "Your change is saved.")
    await senco.reload()
    await expect(senco.get_by_label("Progress, in a sentence")).to_have_value(f"{SAID_BY_SENCO} {SAID_BY_NURSE}")


async def when_the_family_takes_it_back(amina: Page) -> None:
    for _ in range(2):
        await amina.goto("/family")
        await amina.get_by_role("link", name=re.compile("^Turn off")).first.click()
        await see(amina, "Take your yes back?")
        await press(amina, "Take my yes back")
        await see(amina, "What you said")
        await says(amina, "Your yes is taken back.")


async def then_the_next_request_shows_it_is_gone(nurse: Page, reference: str) -> None:
    await nurse.reload()
    await see(nurse, "Not found", error=True)
    for address in ("/", "/actions", "/cases", "/invitations", f"/cases/{reference}"):
        await nurse.goto(address)
        await no_pupil_on(nurse)
    await see(nurse, "Not found", error=True)


async def test_a_no_an_invitation_taken_back_and_the_end_of_the_work(site: Site) -> None:
    async with site.open() as school, site.open() as health, site.open() as service:
        senco, therapist, nurse = await school.new_page(), await health.new_page(), await service.new_page()
        reference = await given_two_invitations(site, senco)
        await when_one_is_taken_back(senco)
        await then_the_other_is_declined_with_a_reason(therapist)
        await then_the_school_reads_why(senco, reference)
        await when_it_is_invited_again_the_nurse_says_yes_for_herself(senco, nurse, reference)
        await then_the_therapist_gives_it_on_and_ends_it(therapist)


async def given_two_invitations(site: Site, senco: Page) -> str:
    async with program(site) as client:
        case = await open_case(client)
        await case.invite(HUB_ID, "family")
        await case.invite(HEALTH_ID, "education", "health")
    await already_in(senco, SENCO)
    await senco.goto(f"/cases/{case.reference}/sharing")
    return case.reference


async def when_one_is_taken_back(senco: Page) -> None:
    await follow(senco, f"Take back the invitation to {HUB}")
    await see(senco, f"Take back the invitation to {HUB}?")
    await press(senco, "Take it back")
    await says(senco, "The invitation is taken back.")


async def then_the_other_is_declined_with_a_reason(therapist: Page) -> None:
    await already_in(therapist, THERAPIST)
    await therapist.goto("/invitations")
    await therapist.get_by_role("button", name="Read and answer").click()
    await therapist.get_by_role("button", name="Decline").click()
    await see(therapist, "Decline the invitation of Oakfield Primary School")
    await press(therapist, "Decline")
    await see(therapist, "Decline the invitation of Oakfield Primary School", problems=True)
    await therapist.get_by_role("radio", name="We have no capacity now").check()
    await therapist.get_by_label("Anything the school should know?").fill("Ask again after half-term.")
    await press(therapist, "Decline")
    await see(therapist, "Invitations")
    await says(therapist, "You have declined.")


async def then_the_school_reads_why(senco: Page, reference: str) -> None:
    await senco.goto(f"/cases/{reference}/sharing")
    await see(senco, "People and sharing")
    for text in ("We have no capacity now", "Ask again after half-term."):
        await expect(senco.get_by_text(text)).to_be_visible()


async def when_it_is_invited_again_the_nurse_says_yes_for_herself(senco: Page, nurse: Page, reference: str) -> None:
    await invite(senco, reference, HEALTH)
    await already_in(nurse, NURSE)
    await nurse.goto("/")
    await nurse.goto("/invitations")
    await nurse.get_by_role("button", name="Read and answer").click()
    await expect(nurse.get_by_text("If you accept, the work is yours.")).to_be_visible()
    await press(nurse, "Accept")
    await expect(nurse.get_by_role("row").filter(has_text="Beth Lawson")).to_be_visible()


async def then_the_therapist_gives_it_on_and_ends_it(therapist: Page) -> None:
    await therapist.goto("/invitations")
    await follow(therapist, "Oakfield Primary School")
    await therapist.get_by_label("Who does the work from now on?").select_option(label="Imran Shah, Manager")
    await press(therapist, "Save")
    await says(therapist, "Imran Shah does this work now.")
    await follow(therapist, "End this work")
    await see(therapist, f"End the work of {HEALTH}?")
    await press(therapist, "End the work")
    await see(therapist, f"End the work of {HEALTH}?", problems=True)
    await therapist.get_by_label("Why does it end now?").fill("She has moved to another service.")
    await press(therapist, "End the work")
    await says(therapist, "The work has ended.")
    await see(therapist, "Invitations")


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("partner")
