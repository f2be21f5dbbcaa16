"""A telephone's browser: it keeps cookies, sends the form's token, and sees pages as a person does."""

import re
from html import unescape
from typing import Any

import httpx

from ecm.web.visit import CSRF_FIELD

PASS = re.compile(r"/consent/[\w-]{43}")
CODE = re.compile(r"^\d{6}")


class Phone:
    """One browser. Cookies are kept by hand: httpx would not send a Secure one to a test's http address."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.page = ""

    async def get(self, path: str, *, method: str = "GET") -> httpx.Response:
        return self._kept(await self.client.request(method, path, headers=self._headers()))

    async def send(self, path: str, **boxes: Any) -> httpx.Response:
        """Send a form from the page this browser shows."""
        token = re.search(rf'name="{CSRF_FIELD}" value="([^"]*)"', self.page)
        typed = {CSRF_FIELD: token[1] if token else "", **{k.replace("__", "."): v for k, v in boxes.items()}}
        return self._kept(await self.client.post(path, data=typed, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        if not answer.is_redirect and answer.request.method != "HEAD":
            self.page = answer.text
        return answer

    @property
    def words(self) -> str:
        """What is on the page, without its marks."""
        body = re.search(r"<main.*</main>", self.page, re.S)
        assert body is not None
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body[0])).split())


def link_of(message: dict[str, Any]) -> str:
    """The path of the link in a message."""
    found = PASS.search(message["text"])
    assert found is not None, message
    return found[0]


def code_of(message: dict[str, Any]) -> str:
    """The six digits of a message."""
    found = CODE.match(message["text"])
    assert found is not None, message
    return found[0]
