"""The server is shot at random moments: what it had answered is there, once, and nothing is half there.

A real server process (Granian and its worker) over the network, killed with SIGKILL, so that nothing of it can tidy up.
Another one takes its place on the same port, as a supervisor would start it.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import psutil

from ecm.clock import new_id
from ecm.seeds import PASSWORD
from tests.actions.story import SENCO, open_story
from tests.free import free_port

ROUNDS = 15
WRITERS = 4
LONGEST_LIFE = 0.25  # seconds of writing before a server is shot


@dataclass
class Writer:
    """Somebody who writes notes, one after the other, and sends each again with its key until it is answered."""

    case: str
    token: str
    acknowledged: dict[str, str] = field(default_factory=dict)  # text → id
    doubtful: set[str] = field(default_factory=set)  # sent, and the answer never came
    ended: bool = False


@asynccontextmanager
async def server(db, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server of this database, started; shot with all its children on the way out, if not before."""
    settings = {"ECM_DATABASE_URL": db.app_url, "ECM_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ecm", "serve", "--port", str(port),
        env=os.environ | settings, start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        await shoot(process)


async def shoot(process: asyncio.subprocess.Process) -> None:
    """SIGKILL to the server and to every process it started."""
    with suppress(ProcessLookupError):  # the session it leads has its number
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
