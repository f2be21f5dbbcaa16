"""A program's way in: the API through the real application, without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from litestar import Litestar

from ecm import seeds
from ecm.app import create_app


@cache
def the_app() -> Litestar:
    """The application, put together once a run: between two requests it keeps nothing that is not in the database.

    The pool of whichever test is running stands for its lifespan.
    """
    with patch("ecm.app._lifespan", lambda _: nullcontext()):
        return create_app()


@asynccontextmanager
async def application() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the running application; nobody is signed in."""
    transport = httpx.ASGITransport(the_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        yield client


class Person:
    """Somebody of the demonstration area with a token."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """GET under /api/v1."""
        return await self.client.get("/api/v1" + path, params=query, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Any other method under /api/v1, with a JSON body."""
        return await self.client.request(method, "/api/v1" + path, json=body, headers=self.headers | headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST under /api/v1."""
        return await self.send("POST", path, {} if body is None else body, **headers)


async def sign_in(client: httpx.AsyncClient, email: str) -> Person:
    """Sign in as the contract says, with the demonstration's password."""
    answer = await client.post("/api/v1/tokens", json={"email": email, "password": seeds.PASSWORD})
    assert answer.status_code == 201, answer.text
    return Person(client, answer.json()["access_token"])
