"""The two servers, each a real process of one worker on a port of its own, over the same database."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import NamedTuple

import httpx

from ecm.accounts import tokens
from ecm.embedded import as_role

OURS = ("ecm", "serve", "--workers", "1", "--port")
FLOOR = ("tests.bench.floor",)
SECRET = "a secret of the benchmark, long enough for anybody"
STARTS_WITHIN_SECONDS = 20
STOPS_WITHIN_SECONDS = 10


def environment(data: Path, admin_url: str) -> dict[str, str]:
    """Settings as for a real installation: the application's own login, no demonstration."""
    key = data / "token-key.json"
    key.write_text(tokens.new_key())
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ECM_")}
    return ours | {
        "ECM_DATA": str(data),
        "ECM_DATABASE_URL": as_role(admin_url, "ecm_app"),
        "ECM_SECRET_KEY": SECRET,
        "ECM_TOKEN_KEY_FILE": str(key),
        "ECM_PUBLIC_URL": "https://bench.example",
    }


class Served(NamedTuple):
    """A server that answers: its port, and its first process."""

    port: int
    process: int


@contextmanager
def serving(module: tuple[str, ...], settings: dict[str, str]) -> Iterator[Served]:
    """The module serving on a free port, which it is given as its last word.

    What the server says is shown only if something goes wrong.
    """
    port = _free_port()
    with TemporaryFile() as said:
        server = subprocess.Popen(
            [sys.executable, "-m", *module, str(port)], env=settings, stdout=said, stderr=said, start_new_session=True
        )
        try:
            _wait_for(server, port)
            yield Served(port, server.pid)
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read().decode())
            raise
        finally:
            _stop(server)


@contextmanager
def working(settings: dict[str, str]) -> Iterator[None]:
    """The worker at work beside a server, in a process of its own."""
    worker = subprocess.Popen([sys.executable, "-m", "ecm", "worker"], env=settings, start_new_session=True)
    try:
        yield
        assert worker.poll() is None, "the worker stopped by itself"
    finally:
        _stop(worker)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = monotonic() + STARTS_WITHIN_SECONDS
    while monotonic() < until and server.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
        except httpx.TransportError:
            sleep(0.05)
        else:
            return
    raise SystemExit("A server of the benchmark did not start; see what it says.")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
