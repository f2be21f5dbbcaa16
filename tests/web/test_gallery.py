"""Every part of the kit in a real browser: looks, names, keyboard, errors, without JavaScript, on a phone."""

import pytest
from litestar import Litestar
from playwright.async_api import Browser, expect

from tests.browser import DESK, PHONE, assert_accessible, browser_context, served, tab_to


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scripts", [True, False])
async def test_every_part_and_its_error_state_is_accessible(
    app: Litestar, browser: Browser, width: int, scripts: bool
) -> None:
    async with served(app) as address, browser_context(browser, address, width=width, scripts=scripts) as context:
        page = await context.new_page()
        await page.goto("/gallery")
        await assert_accessible(page, f"gallery-{scripts}") if scripts else None
        await page.get_by_label("What will be done").fill("Pages\N{COMBINING ACUTE ACCENT}")
        await page.get_by_label("Day").fill("31")
        await page.get_by_label("Month").fill("2")
        await page.get_by_role("button", name="Send").click()
        await expect(page).to_have_title("Error: Gallery – ECM Pupil support")
        await page.get_by_role("link", name="The date must be a real date").click()
        if scripts:
            await expect(page.get_by_label("Day")).to_be_focused()
        else:
            assert page.url.endswith("#due_on")
        await expect(page.get_by_label("Day")).to_have_value("31")
        await expect(page.get_by_label("What will be done")).to_have_value("Pages\N{COMBINING ACUTE ACCENT}")
        await assert_accessible(page, f"errors-{scripts}") if scripts else None
