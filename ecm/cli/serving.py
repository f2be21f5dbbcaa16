"""The processes of an installation, and what keeps it in order."""

import asyncio
import os
import sys
import tempfile

import click

from ecm.agencies.permissions import KINDS, ROLES
from ecm.cli.ground import administrator, data_folder, database_of, main, tell_progress
from ecm.config import Settings, Unsafe, settings


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; all state is in PostgreSQL.")
def serve(port: int, host: str, workers: int) -> None:
    """The server, with settings from the environment."""
    from granian import Granian
    from granian.constants import Interfaces

    from ecm.logs import of_the_server

    look_before_serving(settings())
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

    look_before_serving(settings())
    asyncio.run(run())


def look_before_serving(found: Settings) -> None:
    """Serve nothing from a database that is not as it was reviewed. Raises: WallsOpen; Unsafe."""
    from ecm.installation import refuse_open_walls

    if not found.database_url:
        raise Unsafe("Set DATABASE_URL to the address of the database, as ecm_app.")
    asyncio.run(refuse_open_walls(found))


@main.command()
def bounced() -> None:
    """Read a delivery report (RFC 3464) from standard input; mark the message that did not arrive."""
    from ecm.worker import take_report

    with database_of(data_folder()) as config:
        noted = asyncio.run(take_report(config, sys.stdin.buffer.read()))
    click.echo("The message is marked as not delivered." if noted else "This report is about no message of ours.")


@main.command()
def migrate() -> None:
    """Bring the database up to date (ECM_ADMIN_DATABASE_URL).

    A release with other rules of who may see what derives every case anew; interrupted, the same command goes on.
    """
    from ecm.migrations.apply import migrate as bring_up_to_date

    changed = asyncio.run(bring_up_to_date(administrator(settings()), settings().secret_key, _derived))
    click.echo("The database is up to date now." if changed else "The database was up to date.")


@main.command()
def derive() -> None:
    """Derive anew who may see what, for every case (ECM_ADMIN_DATABASE_URL), also while the server runs."""
    from ecm.access.derivation import derive_all

    with database_of(data_folder()) as config:
        cases = asyncio.run(derive_all(administrator(config), config.secret_key, _derived, again=True))
    click.echo(f"Who may see what was derived anew for {cases:,} cases.")


def _derived(done: int, of: int) -> None:
    tell_progress("cases", done, of)


@main.command()
def permissions() -> None:
    """Print who may do what: (kind of agency, role) × verb."""
    from ecm.agencies.permissions import table

    click.echo(table())


@main.command("create-worker")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--agency", required=True, help="The organisation's name; made if there is none of that name.")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--role", required=True, type=click.Choice(ROLES))
def create_worker(name: str, email: str, agency: str, kind: str, role: str) -> None:
    """The first account on a real installation; prints a password once."""
    from ecm.installation import create_first_worker

    password = asyncio.run(create_first_worker(administrator(settings()), name, email, agency, kind, role))
    click.echo(f"{email} can sign in with this password, which is shown only now: {password}")


@main.command()
def doctor() -> None:
    """Check settings, database, roles and policies, clock and fonts; exit 0, or name what is wrong.

    Names what to look after as well: that alone is no reason to exit with 1.
    """
    from ecm.installation import cautions, examine

    with database_of(data_folder()) as config:
        troubles = asyncio.run(examine(config))
        for trouble in troubles:
            click.echo(f"wrong: {trouble}")
        if troubles:
            sys.exit(1)
        for caution in asyncio.run(cautions(config)):
            click.echo(f"look after: {caution}")
    click.echo("All is well: settings, database, roles, policies, clock, fonts.")
