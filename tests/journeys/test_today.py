"""A working day: what needs me, done in two clicks, filters that stay, many handed over, a list taken away."""

from datetime import timedelta
from uuid import UUID

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.seeds import known
from tests.browser import PHONE
from tests.client import Person
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, follow, press, says

CLINIC, TABLE, FAMILY = "Ring the hearing clinic", "Order a visual timetable", "Meet the family"
DUE = {CLINIC: -4, TABLE: 2, FAMILY: 5}
HANDOVER = "Give 2 actions to a colleague"


async def test_a_working_day(site: Site) -> None:
    async with program(site) as client, site.open(width=PHONE) as telephone, site.open() as desk:
        case = await open_case(client)
        made = await when_there_is_work(site, case)
        page, wide = await telephone.new_page(), await desk.new_page()
        await already_in(page, SENCO)
        await already_in(wide, SENCO)
        await then_home_says_what_is_most_urgent(page)
        await then_an_action_is_done_in_two_clicks_and_the_filters_stay(page)
        await then_many_go_to_a_colleague(page, await sign_in_by_api(client, SENCO), made)
        await then_a_list_is_taken_away(page, "/actions?whose=agency", "actions")
        await then_cases_are_filtered_searched_and_taken_away(wide, case)
    assert_looked_at("today")


async def when_there_is_work(site: Site, case: Case) -> dict[str, str]:
    """Three actions of the school's: late, near, and a little later; their ids by title."""
    made: dict[str, str] = {}
    async with site.db.admin() as admin:
        for title, days in DUE.items():
            body = {"title": title, "category": "education", "owner_agency_id": str(known("oakfield"))}
            made[title] = (await case.add("actions", due_on=today().isoformat(), **body))["id"]
            due_on = today() + timedelta(days=days)
            await admin.execute("UPDATE action SET due_on = $2 WHERE id = $1", UUID(made[title]), due_on)
        await admin.execute("UPDATE support_case SET next_review_on = $1", today() + timedelta(days=10))
    return made


async def then_home_says_what_is_most_urgent(page: Page) -> None:
    await page.goto("/")
    await see(page, "What needs you today")
    rows = page.get_by_role("row").filter(has=page.get_by_role("button"))
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("4 days overdue")
    await expect(rows.last).to_contain_text("Hold the review")
    await rows.first.get_by_role("button").click()
    await see(page, CLINIC)


async def then_an_action_is_done_in_two_clicks_and_the_filters_stay(page: Page) -> None:
    await page.goto("/actions?whose=agency&status=open")
    await see(page, "Actions of Oakfield Primary School")
    await page.get_by_label(f"Progress, in a sentence “{CLINIC}”").fill("They ring back on Monday.")
    await press(page, f"Mark as done “{CLINIC}”")
    await says(page, "The action is done.")
    assert page.url.endswith("/actions?whose=agency&status=open")
    await page.get_by_text("Filter this list").click()
    for part, number in (("Day", "31"), ("Month", "2"), ("Year", "2027")):
        await page.get_by_label(part, exact=True).fill(number)
    assert await press(page, "Show the list") == 422
    await see(page, "Actions of Oakfield Primary School", problems=True)
    await follow(page, "Clear the filters")


async def then_many_go_to_a_colleague(page: Page, senco: Person, made: dict[str, str]) -> None:
    for title in (TABLE, FAMILY):
        await page.get_by_label(f"Choose “{title}”").check()
    await press(page, "Give what you chose to a colleague")
    await see(page, HANDOVER)
    assert await press(page, "Continue") == 422
    await see(page, HANDOVER, problems=True)
    await page.get_by_label("Martin Hale").check()
    await press(page, "Continue")
    await see(page, "Give 2 actions to Martin Hale?")
    change = {"version": 1, "progress": "Ordered on Friday."}
    assert (await senco.send("PATCH", f"/actions/{made[TABLE]}", change)).status_code == 200
    assert await press(page, "Give 2 actions to Martin Hale") == 409
    await see(page, HANDOVER, problems=True)
    await expect(page.get_by_role("main")).to_contain_text(f"“{TABLE}”: to do")
    await press(page, "Continue")
    await press(page, "Give 2 actions to Martin Hale")
    await says(page, "2 actions given to your colleague")
    assert page.url.endswith("/actions?whose=agency")


async def then_a_list_is_taken_away(page: Page, path: str, name: str) -> None:
    await page.goto(path)
    await follow(page, "Export this list")
    await see(page, "Export this list")
    for box in await page.get_by_role("checkbox").all():
        await box.uncheck()
    assert await press(page, "Export the list (CSV)") == 422
    await see(page, "Export this list", problems=True)
    await page.get_by_role("checkbox").first.check()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export the list (CSV)").click()
    assert (await download.value).suggested_filename == f"{name}-{today().isoformat()}.csv"


async def then_cases_are_filtered_searched_and_taken_away(page: Page, case: Case) -> None:
    await page.goto("/cases")
    await page.get_by_text("Filter this list").click()
    await page.get_by_label("Level").select_option("2")
    await page.get_by_label("Order").select_option("due")
    await press(page, "Show the list")
    await see(page, "Cases")
    await follow(page, "Leila Reid")
    await see(page, f"Case {case.reference}")
    await page.go_back()
    await expect(page.get_by_label("Order")).to_have_value("due")
    await follow(page, "Leila Reid")
    await follow(page, "Timeline")
    await follow(page, "Back")
    await expect(page.get_by_label("Order")).to_have_value("due")
    assert await press(page, "Search") == 422
    await see(page, "Find a case", problems=True)
    await page.get_by_label("Pupil’s name or UPN, or case reference").fill("reed leila")
    await press(page, "Search")
    await see(page, "Find a case")
    assert page.url.endswith("/cases/search")
    await expect(page.get_by_role("link", name="Leila Reid")).to_be_visible()
    await then_a_list_is_taken_away(page, "/cases?level=2", "cases")
