"""A whole house of data, and its states: rows of every table, of which at random some cells are as in another row.

A condition is the one that decides only where every other one holds, so that a story in which it decides can be a long
one. Here a row changes one cell at a time instead: a date is past, an author another's, a case another pupil's. That no
command would leave it so does not matter: what is asked is whether a wall that is a stone short is the same wall.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

CASES, LEAST = 6, 7  # kept of the cases; rows at least of each table
# In which nothing is about a pupil or a reader, or which the log fills.
LEFT = re.compile(r"^(audit_|pgqueuer_sch|migration|context_key|sign_in_attempt|credential)")
INSTANTS = ("-400 days", "-40 days", "-1 day", "0", "1 day", "40 days", "400 days")

SHAKE = """
CREATE FUNCTION shake(p_table text, p_column text, p_values text[], p_rows int, p_part float) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each tid;
    many int;
BEGIN
    EXECUTE format('SELECT count(*) * %s FROM %I', p_part, p_table) INTO many;
    FOR each IN EXECUTE format('SELECT ctid FROM %I ORDER BY random() LIMIT %s', p_table, greatest(p_rows, many)) LOOP
        BEGIN
            EXECUTE format('UPDATE %I SET %I = (%s) WHERE ctid = %L', p_table, p_column,
                           p_values[1 + floor(random() * cardinality(p_values))], each);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION put_row(p_table text, p_row jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %1$I SELECT (jsonb_populate_record(NULL::%1$I, $1)).*', p_table) USING p_row;
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
CREATE FUNCTION take_row(p_table text, p_row jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %I t WHERE to_jsonb(t) = $1', p_table) USING p_row;
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
-- Let one row, that or any, say this; what it says then.
CREATE FUNCTION agree_on(p_table text, p_id text, p_columns text[], p_values text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    at tid;
    found jsonb;
BEGIN
    EXECUTE format('SELECT ctid FROM %I t WHERE $1 IS NULL OR to_jsonb(t) ->> ''id'' = $1 ORDER BY random() LIMIT 1', p_table)
        INTO at USING p_id;
    FOR i IN 1 .. cardinality(p_columns) LOOP
        BEGIN
            EXECUTE format('UPDATE %I SET %I = (%s) WHERE ctid = %L RETURNING ctid', p_table, p_columns[i], p_values[i], at) INTO at;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    EXECUTE format('SELECT to_jsonb(t) FROM %I t WHERE ctid = %L', p_table, at) INTO found;
    RETURN found;
END $$;
"""

COLUMNS = """
SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
    has_column_privilege('ecm_app', c.oid, a.attnum, 'SELECT') AS reads,
    has_column_privilege('ecm_app', c.oid, a.attnum, 'INSERT') AS inserts,
    has_column_privilege('ecm_app', c.oid, a.attnum, 'UPDATE') AS updates,
    has_table_privilege('ecm_app', c.oid, 'DELETE') AS deletes,
    (SELECT k.confrelid::regclass::text FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS names
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1, a.attnum
"""


@dataclass(frozen=True)
class Column:
    """A column: what the application may do with it, and which table's id it holds, if any."""

    table: str
    name: str
    type: str
    nullable: bool
    reads: bool
    inserts: bool
    updates: bool
    deletes: bool
    names: str | None


@dataclass
class House:
    """The database, and what may stand in each of its columns (as SQL)."""

    admin: asyncpg.Connection
    columns: dict[str, list[Column]]
    tokens: list[bytes]
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    story: Any = None  # stories.Story: who and what is there together, if anybody

    def choices(self, column: Column, literals: Iterable[str] = ()) -> list[str]:
        """What may stand in a column: what stands in others like it, nothing, and what a rule names."""
        found = self.values[column.table, column.name]
        if column.type == "uuid":
            found = found[:5] + self.ids[column.names or ("" if column.name != "id" else column.table)][:10]
        elif column.type == "timestamp with time zone":
            found = found[:1] + [f"app_now() + '{each}'" for each in INSTANTS if each != "0"]
        elif column.type == "date":
            found = found[:1] + [f"school_day() + {days}" for days in (-400, -30, -1, 0, 1, 30, 400)]
        elif column.type == "boolean":
            found = ["true", "false"]
        elif column.type == "text":
            found = [*found[:6], *literals]
        elif column.type == "text[]":
            found = [
                *found[:4],
                "'{}'",
                *(f"ARRAY['core', {each}]" for each in self.values["case_access", "category"][:3]),
            ]
        elif column.type == "uuid[]":
            found = [*found[:4], "'{}'", *(f"ARRAY[{each}]" for each in self.ids["person"][:4])]
        return found + ["NULL"] * column.nullable


async def open_house(admin: asyncpg.Connection) -> House:
    """Make a database ready: nothing but what is about a few cases, something in every table, nobody's session over."""
    await admin.execute(SHAKE + "SET session_replication_role = replica;")
    await admin.execute(
        "UPDATE session SET expires_at = now() + interval '9 years', seen_at = now() + interval '9 years', kind = CASE WHEN kind = 'link' THEN kind WHEN get_byte(uuid_send(person_id), 15) % 3 = 0 THEN 'browser' ELSE 'api' END, opened_at = now() - interval '2 years'"
    )
    for r in await admin.fetch(
        "SELECT conrelid::regclass::text t, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    ):
        await admin.execute(f'ALTER TABLE {r[0]} DROP CONSTRAINT "{r[1]}"')
    columns = defaultdict(list)
    for r in await admin.fetch(COLUMNS):
        columns[r["table"]].append(Column(**dict(r)))
    house = House(admin, dict(columns), [])
    await _thin_out(house)
    await _note(house)
    for table in house.columns:
        if not LEFT.match(table):
            await _furnish(house, table)
    await _note(house)
    house.tokens = [b" ", *(r[0] for r in await admin.fetch("SELECT token_hash FROM session ORDER BY id"))]
    await admin.execute("SET session_replication_role = origin; ANALYZE")
    return house


async def _thin_out(house: House) -> None:
    """Keep the cases of which there is most."""
    cases = [
        r[0]
        for r in await house.admin.fetch(
            "SELECT case_id FROM case_access GROUP BY 1 ORDER BY count(DISTINCT principal) DESC, 1 LIMIT $1", CASES
        )
    ]
    pupils = [r[0] for r in await house.admin.fetch("SELECT pupil_id FROM support_case WHERE id = ANY ($1)", cases)]
    for table, columns in house.columns.items():
        there = {c.name for c in columns}
        if table == "support_case":
            await house.admin.execute("DELETE FROM support_case WHERE NOT id = ANY ($1)", cases)
        elif table == "pupil":
            await house.admin.execute("DELETE FROM pupil WHERE NOT id = ANY ($1)", pupils)
        elif "case_id" in there:
            await house.admin.execute(f"DELETE FROM {table} WHERE NOT case_id = ANY ($1)", cases)
        elif "pupil_id" in there:
            await house.admin.execute(f"DELETE FROM {table} WHERE NOT pupil_id = ANY ($1)", pupils)


async def _note(house: House) -> None:
    """Note what stands where."""
    for table, columns in house.columns.items():
        for c in columns:
            house.values[table, c.name] = [
                r[0]
                for r in await house.admin.fetch(
                    f"SELECT quote_literal({c.name}::text) || '::{c.type}' FROM {table} WHERE {c.name} IS NOT NULL GROUP BY {c.name} ORDER BY count(*) DESC, 1 LIMIT 12"
                )
            ]
        if any(c.name == "id" and c.type == "uuid" for c in columns):
            house.ids[table] = house.values[table, "id"]
    for what, first in (("person", "membership_id IS NULL"), ("membership", "true")):
        asking = [
            r[0]
            for r in await house.admin.fetch(
                f"SELECT quote_literal({what}_id::text) || '::uuid' FROM session WHERE {first} AND {what}_id IS NOT NULL GROUP BY {what}_id ORDER BY min(id::text)"
            )
        ]
        house.ids[what] = [*asking, *(each for each in house.ids[what] if each not in asking)]
    desks = house.values["agency", "safeguarding_desk_id"]
    house.ids[""] = [*house.ids["membership"], *house.ids["agency"], *house.ids["person"], *desks]


async def _furnish(house: House, table: str) -> None:
    """Rows of a table of which there are few: about what other rows are about."""
    number = await house.admin.fetchval(f"SELECT count(*) FROM {table}")
    for turn in range(number, LEAST):
        await house.admin.execute(
            "SELECT put_row($1, $2)", table, json.dumps(await _row(house, table, Random(f"{table} {turn}")))
        )


async def _row(house: House, table: str, some: Random) -> dict[str, Any]:
    columns = house.columns[table]
    row = await _like_another(house, table, some)
    parents = [c for c in columns if c.names and c.names != table and c.name != "id" and house.ids.get(c.names)]
    for c in sorted(parents, key=lambda c: c.names in ("membership", "agency", "person")):
        if c.name in row:
            continue
        key = some.choice(house.ids[str(c.names)])
        other = json.loads(await house.admin.fetchval(f"SELECT to_jsonb(t) FROM {c.names} t WHERE id = {key}"))
        row[c.name] = other["id"]
        row |= {k: v for k, v in other.items() if k.endswith("_id") and k not in row and k in {d.name for d in columns}}
    for c in columns:
        if c.name == "id" and c.type == "uuid":
            row["id"] = str(UUID(int=some.getrandbits(128)))
        elif c.name not in row and not c.nullable:
            value = some.choice(house.choices(c) or [DEFAULTS.get(c.type, "''")])
            row[c.name] = json.loads(await house.admin.fetchval(f"SELECT to_jsonb(({value})::{c.type})"))
    return row


async def _like_another(house: House, table: str, some: Random) -> dict[str, Any]:
    """What a row of another table is about that is about as much: a pupil and a carer, a case and an author."""
    names = {c.name for c in house.columns[table] if c.name.endswith("_id")}
    alike = {
        t: names & {c.name for c in columns} for t, columns in house.columns.items() if t != table and not LEFT.match(t)
    }
    alike = {t: both for t, both in alike.items() if len(both) > 1 and house.values[t, min(both)]}
    if not alike:
        return {}
    other = some.choice(sorted(alike, key=lambda t: (-len(alike[t]), t))[:3])
    rows = await house.admin.fetch(f"SELECT to_jsonb(t) FROM {other} t ORDER BY t::text LIMIT 30")
    row = json.loads(some.choice(rows)[0])
    return {name: row[name] for name in alike[other] if row[name]}


DEFAULTS = {
    "integer": "1",
    "bigint": "1",
    "smallint": "1",
    "numeric": "1",
    "jsonb": "'{}'",
    "bytea": r"'\x00'",
    "text[]": "'{}'",
    "uuid[]": "'{}'",
    "uuid": "gen_random_uuid()",
    "interval": "'1 hour'",
    "pgqueuer_status": "'queued'",
}


async def shake(house: House, columns: Iterable[Column], literals: Iterable[str], some: Random) -> None:
    """Let some cells of these columns be as others."""
    for c in columns:
        if values := house.choices(c, literals):
            values = some.sample(values, min(len(values), some.choice((1, 2, 6))))
            await house.admin.execute(
                "SELECT shake($1, $2, $3, $4, $5)",
                c.table,
                c.name,
                values,
                some.choice((1, 2)),
                some.choice((0, 0.2, 0.5)),
            )
