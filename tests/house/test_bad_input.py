"""Every write, asked in every wrong way: a plain sentence, nothing written, nothing typed lost; then it works after all.

The sound request comes last, so that none of the refusals before it was for another reason than the one wrong thing.
"""

import html
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from ecm.connections import ENGINE
from ecm.web.visit import SENT_FIELD
from tests.house.examples import Body, Example, Place, World
from tests.house.routes import ENDS_SESSION, SAFE, copied, send
from tests.house.write_routes import reviewed
from tests.journeys.story import Visitor

ASKERS = (
    "senco", "nurse", "manager", "amina", "link", "dsl", "auditor", "admin", "system", "nobody", "stranger", "teacher",
)  # fmt: skip
DONE = "SELECT count(*) FROM audit_event WHERE entry ->> 'outcome' = 'done' AND event NOT LIKE 'session:%'"
# What no box accepts, whatever it is for.
NEVER = ("a\x00b", "\x1b[2J", "left\u202eright", "x" * 20_001)
# What a box may accept or not; it must never break.
ODD = ("0001-01-01", "9999-12-31", "👩🏽‍🏫", "' OR 1=1 --", "-1", "1e999", "NaN", "99999999999999999999")
WRONG_TYPES: tuple[Any, ...] = ({"a": 1}, [["a"]], 12.5, [None])


def asker(route: str) -> str:
    """Somebody who gets what this route is for."""
    table = reviewed()
    return next(
        (each for wanted in ((200, 201, 204, 303), (422,)) for each in ASKERS if table[each][route] in wanted), "senco"
    )


def writes(routes: list[str], under_api: bool) -> Iterator[str]:
    """The routes that change something, and do not end the session that asks."""
    for route in routes:
        method, path = route.split()
        if method not in SAFE and path.startswith("/api/") == under_api and route not in ENDS_SESSION:
            yield route


def spoilt(body: Body, values: tuple[Any, ...]) -> Iterator[tuple[str, Body]]:
    """The body with one value at a time replaced by each of these, nested ones too."""
    for name, value in body.items():
        for each in values:
            if not (
                isinstance(value, float) and isinstance(each, float)
            ):  # where a number stands, it is none of a wrong type
                yield name, body | {name: each}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for inner, wrong in spoilt(value[0], values):
                yield f"{name}.0.{inner}", body | {name: [wrong, *value[1:]]}


@asynccontextmanager
async def looking(made: Any) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """A copy of the world, and how many things have been done in it: nothing is written without its event."""
    async with copied(made):
        assert ENGINE.pool is not None
        async with ENGINE.pool.acquire() as connection:
            name = await connection.fetchval("SELECT current_database()")
        admin = await asyncpg.connect(made.admin_url.replace(f"/{made.name}?", f"/{name}?"))
        try:
            yield lambda: admin.fetchval(DONE)
        finally:
            await admin.close()


async def test_every_call_refuses_what_is_wrong_in_every_field_and_then_does_its_work(place: Place) -> None:
    world, made, routes = place
    wrong, asked = [], 0
    async with looking(made) as done:
        for route in writes(routes, under_api=True):
            visitor, path, example = _how(world, route)
            body, before = example.body_of(asker(route)) or {}, await done()
            must = [("unexpected", body | {"unexpected": "1"}), ("", ["no", "object"])] if body else []
            must += spoilt(body, (*NEVER, *WRONG_TYPES))
            for name, bad in must:
                answer, asked = await send(visitor, route.split()[0], path, bad), asked + 1
                if not (400 <= answer.status_code < 500 and _is_problem(answer, name)):
                    wrong.append((route, name, repr(bad)[:80], answer.status_code, answer.text[:200]))
            if await done() != before:
                wrong.append((route, "something was written"))
            for name, bad in spoilt(body, ODD):
                answer, asked = await send(visitor, route.split()[0], path, bad), asked + 1
                if answer.status_code >= 500:
                    wrong.append((route, name, repr(bad)[:80], answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    assert asked > 700


async def test_every_form_keeps_what_was_typed_and_is_done_once_when_sent_twice(place: Place) -> None:
    world, made, routes = place
    wrong = []
    async with looking(made) as done:
        for route in writes(routes, under_api=False):
            visitor, path, example = _how(world, route)
            body, before = example.body_of(asker(route)) or {}, await done()
            for name, bad in [("unexpected", body | {"unexpected": "1"}), *spoilt(body, NEVER)] if body else []:
                answer = await send(visitor, "POST", path, bad)
                if not (400 <= answer.status_code < 500 or _only_asks_again(answer)):
                    wrong.append((route, name, repr(bad)[:80], answer.status_code))
                elif answer.status_code == 422 and (lost := _lost(answer, body, name)):
                    wrong.append((route, name, "lost", lost))
            if await done() != before:
                wrong.append((route, "something was written"))
            for name, bad in spoilt(body, ODD[:4]):
                if (answer := await send(visitor, "POST", path, bad)).status_code >= 500:
                    wrong.append((route, name, repr(bad)[:80], answer.status_code))
    async with looking(made) as done:
        for route in writes(routes, under_api=False):
            if "{secret}" in route:
                continue  # nobody is signed in there: a code asked for twice is sent twice, up to a limit
            visitor, path, example = _how(world, route)
            form = (example.body_of(asker(route)) or {}) | {SENT_FIELD: f"0123456789abcdef{path}"}
            first = await send(visitor, "POST", path, form)
            once = await done()
            second = await send(visitor, "POST", path, form)
            if await done() != once or second.status_code >= 500:
                wrong.append((route, "done twice", first.status_code, second.status_code))
            if first.status_code >= 400 and first.status_code != reviewed()[asker(route)][route]:
                wrong.append((route, "a sound form was refused", first.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def _how(world: World, route: str) -> tuple[Visitor, str, Example]:
    example = world.examples[route]
    return world.people[asker(route)], route.split()[1].format(**world.ids_of(route)) + example.query, example


def _is_problem(answer: httpx.Response, name: str) -> bool:
    """A plain sentence, and for 422 the field it is about."""
    if answer.status_code != 422:
        return bool(answer.json()["detail"])
    errors = answer.json()["errors"]
    return bool(errors) and all(e["message"].endswith((".", "?")) and e["message"][0].isupper() for e in errors)


def _only_asks_again(answer: httpx.Response) -> bool:
    """A page on the way (a check page) that shows its form again says 200 and does nothing."""
    return answer.status_code in (200, 303)


def _lost(answer: httpx.Response, body: Body, wrong: str) -> list[str]:
    """Written text of the other boxes that the page does not show again."""
    shown = html.unescape(answer.text)
    others = {name: value for name, value in body.items() if name != wrong and isinstance(value, str)}
    return [name for name, value in others.items() if " " in value and value not in shown]
