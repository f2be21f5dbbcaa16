"""A database is brought up to date once, whole or not at all, and to the same walls on every PostgreSQL here."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from piccolo.columns import ForeignKey

from ecm import seeds
from ecm.access.lint import catalogue
from ecm.database import secret_key
from ecm.embedded import as_role
from ecm.errors import Refused
from ecm.migrations import apply
from ecm.migrations.apply import migrate
from ecm.migrations.piccolo_app import APP_CONFIG
from tests.conftest import SECRET, url_of

OLDEST = 15
# Made in SQL alone: Piccolo has no word for generated columns and composite keys, and no Python touches their rows.
ONLY_SQL = {
    "audit_event", "audit_event_pupil", "audit_inbox", "audit_leaf", "audit_seal", "audit_subtree", "audit_checkpoint",
    "case_access", "case_seat", "pupil_search", "migration", "pgqueuer", "pgqueuer_log", "pgqueuer_statistics",
}  # fmt: skip

# What a database is made of beside its walls, rows apart: a line each. Not-null constraints have names only since 18.
SHAPE = """
SELECT format('column %s.%s: %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
              pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT format('index %s: %s', indexname, indexdef) FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('extension %s', extname) FROM pg_extension
UNION ALL SELECT format('default rights of %s: %s %s', pg_get_userbyid(defaclrole), defaclobjtype, defaclacl) FROM pg_default_acl
UNION ALL SELECT format('settings of %s: %s', pg_get_userbyid(setrole), setconfig) FROM pg_db_role_setting WHERE setdatabase = 0
"""
# What somebody might do to the walls of a database, and the next migration undoes.
DAMAGE = """
DROP POLICY note_by_reason ON note; ALTER TABLE note DISABLE ROW LEVEL SECURITY; ALTER TABLE pupil NO FORCE ROW LEVEL SECURITY;
CREATE POLICY more ON note FOR SELECT TO PUBLIC USING (true); GRANT ALL ON context_key, note TO ecm_app, PUBLIC;
GRANT UPDATE (case_id) ON action TO ecm_app; REVOKE SELECT ON pupil FROM ecm_app;
DROP TRIGGER z_derive_insert ON consent_event; ALTER TABLE action DISABLE TRIGGER a_stamp_author;
CREATE OR REPLACE FUNCTION principals() RETURNS uuid[] LANGUAGE sql AS 'SELECT NULL::uuid[]';
GRANT EXECUTE ON FUNCTION set_context(jsonb, uuid[], uuid[], uuid[]) TO PUBLIC; DROP FUNCTION holds_case(uuid) CASCADE;
"""


def other_servers() -> list[Path]:
    """Where programs of other PostgreSQL servers are on this machine, as Debian keeps them, if new enough."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return sorted(each.parent for each in found if int(each.parents[1].name) >= OLDEST)


@contextmanager
def running_from(programs: Path) -> Iterator[str]:
    """A server of these programs in a folder of its own; yields the administrator's address of its first database."""
    # PostgreSQL refuses to run as root, and its folder must be its own.
    somebody: dict = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="ecm-postgres-"))
    if somebody:
        shutil.chown(folder, somebody["user"], somebody["group"])

    def run(program: str, *words: str) -> None:
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **somebody}
        subprocess.run([programs / program, "-D", folder / "data", *words], check=True, **silent)

    try:
        run("initdb", "-U", "postgres", "--auth=trust", "--no-sync")
        run("pg_ctl", "-w", "-o", f"-k {folder} -F -c listen_addresses=", "start")
        try:
            yield f"postgresql://postgres:@/ecm?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session", params=[None, *other_servers()], ids=lambda p: p.parent.name if p else "embedded")
def postgres(request, cluster) -> Iterator[str]:
    """A PostgreSQL server: the one that comes along, then each that this machine has."""
    if request.param is None:
        yield cluster
    else:
        with running_from(request.param) as address:
            yield address


@pytest.fixture
async def empty(postgres) -> AsyncIterator[str]:
    """The administrator's address of an empty database."""
    name = f"m{uuid4().hex[:12]}"
    admin = await asyncpg.connect(url_of(postgres, "postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    yield url_of(postgres, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def look(address: str) -> tuple[list[str], dict[str, int], dict[str, bytes]]:
    """What a database is made of, how many rows it has where, and its keys."""
    admin = await asyncpg.connect(address)
    try:
        shape = sorted(r[0] for r in await admin.fetch(SHAPE)) + await catalogue(admin)
        tables = [r[0] for r in await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = {table: await admin.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
        return shape, rows, dict(await admin.fetch("SELECT name, key FROM context_key"))
    finally:
        await admin.close()


async def do(address: str, sql: str) -> None:
    admin = await asyncpg.connect(address)
    await admin.execute(sql)
    await admin.close()


async def test_a_database_is_brought_up_to_date_and_then_left_alone(empty, cluster):
    assert await migrate(empty, SECRET)
    fresh = await look(empty)
    assert (len(fresh[0]) > 500, fresh[1]["migration"], fresh[1]["pupil"]) == (True, 8, 0)
    assert not await migrate(empty, SECRET)
    assert await look(empty) == fresh
    # The same on every server. The cluster's own template differs by the tests' clock.
    clock = "function app_now()"
    assert [x for x in fresh[0] if clock not in x] == [x for x in (await look(cluster))[0] if clock not in x]

    admin = await asyncpg.connect(empty)
    await seeds.lay_ground(admin)
    await admin.close()
    full = await look(empty)
    assert full[1]["pupil"] > 20
    # Another secret, as after a leak: everything is said again, and only the application's key is another.
    assert await migrate(empty, "another secret of the tests, as long as the first")
    shape, rows, keys = await look(empty)
    assert (shape, rows) == full[:2]
    assert keys == full[2] | {"app": secret_key("another secret of the tests, as long as the first")}
    assert len(keys["context"]) == 32
    assert keys["context"] == fresh[2]["context"]


async def test_damage_to_the_walls_is_undone_by_the_next_migration(empty):
    await migrate(empty, SECRET)
    sound = await look(empty)
    await do(empty, DAMAGE)
    assert len(set((await look(empty))[0]) ^ set(sound[0])) > 12
    assert not await migrate(empty, SECRET)  # which is why the lint looks at every start
    await do(empty, "DELETE FROM context_key WHERE name = 'fingerprint'")
    assert await migrate(empty, SECRET)
    assert await look(empty) == sound


async def test_a_managed_server_without_a_superuser_will_do_if_it_allows_bypassrls(empty):
    """The roles exist in this cluster; there they are somebody else's, as when a server's administrator has made them."""
    await do(empty, (apply.HOUSE / "database.sql").read_text())
    roles = "ecm_owner, ecm_policy, ecm_app, ecm_backup"
    who = {
        "able": f"CREATEROLE BYPASSRLS; GRANT {roles} TO {{}} WITH ADMIN OPTION; GRANT ALL ON SCHEMA public TO {{}}",
        "unable": "",
    }
    names = {kind: f"{kind}_{uuid4().hex[:8]}" for kind in who}
    for kind, name in names.items():
        await do(empty, f"CREATE ROLE {name} LOGIN {who[kind].format(name, name)}")
    try:
        with pytest.raises(Refused, match="BYPASSRLS"):
            await migrate(as_role(empty, names["unable"]), SECRET)
        assert await migrate(as_role(empty, names["able"]), SECRET)
        shape = (await look(empty))[0]
        await do(empty, "DELETE FROM context_key WHERE name = 'fingerprint'")
        assert await migrate(empty, SECRET)
        assert (await look(empty))[0] == shape
    finally:
        for name in names.values():
            await do(empty, f"REVOKE {roles} FROM {name} CASCADE; DROP OWNED BY {name}; DROP ROLE {name}")


async def test_a_migration_that_fails_changes_nothing(empty, monkeypatch, tmp_path):
    await migrate(empty, SECRET)
    await do(empty, "DELETE FROM context_key WHERE name = 'fingerprint'")
    before = await look(empty)
    (tmp_path / "bad.sql").write_text("SET ROLE ecm_owner; CREATE TABLE half (id int); SELECT 1 / 0;")
    with monkeypatch.context() as bad:
        bad.setattr(apply, "FILES", [*apply.FILES, tmp_path / "bad.sql"])
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(empty, SECRET)
    assert await look(empty) == before
    assert await migrate(empty, SECRET)
    assert (await look(empty))[0] == before[0]


async def test_two_at_once_are_as_good_as_one(empty):
    assert any(await asyncio.gather(migrate(empty, SECRET), migrate(empty, SECRET)))
    once = await look(empty)
    assert once[1]["migration"] == 8
    await do(empty, "DELETE FROM context_key WHERE name = 'fingerprint'")
    await asyncio.gather(*(migrate(empty, SECRET) for _ in range(3)))
    assert await look(empty) == once


async def test_tables_in_python_and_in_the_database_are_the_same(empty):
    await migrate(empty, SECRET)
    admin = await asyncpg.connect(empty)
    columns = await admin.fetch(
        """SELECT c.relname, a.attname, format_type(a.atttypid, NULL), NOT a.attnotnull,
                  (SELECT confrelid::regclass::text FROM pg_constraint
                   WHERE conrelid = c.oid AND contype = 'f' AND conkey = ARRAY[a.attnum])
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"""
    )
    await admin.close()
    found: dict[str, set] = {}
    for table, *column in columns:
        found.setdefault(table, set()).add(tuple(column))
    assert found.keys() >= ONLY_SQL
    declared = {
        table._meta.tablename: {said(column) for column in table._meta.columns} for table in APP_CONFIG.table_classes
    }
    assert found.keys() - ONLY_SQL == declared.keys()
    for table, said_columns in declared.items():
        assert said_columns == found[table], table


def said(column) -> tuple[str, str, bool, str | None]:
    """Name, type, whether it may be null, and which table it points to, as tables.py says."""
    type_name = {"TIMESTAMPTZ": "timestamp with time zone"}.get(column.column_type, column.column_type.lower())
    target = column._foreign_key_meta.resolved_references._meta.tablename if isinstance(column, ForeignKey) else None
    return column._meta.db_column_name, type_name, column._meta.null, target
