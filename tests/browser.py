"""A real browser for tests: Debian's Chromium through Playwright, the application served on a free port, axe-core.

Import the fixture where it is wanted: `from tests.browser import browser`. Set ECM_SCREENSHOTS to a folder to keep
a picture of every page that is checked.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ecm.web import assets

CHROMIUM = os.environ.get("ECM_CHROMIUM", "/usr/bin/chromium-headless-shell")
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-extensions", "--no-first-run")
PHONE = 320
DESK = 1280
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What passed stays in the browser: carrying it over would take longer than finding it.
VIOLATIONS = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(found => found.violations)"

Violation = dict[str, Any]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the whole run."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        await opened.close()


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application in this event loop with the server of production; yields its address."""
    port = _free_port()
    server = Server(app, "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    try:
        await _answering(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


@asynccontextmanager
async def browser_context(
    browser: Browser, base_url: str, *, width: int = DESK, scripts: bool = True, **options: Any
) -> AsyncIterator[BrowserContext]:
    """A fresh profile: no cookies, this window width in CSS pixels, with or without JavaScript, British English.

    On leaving, whatever the pages' scripts or policies complained of fails the test.
    """
    context = await browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        locale="en-GB",
        timezone_id="Europe/London",
        **options,
    )
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
    try:
        yield context
    finally:
        await context.close()
    assert not complaints, complaints


async def axe(page: Page) -> list[Violation]:
    """What axe-core finds wrong with the page as it stands."""
    await page.evaluate(_axe_source())
    return list(await page.evaluate(VIOLATIONS, TAGS))


async def assert_accessible(page: Page, name: str = "", *, allowed: tuple[str, ...] = ()) -> None:
    """No violation but those of the rules named in `allowed`, and no sideways scrolling; keeps a picture if asked."""
    if name:
        await picture(page, name)
    found = [each for each in await axe(page) if each["id"] not in allowed]
    assert not found, "\n".join(f"{each['id']}: {node['html']}" for each in found for node in each["nodes"])
    await assert_fits(page)


async def assert_fits(page: Page) -> None:
    """Nothing sticks out of the window to the side."""
    wide, window = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window} px"


async def tab_to(page: Page, text: str, most: int = 80) -> None:
    """Press Tab until what has `text` as its text, label or value is in focus; every stop must show its focus."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUSED)
        assert stop["visible"], f"focus does not show on {stop['text']!r}"
        if stop["text"] == text:
            return
    raise AssertionError(f"{text!r} cannot be reached by keyboard on {page.url}")


async def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture of the whole page, or of the window, in the folder ECM_SCREENSHOTS, if that is set."""
    if folder := os.environ.get("ECM_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=whole)


FOCUSED = """() => {
  const on = document.activeElement, style = getComputedStyle(on);
  const label = on.labels && on.labels[0] ? on.labels[0].innerText : on.innerText || on.value || "";
  const box = on.getBoundingClientRect();
  const drawn = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return {text: label.trim(), visible: on === document.body || (drawn && box.width > 0)};
}"""


def _is_complaint(said: Any) -> bool:
    """Errors and refused loads. The browser also reports every 4xx and 5xx answer; those to pages are asked for."""
    asked_for = "responded with a status of" in said.text and "/static/" not in said.location["url"]
    return said.type == "error" and not asked_for


@cache
def _axe_source() -> str:
    source = assets.MODULES / "axe-core" / "axe.min.js"
    if not source.exists():
        assets.install()
    return source.read_text("utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answering(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError("the server did not start")
