"""The load: a few connections kept open, each asking again as soon as it has its answer.

Runs in a process of its own and does as little as it can: bytes out, bytes in, the time between.
"""

import asyncio
import json
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter

PATIENCE_SECONDS = 10
STATUSES = ("todo", "doing")


@dataclass
class Step:
    """A request; one that changes an action knows the version that the action has now."""

    head: str
    version: int = 0

    def bytes(self) -> bytes:
        """The request as it is sent now: an action goes from to do to under way and back, with a line about it."""
        change = {
            "version": self.version,
            "status": STATUSES[self.version % 2],
            "progress": f"Tried {self.version} times",
        }
        body = json.dumps(change).encode() if self.version else b""
        return f"{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Measured:
    """A round: how long each answer took and how long the round did, in seconds, and the scripts as they are now."""

    took: list[float]
    seconds: float
    scripts: list[list[Step]]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds


class Client(asyncio.Protocol):
    """One connection: asks the next thing as soon as an answer is complete."""

    def __init__(self, steps: list[Step], until: float) -> None:
        self.until = until
        self.took: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting = b""
        self.missing = 0
        self.turns = cycle(steps)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.step = next(self.turns)
        self.asked_at = perf_counter()
        self.transport.write(self.step.bytes())

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self._begin_answer(data)
        if not self.missing and not self.waiting:
            self._answered()

    def _begin_answer(self, data: bytes) -> None:
        self.waiting += data
        head, end, body = self.waiting.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(self.waiting)
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self.waiting, self.missing = b"", length - len(body)

    def _answered(self) -> None:
        now = perf_counter()
        self.took.append(now - self.asked_at)
        self.step.version += bool(self.step.version)
        if now < self.until:
            self._ask()
        else:
            self._finish()

    def _fail(self, answer: bytes) -> None:
        self.done.set_exception(AssertionError(f"{self.step.head.splitlines()[0]} → {answer[:500]!r}"))
        self.transport.close()

    def _finish(self) -> None:
        self.done.set_result(None)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


def drive(port: int, scripts: list[list[Step]], seconds: float) -> Measured:
    """One connection for each script, for this long. Raises: AssertionError at the first answer that is not 200."""
    return asyncio.run(_drive(port, scripts, seconds))


async def _drive(port: int, scripts: list[list[Step]], seconds: float) -> Measured:
    began = perf_counter()
    clients = [Client(steps, began + seconds) for steps in scripts]
    loop = asyncio.get_running_loop()
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)
    await asyncio.wait_for(asyncio.gather(*(c.done for c in clients)), seconds + PATIENCE_SECONDS)
    ended = perf_counter()
    return Measured([each for client in clients for each in client.took], ended - began, scripts)
