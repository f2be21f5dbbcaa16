"""What every `ecm` command stands on: plain errors, the data folder, and the way to this installation's database."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import click

from ecm.access.lint import WallsOpen
from ecm.config import Settings, Unsafe, secret_file, settings
from ecm.embedded import InUse, as_role, running
from ecm.errors import EcmError

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


def begin_again(data: Path) -> None:
    for name in ("database", "log"):
        shutil.rmtree(data / name, ignore_errors=True)


def demo_environment(data: Path, host: str, port: int, admin_url: str) -> dict[str, str]:
    """What the server and the worker of a demonstration are told."""
    return os.environ | {
        "ECM_DEMO": "1",
        "ECM_SECRET_KEY": secret_file(data / "secret"),
        "ECM_DATABASE_URL": as_role(admin_url, "ecm_app"),
        "ECM_PUBLIC_URL": f"http://{host}:{port}",
    }


@contextmanager
def database_of(data: Path) -> Iterator[Settings]:
    """Settings that reach this installation's database: a configured one, a running demonstration's, or its own started."""
    if settings().database_url:
        yield settings()
        return
    if not (data / "database").exists():
        raise Unsafe(f"There is no installation in {data}, and DATABASE_URL is not set.")
    with running(data) as admin_url:
        os.environ |= demo_environment(data, "127.0.0.1", 8000, admin_url) | {"ECM_ADMIN_DATABASE_URL": admin_url}
        settings.cache_clear()
        yield settings()


def administrator(config: Settings) -> str:
    """An administrator's address of the database. Raises: Unsafe when none is set."""
    if not config.admin_database_url:
        raise Unsafe("Set ECM_ADMIN_DATABASE_URL to an administrator's address of the database.")
    return config.admin_database_url


@contextmanager
def administering(data: Path) -> Iterator[tuple[str, str]]:
    """An administrator's address and the secret: of the configured database, else of this folder's own, made if absent."""
    if settings().database_url or settings().admin_database_url:
        yield administrator(settings()), settings().secret_key
        return
    from ecm.migrations.apply import migrate

    data.mkdir(parents=True, exist_ok=True)
    with running(data) as admin_url:
        secret = secret_file(data / "secret")
        asyncio.run(migrate(admin_url, secret))
        yield admin_url, secret


def tell_progress(what: str, done: int, of: int) -> None:
    """How far a long work is, on one line that is written over."""
    click.echo(f"\r{what} [{'#' * (30 * done // of):30}] {done:,} of {of:,}", err=True, nl=done == of)
