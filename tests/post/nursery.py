"""A post that dies: children of this process deliver, and are killed at random moments. Run by test_kill.py.

Arguments: the database's address as ecm_app, the mail server's port, how many to kill. A few are alive at a time, so
that one dies while others begin; a life lasts on average a little longer than it takes to hand a letter over.
"""

import asyncio
import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta

from pgqueuer.core.qm import QueueManager

from ecm import connections, database
from ecm.post.delivery import carry
from ecm.post.rules import Pace
from ecm.post.senders import Message, NoWay, Smtp
from tests.post.office import HOST, PASSWORD, USER

AT_ONCE = 4
QUICK = Pace(
    first_wait=timedelta(seconds=0.1), longest_wait=timedelta(seconds=0.3), stale=timedelta(seconds=1),
    sweep_every=timedelta(seconds=0.3),
)  # fmt: skip


class Telling(Smtp):
    """The first letter is told to whoever waits at the other end of a pipe."""

    async def send(self, message: Message) -> None:
        """Hand it over, and say so."""
        await super().send(message)
        with suppress(BlockingIOError):
            os.write(PIPE[1], b".")


PIPE = os.pipe()


async def deliver(url: str, port: int) -> None:
    """Deliver until killed."""
    database.use_secret(os.environ["ECM_SECRET_KEY"])
    await connections.open_pool(url, 4)
    ways = {"email": Telling(HOST, port, USER, PASSWORD, "school@ecm.example", "ecm.example"), "sms": NoWay()}
    await carry(asyncio.Event(), ways, QUICK)


def born(url: str, port: int) -> int:
    """A child that delivers: its number."""
    if child := os.fork():
        return child
    try:
        asyncio.run(deliver(url, port))
    finally:
        os._exit(1)


def main() -> None:
    """Kill so many children, then let one live until this process is told to end."""
    QueueManager.verify_structure = _take_its_word  # type: ignore[method-assign]
    url, port, deaths = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    began = time.monotonic()
    alive = [born(url, port)]
    os.read(PIPE[0], 1)
    longest = min(2 * 1.3 * (time.monotonic() - began) / AT_ONCE, 0.2)
    os.set_blocking(PIPE[1], False)  # nobody listens any more
    alive += [born(url, port) for _ in range(AT_ONCE - 1)]
    for _ in range(deaths):
        time.sleep(random.uniform(0, longest))
        kill(alive.pop(random.randrange(len(alive))))
        alive.append(born(url, port))
    print("killed", flush=True)
    sys.stdin.readline()
    for child in alive:
        kill(child)


def kill(child: int) -> None:
    """At once, without a word."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


async def _take_its_word(_: QueueManager) -> None:
    """PgQueuer looks at its tables at every start: most of so short a life."""


if __name__ == "__main__":
    main()
