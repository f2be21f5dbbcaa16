"""A school's pupils: one is added, a list is narrowed and taken away, and then everything; by keyboard where people type."""

from playwright.async_api import Page, expect

from ecm.clock import today
from tests.browser import PHONE, tab_to
from tests.journeys.conftest import Site
from tests.journeys.given import open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, follow, press, says

LIST = "Pupils of your school"


async def test_the_pupils_of_a_school(site: Site) -> None:
    async with program(site) as client, site.open(width=PHONE) as telephone:
        case = await open_case(client)
        page = await telephone.new_page()
        await already_in(page, SENCO)
        await when_a_pupil_is_added(page)
        await then_they_are_found_by_keyboard(page)
        await then_the_list_is_narrowed_and_a_pupil_corrected(page, case.reference)
        await then_it_is_taken_away(
            page, "Download this list", "Download a list of pupils", "Download the list (CSV)", "pupils", "csv"
        )
        await page.goto("/pupils")
        await then_it_is_taken_away(
            page, "Take everything away", "Take everything away", "Download everything (ZIP)", "ecm-school", "zip"
        )
    assert_looked_at("pupils")


async def when_a_pupil_is_added(page: Page) -> None:
    await page.goto("/pupils")
    await see(page, LIST)
    await page.get_by_role("button", name="Add a pupil").click()
    await see(page, "Add a pupil")
    await page.get_by_label("Last name").fill("Sandvik")
    assert await press(page, "Add the pupil") == 422
    await see(page, "Add a pupil", problems=True)
    await expect(page.get_by_label("Last name")).to_have_value("Sandvik")
    await page.get_by_label("First name").fill("Solveig")
    await press(page, "Add the pupil")
    await says(page, "The pupil is on your school’s roll now.")


async def then_they_are_found_by_keyboard(page: Page) -> None:
    await tab_to(page, "Find a pupil")
    await page.keyboard.press("Enter")
    await see(page, "Find a pupil", problems=True)
    await tab_to(page, "Find a pupil")
    await page.keyboard.type("solvieg sandvik")
    await page.keyboard.press("Enter")
    await see(page, "Find a pupil")
    await expect(page.get_by_role("link", name="Solveig Sandvik", exact=True)).to_be_visible()
    assert page.url.endswith("/pupils/search")
    await follow(page, "All pupils")


async def then_the_list_is_narrowed_and_a_pupil_corrected(page: Page, reference: str) -> None:
    await page.get_by_text("Filter this list").click()
    await page.get_by_label("Class").select_option("Willow")
    await page.get_by_label("Case").select_option("open")
    await press(page, "Show the list")
    await see(page, LIST)
    await expect(page.get_by_role("table")).to_contain_text("1 pupil who fits, by last name")
    await expect(page.get_by_role("link", name=reference)).to_be_visible()
    await follow(page, "Leila Reid")
    await page.get_by_label("Class").fill("Cedar")
    await press(page, "Save the details")
    await expect(page.get_by_label("Case")).to_have_value("open")
    await expect(page.get_by_role("main")).to_contain_text("No pupil of your school fits these filters.")
    await page.goto("/pupils?class_name=Cedar")


async def then_it_is_taken_away(page: Page, link: str, heading: str, button: str, name: str, ending: str) -> None:
    await follow(page, link)
    await see(page, heading)
    assert await press(page, button) == 422
    await see(page, heading, problems=True)
    await page.get_by_label("To work through it, for example in a spreadsheet").check()
    async with page.expect_download() as download:
        await page.get_by_role("button", name=button).click()
    assert (await download.value).suggested_filename == f"{name}-{today().isoformat()}.{ending}"
