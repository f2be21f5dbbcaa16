"""The server is shot at random moments: what it had answered is there, once, and nothing is half there.

Real server processes (Granian and its worker) over the network, ended by SIGKILL so that nothing of them can tidy up,
one after the other on the same database, as a supervisor would start them.
"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from ecm.seeds import PASSWORD
from tests.actions.story import OAKFIELD, SENCO, action, open_story
from tests.free import free_port

ROUNDS = 15
LONGEST_LIFE = 0.4  # seconds of writing before a server is shot
PUPILS = ("Leila Reid", "Niamh O’Neill", "Łukasz Wiśniewski")
# Told to every server alike, so that a token of one is good at the next.
PUBLIC_URL = "http://127.0.0.1"
HONEST_CLOCK = "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'"


# `ecm serve` for each port that is asked for, from a process that has read the program already: a start takes a
# quarter of the time, and is otherwise the same.
NURSERY = """
import os, signal, sys
import ecm.app
from ecm.cli import main
children = []
for port in iter(sys.stdin.readline, ""):
    children.append(os.fork())
    if children[-1] == 0:
        os.setsid()
        os.dup2(2, 1)
        main(["serve", "--port", port.strip()])
    print(children[-1], flush=True)
for child in children:  # not one has been waited for, so these numbers are still theirs
    os.killpg(child, signal.SIGKILL)
"""


@dataclass
class Server:
    """A running server, and a way to it."""

    pid: int
    client: httpx.AsyncClient

    def shoot(self) -> None:
        """SIGKILL, to it and to every process it started: it leads a session."""
        os.killpg(self.pid, signal.SIGKILL)


@dataclass
class Street:
    """Where the server is now, and what people who wrote to it know."""

    server: Server | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    interruptions: int = 0
    notes: dict[str, str] = field(default_factory=dict)  # what was answered: text → id
    actions: dict[str, str] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)  # notes that were sent and never answered

    async def send(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any] | None:
        """What the server answers; None when it was shot meanwhile."""
        await self.open.wait()
        assert self.server is not None
        try:
            answer = await self.server.client.post("/api/v1" + path, json=body, headers=headers)
        except httpx.TransportError:
            self.interruptions += 1
            return None
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


async def start(nursery: asyncio.subprocess.Process) -> Server:
    """A server that answers."""
    assert nursery.stdin
    assert nursery.stdout
    port = free_port()
    nursery.stdin.write(f"{port}\n".encode())
    pid = int(await nursery.stdout.readline())
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10)
    async with asyncio.timeout(30):
        while True:
            with suppress(httpx.TransportError):
                if (await client.get("/health")).status_code == 200:
                    break
            await asyncio.sleep(0.02)
    return Server(pid, client)


@asynccontextmanager
async def servers(db):
    """Gives one running server of this database after another, the next one always starting; none outlives this."""
    nursery = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NURSERY, env=os.environ | {"ECM_DATABASE_URL": db.app_url, "ECM_PUBLIC_URL": PUBLIC_URL},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    following = asyncio.create_task(start(nursery))

    async def one_more() -> Server:
        nonlocal following
        server = await following
        following = asyncio.create_task(start(nursery))
        return server

    try:
        yield one_more
    finally:
        following.cancel()
        nursery.stdin.close()
        await nursery.wait()


async def write(street: Street, case: str, who: dict[str, str]) -> None:
    """Write notes and actions in turn. An action is sent again under its key until it is answered; a note only once."""
    number = 0
    while not street.closing:
        words = f"{case[-4:]} {number}"
        if note := await street.send(f"/cases/{case}/notes", {"category": "education", "text": words}, who):
            street.notes[words] = note["id"]
        else:
            street.doubtful.add(words)
        keyed = who | {"Idempotency-Key": words}
        while not (made := await street.send(f"/cases/{case}/actions", action(OAKFIELD, title=words), keyed)):
            pass
        street.actions[words] = made["id"]
        number += 1


async def shooting(street: Street, one_more) -> None:
    """Server after server is shot while people write; the last one lives."""
    dice = random.Random(15)
    for _ in range(ROUNDS):
        street.server = await one_more()
        street.open.set()
        await asyncio.sleep(dice.uniform(0.01, LONGEST_LIFE))
        street.open.clear()
        street.server.shoot()
        await street.server.client.aclose()
    street.server = await one_more()
    street.closing = True
    street.open.set()


async def test_what_was_answered_outlives_the_server(db):
    cases = [str((await open_story(db, pupil)).case_id) for pupil in PUPILS]
    street = Street()
    async with db.admin() as admin:
        await admin.execute(HONEST_CLOCK)
    async with db.admin() as admin, servers(db) as one_more:
        first = await one_more()
        signed_in = await first.client.post("/api/v1/tokens", json={"email": SENCO, "password": PASSWORD})
        who = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        async with asyncio.timeout(90), asyncio.TaskGroup() as people:
            for case in cases:
                people.create_task(write(street, case, who))
            people.create_task(shooting(street, one_more))
        await nothing_is_lost(admin, street)


async def nothing_is_lost(admin, street: Street) -> None:
    """Every answered row is there once, with its event; of the others whole ones or none."""
    notes = {r["text"]: str(r["id"]) for r in await admin.fetch("SELECT id, text FROM note")}
    actions = {r["title"]: str(r["id"]) for r in await admin.fetch("SELECT id, title FROM action")}
    assert await admin.fetchval("SELECT (SELECT count(*) FROM note) + (SELECT count(*) FROM action)") == len(
        notes
    ) + len(actions)
    assert street.notes.items() <= notes.items()
    assert notes.keys() - street.notes.keys() <= street.doubtful
    assert street.actions == actions
    for event, rows in (("note:written", notes), ("action:added", actions)):
        subjects = await admin.fetch("SELECT entry ->> 'subject' FROM audit_event WHERE event = $1", event)
        assert Counter(r[0] for r in subjects) == Counter(rows.values())
    assert await admin.fetchval("SELECT count(*) FROM audit_event") == await admin.fetchval(
        "SELECT count(*) FROM audit_inbox"
    )
    late = """SELECT count(*) FROM case_seat s WHERE principal = $1 AND last_activity_at <> greatest(
              (SELECT max(updated_at) FROM action WHERE case_id = s.case_id), (SELECT max(written_at) FROM note WHERE case_id = s.case_id))"""
    assert await admin.fetchval(late, OAKFIELD) == 0
    # The shots hit somebody, and much was written between them.
    assert street.interruptions >= ROUNDS
    assert len(street.notes) + len(street.actions) >= ROUNDS // 2
