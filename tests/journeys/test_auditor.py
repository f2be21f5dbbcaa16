"""An auditor: what happened to a case, who was turned away, and never a word of what the case says."""

import re
from pathlib import Path
from zipfile import ZipFile

import asyncpg
from playwright.async_api import Page, expect

from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.audit.verify import SOUND, verify
from ecm.clock import today
from ecm.seeds import PUPILS, known
from ecm.web.dates import MONTHS, long_date
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    AMINA,
    AUDITOR,
    DETAIL,
    NOTE,
    REASON,
    STRANGER,
    STRENGTHS,
    follow,
    press,
    sign_in,
)


async def test_the_auditor_finds_what_happened_and_no_word_of_the_case(site: Site, tmp_path: Path) -> None:
    case = await given_a_case_and_somebody_turned_away(site)
    async with site.open() as context:
        page = await context.new_page()
        await when_the_auditor_signs_in_the_log_is_there(page)
        await when_the_log_is_sealed_it_says_so(page, site, tmp_path)
        await when_he_searches_by_case_he_finds_its_story(page, case)
        await when_he_follows_a_name_he_sees_that_persons_day(page)
        await when_he_types_a_pupils_number_he_sees_who_looked(page, case)
        await then_denied_attempts_are_seen(page)
        await when_he_keeps_a_search_it_is_there_the_next_time(page)
        await when_he_looks_at_figures_every_bar_has_its_number(page)
        await when_he_takes_the_log_it_is_sound(page, tmp_path)
        await when_he_searches_for_what_never_was(page)
        await then_the_cases_themselves_are_closed_to_him(page, case)


async def given_a_case_and_somebody_turned_away(site: Site) -> Case:
    async with program(site) as client:
        case = await open_case(client)
        stranger = await sign_in_by_api(client, STRANGER)
        assert (await stranger.get(f"/cases/{case.id}")).status_code == 404
        assert (await client.get("/api/v1/me")).status_code == 401
    return case


async def when_the_auditor_signs_in_the_log_is_there(page: Page) -> None:
    await sign_in(page, AUDITOR)
    await see(page, "Oversight")
    for event in ("case:opened", "note:written", "carer:admitted", "session:opened", "access:denied"):
        await expect(page.get_by_role("link", name=event, exact=True).first).to_be_visible()
    await no_case_content(page)


async def when_the_log_is_sealed_it_says_so(page: Page, site: Site, folder: Path) -> None:
    await expect(page.get_by_text("nothing has been sealed yet")).to_be_visible()
    signer = log_key(folder / "log.key", "ecm.example/log")
    connection = await asyncpg.connect(site.db.app_url)
    begun = await resume(connection, signer, folder / "checkpoint")
    sealed = await seal_batch(connection, signer, folder / "checkpoint", begun)
    await connection.close()
    await page.reload()
    await see(page, "Oversight")
    await expect(page.get_by_text(f"{sealed.size} entries sealed")).to_be_visible()
    opened = page.get_by_role("row").filter(has_text="case:opened")
    await expect(opened.get_by_role("cell").last).to_have_text(re.compile(r"^\d+$"))


async def no_case_content(page: Page) -> None:
    text = await page.content()
    names = [name for pupil in PUPILS for name in (pupil.first, pupil.last) if len(name) > 3]
    for word in (*names, REASON, STRENGTHS, DETAIL, NOTE, AMINA, "birth certificate"):
        assert not re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE), f"{word!r} in front of an auditor"


async def when_he_searches_by_case_he_finds_its_story(page: Page, case: Case) -> None:
    await page.goto("/oversight")
    await page.get_by_label("Find a pupil’s or a case’s record of access").fill(case.reference)
    await press(page, "Find")
    await see(page, "Oversight")
    rows = page.get_by_role("table").get_by_role("row")
    opened = rows.filter(has_text="case:opened")
    await expect(opened).to_contain_text("Grace Okafor")
    await expect(opened).to_contain_text(case.id)
    assert await rows.count() - 1 == await rows.filter(has_text=case.id).count(), "other cases are in the list"
    await no_case_content(page)


async def when_he_follows_a_name_he_sees_that_persons_day(page: Page) -> None:
    await page.get_by_role("link", name="Grace Okafor").first.click()
    await see(page, f"Grace Okafor: {long_date(today())}")
    await expect(page.get_by_role("row").nth(1)).to_contain_text("case:opened")
    await no_case_content(page)
    await page.get_by_label("Day", exact=True).fill("31")
    await page.get_by_label("Month", exact=True).fill("2")
    await press(page, "Show that day")
    await see(page, f"Grace Okafor: {long_date(today())}", problems=True)


async def when_he_types_a_pupils_number_he_sees_who_looked(page: Page, case: Case) -> None:
    await page.goto("/oversight")
    await page.get_by_label("Find a pupil’s or a case’s record of access").fill("Leila Reid")
    await press(page, "Find")
    await see(page, "Oversight", problems=True)
    await expect(page.get_by_role("link", name=re.compile("No pupil and no case has this number"))).to_be_visible()
    await page.get_by_label("Find a pupil’s or a case’s record of access").fill(str(known("pupil Leila Reid")))
    await press(page, "Find")
    await see(page, "A pupil’s record of access")
    looker = page.get_by_role("table", name="Who, the last first").get_by_role("row").filter(has_text="Grace Okafor")
    await expect(looker).to_contain_text("their school kept the case")
    await no_case_content(page)


async def then_denied_attempts_are_seen(page: Page) -> None:
    await page.goto("/oversight")
    await follow(page, "Denied attempts")
    await see(page, "Oversight")
    turned_away = page.get_by_role("row").filter(has_text="Tom Beddoes")
    await expect(turned_away).to_contain_text("Denied")
    await no_case_content(page)


async def when_he_keeps_a_search_it_is_there_the_next_time(page: Page) -> None:
    await page.get_by_text("Keep this search", exact=True).click()
    await press(page, "Keep it")
    await see(page, "Oversight", problems=True)
    await page.get_by_label("A name for this search").fill("Who was turned away")
    await press(page, "Keep it")
    await see(page, "Oversight")
    await page.goto("/oversight")
    await follow(page, "Who was turned away")
    await expect(page.get_by_role("table", name="Denied attempts, newest first")).to_be_visible()
    await press(page, "Remove “Who was turned away”")
    await expect(page.get_by_role("alert")).to_contain_text("The search is removed.")


async def when_he_looks_at_figures_every_bar_has_its_number(page: Page) -> None:
    await follow(page, "Figures")
    months = f"{MONTHS[today().month % 12]} {today().year - (today().month < 12)} to {MONTHS[today().month - 1]} {today().year}"
    await see(page, f"Figures: {months}")
    changes = (
        await page.get_by_role("table", name="Month by month")
        .get_by_role("row")
        .last.get_by_role("cell")
        .nth(1)
        .inner_text()
    )
    assert int(changes) > 0
    await expect(
        page.get_by_role("img", name=re.compile("^Changes, month by month")).get_by_text(changes, exact=True)
    ).to_be_visible()


async def when_he_takes_the_log_it_is_sound(page: Page, folder: Path) -> None:
    await follow(page, "The log itself")
    await see(page, "The log itself")
    await page.get_by_label("How many entries have you seen before? (optional)").fill("many")
    await press(page, "Download the log (ZIP)")
    await see(page, "The log itself", problems=True)
    await page.get_by_label("How many entries have you seen before? (optional)").fill("")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Download the log (ZIP)").click()
    ZipFile(await (await coming.value).path()).extractall(folder / "taken")
    found = verify(folder / "taken" / "ecm-log", str(log_key(folder / "log.key", "ecm.example/log").verifier))
    assert found.exit_code == SOUND, found.message
    await press(page, "Write it down")
    await see(page, "The log itself", problems=True)
    await page.get_by_label("Sound", exact=True).check()
    await page.get_by_label("How many entries did it cover?").fill("5")
    await press(page, "Write it down")
    await see(page, "Oversight")
    await expect(page.get_by_text("sound, 5 entries.")).to_be_visible()


async def when_he_searches_for_what_never_was(page: Page) -> None:
    await page.goto(f"/oversight?case={known('no case')}")
    await expect(page.get_by_text("No event matches.")).to_be_visible()
    await page.goto("/oversight?case=Leila")
    await see(page, "Oversight", problems=True)


async def then_the_cases_themselves_are_closed_to_him(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}")
    await see(page, "Not found", error=True)
    await follow(page, "Go to what needs you today")
    await see(page, "Oversight")


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("auditor")
