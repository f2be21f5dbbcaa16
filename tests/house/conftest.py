"""The world of `examples`, built once for a file of tests and then left alone: each asks a copy of its database."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ecm import connections
from tests.client import application, the_app
from tests.conftest import fresh_database
from tests.house.examples import Place, build
from tests.house.routes import routes_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(cluster: str) -> AsyncIterator[Place]:
    """The world, built once and then left alone (each test asks a copy of its database), and all routes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecm.consent.links.ANSWER_SECONDS", 0.01)
        async with fresh_database(cluster) as made, application() as client:
            world = await build(client)
            await connections.close_pool()
            yield world, made, routes_of(the_app())
