"""The SENCO of Oakfield: from finding a pupil to a plan in the hand."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    DETAIL,
    HEALTH,
    HUB,
    NOTE,
    REASON,
    SENCO,
    STRENGTHS,
    add_action,
    admit,
    already_in,
    ask,
    fill_case,
    find_pupil,
    follow,
    invite,
    kinds_offered,
    open_case,
    outbox,
    press,
    says,
    sign_in,
    write_note,
)
from tests.verapdf import check_ua1


async def test_from_finding_the_pupil_to_a_plan_in_the_hand(site: Site, tmp_path: Path) -> None:
    async with site.open() as context:
        page = await context.new_page()
        await given_nothing_to_do_yet(page)
        reference = await when_she_opens_a_case(page)
        await then_the_case_says_what_was_typed(page, reference)
        await when_she_admits_and_asks_by_link(page, reference)
        await when_she_writes_down_an_answer_given_in_person(page, reference)
        await then_the_grid_says_who_may_see_what(page, reference)
        await when_she_adds_a_barrier_a_note_and_an_action(page, reference)
        await then_a_plan_is_made_that_everybody_can_read(page, reference, tmp_path)
        await when_she_signs_out_the_case_is_closed_to_this_browser(page, reference)


async def given_nothing_to_do_yet(page: Page) -> None:
    await sign_in(page, SENCO)
    await see(page, "What needs you today")
    await expect(page.get_by_text("Nothing needs you today")).to_be_visible()
    await follow(page, "Actions")
    await see(page, "Your actions")
    await follow(page, "Cases")
    await see(page, "Cases")
    await expect(page.get_by_text("There are no cases you can see.")).to_be_visible()


async def when_she_opens_a_case(page: Page) -> str:
    await follow(page, "Cases")
    await page.get_by_role("button", name="Open a case").click()
    await press(page, "Find")
    await see(page, "Find the pupil", problems=True)
    await find_pupil(page, "Nobody")
    await expect(page.get_by_text("Nobody you can look up is called")).to_be_visible()
    return await open_case(page)


async def then_the_case_says_what_was_typed(page: Page, reference: str) -> None:
    for text in (REASON, STRENGTHS, DETAIL, "Expressive language delay", "Anxiety affecting learning", "Leila Reid"):
        await expect(page.get_by_text(text, exact=True).first).to_be_visible()
    await find_pupil(page, "reid")
    await follow(page, "Go to the open case of Leila Reid")
    await see(page, f"Case {reference}")


async def when_she_admits_and_asks_by_link(page: Page, reference: str) -> None:
    await page.goto(f"/cases/{reference}/ask")
    await see(page, "Ask the family")
    await expect(page.get_by_text("There is nothing to ask yet.")).to_be_visible()
    await page.goto(f"/cases/{reference}/sharing")
    await see(page, "People and sharing")
    await admit(page, reference, "Amina Yusuf")
    await invite(page, reference, HEALTH)
    await ask(page, reference, "Amina Yusuf", HEALTH)
    await see(page, "People and sharing")
    await says(page, "Amina Yusuf has been written to.")
    await page.goto("/demo/outbox")
    await see(page, "Messages that were sent")
    assert [sent["channel"] for sent in await outbox(page)] == ["email"]


async def when_she_writes_down_an_answer_given_in_person(page: Page, reference: str) -> None:
    await invite(page, reference, HUB, "Family and home")
    await ask(page, reference, "Amina Yusuf", HUB, how="In person now")
    await see(page, "Go through it with Amina Yusuf")
    await page.get_by_role("radio", name="Yes", exact=True).check()
    await page.get_by_role("checkbox", name="Family and home").check()
    await page.get_by_role("radio", name="In person").check()
    await page.get_by_label("Who else was there?").fill("Martin Hale, safeguarding lead")
    await page.get_by_label("They read or heard the words above").check()
    await press(page, "Write it down")
    await see(page, "People and sharing")
    await says(page, "The answer is written down and in force now.")
    assert [sent["channel"] for sent in await outbox(page)] == ["email"], "nobody is written to when asked in person"


async def then_the_grid_says_who_may_see_what(page: Page, reference: str) -> None:
    grid = page.get_by_role("table", name="Who may see what")
    states = {name: await states_of(grid, name) for name in (HEALTH, HUB)}
    assert states == {
        HEALTH: ["Nothing shared", "Not offered", "Asked", "Asked", "Not offered", "Not offered", "Not offered"],
        HUB: ["Nothing shared", "Not offered", "Not offered", "Not offered", "Not offered", "Given", "Not offered"],
    }


async def states_of(grid: Any, agency: str) -> list[str]:
    cells = grid.get_by_role("row").filter(has_text=agency).get_by_role("cell")
    return [(await cell.inner_text()).split("\n")[0] for cell in await cells.all()]


async def when_she_adds_a_barrier_a_note_and_an_action(page: Page, reference: str) -> None:
    await page.goto(f"/cases/{reference}")
    await page.get_by_role("button", name="Add a barrier").click()
    await see(page, "Add a barrier to learning")
    await page.get_by_label("Barrier", exact=True).select_option(label="Stammering")
    await page.get_by_label("How it was identified").select_option(label="The family said so")
    await page.get_by_label("What it looks like").fill("Less at home.")
    await press(page, "Add the barrier")
    await says(page, "The barrier is added.")
    written = ["What helps in class", "Learning and school", "Health", "Social care", "Family and home"]
    assert await kinds_offered(page) == written, "what keeps a pupil safe is written by others"
    await write_note(page, NOTE, "Learning and school")
    await add_action(
        page, reference, "Move her place away from the door", "Oakfield Primary School", "What helps in class"
    )
    await says(page, "The action is added. Oakfield Primary School can see it now.")
    for text in ("Stammering", "Less at home.", NOTE, "Move her place away from the door"):
        await expect(page.get_by_text(text, exact=True)).to_be_visible()


async def then_a_plan_is_made_that_everybody_can_read(page: Page, reference: str, folder: Path) -> None:
    await follow(page, "See or make support plans")
    await see(page, "Support plans")
    await page.get_by_role("radio", name="For the family").check()
    await press(page, "Make the plan")
    await see(page, "Support plans")
    await says(page, "The SEN support plan is ready to download: version 1.")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download (PDF)").click()
    plan = await coming.value
    assert "Leila" not in plan.suggested_filename
    assert "Reid" not in plan.suggested_filename
    await plan.save_as(folder / "plan.pdf")
    assert (folder / "plan.pdf").read_bytes().startswith(b"%PDF-")
    assert check_ua1(folder / "plan.pdf") == []


async def when_she_signs_out_the_case_is_closed_to_this_browser(page: Page, reference: str) -> None:
    await press(page, "Sign out")
    await see(page, "Sign in")
    await says(page, "You are signed out.")
    await page.goto(f"/cases/{reference}")
    await see(page, "Sign in")


async def test_without_javascript_a_case_is_opened_and_a_note_written(site: Site) -> None:
    async with site.open(scripts=False) as context:
        page = await context.new_page()
        await already_in(page, SENCO)
        await find_pupil(page, "leila")
        await follow(page, "Open a case for Leila Reid")
        await fill_case(page)
        await press(page, "Open the case")
        await page.get_by_role("button", name="Go to the case").click()
        await page.get_by_label("Write a note").fill(NOTE)
        await press(page, "Save the note")
        await expect(page.get_by_role("link", name="Choose the kind of information.")).to_be_visible()
        await expect(page.get_by_label("Write a note")).to_have_value(NOTE)
        await page.get_by_label("Kind of information").select_option(label="Learning and school")
        await press(page, "Save the note")
        await says(page, "Your note is saved.")
        await expect(page.get_by_text(NOTE, exact=True)).to_be_visible()


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("senco")
