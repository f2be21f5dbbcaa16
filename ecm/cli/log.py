"""The audit log on the command line: handed out, checked."""

import asyncio
import sys
from pathlib import Path

import click

from ecm.cli.ground import PlainErrors, data_folder, database_of, main


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
        with database_of(data_folder()) as config:
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
