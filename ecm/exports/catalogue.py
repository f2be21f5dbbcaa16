"""What a full export holds: what the database says of its own tables, and what is left out of them, and why.

`ecm_backup` may read exactly the columns that are granted to it in policies.sql, so nothing else can get into an
export, whatever this file says. A column that is neither granted nor left out here stops the export, and a test.
"""

from dataclasses import dataclass, field

import asyncpg

from ecm.errors import EcmError

SECRET = "lets somebody sign in, or act for somebody"
DERIVED = "made again from the other tables"
LOG = "the audit log, which is in the folder audit/ in a form that can be checked"
OURS = "how this software runs, and says nothing about anybody"
SHIELDED = "where a pupil at risk can be found, which leaves this database in no file"

# A table or `table.column`, and why it is not in an export.
LEFT_OUT = {
    "credential": SECRET,
    "session": SECRET,
    "account_link": SECRET,
    "consent_link": SECRET,
    "colleague_invitation.token_hash": SECRET,
    "outbox.subject": SECRET,
    "outbox.text": SECRET,
    "context_key": SECRET,
    "idempotency_key": OURS,
    "sign_in_attempt": OURS,
    "permission": OURS,
    "migration": OURS,
    "pgqueuer": OURS,
    "pgqueuer_log": OURS,
    "pgqueuer_statistics": OURS,
    "pupil.search_key": DERIVED,
    "pupil_search": DERIVED,
    "case_access": DERIVED,
    "case_seat": DERIVED,
    "audit_event": LOG,
    "audit_event_pupil": LOG,
    "audit_inbox": LOG,
    "audit_leaf": LOG,
    "audit_seal": LOG,
    "audit_subtree": LOG,
    "audit_checkpoint": LOG,
    "shielded_fact": SHIELDED,
    "shielded_reader": SHIELDED,
    "match_mark": OURS,
    "audit_count": DERIVED,
    "saved_query": "whom an auditor looks into is theirs alone to know",
    "import_row": "rows of a file that a school has sent, which go within a day; what was approved is in the other tables",
}

# How a type of PostgreSQL is told to others: type, format. Source: Data Package standard 2.0, Table Schema.
KINDS = {
    "uuid": ("string", "uuid"),
    "text": ("string", "default"),
    "text[]": ("array", "default"),
    "uuid[]": ("array", "default"),
    "boolean": ("boolean", "default"),
    "integer": ("integer", "default"),
    "bigint": ("integer", "default"),
    "numeric": ("number", "default"),
    "date": ("date", "default"),
    "timestamp with time zone": ("datetime", "any"),
    "jsonb": ("any", "default"),
    "bytea": ("string", "binary"),
}

COLUMNS = """
SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull AS required,
       has_column_privilege('ecm_backup', c.oid, a.attnum, 'SELECT') AS granted
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
KEYS = """
SELECT k.conrelid::regclass::text AS table_name, k.contype = 'p' AS is_primary, f.relname AS refers_to,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x (n, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n ORDER BY place) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x (n, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n ORDER BY place) AS referred
FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'f') ORDER BY k.conrelid::regclass::text, k.conname
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export; `kind` is PostgreSQL's name of its type."""

    name: str
    kind: str
    required: bool


@dataclass(slots=True)
class Kept:
    """A table of an export: its columns in order, its primary key, and (columns, table, its columns) for each foreign key."""

    name: str
    columns: list[Column] = field(default_factory=list)
    primary: list[str] = field(default_factory=list)
    foreign: list[tuple[list[str], str, list[str]]] = field(default_factory=list)

    def has(self, columns: list[str]) -> bool:
        """Whether all of these are exported."""
        return set(columns) <= {each.name for each in self.columns}


class Undecided(EcmError):
    """There is a column of which nobody has said whether it is exported; the message names it."""


async def kept_tables(connection: asyncpg.Connection) -> list[Kept]:
    """The tables of an export by name, as this database has them.

    Raises: Undecided when a column is neither granted nor left out, or both.
    """
    tables: dict[str, Kept] = {}
    for row in await connection.fetch(COLUMNS):
        left_out = {row["table_name"], f"{row['table_name']}.{row['name']}"} & LEFT_OUT.keys()
        if row["granted"] == bool(left_out):
            raise Undecided(f"{row['table_name']}.{row['name']}: is it exported? See ecm/exports/catalogue.py.")
        if row["granted"]:
            table = tables.setdefault(row["table_name"], Kept(row["table_name"]))
            table.columns.append(Column(row["name"], row["kind"], row["required"]))
    for key in await connection.fetch(KEYS):
        _add_key(tables, key)
    return list(tables.values())


def _add_key(tables: dict[str, Kept], key: asyncpg.Record) -> None:
    """A key is told when everything it is made of is."""
    table, other = tables.get(key["table_name"]), tables.get(key["refers_to"] or "")
    if table is None or not table.has(key["columns"]):
        return
    if key["is_primary"]:
        table.primary = key["columns"]
    elif other is not None and other.has(key["referred"]):
        table.foreign.append((key["columns"], other.name, key["referred"]))
