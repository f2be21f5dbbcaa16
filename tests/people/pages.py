"""Pages as a browser without JavaScript uses them, for the tests of this folder."""

import re
from html import unescape
from secrets import token_urlsafe
from typing import Any

import httpx

from ecm import seeds
from ecm.accounts.current import SESSION_COOKIE
from ecm.web.visit import CSRF_FIELD, SENT_FIELD, csrf_token

ADMIN = "admin@oakfield.example"
SENCO = "senco@oakfield.example"
DSL = "dsl@oakfield.example"
TEACHER = "teacher@oakfield.example"
PASSWORD = "three otters cross the bridge"


class Browser:
    """Somebody's browser, signed in or not."""

    def __init__(self, client: httpx.AsyncClient, secret: str = "") -> None:
        self.client, self.token = client, csrf_token(secret)
        self.headers = {"Cookie": f"{SESSION_COOKIE}={secret}"} if secret else {}

    async def get(self, path: str, status: int = 200) -> str:
        """What a page says, without its marks."""
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == status, (path, answer.status_code, words(answer))
        return words(answer)

    async def send(self, path: str, **boxes: Any) -> httpx.Response:
        """Send a form, from a page that was just opened."""
        sent = {CSRF_FIELD: self.token, SENT_FIELD: token_urlsafe(16), **boxes}
        return await self.client.post(path, data=sent, headers=self.headers)

    async def done(self, path: str, **boxes: Any) -> str:
        """Send a form that is to be accepted; where it leads."""
        answer = await self.send(path, **boxes)
        assert answer.status_code == 303, (path, answer.status_code, words(answer))
        return str(answer.headers["location"])

    async def refused(self, path: str, **boxes: Any) -> str:
        """Send a form that is to be refused; what the page says then."""
        answer = await self.send(path, **boxes)
        assert answer.status_code == 422, (path, answer.status_code)
        return words(answer)


def words(answer: httpx.Response) -> str:
    """What is on a page, without its marks."""
    body = re.search(r"<main.*</main>", answer.text, re.S)
    apart = re.sub(r"</?(span|strong|a)\b[^>]*>", "", body[0] if body else "")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", apart)).split())


async def browse(client: httpx.AsyncClient, email: str, password: str = seeds.PASSWORD, **headers: str) -> Browser:
    """A browser in which somebody has signed in."""
    answer = await client.post("/sign-in", data={"email": email, "password": password}, headers=headers)
    assert answer.status_code == 303, words(answer)
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(SESSION_COOKIE))
    return Browser(client, cookie.partition("=")[2].partition(";")[0])


async def letters(client: httpx.AsyncClient, to: str) -> list[dict[str, Any]]:
    """What was sent to an address, newest first."""
    return [each for each in (await client.get("/demo/outbox.json")).json() if each["to"] == to]


async def link_to(client: httpx.AsyncClient, to: str, place: str) -> str:
    """The path of the link in the newest letter to an address."""
    found = re.search(rf"/{place}/[\w-]{{43}}", (await letters(client, to))[0]["text"])
    assert found is not None
    return found[0]


def boxes(name: str, day: Any) -> dict[str, str]:
    """A date in its three boxes."""
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
