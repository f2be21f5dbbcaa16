"""Data in and out: made up, imported, exported, kept and brought back."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ecm.cli.ground import administering, administrator, begin_again, data_folder, database_of, main, tell_progress
from ecm.clock import today
from ecm.config import Unsafe, secret_file, settings
from ecm.embedded import owning, running


@main.command()
@click.option("--pupils", type=click.IntRange(1, 1_000_000), required=True, help="How many; schools to match.")
@click.option("--agencies", type=click.IntRange(1, 500), required=True, help="How many services beside the schools.")
@click.option("--seed", "number", type=click.IntRange(0, 999_999_999), default=1, show_default=True)
@click.option("--into-existing", is_flag=True, help="Also where pupils are who were not made up.")
@click.option("--sign-ins", is_flag=True, help="Let a few of its people sign in; prints a password once.")
def seed(pupils: int, agencies: int, number: int, into_existing: bool, sign_ins: bool) -> None:
    """A made-up area of any size, the same whenever it is made from the same numbers on the same day.

    Services are of twelve sorts; each dozen is a corner of the area of its own, and schools ask those of their corner.
    Last names are stars and minerals, pupils' numbers are of authority 999, addresses end in .example. Nobody can sign
    in unless you ask for it. Interrupted, the same command goes on. Nothing else may write meanwhile.
    """
    from ecm.synthetic.commands import Wanted, make_area

    wanted = Wanted(pupils, agencies, number, today())
    with administering(data_folder()) as (admin_url, secret):
        made = asyncio.run(
            make_area(admin_url, secret, wanted, tell_progress, into_existing=into_existing, sign_ins=sign_ins)
        )
    click.echo(", ".join(f"{many:,} {table}" for table, many in made.rows.items()) or "What was left to do is done.")
    for each in made.sign_ins:
        click.echo(f"  {each.email:46} {each.role}, {each.agency}")
    if made.sign_ins:
        click.echo(f"Their password, shown only now: {made.password}")


@main.command("import-pupils")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--school", help="URN or LAESTAB of the school; without it, what the file or its name says.")
@click.option("--approve", is_flag=True, help="Write what was read. Without it nothing is changed.")
def import_pupils(path: Path, school: str | None, approve: bool) -> None:
    """Bring in pupils from a CSV or CTF file, or a folder of them. Exit 0 all, 1 not all rows, 2 not all files."""
    from ecm.imports.command_line import import_all

    with database_of(data_folder()) as config:
        sys.exit(asyncio.run(import_all(config, path, school, approve)))


@main.command("set-school-number")
@click.argument("name")
@click.option("--urn", help="6 digits, from Get Information about Schools.")
@click.option("--laestab", help="7 digits: local authority and establishment.")
def set_school_number(name: str, urn: str | None, laestab: str | None) -> None:
    """Record by what number the school NAME is known outside: files of pupils are held against it."""
    from ecm.imports.command_line import set_numbers

    with database_of(data_folder()) as config:
        asyncio.run(set_numbers(config, name, urn, laestab))
    click.echo(f"{name}: the number is recorded.")


@main.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
def export(folder: Path) -> None:
    """Everything the installation holds, in open formats (ECM_ADMIN_DATABASE_URL), also while the server runs."""
    from ecm.exports.whole import export_data
    from ecm.migrations.piccolo_app import APP_CONFIG
    from ecm.worker import export_log

    # Ended by either, nothing half stays: asyncio takes SIGINT for a wish and stops where it is safe.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with database_of(data_folder()) as config:
        administrator(config)
        with click.progressbar(length=1, label="Rows", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

            def tell(table: str, rows: int) -> None:
                if table == "all":
                    bar.length = rows
                else:
                    bar.update(rows)

            rows = asyncio.run(export_data(config, folder, APP_CONFIG.table_classes, export_log, tell))
    click.echo(f"{folder}: {rows:,} rows. Begin with README.md. The folder names children: keep it safe.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """The whole installation in one file, also while the server runs; read back before it gets its name."""
    from ecm.backup import back_up
    from ecm.worker import log_files

    with database_of(data_folder()) as config:
        about = back_up(administrator(config), log_files(config), file)
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
    with database_of(data) as config:
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
        yield administrator(settings()), settings().secret_key
        return
    if (data / "database").exists():
        raise Unsafe(f"There is an installation in {data} already. Choose --data for an empty folder.")
    try:
        with running(data) as admin_url:
            yield admin_url, secret_file(data / "secret")
    except BaseException:
        begin_again(data)
        raise
