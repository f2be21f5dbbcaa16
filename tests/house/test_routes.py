"""Everybody × every route of the running application: what they get is in a reviewed table, and nothing is told of the rest.

The six personas, a stranger, both parents (one was let in to the case, one was not), a parent's link, and nobody.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ecm import database
from ecm.app import create_app
from tests.client import application
from tests.conftest import fresh_database
from tests.house.examples import PERSONAS, World, build
from tests.house.routes import copied, expected, observe, routes_of

Place = tuple[World, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(cluster: str) -> AsyncIterator[Place]:
    """The world, built once and then left alone; everybody gets a copy of its database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecm.consent.links.ANSWER_SECONDS", 0.01)
        async with fresh_database(cluster) as made, application() as client:
            world = await build(client)
            await database.close_pool()
            yield world, made


@pytest.mark.parametrize("persona", PERSONAS)
async def test_everybody_gets_what_the_table_says_and_the_hidden_is_as_nothing(place: Place, persona: str) -> None:
    world, made = place
    routes = routes_of(create_app())
    async with copied(made.admin_url, made.name):
        observed = await observe(world, persona, routes)
    wanted = {route: row[persona] for route, row in expected().items()}
    assert observed.tells == []
    assert observed.statuses == wanted
