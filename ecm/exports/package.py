"""What an export says of itself: `datapackage.json` for programs, `README.md` for people. Pure.

Source: Data Package standard 2.0 (datapackage.org): Data Package, Data Resource, Table Schema.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ecm.exports.catalogue import KINDS, LEFT_OUT, Column, Kept
from ecm.exports.folder import File
from ecm.exports.sheets import KIND, Sheet

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
CSV = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "type": "table"}
JSON_LINES = {"format": "jsonl", "mediatype": "application/jsonl", "encoding": "utf-8", "type": "table"}


def package(
    name: str, title: str, description: str, at: datetime, resources: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A whole `datapackage.json`."""
    head = {"$schema": PROFILE, "name": name, "title": title, "description": description, "created": at.isoformat()}
    return head | {"resources": list(resources)}


def table_resource(table: Kept, description: str, file: File, rows: int) -> dict[str, Any]:
    """A table of a full export: where it is, what it holds, how its rows hang together with others'."""
    schema: dict[str, Any] = {"fields": [_field(each) for each in table.columns], "missingValues": []}
    if table.primary:
        schema["primaryKey"] = table.primary
    if table.foreign:
        schema["foreignKeys"] = [
            {"fields": columns, "reference": {"resource": other, "fields": referred}}
            for columns, other, referred in table.foreign
        ]
    told = {"name": table.name, "path": file.path, "description": description} | JSON_LINES
    return told | {"bytes": file.size, "hash": f"sha256:{file.sha256}", "rows": rows, "schema": schema}


def _field(column: Column) -> dict[str, Any]:
    kind, form = KINDS[column.kind]
    told: dict[str, Any] = {"name": column.name, "type": kind}
    if form != "default":
        told["format"] = form
    return told | ({"constraints": {"required": True}} if column.required else {})


def sheet_resource(sheet: Sheet, rows: int) -> dict[str, Any]:
    """A CSV file of a school's own record."""
    schema: dict[str, Any] = {
        "fields": [{"name": name, "type": KIND[kind]} for name, kind in sheet.columns],
        "primaryKey": [sheet.key],
    }
    if sheet.refers:
        schema["foreignKeys"] = [
            {"fields": [column], "reference": {"resource": other, "fields": [referred]}}
            for column, other, referred in sheet.refers
        ]
    told = {"name": sheet.name, "path": f"{sheet.name}.csv", "description": sheet.about} | CSV
    return told | {"rows": rows, "schema": schema}


def school_readme(school: str, who: str, at: datetime, sheets: Sequence[Sheet], counts: Mapping[str, int]) -> str:
    """What a person is told who has the ZIP file and nothing else."""
    lines = [f"| {each.name}.csv | {counts[each.name]:,} | {each.about} |" for each in sheets]
    return SCHOOL_README.format(school=school, who=who, at=at.strftime("%d %B %Y, %H:%M UTC"), sheets="\n".join(lines))


def readme(
    origin: str, at: datetime, tables: Sequence[tuple[Kept, str, int]], documents: int, sealed: int | None
) -> str:
    """What a person is told who has the folder and nothing else. `sealed`: entries of the log in it; None: no log."""
    lines = [f"| [{each.name}](tables/{each.name}.jsonl) | {rows:,} | {told} |" for each, told, rows in tables]
    gone = [f"| `{name}` | {why} |" for name, why in sorted(LEFT_OUT.items())]
    return README.format(
        origin=origin,
        at=at.strftime("%d %B %Y, %H:%M UTC"),
        tables="\n".join(lines),
        documents=f"{documents:,}",
        log=WITH_LOG.format(entries=f"{sealed:,}") if sealed is not None else WITHOUT_LOG,
        left_out="\n".join(gone),
    )


WITH_LOG = """The folder `audit/` is a bundle of the audit log, {entries} entries, in its own format (docs/audit-log.md). Check it with
`ecm audit verify audit --key KEY`, where KEY is the log's public key that you kept from before. Entries that were not
sealed when the export ended are left for the next one."""
WITHOUT_LOG = "No entry of the audit log had been sealed when this export was made, so there is none here."

README = """# Everything ECM at {origin} holds

Taken on {at}, as one moment: no table is older or newer than another.

**This folder names children, their families and what is wrong in their lives.** Keep it as safe as the system it
comes from, give it to nobody who may not have all of it, and delete it when it has done its work. Who in ECM may see
what does not protect these files any more.

## What is in it

| table | rows | holds |
|---|---|---|
{tables}

`documents/` has the {documents} support plans that were issued, as PDF, named by their id in `plan`.

{log}

## How to read it

- `tables/NAME.jsonl` is one table: a JSON object a line, UTF-8, every object with every column, in the order of the
  primary key. Nothing is null but `null`; an empty text is `""`.
- Ids are UUIDs. Instants (`..._at`, `at`) are ISO 8601 in UTC, days (`..._on`, `day`) `YYYY-MM-DD` in London.
  Bytes are Base64. Lists are JSON arrays.
- `datapackage.json` says the same to programs: type of each column, primary and foreign keys, number of rows, SHA-256
  of each file. It is a Data Package (https://datapackage.org).
- `sha256sum -c SHA256SUMS` shows that nothing was lost or changed on the way.

For example, in Python: `rows = [json.loads(line) for line in open("tables/pupil.jsonl", encoding="utf-8")]`

## What is left out

| table, or table.column | because it is, or |
|---|---|
{left_out}
"""

SCHOOL_README = """# What {school} keeps in ECM

Taken by {who} on {at}. It holds what {who} may see, and nothing else: somebody in another role may see more or less.

**These files name children, their families and what is wrong in their lives.** Keep them as safe as the system they
come from, and delete them when they have done their work. Who in ECM may see what does not protect them any more, and
what is changed or withdrawn there later does not change here.

| file | rows | holds |
|---|---|---|
{sheets}

- The files are CSV in UTF-8, with commas, every cell in quotation marks (RFC 4180). Days are YYYY-MM-DD, instants
  ISO 8601 in UTC. `case` is the reference of a case, the same in every file.
- Text in which a spreadsheet could see a formula begins with an apostrophe that is not part of it.
- Several codes in one cell are separated by semicolons. What the codes mean: the words on the pages of ECM.
- `pupils.csv` can be read back: Pupils, Import pupils from a file. It has up to four parents or carers of a pupil; those
  who must not be in touch with the pupil are left out.
- `datapackage.json` says the same to programs (https://datapackage.org).
"""
