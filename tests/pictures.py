"""The pictures of `docs/images/`, from a demonstration: `make demo`, then `python -m tests.pictures ADDRESS [NAME ...]`.

Somebody has to look at what it made: nothing here fails because a page is ugly.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from ecm.seeds import PASSWORD
from tests.browser import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[1] / "docs" / "images"
MOST_BYTES = 200_000
DESK, PHONE = (1100, 860), (390, 780)
SENCO, NURSE, CARER = "senco@oakfield.example", "nurse@community-health.example", "amina.yusuf@home.example"
ADMIN, AUDITOR = "admin@oakfield.example", "auditor@partnership.example"


@dataclass(frozen=True)
class Picture:
    """One page as somebody sees it. `{case}` in the path: the case they work on that has most in it."""

    name: str
    who: str
    path: str
    size: tuple[int, int] = DESK


PICTURES = (
    Picture("senco-home", SENCO, "/"),
    Picture("cases", SENCO, "/cases"),
    Picture("case", SENCO, "{case}"),
    Picture("sharing", SENCO, "{case}/sharing"),
    Picture("timeline", SENCO, "{case}/timeline"),
    Picture("review", SENCO, "{case}/review"),
    Picture("actions-on-a-telephone", NURSE, "/actions", PHONE),
    Picture("people", ADMIN, "/people"),
    Picture("oversight", AUDITOR, "/oversight"),
    Picture("family-home", CARER, "/family", PHONE),
    Picture("partner-home", NURSE, "/"),
)
MAIN = PICTURES[:10]  # the ten main pages, which are weighed and looked at with Lighthouse too


async def take(address: str, names: list[str]) -> None:
    """Take the pictures of these names, or all. Raises: AssertionError for one that is too large to be kept."""
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for picture in (each for each in PICTURES if not names or each.name in names):
            await _take(browser, address, picture)
        await browser.close()


async def _take(browser: Browser, address: str, picture: Picture) -> None:
    width, height = picture.size
    context = await browser.new_context(base_url=address, viewport={"width": width, "height": height}, locale="en-GB")
    page = await context.new_page()
    await _sign_in(page, picture.who)
    path = picture.path
    if "{case}" in path:
        await page.goto("/cases")
        path = path.replace("{case}", await page.locator("main table a").first.get_attribute("href") or "")
    await page.goto(path)
    file = FOLDER / f"{picture.name}.png"
    await page.screenshot(path=file)
    assert file.stat().st_size <= MOST_BYTES, f"{file.name} is too large to be kept"
    await context.close()


async def _sign_in(page: Page, email: str) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000", sys.argv[2:]))
