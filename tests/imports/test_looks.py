"""A file is sent from its own page by keyboard, once, and from nowhere else. How the pages look: tests/journeys."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from ecm import seeds
from ecm.app import create_app
from ecm.web import assets
from tests.browser import PHONE, browser, browser_context, served, tab_to
from tests.imports.files import csv, line

__all__ = ["browser"]


@pytest.fixture
async def address(db: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The application, served; the test's own pool stands for its lifespan."""
    assets.collect()
    monkeypatch.setattr("ecm.app._lifespan", lambda _: nullcontext())
    async with served(create_app()) as found:
        yield found


async def test_by_keyboard_and_only_with_the_token_of_the_page(db: Any, address: str, browser: Browser) -> None:
    async with browser_context(browser, address, width=PHONE) as context:
        page = await context.new_page()
        await page.goto("/sign-in?next=/pupils/import")
        await page.get_by_label("E-mail address").fill("senco@oakfield.example")
        await page.get_by_label("Password").fill(seeds.PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_label("Choose a file").set_input_files({"name": "a", "mimeType": "", "buffer": csv(line(1))})
        await tab_to(page, "Read the file")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Look at what the file would do")
        first = page.url
        # The same form once more, from the browser's history: done once.
        await page.go_back()
        token = await page.locator("input[name=_csrf_token]").first.input_value()
        sent = await page.locator("form[enctype] input[name=_sent]").input_value()
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": csv(line(2))}
        for boxes, status in (
            ({"_csrf_token": token, "_sent": sent, "file": file}, 200),
            ({"_csrf_token": "A" * 43, "_sent": sent, "file": file}, 403),
            ({"_sent": sent, "file": file, "_csrf_token": token}, 403),
            ({"file": file}, 403),
        ):  # fmt: skip
            answer = await context.request.post(f"{address}/pupils/import", multipart=boxes)
            assert answer.status == status, boxes
        again = await context.request.post(
            f"{address}/pupils/import", multipart={"_csrf_token": token, "_sent": sent, "file": file}, max_redirects=0
        )
        assert (again.status, again.headers["location"]) == (303, "/pupils/import")
        async with db.admin() as admin:
            assert await admin.fetchval("SELECT count(*) FROM pupil_import") == 2, first
