"""The pictures of `docs/images/`, from a demonstration: `make demo`, then `python -m tests.pictures ADDRESS [NAME ...]`.

First Leila's case is opened there, so that a parent has a question to answer and a nurse an invitation. A page that went
wrong, or came without its style, is no picture. Somebody has to look at the others: nothing fails because they are ugly.
"""

import asyncio
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, async_playwright

from ecm.clock import today
from ecm.seeds import PASSWORD, known
from tests.browser import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[1] / "docs" / "images"
MOST_BYTES = 200_000
DESK, TALL, PHONE = (1100, 860), (1100, 1200), (390, 780)
SENCO, NURSE, CARER = "senco@oakfield.example", "nurse@community-health.example", "amina.yusuf@home.example"
ADMIN, AUDITOR = "admin@oakfield.example", "auditor@partnership.example"


@dataclass(frozen=True)
class Picture:
    """One page as somebody sees it. `{case}` in the path: Łukasz's, the case of the demonstration with most in it."""

    name: str
    who: str
    path: str
    size: tuple[int, int] = DESK


PICTURES = (
    Picture("senco-home", SENCO, "/"),
    Picture("cases", SENCO, "/cases", TALL),
    Picture("case", SENCO, "{case}", TALL),
    Picture("sharing", SENCO, "{case}/sharing", TALL),
    Picture("timeline", SENCO, "{case}/timeline", TALL),
    Picture("review", SENCO, "{case}/review"),
    Picture("actions-on-a-telephone", NURSE, "/actions", PHONE),
    Picture("people", ADMIN, "/people"),
    Picture("oversight", AUDITOR, "/oversight", TALL),
    Picture("family-home", CARER, "/family", PHONE),
    Picture("partner-home", NURSE, "/"),
)
MAIN = PICTURES[:10]  # the ten main pages, which are weighed and looked at with Lighthouse too


def fullest_case(cases: str) -> str:
    """The path of Łukasz's case, from the page of a list of cases. Raises: AssertionError when it is not in it."""
    found = re.search(r'href="(/cases/ECM-[^"?]+)"[^>]*>\s*Łukasz', cases)
    assert found, "Łukasz’s case is not in the list"
    return found[1]


def ask_about_leila(address: str) -> None:
    """Open Leila's case, let her mother see it, and ask her about a service; nothing when it is open already."""
    with httpx.Client(base_url=f"{address}/api/v1") as client:

        def post(path: str, **body: Any) -> httpx.Response:
            return client.post(path, json=body)

        token = post("/tokens", email=SENCO, password=PASSWORD).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        health, carer = str(known("community-health")), str(known(f"carer {CARER}"))
        opened = post(
            "/cases", pupil_id=str(known("pupil Leila Reid")), level="2", strengths="She sings, and knows every song.",
            reason="Finds it hard to follow what is said in a full classroom.",
        )  # fmt: skip
        if opened.status_code == 422:
            return
        case = f"/cases/{opened.raise_for_status().json()['id']}"
        for path, body in (
            ("carers", {"carer_id": carer, "authority_seen": True, "safe_to_share": True}),
            ("involvements", {"agency_id": health, "reason_code": "assessment", "categories": ["education", "health"]}),
            ("actions", {"title": "Sit near the front, away from the door", "category": "education",
                         "owner_agency_id": str(known("oakfield")), "due_on": (today() + timedelta(days=1)).isoformat()}),
            ("consent-requests", {"carer_id": carer, "proposals": [
                {"agency_id": health, "categories": ["education", "health"], "purpose": "assessment"}]}),
        ):  # fmt: skip
            post(f"{case}/{path}", **body).raise_for_status()


async def take(address: str, names: list[str]) -> None:
    """Take the pictures of these names, or all. Raises: AssertionError for one that is too large to be kept."""
    FOLDER.mkdir(exist_ok=True)
    ask_about_leila(address)
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
        path = path.replace("{case}", fullest_case(await page.content()))
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    await page.goto(path)
    assert not failed, failed
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
