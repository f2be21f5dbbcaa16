"""A pupil leaves, the next school takes the case over, and the old one reads what it wrote; a whole class leaves."""

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.seeds import known
from tests.browser import DESK, PHONE
from tests.journeys.conftest import Site
from tests.journeys.given import Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import NOTE, REASON, SENCO, STRANGER, already_in, follow, press, says

LEILA = known("pupil Leila Reid")
YESTERDAY = today() - timedelta(days=1)
OFFER = "Hand the case over to the next school"


async def enter_date(page: Page, legend: str, day) -> None:
    boxes = page.get_by_role("group", name=legend)
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await boxes.get_by_label(label).fill(str(value))


async def test_a_pupil_and_the_case_go_to_the_next_school(site: Site) -> None:
    async with program(site) as client, site.open(width=PHONE) as old, site.open(width=DESK) as new:
        case = await open_case(client)
        senco, hill = await old.new_page(), await new.new_page()
        await already_in(senco, SENCO)
        await already_in(hill, STRANGER)
        await the_pupil_leaves(senco, case)
        await the_case_is_offered(senco, case)
        await the_next_school_takes_it_over(hill, case)
        await the_old_school_reads_what_it_wrote(senco, case)


async def the_pupil_leaves(senco: Page, case: Case) -> None:
    await senco.goto(f"/pupils/{LEILA}/edit")
    await follow(senco, "This pupil leaves your school")
    await see(senco, "Leila Reid leaves your school")
    await enter_date(senco, "Last day at your school", YESTERDAY - timedelta(days=800))
    await press(senco, "Continue")
    await see(senco, "Leila Reid leaves your school", problems=True)
    await enter_date(senco, "Last day at your school", YESTERDAY)
    await senco.get_by_label("Another school that uses ECM").check()
    await senco.get_by_label("Next school, if it uses ECM").select_option(label="Hillside Academy")
    await press(senco, "Continue")
    await see(senco, "Check before Leila Reid leaves")
    await press(senco, "Write the last day down")
    await see(senco, "Check before Leila Reid leaves", problems=True)
    await senco.get_by_label("Hand it over to the next school").check()
    await press(senco, "Write the last day down")
    await says(senco, "The last day is written down. Next: offer the case to the next school.")
    await see(senco, OFFER)


async def the_case_is_offered(senco: Page, case: Case) -> None:
    await expect(senco.get_by_label("To which school?")).to_have_value(str(known("hillside")))
    await press(senco, "Offer the case")
    await see(senco, OFFER, problems=True)
    await enter_date(senco, "First day there", today())
    await senco.get_by_label("The family has moved").check()
    await senco.get_by_label("Yes, by telephone").check()
    await senco.get_by_label("Please ring us before you answer").check()
    await press(senco, "Offer the case")
    await says(senco, "The case is offered to Hillside Academy. It stays with you until they take it over.")
    await see(senco, "The case is offered")


async def the_next_school_takes_it_over(hill: Page, case: Case) -> None:
    await hill.goto("/")
    await expect(hill.get_by_role("main").get_by_role("button", name="Answer")).to_have_count(1)
    await hill.get_by_role("link", name=re.compile("^Invitations")).first.click()
    await see(hill, "Invitations")
    await hill.get_by_role("button", name="Read and answer").click()
    title = await hill.get_by_role("heading", level=1).inner_text()
    assert title.startswith("Oakfield Primary School offers a case for a pupil who joins you on ")
    await see(hill, title)
    words = await hill.get_by_role("main").inner_text()
    assert not any(word in words for word in ("Leila", "Reid", case.reference, NOTE, REASON))
    await press(hill, "Find")
    await see(hill, title, problems=True)
    await hill.get_by_label("Are they on your roll already? Name or UPN").fill("Ethan Clark")
    await press(hill, "Find")
    await see(hill, title)
    await hill.get_by_label("Ethan Clarke").check()
    await hill.get_by_label("Tom Beddoes, SENCO").check()
    await press(hill, "Take the case over")
    await see(hill, title, problems=True)
    await expect(hill.get_by_label("Ethan Clarke")).to_be_checked()
    await hill.get_by_role("button", name="Refuse it").click()
    await see(hill, "Refuse the case that Oakfield Primary School offers")
    await press(hill, "Refuse the case")
    await see(hill, "Refuse the case that Oakfield Primary School offers", problems=True)
    await follow(hill, "Back")
    await hill.get_by_label("Put the pupil on our roll").check()
    await hill.get_by_label("Tom Beddoes, SENCO").check()
    await press(hill, "Take the case over")
    await says(hill, "Your school has the case now. Everybody who works on it has been told.")
    await see(hill, f"Case {case.reference}")
    await expect(hill.get_by_text("Oakfield Primary School kept this case until then")).to_be_visible()
    await expect(hill.get_by_text(NOTE)).to_be_visible()
    await hill.goto(f"/cases/{case.reference}/timeline")
    await expect(hill.get_by_text("Case handed over by Oakfield Primary School to Hillside Academy")).to_be_visible()
    await hill.goto("/handovers")
    await see(hill, "Cases between schools")


async def the_old_school_reads_what_it_wrote(senco: Page, case: Case) -> None:
    answer = await senco.goto(f"/cases/{case.reference}")
    assert answer
    assert answer.status == 404
    await senco.goto("/pupils/left")
    await see(senco, "Pupils who have left")
    await follow(senco, "Leila Reid")
    await see(senco, "Leila Reid has left")
    await expect(senco.get_by_text(NOTE)).to_be_visible()
    await expect(senco.get_by_text("This cannot be undone any more")).to_be_visible()
    await senco.goto(f"{senco.url}/stayed")
    await see(senco, "Leila Reid did not leave after all?")
    await press(senco, "They stay")
    await see(senco, "Leila Reid did not leave after all?", problems=True)


async def test_a_class_leaves_together_and_one_pupil_stays(site: Site) -> None:
    async with program(site) as client, site.open() as school:
        case = await open_case(client)
        senco = await school.new_page()
        await already_in(senco, SENCO)
        await senco.goto("/pupils/leaving")
        await see(senco, "Pupils leave your school")
        await senco.get_by_label("Class", exact=True).select_option("Willow")
        await press(senco, "Show the pupils")
        await see(senco, "Pupils leave your school")
        await press(senco, "Continue")
        await see(senco, "Pupils leave your school", problems=True)
        await senco.get_by_label("Class", exact=True).select_option("Willow")
        await press(senco, "Show the pupils")
        for name in ("Leila Reid", "Suhaila", "Niamh O’Neill"):
            await senco.get_by_label(name).check()
        await senco.get_by_label("We do not know yet").check()
        await press(senco, "Continue")
        await see(senco, "Check before 3 pupils leave")
        await press(senco, "Write the last day down")
        await see(senco, "Check before 3 pupils leave", problems=True)
        await press(senco, "Change something")
        await expect(senco.get_by_label("Suhaila")).to_be_checked()
        await press(senco, "Continue")
        await senco.get_by_label("Keep it until the last day").check()
        await press(senco, "Write the last day down")
        await says(senco, "The last day of 3 pupils is written down. You can undo it for each.")
        await follow(senco, "Leila Reid")
        await see(senco, "Leila Reid leaves")
        await follow(senco, f"Hand it over of case {case.reference}")
        await see(senco, OFFER)
        await follow(senco, f"Case {case.reference}")
        await senco.goto("/pupils/left")
        await follow(senco, "Suhaila")
        await follow(senco, "They did not leave after all")
        await press(senco, "They stay")
        await says(senco, "The pupil stays.")
        await expect(senco.get_by_role("link", name="Suhaila")).to_have_count(0)


def test_every_page_of_this_journey_was_looked_at() -> None:
    assert_looked_at("moving")
