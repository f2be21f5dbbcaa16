"""Everything an installation holds, as files that anybody can read: see docs/exports.md.

One snapshot, read as ecm_backup in a transaction that cannot write; rows go from the database to the disk as they come,
so that the size of an area does not matter to memory.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg
from piccolo.table import Table

from ecm import connections, database
from ecm.audit.events import Event
from ecm.audit.export import NothingToExport
from ecm.config import Settings
from ecm.database import acting_for
from ecm.errors import Refused
from ecm.exports.catalogue import Column, Kept, kept_tables
from ecm.exports.folder import described, new_folder, write_sums
from ecm.exports.package import package, readme, table_resource

ExportLog = Callable[[Settings, Path, int], Awaitable[int]]
Tell = Callable[[str, int], None]

# PostgreSQL writes each row as JSON, which has no control character in it; as CSV with these two nothing is quoted.
QUOTE, DELIMITER = "\x01", "\x02"
TABLES, PAPERS = "tables", "documents"
SNAPSHOT = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL ROLE ecm_backup; SET LOCAL TimeZone = 'UTC'; SET LOCAL statement_timeout = 0;
"""
DOCUMENTS = "SELECT id, document FROM plan WHERE document IS NOT NULL ORDER BY id"
WHAT = "Everything this installation of ECM holds, but for what lets people sign in and what can be made again."


async def export_data(
    config: Settings, folder: Path, tables: Iterable[type[Table]], export_log: ExportLog, tell: Tell
) -> int:
    """Everything this installation holds, into a new or empty folder; how many rows of tables.

    `tables` say in their docstrings what they hold; `export_log` writes a bundle of the audit log; `tell` hears `all` with
    the number of rows there are, then a table's name with every number of rows written. Records data:exported before the
    first row is read. Raises: Refused when the folder or the login cannot be used; Undecided.
    """
    descriptions = {
        each._meta.tablename: " ".join((each.__doc__ or "").partition("\n\n")[0].split()) for each in tables
    }
    with new_folder(folder) as part:
        await _record(config)
        log = partial(_add_log, config, export_log)
        return await write_whole(config.admin_database_url, part, config.public_url, descriptions, log, tell)


async def _record(config: Settings) -> None:
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url, size=1)
    try:
        async with acting_for("export", "export") as act:
            act.record(Event.DATA_EXPORTED)
    finally:
        await connections.close_pool()


async def _add_log(config: Settings, export_log: ExportLog, folder: Path) -> int | None:
    """The audit log beside the tables: how many entries; None when nothing of it has been sealed yet."""
    try:
        return await export_log(config, folder, 0)
    except NothingToExport:
        return None


async def write_whole(
    admin_url: str,
    folder: Path,
    origin: str,
    descriptions: Mapping[str, str],
    add_log: Callable[[Path], Awaitable[int | None]],
    tell: Tell,
) -> int:
    """Write everything there is into this folder; how many rows of tables there were.

    `admin_url` must be able to act as ecm_backup. `add_log` puts the audit log into a folder and answers how many entries it
    has. Raises: Refused; Undecided.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        await _begin(connection)
        at, tables = await connection.fetchval("SELECT now()"), await kept_tables(connection)
        told = [(each, descriptions[each.name], await _count(connection, each)) for each in tables]
        tell("all", sum(rows for _, _, rows in told))
        for each in (TABLES, PAPERS):
            (folder / each).mkdir()
        for table in tables:
            await _write_table(connection, table, folder, tell)
        documents = await _write_documents(connection, folder / PAPERS)
    finally:
        await connection.close()
    _describe(folder, origin, at, told, documents, await add_log(folder / "audit"))
    write_sums(folder)
    return sum(rows for _, _, rows in told)


async def _begin(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute(SNAPSHOT)
    except asyncpg.InsufficientPrivilegeError:
        raise Refused({"": "This login may not act as ecm_backup. Use the address that `ecm migrate` uses."}) from None


async def _count(connection: asyncpg.Connection, table: Kept) -> int:
    return await connection.fetchval(f'SELECT count(*) FROM "{table.name}"')


async def _write_table(connection: asyncpg.Connection, table: Kept, part: Path, tell: Tell) -> None:
    columns = ", ".join(_column(table, each) for each in table.columns)
    order = ", ".join(f'"{each}"' for each in table.primary)
    rows = f'SELECT {columns} FROM "{table.name}"' + (f" ORDER BY {order}" if order else "")
    with (part / "tables" / f"{table.name}.jsonl").open("wb") as file:
        await connection.copy_from_query(
            f"SELECT row_to_json(r) FROM ({rows}) r",
            output=_told(file, table.name, tell), format="csv", quote=QUOTE, delimiter=DELIMITER, encoding="utf-8",
        )  # fmt: skip


def _told(file: BinaryIO, name: str, tell: Tell) -> Callable[[bytes], Awaitable[None]]:
    async def write(lines: bytes) -> None:
        file.write(lines)
        tell(name, lines.count(b"\n"))

    return write


def _column(table: Kept, column: Column) -> str:
    """How a column is read; a document is a file beside the tables, and its cell says which."""
    if (table.name, column.name) == ("plan", "document"):
        return "CASE WHEN document IS NOT NULL THEN 'documents/' || id || '.pdf' END AS document"
    if column.kind == "bytea":
        return f"""replace(encode("{column.name}", 'base64'), E'\\n', '') AS "{column.name}" """
    return f'"{column.name}"'


async def _write_documents(connection: asyncpg.Connection, folder: Path) -> int:
    many = 0
    async for row in connection.cursor(DOCUMENTS, prefetch=5):
        (folder / f"{row['id']}.pdf").write_bytes(row["document"])
        many += 1
    return many


def _describe(
    part: Path, origin: str, at: datetime, told: list[tuple[Kept, str, int]], documents: int, sealed: int | None
) -> None:
    resources: list[dict[str, Any]] = [
        table_resource(table, what, described(part, f"tables/{table.name}.jsonl"), rows) for table, what, rows in told
    ]
    whole = package("ecm-export", f"ECM at {origin}", WHAT, at, resources)
    (part / "datapackage.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (part / "README.md").write_text(readme(origin, at, told, documents, sealed), "utf-8")
