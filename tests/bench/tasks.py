"""What is measured, and that both servers answer it with the same rows."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from ecm import seeds
from tests.bench.area import OF_PARTNER, OF_SENCO, PARTNER, SENCO
from tests.bench.load import Step

CONNECTIONS = 4
PARTS = ("barriers", "involvements", "actions", "notes", "sharing")
API = "/api/v1"


@dataclass
class Task:
    """Something people do: how much of the floor's speed it keeps at least, and what each connection asks for."""

    name: str
    bar: float
    scripts: list[list[Step]]


@dataclass(frozen=True)
class Reader:
    """Somebody signed in: the header by which the product knows them, and X-Session for the floor."""

    headers: dict[str, str]

    def step(self, method: str, path: str, version: int = 0) -> Step:
        """One request of theirs."""
        words = {"Host": "127.0.0.1", "Content-Type": "application/json"} | self.headers
        return Step(f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in words.items()), version)


def tasks(ours: httpx.Client, floor: httpx.Client) -> Iterator[Task]:
    """Everything that is measured. Raises: AssertionError when the two servers do not answer with the same rows."""
    senco, partner, browser = by_token(ours, SENCO), by_token(ours, PARTNER), by_cookie(ours, SENCO)
    for reader, whose, many in ((senco, "SENCO", OF_SENCO), (partner, "partner", OF_PARTNER)):
        check_worklist(ours, floor, reader)
        step = reader.step("GET", f"{API}/cases")
        yield Task(f"worklist of 25, {whose} of {many}", 0.6, [[step]] * CONNECTIONS)
    cases = [check_case(ours, floor, senco, each["id"]) for each in listed(ours, senco)]
    yield Task("open a case, page", 0.5, dealt(browser.step("GET", f"/cases/{each['reference']}") for each in cases))
    yield Task("open a case, API", 0.5, dealt(senco.step("GET", f"{API}/cases/{each['id']}") for each in cases))
    actions = [next(a for a in each["actions"] if a["status"] == "todo") for each in cases]
    yield Task(
        "update an action, API",
        0.5,
        dealt(senco.step("PATCH", f"{API}/actions/{a['id']}", a["version"]) for a in actions),
    )


def by_token(ours: httpx.Client, email: str) -> Reader:
    """Somebody signed in as a program is."""
    answer = ours.post(f"{API}/tokens", json={"email": email, "password": seeds.PASSWORD}).raise_for_status()
    token = answer.json()["access_token"]
    words = token.split(".")[1]
    session = json.loads(urlsafe_b64decode(words + "=" * (-len(words) % 4)))["sid"]
    return Reader({"Authorization": f"Bearer {token}", "X-Session": sha256(session.encode()).hexdigest()})


def by_cookie(ours: httpx.Client, email: str) -> Reader:
    """Somebody signed in as a browser is."""
    answer = ours.post("/sign-in", data={"email": email, "password": seeds.PASSWORD})
    secret = answer.cookies["__Host-ecm-session"]
    return Reader({"Cookie": f"__Host-ecm-session={secret}", "X-Session": sha256(secret.encode()).hexdigest()})


def listed(server: httpx.Client, reader: Reader, query: str = "?limit=100") -> list[dict[str, Any]]:
    """The reader's cases."""
    return list(server.get(f"{API}/cases{query}", headers=reader.headers).raise_for_status().json()["items"])


def check_worklist(ours: httpx.Client, floor: httpx.Client, reader: Reader) -> None:
    """25 cases, the same ones in the same order."""
    first, second = ([each["id"] for each in listed(server, reader, "")] for server in (ours, floor))
    assert first == second
    assert len(first) == 25


def check_case(ours: httpx.Client, floor: httpx.Client, reader: Reader, key: str) -> dict[str, Any]:
    """The case, with the same rows in every part."""
    first, second = (
        server.get(f"{API}/cases/{key}", headers=reader.headers).raise_for_status().json() for server in (ours, floor)
    )
    for part in PARTS:
        mark = "basis" if part == "sharing" else "id"
        assert [each[mark] for each in first[part]] == [each[mark] for each in second[part]], part
    return dict(first)


def dealt(steps: Iterator[Step]) -> list[list[Step]]:
    """Dealt out, so that no two connections ask for the same thing."""
    every = list(steps)
    return [every[place::CONNECTIONS] for place in range(CONNECTIONS)]
