"""All tabs of a case: on a telephone by keyboard alone, then at a desk without scripts, by who keeps it and who helps."""

from playwright.async_api import Page, expect

from tests.browser import PHONE, tab_to
from tests.casefile.story import AMINA, NURSE, SENCO, Work, build, make_overdue
from tests.journeys.conftest import Site
from tests.journeys.given import program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import HEALTH, already_in, follow, press, says

TABS = {
    "Plan": "Support plans",
    "Actions": "Actions",
    "People and sharing": "People and sharing",
    "Timeline": "Timeline",
    "Access": "Who opened this case",
}


async def test_every_tab_of_a_case(site: Site) -> None:
    async with program(site) as client:
        work = await build(client)
        await make_overdue(site.db, work)
        case = f"/cases/{work.story.reference}"
        async with site.open(width=PHONE) as context:
            page = await context.new_page()
            await when_every_tab_is_reached_by_keyboard(page, case)
            await when_an_action_moves_on_in_two_clicks(page, case)
            await then_the_history_of_an_answer_opens(page, case)
            await then_the_mother_reads_who_has_looked(page)
        async with site.open(scripts=False) as context:
            await then_the_nurse_sees_what_is_new(await context.new_page(), case, work)


async def when_every_tab_is_reached_by_keyboard(page: Page, case: str) -> None:
    await already_in(page, SENCO)
    await page.goto(case)
    await see(page, f"Case {case.removeprefix('/cases/')}")
    await expect(page.get_by_role("table", name="Overdue actions")).to_contain_text("3 days overdue")
    for tab, heading in TABS.items():
        await tab_to(page, tab)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")
        await see(page, heading)


async def when_an_action_moves_on_in_two_clicks(page: Page, case: str) -> None:
    await page.goto(f"{case}/actions")
    await page.get_by_label("Progress, in a sentence “Read together”").fill("Every morning.")
    await press(page, "Start “Read together”")
    await says(page, "The action is under way.")
    await page.get_by_label("Progress, in a sentence “Read together”").fill("x" * 501)
    assert await press(page, "Save progress “Read together”") == 422
    await see(page, "Actions", problems=True)
    await page.locator(".govuk-error-summary a").click()
    await expect(page.get_by_label("Progress, in a sentence “Read together”")).to_be_focused()


async def then_the_history_of_an_answer_opens(page: Page, case: str) -> None:
    await page.goto(f"{case}/sharing")
    await follow(page, f"History of Health for {HEALTH}")
    await see(page, f"Health for {HEALTH}")


async def then_the_mother_reads_who_has_looked(page: Page) -> None:
    await page.context.clear_cookies()
    await already_in(page, AMINA)
    await page.goto("/family")
    await page.get_by_role("link", name="Who has looked").click()
    await see(page, "Who has looked")
    await expect(page.get_by_text("Oakfield Primary School · SENCO").first).to_be_visible()
    assert "Grace" not in await page.inner_text("main"), "which person it was is not for the family to read"


async def then_the_nurse_sees_what_is_new(page: Page, case: str, work: Work) -> None:
    await already_in(page, NURSE)
    await page.goto(case)
    await expect(page.get_by_text("since you were last here")).to_have_count(0)
    await work.do(SENCO, "notes", category="education", text="Something new.")
    await page.goto(case)
    await page.get_by_role("link", name="1 new entry since you were last here").click()
    await expect(page.get_by_text("New since")).to_have_count(1)
    await page.get_by_label("What").select_option(label="Actions")
    await press(page, "Show")
    await expect(page.get_by_role("heading", name="Action added")).to_be_visible()
    await expect(page.get_by_text("Something new.")).to_have_count(0)
    await follow(page, "People and sharing")
    await expect(page.get_by_role("row")).to_have_count(2)


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("case")
