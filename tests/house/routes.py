"""Asking every route of the running application as everybody, about what there is and about nothing."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, combinations
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from ecm import connections, seeds
from ecm.accounts.current import LINK_COOKIE
from ecm.cases.rules import reference_of
from ecm.clock import new_id
from ecm.embedded import as_role
from tests.house.examples import Body, Example, World
from tests.journeys.story import EMAILS, Visitor

SAFE = ("GET", "HEAD")
PLACE = re.compile(r"\{(\w+)\}")
WITHOUT_ID = ("path", "file_path", "guide")
ENDS_SESSION = (
    "DELETE /api/v1/tokens/current", "POST /sign-out", "POST /answer/{request_id}/not-mine", "POST /account/password",
    "POST /account/sessions/ending", "POST /account/sessions/{session_id}/ending", "POST /leave",
)  # fmt: skip
FRESH_COOKIE = re.compile(rf"(?<={LINK_COOKIE}=)[\w-]{{43}}")
UNSOUND: Body = {"unexpected": "1"}

Answer = tuple[int, list[tuple[str, str]], str]


def routes_of(app: Litestar) -> list[str]:
    """`METHOD path` of every route, by path; OPTIONS aside, which Litestar answers itself for every path alike."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    assert len(routes) == len(app.routes)
    found = {(route.path_format, method) for route in routes for method in route.methods - {"OPTIONS"}}
    return [f"{method} {path}" for path, method in sorted(found)]


@dataclass
class Observed:
    """What one persona got: the status by route, and whatever told a hidden thing from an absent one."""

    statuses: dict[str, int] = field(default_factory=dict)
    tells: list[str] = field(default_factory=list)


async def observe(world: World, persona: str, routes: Iterable[str]) -> Observed:
    """Ask every route as this persona, about nothing, about what there is, and with a body that is not sound."""
    observed = Observed()
    for route in sorted(routes, key=ENDS_SESSION.__contains__):
        await _observe(world, persona, route, observed)
    return observed


async def _observe(world: World, persona: str, route: str, observed: Observed) -> None:
    method, path, ids = *route.split(), world.ids_of(route)
    example = world.examples.get(route, Example())
    body = example.body_of(persona)
    visitor = await fresh(world, persona) if route in ENDS_SESSION else world.people[persona]

    async def ask(ids: dict[str, str], body: Body | None) -> Answer:
        return bare(await send(visitor, method, path.format(**ids) + example.query, body), *ids.values())

    nothing = [(absent, await ask(absent, body)) for absent in _absent(ids)]
    here = await ask(ids, body)
    observed.statuses[route] = here[0]
    for absent, there in nothing:
        if there != here if _must_be_alike(persona, path, here[0], there[0]) else there[0] != 404:
            observed.tells.append(f"{route} {absent}: {here}, of nothing {there}")
    if nothing and method not in SAFE and all(there == here for _, there in nothing):
        absent, _ = nothing[-1]
        if (here := await ask(ids, UNSOUND)) != (there := await ask(absent, UNSOUND)):
            observed.tells.append(f"{route} with an unsound body: {here}, of nothing {there}")


def _must_be_alike(persona: str, path: str, here: int, there: int) -> bool:
    """What somebody sees and may not do is 403, and of nothing 404; what they do not see, or may not, is as nothing to the byte."""
    not_signed_in = persona == "nobody" or (persona == "link" and not path.startswith("/answer/"))
    return not_signed_in or "{secret}" in path or here in (401, 404) or here == there >= 400


async def fresh(world: World, persona: str) -> Visitor:
    """Another session of the same person, to be ended."""
    if persona not in EMAILS:
        return world.people[persona]
    body = {"email": EMAILS[persona], "password": seeds.PASSWORD}
    return Visitor(world.client, (await world.client.post("/api/v1/tokens", json=body)).json()["access_token"])


async def send(visitor: Visitor, method: str, path: str, body: Body | None) -> httpx.Response:
    """A request as this visitor makes it: to the API with the token, to a page with the cookie and the form's token."""
    if path.startswith("/api/"):
        return await visitor.client.request(method, path, json=body, headers=visitor.headers)
    if method in SAFE:
        return await visitor.client.request(method, path, headers=visitor.cookies)
    return await visitor.submit(path, body or {})


def _absent(ids: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same ids with some, and at last with all of them replaced by ids of nothing."""
    names = [name for name in ids if name not in WITHOUT_ID]
    for chosen in chain.from_iterable(combinations(names, many) for many in range(1, len(names) + 1)):
        yield ids | {name: _of_nothing(name) for name in chosen}


def _of_nothing(name: str) -> str:
    if name == "reference":
        return reference_of(new_id())
    return token_urlsafe(32) if name == "secret" else str(new_id())


def bare(answer: httpx.Response, *ids: str) -> Answer:
    """All of an answer but its date, the ids that were asked with (of one length each), and a cookie just made."""

    def plain(text: str) -> str:
        for each in ids:
            text = text.replace(each, "<id>")
        return FRESH_COOKIE.sub("<fresh>", text)

    headers = [(name, plain(value)) for name, value in answer.headers.multi_items() if name != "date"]
    return answer.status_code, headers, plain(answer.text)


@asynccontextmanager
async def copied(made: Any) -> AsyncIterator[str]:
    """A copy of a test's database, to which nobody is connected, with the app's pool open on the copy; its address."""
    name = f"c{uuid4().hex[:12]}"
    postgres = await asyncpg.connect(made.admin_url.replace(f"/{made.name}?", "/postgres?"))
    await postgres.execute(f'CREATE DATABASE "{name}" TEMPLATE "{made.name}"')
    await connections.open_pool(as_role(made.admin_url.replace(f"/{made.name}?", f"/{name}?"), "ecm_app"), size=2)
    try:
        yield made.admin_url.replace(f"/{made.name}?", f"/{name}?")
    finally:
        await connections.close_pool()
        await postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await postgres.close()
