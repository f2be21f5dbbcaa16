"""An auditor: what happened to a case, who was turned away, and never a word of what the case says."""

import re
from pathlib import Path

import asyncpg
from playwright.async_api import Page, expect

from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.seeds import PUPILS, known
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
        await then_denied_attempts_are_seen(page)
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
    await search(page, "Case (id)", case.id)
    rows = page.get_by_role("table").get_by_role("row")
    opened = rows.filter(has_text="case:opened")
    await expect(opened).to_contain_text("Grace Okafor")
    await expect(opened).to_contain_text(case.id)
    assert await rows.count() - 1 == await rows.filter(has_text=case.id).count(), "other cases are in the list"
    await no_case_content(page)


async def search(page: Page, box: str, text: str) -> None:
    await page.goto("/oversight")
    await page.get_by_text("Search", exact=True).first.click()
    await page.get_by_label(box).fill(text)
    await press(page, "Search")
    await see(page, "Oversight")


async def then_denied_attempts_are_seen(page: Page) -> None:
    await page.goto("/oversight")
    await page.get_by_role("link", name="access:denied", exact=True).first.click()
    await see(page, "Oversight")
    turned_away = page.get_by_role("row").filter(has_text="Tom Beddoes")
    await expect(turned_away).to_contain_text("Denied")
    await no_case_content(page)


async def when_he_searches_for_what_never_was(page: Page) -> None:
    await search(page, "Case (id)", str(known("no case")))
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
