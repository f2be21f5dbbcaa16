"""The database goes away, at once or into silence: everybody is told to come back soon, and then it works by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest

from ecm import connections
from tests.actions.story import OAKFIELD, SENCO, action, open_story
from tests.client import application, sign_in
from tests.free import free_port
from tests.journeys.story import Visitor

BACK_WITHIN = 5  # seconds


class Wire:
    """The way to the database, which can be cut or fall silent."""

    def __init__(self, folder: str, port: int) -> None:
        self.socket, self.port = f"{folder}/.s.PGSQL.5432", port
        self.cut, self.open = False, asyncio.Event()
        self.open.set()
        self.ends: list[asyncio.StreamWriter] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_unix_connection(self.socket)
        self.ends += [writer, inner_writer]
        await asyncio.gather(self._pass_on(reader, inner_writer), self._pass_on(inner_reader, writer))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self.open.wait()
                target.write(data)
                await target.drain()
        except (ConnectionError, RuntimeError):
            pass
        finally:
            target.close()

    def fail(self, how: str) -> None:
        if how == "silent":
            self.open.clear()
        else:
            self.cut = True
            for end in self.ends:
                end.close()

    def mend(self) -> None:
        self.cut = False
        self.open.set()


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the database of `url`, and the address of its near end."""
    parts = urlsplit(url)
    wire = Wire(parse_qs(parts.query)["host"][0], free_port())
    server = await asyncio.start_server(wire.carry, "127.0.0.1", wire.port)
    try:
        yield wire, f"{parts.scheme}://{parts.username}@127.0.0.1:{wire.port}{parts.path}"
    finally:
        wire.fail("cut")
        server.close()


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_away_is_503_and_back_is_back(db, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(connections, "ANSWER_WITHIN", 1)  # seconds, for a silent database; 10 in earnest
    story = await open_story(db)
    await connections.close_pool()
    async with wired(db.app_url) as (wire, near), application() as client:
        await connections.open_pool(near, size=3)
        person = await sign_in(client, SENCO)
        senco = Visitor(client, person.headers["Authorization"].removeprefix("Bearer "))
        path = f"/cases/{story.case_id}/actions"
        assert (await senco.post(path, action(OAKFIELD))).status_code == 201

        wire.fail(how)
        answers = await asyncio.gather(
            senco.get("/cases"),
            senco.see("/cases"),
            senco.post(path, action(OAKFIELD, title="Lost?")),
            senco.get("/me"),
        )
        assert [each.status_code for each in answers] == [503] * 4
        assert {each.headers["retry-after"] for each in answers} == {"5"}
        assert "Not available at the moment" in answers[1].text
        assert (await client.get("/health")).status_code == 200

        wire.mend()
        began = monotonic()
        while (await senco.get("/cases")).status_code != 200:
            assert monotonic() - began < BACK_WITHIN
            await asyncio.sleep(0.1)
        assert (await senco.see("/cases")).status_code == 200
        titles = [each["title"] for each in (await senco.get(f"/cases/{story.case_id}")).json()["actions"]]
        assert "Lost?" not in titles
        assert len(titles) == 1
        await connections.close_pool()
