"""The `ecm` command."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import click

from ecm.access.lint import WallsOpen
from ecm.agencies.permissions import KINDS, ROLES
from ecm.config import Settings, Unsafe, secret_file, settings
from ecm.embedded import InUse, as_role, owning, running
from ecm.errors import EcmError

READY_WITHIN_SECONDS = 60
click.UsageError.exit_code = 3  # 2 means "cannot tell" to whoever checks a log


class PlainErrors(click.Group):
    """A known trouble is one clear sentence and exit code 3, never a traceback."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Every command takes `--data`, after its name too."""
        cmd.params.append(data_option())
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; word what may go wrong."""
        try:
            return super().invoke(ctx)
        except (InUse, Unsafe, WallsOpen, EcmError) as trouble:
            click.echo(f"ecm: {trouble}", err=True)
            sys.exit(3)
        except (OSError, asyncpg.PostgresConnectionError) as trouble:
            click.echo(f"ecm: {trouble}", err=True)
            sys.exit(2)


def _keep_data(_: click.Context, __: click.Parameter, data: Path | None) -> None:
    if data is not None:
        os.environ["ECM_DATA"] = str(data.resolve())


def data_option() -> click.Option:
    """`--data`, which every command takes."""
    return click.Option(
        ["--data"], type=click.Path(path_type=Path), expose_value=False, is_eager=True, callback=_keep_data,
        help="The data folder; else ECM_DATA, else .ecm-data.",
    )  # fmt: skip


@click.group(cls=PlainErrors, params=[data_option()])
def main() -> None:
    """Pupil support across agencies."""
    os.environ.setdefault("PICCOLO_CONF", "ecm.piccolo_conf")


def data_folder() -> Path:
    """The data folder of this run, absolute."""
    return Path(os.environ.setdefault("ECM_DATA", str(Path(".ecm-data").resolve())))


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--fresh", is_flag=True, help="Begin again with an empty database.")
def demo(port: int, host: str, fresh: bool) -> None:
    """The demonstration area on this machine: database, server and worker, until interrupted."""
    data = data_folder()
    with owning(data):
        if fresh:
            _begin_again(data)
        with _stopping_cleanly(), running(data) as admin_url:
            environment = _demo_environment(data, host, port, admin_url)
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


def _begin_again(data: Path) -> None:
    import shutil  # only here: `--fresh` is rare

    for name in ("database", "log"):
        shutil.rmtree(data / name, ignore_errors=True)


def _demo_environment(data: Path, host: str, port: int, admin_url: str) -> dict[str, str]:
    """What the server and the worker of a demonstration are told."""
    return os.environ | {
        "ECM_DEMO": "1",
        "ECM_SECRET_KEY": secret_file(data / "secret"),
        "ECM_DATABASE_URL": as_role(admin_url, "ecm_app"),
        "ECM_PUBLIC_URL": f"http://{host}:{port}",
    }


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

    click.echo(f"\nEverybody's password is {PASSWORD}")
    for worker in WORKERS:
        click.echo(f"  {worker.email:46} {worker.role}")
    for email, *_, relationship in CARERS:
        click.echo(f"  {email:46} {relationship}")
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


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; all state is in PostgreSQL.")
def serve(port: int, host: str, workers: int) -> None:
    """The server, with settings from the environment."""
    from granian import Granian
    from granian.constants import Interfaces

    from ecm.logs import of_the_server

    _look_before_serving(settings())
    if settings().metrics_token:  # before anybody counts: what the processes count is added up
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="ecm-metrics-"))
    Granian(
        "ecm.app:create_app", factory=True, address=host, port=port, interface=Interfaces.ASGI, workers=workers,
        log_access=False, log_dictconfig=of_the_server(settings().demo), websockets=False, respawn_failed_workers=True, workers_kill_timeout=5,
    ).serve()  # fmt: skip


@main.command()
def worker() -> None:
    """The worker: seals the log, delivers messages, writes reminders."""
    from ecm.worker import run

    _look_before_serving(settings())
    asyncio.run(run())


@main.command()
def bounced() -> None:
    """Read a delivery report (RFC 3464) from standard input; mark the message that did not arrive."""
    from ecm.worker import take_report

    with _database_of(data_folder()) as config:
        noted = asyncio.run(take_report(config, sys.stdin.buffer.read()))
    click.echo("The message is marked as not delivered." if noted else "This report is about no message of ours.")


@main.command()
def migrate() -> None:
    """Bring the database up to date (ECM_ADMIN_DATABASE_URL)."""
    from ecm.migrations.apply import migrate as bring_up_to_date

    if not settings().admin_database_url:
        raise Unsafe("Set ECM_ADMIN_DATABASE_URL to an administrator's address of the database.")
    changed = asyncio.run(bring_up_to_date(settings().admin_database_url, settings().secret_key))
    click.echo("The database is up to date now." if changed else "The database was up to date.")


@main.command()
def permissions() -> None:
    """Print who may do what: (kind of agency, role) × verb."""
    from ecm.agencies.permissions import table

    click.echo(table())


def _look_before_serving(found: Settings) -> None:
    """Serve nothing from a database that is not as it was reviewed. Raises: WallsOpen; Unsafe."""
    from ecm.installation import refuse_open_walls

    if not found.database_url:
        raise Unsafe("Set DATABASE_URL to the address of the database, as ecm_app.")
    asyncio.run(refuse_open_walls(found))


@main.group(cls=PlainErrors)
def audit() -> None:
    """The log: hand it out, check it."""


@audit.command("export")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
@click.option("--since", default=0, show_default=True, help="The first position wanted.")
def export_bundle(folder: Path, since: int) -> None:
    """Write a bundle for an auditor, also while the server runs."""
    from ecm.audit.export import NothingToExport
    from ecm.worker import export_log

    try:
        with _database_of(data_folder()) as config:
            size = asyncio.run(export_log(config, folder, since))
    except (NothingToExport, FileExistsError) as trouble:
        click.echo(f"ecm: {trouble}", err=True)
        sys.exit(2)
    click.echo(f"{folder}: entries {since} to {size - 1}. Check it with: ecm audit verify {folder} --key KEY")


@audit.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--key", help="The log's public key, kept from before: its text, or a file that holds it.")
@click.option("--since", type=click.Path(path_type=Path), help="A checkpoint file kept from before.")
def verify_bundle(folder: Path, key: str | None, since: Path | None) -> None:
    """Check a bundle offline. Exit 0 sound, 1 tampered, 2 cannot tell, 3 usage."""
    from ecm.audit.verify import verify

    verdict = verify(folder, key, since)
    click.echo(verdict.message)
    sys.exit(verdict.exit_code)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """The whole installation in one file, also while the server runs; read back before it gets its name."""
    from ecm.backup import back_up
    from ecm.worker import log_files

    with _database_of(data_folder()) as config:
        if not config.admin_database_url:
            raise Unsafe("Set ECM_ADMIN_DATABASE_URL to an administrator's address of the database.")
        about = back_up(config.admin_database_url, log_files(config), file)
    click.echo(f"{file}: {about.cases:,} cases, {about.log_size:,} entries of the log, begun {about.made_at}.")
    click.echo("It holds every record and the key of the log. Encrypt it, and keep it away from this machine.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """An installation from a backup, into an empty data folder or an empty database; its log is verified."""
    from ecm.backup import restore as fill
    from ecm.worker import log_files, verify_log

    data = data_folder()
    with owning(data), _empty_database(data) as (admin_url, secret):
        about = fill(file, admin_url, secret, log_files(settings()))
    with _database_of(data) as config:
        verdict = asyncio.run(verify_log(config)) if about.log_size else None
    click.echo(f"Restored as it was at {about.made_at}: {about.cases:,} cases, {about.log_size:,} entries of the log.")
    click.echo(verdict.message if verdict else "The log had nothing sealed yet.")
    click.echo("What happened since then is not here: consents that were taken back must be taken back again.")
    if verdict and verdict.exit_code:
        sys.exit(1)


@contextmanager
def _empty_database(data: Path) -> Iterator[tuple[str, str]]:
    """Where a backup goes: the configured database, else a new one in this folder, which is taken away if that fails."""
    if settings().database_url:
        if not settings().admin_database_url:
            raise Unsafe("Set ECM_ADMIN_DATABASE_URL to an administrator's address of the database.")
        yield settings().admin_database_url, settings().secret_key
        return
    if (data / "database").exists():
        raise Unsafe(f"There is an installation in {data} already. Choose --data for an empty folder.")
    try:
        with running(data) as admin_url:
            yield admin_url, secret_file(data / "secret")
    except BaseException:
        _begin_again(data)
        raise


@contextmanager
def _database_of(data: Path) -> Iterator[Settings]:
    """Settings that reach this installation's database: a configured one, a running demonstration's, or its own started."""
    if settings().database_url:
        yield settings()
        return
    if not (data / "database").exists():
        raise Unsafe(f"There is no installation in {data}, and DATABASE_URL is not set.")
    with running(data) as admin_url:
        os.environ |= _demo_environment(data, "127.0.0.1", 8000, admin_url) | {"ECM_ADMIN_DATABASE_URL": admin_url}
        settings.cache_clear()
        yield settings()


@main.command("create-worker")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--agency", required=True, help="The organisation's name; made if there is none of that name.")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--role", required=True, type=click.Choice(ROLES))
def create_worker(name: str, email: str, agency: str, kind: str, role: str) -> None:
    """The first account on a real installation; prints a password once."""
    from ecm.installation import create_first_worker

    if not settings().admin_database_url:
        raise Unsafe("Set ECM_ADMIN_DATABASE_URL to an administrator's address of the database.")
    password = asyncio.run(create_first_worker(settings().admin_database_url, name, email, agency, kind, role))
    click.echo(f"{email} can sign in with this password, which is shown only now: {password}")


@main.command()
def doctor() -> None:
    """Check settings, database, roles and policies, clock and fonts; exit 0, or name what is wrong."""
    from ecm.installation import examine

    with _database_of(data_folder()) as config:
        troubles = asyncio.run(examine(config))
    for trouble in troubles:
        click.echo(f"wrong: {trouble}")
    if troubles:
        sys.exit(1)
    click.echo("All is well: settings, database, roles, policies, clock, fonts.")
