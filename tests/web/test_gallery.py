"""Every part of the kit in a real browser: looks, names, keyboard, errors, without JavaScript, on a phone."""

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser import DESK, PHONE, assert_accessible, browser_context, picture, tab_to

TYPED = "Pages\N{COMBINING ACUTE ACCENT}"


async def sign_in(context: BrowserContext, address: str, session: str = "one") -> None:
    url = address.replace("http:", "https:")
    await context.add_cookies([{"name": "__Host-ecm-session", "value": session, "url": url, "secure": True}])


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, True), (PHONE, False)])
async def test_every_part_and_its_error_state(address: str, browser: Browser, width: int, scripts: bool) -> None:
    async with browser_context(browser, address, width=width, scripts=scripts) as context:
        await sign_in(context, address)
        page = await context.new_page()
        await page.goto("/gallery")
        if scripts:
            await assert_accessible(page, "gallery")
        await page.get_by_label("What will be done").fill(TYPED)
        await page.get_by_label("Day").fill("31")
        await page.get_by_label("Month").fill("2")
        await page.get_by_role("button", name="Send").click()
        await expect(page).to_have_title("Error: Gallery – ECM Pupil support")
        await page.get_by_role("link", name="The date must be a real date").click()
        if scripts:
            await expect(page.get_by_label("Day")).to_be_focused()
            await assert_accessible(page, "gallery-errors")
        else:
            assert page.url.endswith("#due_on")
        await expect(page.get_by_label("Day")).to_have_value("31")
        await expect(page.get_by_label("What will be done")).to_have_value(TYPED)


@pytest.mark.parametrize("kind", ["allowed", "hidden", "refused", "stale", "many", "down", "bug"])
async def test_every_error_page(address: str, browser: Browser, kind: str) -> None:
    async with browser_context(browser, address, width=PHONE) as context:
        page = await context.new_page()
        await page.goto(f"/wrong/{kind}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await assert_accessible(page, f"error-{kind}")


async def test_a_form_is_filled_and_sent_by_keyboard_alone_and_says_what_happened(
    address: str, browser: Browser
) -> None:
    async with browser_context(browser, address, width=PHONE) as context:
        await sign_in(context, address)
        page = await context.new_page()
        await page.goto("/gallery")
        await tab_to(page, "Skip to main content")
        await page.keyboard.press("Enter")
        for label, keys in (("What will be done", "Reading"), ("Why now", "Because"), ("Area", "Comm")):
            await tab_to(page, label)
            await page.keyboard.press("Control+a")
            await page.keyboard.type(keys)
        await tab_to(page, "Yes")
        await page.keyboard.press("Space")
        await tab_to(page, "I have checked that it is safe to share with this person")
        await page.keyboard.press("Space")
        await tab_to(page, "Send")
        await page.keyboard.press("Enter")
        banner = page.get_by_role("alert").filter(has_text="Family Hub is told today.")
        await expect(banner).to_be_focused()
        await assert_accessible(page, "done")
        await page.reload()
        await expect(banner).to_have_count(0)


async def test_an_idle_session_warns_and_keeps_what_was_typed(address: str, browser: Browser) -> None:
    async with browser_context(browser, address) as context:
        await sign_in(context, address)
        page = await context.new_page()
        await page.clock.install()
        await page.goto("/gallery")
        await page.get_by_label("Why now").fill("Typed for a long time")
        await page.clock.run_for("12:58")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.clock.run_for("00:30")
        await expect(page.get_by_role("dialog", name="Are you still there?")).to_contain_text("in 2 minutes")
        await assert_accessible(page)
        await picture(page, "warning", whole=False)
        await page.get_by_role("button", name="Stay signed in").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)

        await page.clock.run_for("15:01")
        ended = page.get_by_role("dialog", name="You have been signed out")
        await expect(ended).not_to_contain_text("You are not signed in yet.", use_inner_text=True)
        await picture(page, "ended", whole=False)
        await page.route("**/account", lambda route: route.fulfill(status=303, headers={"location": "/sign-in"}))
        await page.get_by_role("button", name="Carry on").click()
        await expect(ended).to_contain_text("You are not signed in yet.")
        await assert_accessible(page)
        await page.unroute("**/account")

        old = await page.locator("main input[name=_csrf_token]").input_value()
        await sign_in(context, address, session="another, of the same person")
        await page.get_by_role("button", name="Carry on").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_label("Why now")).to_have_value("Typed for a long time")
        assert await page.locator("main input[name=_csrf_token]").input_value() != old
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_label("Why now")).to_have_value("Typed for a long time")
        await expect(page).to_have_title("Error: Gallery – ECM Pupil support")
