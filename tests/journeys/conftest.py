"""The application as people meet it: a fresh seeded area, the real server, a real browser, and who sits at it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext

from ecm.web import assets
from tests.browser import browser, browser_context, served
from tests.client import the_app
from tests.journeys.sight import learn_routes

__all__ = ["browser"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the application is served, and the database behind it, for what no page can do."""

    address: str
    db: Any
    browser: Browser

    def open(self, **how: Any) -> AbstractAsyncContextManager[BrowserContext]:
        """Somebody's own browser: `width`, `scripts` as in tests/browser.py."""
        return browser_context(self.browser, self.address, **how)


@pytest.fixture
async def site(db: Any, browser: Browser) -> AsyncIterator[Site]:
    """The real application over HTTP on a database of its own."""
    assets.collect()
    learn_routes(the_app())
    async with served(the_app()) as address:
        yield Site(address, db, browser)
