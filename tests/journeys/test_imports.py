"""A school brings in its pupils: a wrong file, a right one, what stays as it is, approved once, and once more for nothing."""

from pathlib import Path
from tempfile import mkdtemp

import pytest
from playwright.async_api import Page, expect

from ecm.seeds import known
from tests.browser import DESK, PHONE
from tests.imports.files import HEADER, csv, line, roll, upn
from tests.journeys.conftest import Site
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, press, says

WOULD, APPROVE = "Look at what the file would do", "Approve the file?"


async def choose(page: Page, content: bytes) -> None:
    await page.goto("/pupils/import")
    file = {"name": "=cmd|' .csv", "mimeType": "image/png", "buffer": content}
    await page.get_by_label("Choose a file").set_input_files(file)  # type: ignore[arg-type]
    await press(page, "Read the file")


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, False)])
async def test_a_school_brings_in_its_pupils(site: Site, width: int, scripts: bool) -> None:
    leila = (await roll(site.db, known("oakfield")))["Leila"]["upn"]
    rows = csv(
        *(line(n) for n in range(1, 31)), f"{leila},Leila,Read,14/02/2018,5,Cedar", "X123,Nobody,Atall,31/02/2018,4,Elm",
        f"{upn(2)},Twice,There,14/02/2018,4,Elm", header=HEADER,
    )  # fmt: skip
    async with site.open(width=width, scripts=scripts) as context:
        page = await context.new_page()
        await already_in(page, SENCO)
        await a_file_that_is_none(page)
        await choose(page, rows)
        await see(page, WOULD)
        await look_at_the_parts(page)
        await page.get_by_role("button", name="Go on to approve").click()
        await see(page, APPROVE)
        other = await context.new_page()  # the same person, at another desk
        await other.goto(page.url)
        await press(page, "Approve")
        await says(page, "The pupils are on your roll.")
        await see(page, "What the file has done")
        assert await press(other, "Approve") == 422
        await see(other, "This file is not waiting to be approved", problems=True)
        await choose(page, rows)
        await expect(page.get_by_text("This file changes nothing.")).to_be_visible()
        await press(page, "Finish")
        await says(page, "The file is cancelled.")
        await see(page, "Import pupils")
    if scripts:
        assert_looked_at("imports")


async def a_file_that_is_none(page: Page) -> None:
    await page.goto("/pupils/import")
    await see(page, "Import pupils")
    assert await press(page, "Read the file") == 422
    await see(page, "Import pupils", problems=True)
    await choose(page, b"PK\x03\x04 a spreadsheet")
    await expect(page.get_by_role("alert")).to_contain_text("CSV")


async def look_at_the_parts(page: Page) -> None:
    await page.get_by_role("link", name="Next page").click()
    await see(page, WOULD)
    for part, words in (("Kept as it is here", "Reid (the file: Read)"), ("On your roll, not in the file", "Suhaila")):
        await page.get_by_role("link", name=part).click()
        await expect(page.get_by_role("main")).to_contain_text(words)
        await see(page, WOULD)
    await page.get_by_role("link", name="Not taken").click()
    await expect(page.get_by_role("main")).to_contain_text("Rows 3, 34 of the file have the same UPN.")
    await see(page, WOULD)
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="take the list away (CSV)").click()
    file = Path(mkdtemp()) / "problems.csv"
    await (await waiting.value).save_as(file)
    assert '"33","Date of birth","There is no such date.' in file.read_text("utf-8-sig")
