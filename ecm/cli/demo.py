"""`ecm demo`: the demonstration area on this machine."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ecm.cli.ground import begin_again, data_folder, demo_environment, main
from ecm.embedded import owning, running

READY_WITHIN_SECONDS = 60


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--fresh", is_flag=True, help="Begin again with an empty database.")
def demo(port: int, host: str, fresh: bool) -> None:
    """The demonstration area on this machine: database, server and worker, until interrupted."""
    data = data_folder()
    with owning(data):
        if fresh:
            begin_again(data)
        with _stopping_cleanly(), running(data) as admin_url:
            environment = demo_environment(data, host, port, admin_url)
            _migrate_and_seed(admin_url, environment["ECM_SECRET_KEY"])
            children = [
                subprocess.Popen(
                    [sys.executable, "-m", "ecm", *words],
                    env=environment,
                    start_new_session=True,  # Ctrl-C is ours to pass on, in order
                    preexec_fn=_end_with_parent if sys.platform == "linux" else None,
                )
                for words in (["serve", "--host", host, "--port", str(port)], ["worker"])
            ]
            try:
                _wait_until_ready(children, host, port)
                _say_how_to_sign_in(host, port)
                _watch(children)
            finally:
                _stop(children)


def _end_with_parent() -> None:
    """Ask the kernel to end this child when its parent dies, however it dies (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _migrate_and_seed(admin_url: str, secret: str) -> None:
    from ecm.migrations.apply import migrate
    from ecm.stories import seed_demo

    asyncio.run(migrate(admin_url, secret))
    asyncio.run(seed_demo(admin_url, secret))


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does: through every `finally`."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_until_ready(children: list[subprocess.Popen[bytes]], host: str, port: int) -> None:
    for _ in range(READY_WITHIN_SECONDS * 20):
        if any(child.poll() is not None for child in children):
            raise OSError("the server or the worker ended while starting; see the messages above")
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/health", timeout=1):
                return
        except OSError:
            signal.sigtimedwait([], 0.05)
    raise OSError("the server did not answer in time")


def _say_how_to_sign_in(host: str, port: int) -> None:
    from ecm.seeds import CARERS, PASSWORD, WORKERS
    from ecm.stories import EWA

    click.echo(f"\nEverybody's password is {PASSWORD}")
    for worker in WORKERS:
        click.echo(f"  {worker.email:46} {worker.role}")
    for email, *_, relationship in CARERS:
        click.echo(f"  {email:46} {relationship}")
    click.echo(f"  {EWA:46} mother, with something shared by law")
    click.echo(f"Messages: http://{host}:{port}/demo/outbox\n")
    click.echo(f"ready: http://{host}:{port}")


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        signal.sigtimedwait([], 0.5)
    raise OSError("the server or the worker ended; see the messages above")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
