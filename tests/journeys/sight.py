"""What every page owes its reader, looked at whenever a journey reaches one; and which routes were reached so far."""

import re
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.routes import HTTPRoute
from playwright.async_api import Page, expect

from ecm.seeds import PUPILS
from tests.browser import PHONE, assert_accessible, assert_fits

SEEN: set[str] = set()  # routes whose page was looked at, in this process
SEEN_WITH_PROBLEMS: set[str] = set()  # routes that showed a form again, with its error summary
LOOKED_AT: dict[tuple[str, int], set[str]] = {}  # by route and width: the kinds of elements axe has looked at there
PICTURES: list[str] = []
BACK_LINKS_TRIED: set[str] = set()
ROUTES: dict[str, re.Pattern[str]] = {}

# Where a way begins or ends, or where the way back is a button of its own.
WITHOUT_BACK_LINK = {
    "/", "/sign-in", "/account", "/help", "/cases", "/pupils", "/actions", "/invitations", "/oversight", "/oversight/find",
    "/oversight/saved", "/post", "/family", "/class", "/emergencies", "/class/outcomes/{outcome_id}", "/oversight/sharing",
    "/demo/outbox", "/consent/{secret}", "/consent/{secret}/code", "/answer/{request_id}", "/answer/{request_id}/not-mine",
    "/answer/{request_id}/receipt", "/answer/{request_id}/check", "/family/requests/{request_id}/check",
    "/people", "/join/{secret}", "/address/{secret}", "/password/reset/{secret}",
    "/cases/{reference}/ask/check", "/cases/{reference}/grounds/{kind}/check", "/cases/{reference}/opened", "/cases/{reference}/review/check", "/corrections",
    "/pupils/{pupil_id}/leave", "/pupils/{pupil_id}/leave/check", "/pupils/leaving", "/pupils/leaving/check",
}  # fmt: skip
NAMES = sorted({name for pupil in PUPILS for name in (pupil.first, pupil.last, pupil.preferred) if name})
NAMED = re.compile(rf"\b({'|'.join(map(re.escape, NAMES))})\b")

FACTS = """() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const skip = document.querySelector("body a");
  const blamed = all(".govuk-error-summary a").map(a => document.getElementById(a.getAttribute("href").slice(1)));
  return {
    scripts: document.body.classList.contains("js-enabled"),
    title: document.title, lang: document.documentElement.lang,
    skips: skip.className.includes("skip-link") && !!document.querySelector(skip.getAttribute("href")),
    problems: all(".govuk-error-summary li").length,
    astray: blamed.filter(box => !box || !box.checkVisibility()).length,
    inOrder: blamed.every((box, n) => n === 0 || !!(blamed[n - 1].compareDocumentPosition(box) & 4)),
    back: all(".govuk-back-link").map(a => a.href),
    made_of: [...new Set(all("body *").map(each => each.tagName + "." + each.className))],
    green: all("main .govuk-button:not(.govuk-button--secondary):not(.govuk-button--warning)").map(b => b.innerText),
  };
}"""
STATUS_OF = "address => fetch(address).then(answer => answer.redirected ? 0 : answer.status)"


def learn_routes(app: Litestar) -> None:
    """Take the pages' routes from the application that is about to be looked at."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(("/api/", "/static/")):
            ROUTES[_plain(route.path)] = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route.path) + "/?")


def page_routes(app: Litestar, method: str) -> set[str]:
    """The routes of pages that answer this method."""
    learn_routes(app)
    found = {_plain(route.path): route for route in app.routes if isinstance(route, HTTPRoute)}
    return {path for path, route in found.items() if path in ROUTES and method in route.methods}


def route_of(address: str) -> str:
    """The route behind an address; the one with the most fixed words wins, as it does in the application."""
    path = urlsplit(address).path
    matching = [name for name, pattern in ROUTES.items() if pattern.fullmatch(path)]
    assert matching, f"no route for {path}"
    return min(matching, key=lambda name: name.count("{"))


async def see(page: Page, heading: str, *, problems: bool = False, error: bool = False) -> None:
    """The one h1 says this, and the page keeps its promises: accessible, narrow enough, a way on and a way back.

    Where scripts are off axe cannot run; the rest is looked at all the same.
    `problems`: it is a form shown again with its error summary. `error`: a page about something that went wrong.
    """
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    await page.wait_for_load_state("load")
    route = f"error: {heading}" if error else route_of(page.url)
    facts = await page.evaluate(FACTS)
    _check(facts, problems)
    if not facts["scripts"]:
        return await assert_fits(page)
    await _look(page, route, facts["made_of"])
    if not error and route not in WITHOUT_BACK_LINK:
        await _try_way_back(page, route, facts["back"])
    (SEEN_WITH_PROBLEMS if problems else SEEN).add(route)
    return None


def _check(facts: dict[str, Any], problems: bool) -> None:
    assert facts["lang"] == "en-GB", facts
    assert facts["skips"], "the first link does not skip to the main content"
    assert facts["title"].endswith(" – ECM Pupil support"), facts["title"]
    assert not NAMED.search(facts["title"]), f"a pupil’s name in the title: {facts['title']}"
    assert facts["title"].startswith("Error: ") == problems, facts["title"]
    assert (facts["problems"] > 0) == problems, facts
    assert not facts["astray"], "the error summary links to what is not there to be seen"
    assert facts["inOrder"], "the error summary is not in the order of the page"
    assert len(facts["green"]) <= 1, f"more than one main action: {facts['green']}"


async def _look(page: Page, route: str, made_of: list[str]) -> None:
    """At the width the page has, with axe and a picture; and as narrow as a small telephone.

    Once for each kind of element: a page that shows nothing new is not looked at again.
    """
    window = page.viewport_size
    assert window
    before = LOOKED_AT.setdefault((route, window["width"]), set())
    if before.issuperset(made_of):
        return
    before.update(made_of)
    PICTURES.append(route)
    await assert_accessible(page, f"{len(PICTURES):03}{re.sub(r'[^a-z]+', '-', route)}")
    if window["width"] != PHONE:
        await page.set_viewport_size({"width": PHONE, "height": window["height"]})
        await assert_fits(page)
        await page.set_viewport_size(window)


async def _try_way_back(page: Page, route: str, links: list[str]) -> None:
    assert len(links) == 1, f"{route} has no way back, or several: {links}"
    if route not in BACK_LINKS_TRIED:
        assert await page.evaluate(STATUS_OF, links[0]) == 200, f"the way back of {route} leads nowhere"
        BACK_LINKS_TRIED.add(route)


def _plain(path: str) -> str:
    return re.sub(r":\w+\}", "}", path)
