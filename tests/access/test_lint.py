"""The lint sees every way to open a wall. Each is tried in a transaction that is rolled back.

Run as a program this file writes `ecm/access/catalogue.txt` anew: `python -m tests.access.test_lint`.
"""

import asyncio
import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from ecm.access.lint import COMMITTED, WallsOpen, catalogue, differences, lint, refuse_if_open
from ecm.embedded import running
from ecm.migrations.apply import migrate

# What somebody might do to a database, and the beginning of a sentence that names it. Those of the first table are
# wrong whatever was reviewed; those of the second differ from what was.
WRONG = {
    "ALTER TABLE note NO FORCE ROW LEVEL SECURITY": "Table note: row-level security is not forced",
    "ALTER TABLE note DISABLE ROW LEVEL SECURITY": "Table note: row-level security is not enabled",
    "CREATE TABLE letters (id int); ALTER TABLE letters OWNER TO ecm_owner": "Table letters: row-level security is not enabled",
    "CREATE SCHEMA aside; CREATE TABLE aside.copy AS SELECT * FROM note": "Table aside.copy: row-level security is not",
    "GRANT SELECT (name) ON context_key TO ecm_app": "Table context_key is without row-level security",
    "GRANT SELECT ON permission TO PUBLIC": "Table permission is without row-level security",
    "SET ROLE ecm_owner; CREATE VIEW notes AS SELECT * FROM note; RESET ROLE": "View notes shows what its owner sees",
    "SET ROLE ecm_owner; CREATE MATERIALIZED VIEW notes AS SELECT * FROM note; GRANT SELECT ON notes TO ecm_app; RESET ROLE":
        "Materialised view notes knows no row-level security",
    "CREATE RULE gone AS ON INSERT TO consent_event DO INSTEAD NOTHING": "Rule gone on consent_event",
    "ALTER TABLE consent_event DISABLE TRIGGER z_derive_insert": "Trigger z_derive_insert on consent_event is switched off",
    "CREATE POLICY all_notes ON note FOR SELECT TO ecm_app USING (true)": "Policy all_notes on note lets everything through",
    "CREATE POLICY any_note ON note FOR INSERT TO PUBLIC WITH CHECK (true)": "Policy any_note on note lets everything through",
    "GRANT DELETE ON note TO ecm_app": "ecm_app may delete table note",
    "GRANT TRUNCATE ON note TO PUBLIC": "ecm_app may truncate table note",
    "GRANT UPDATE (case_id) ON note TO ecm_app": "ecm_app may change note.case_id",
    "GRANT UPDATE ON action TO ecm_app": "ecm_app may change action.author_desk_id",
    "ALTER FUNCTION context() RESET search_path": "Function context() runs as its owner with a search path",
    "ALTER FUNCTION context() SET search_path = public": "Function context() runs as its owner with a search path",
    "GRANT EXECUTE ON FUNCTION set_context(jsonb) TO PUBLIC": "Function set_context(jsonb) may be run by PUBLIC",
    "ALTER FUNCTION holds_case(uuid) LEAKPROOF": "Function holds_case(uuid) is LEAKPROOF",
    "ALTER FUNCTION derive_case(uuid) OWNER TO ecm_owner": "Function derive_case(uuid) runs as its owner, who is not",
    "CREATE FUNCTION peep() RETURNS int LANGUAGE sql AS 'SELECT 1'": "Function peep() belongs to postgres",
    "CREATE FUNCTION peep() RETURNS int LANGUAGE internal AS 'pg_backend_pid'": "Function peep() is written in internal",
    "ALTER TABLE pupil OWNER TO ecm_app": "Table pupil belongs to ecm_app",
    "ALTER SEQUENCE consent_event_number OWNER TO postgres": "Sequence consent_event_number belongs to postgres",
    "ALTER FUNCTION principals() OWNER TO ecm_app": "Function principals() belongs to ecm_app",
    "ALTER ROLE ecm_app BYPASSRLS": "Role ecm_app is able to bypass row-level security",
    "ALTER ROLE ecm_app SUPERUSER": "Role ecm_app is a superuser",
    "ALTER ROLE ecm_app CREATEROLE": "Role ecm_app is able to create roles",
    "ALTER ROLE ecm_app INHERIT": "Role ecm_app is given the rights of every role",
    "ALTER ROLE ecm_owner BYPASSRLS": "Role ecm_owner is able to bypass row-level security",
    "ALTER ROLE ecm_policy LOGIN": "Role ecm_policy is able to log in",
    "ALTER ROLE ecm_policy NOBYPASSRLS": "Role ecm_policy is unable to bypass row-level security",
    "GRANT ecm_policy TO ecm_app": "Role ecm_app is a member of ecm_policy",
    "GRANT pg_read_all_data TO ecm_app": "Role ecm_app is a member of pg_read_all_data",
    "ALTER ROLE ecm_app SET search_path = pg_temp, public": "Role ecm_app starts with search_path=",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "ecm_app may create things in schema public",
    "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ecm_app', current_database()); END $$":
        "ecm_app may create schemas",
}  # fmt: skip
DIFFERENT = {
    "CREATE POLICY more ON note FOR SELECT TO ecm_app USING (category = 'education')":
        "New and never reviewed: policy more on note (allows SELECT to ecm_app,",
    "DROP POLICY note_by_reason ON note": "Missing: policy note_by_reason on note.",
    "ALTER POLICY note_by_reason ON note USING (case_id IS NOT NULL)": "Changed: policy note_by_reason on note,",
    "ALTER POLICY note_by_reason ON note TO PUBLIC": "Changed: policy note_by_reason on note,",
    "GRANT SELECT ON consent_link TO ecm_app": "New and never reviewed: grant to ecm_app on consent_link (SELECT).",
    "GRANT UPDATE (reference) ON support_case TO ecm_app":
        "New and never reviewed: grant to ecm_app on support_case.reference (UPDATE).",
    "GRANT SELECT ON note TO ecm_backup WITH GRANT OPTION":
        "New and never reviewed: grant to ecm_backup on note (SELECT (may grant)).",
    "REVOKE SELECT ON note FROM ecm_app": "Changed: grant to ecm_app on note,",
    "GRANT EXECUTE ON FUNCTION set_context(jsonb) TO ecm_app": "Changed: function set_context(jsonb),",
    "DROP TRIGGER z_derive_insert ON consent_event": "Missing: trigger z_derive_insert on consent_event.",
    "ALTER FUNCTION principals() VOLATILE": "Changed: function principals(),",
    "CREATE OR REPLACE FUNCTION london_midnight(day date) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'":
        "Changed: function london_midnight(date),",
    "DROP FUNCTION app_now() CASCADE": "Missing: function app_now().",
    "SET ROLE ecm_owner; CREATE VIEW names WITH (security_invoker) AS SELECT id FROM pupil; RESET ROLE":
        "New and never reviewed: view names (owned by ecm_owner).",
    "DROP TABLE audit_checkpoint": "Missing: table audit_checkpoint.",
}  # fmt: skip


@asynccontextmanager
async def planted(connection: asyncpg.Connection, sql: str):
    """The database with this done to it, for as long as one looks."""
    change = connection.transaction()
    await change.start()
    await connection.execute(sql)
    yield
    await change.rollback()


async def test_a_migrated_database_is_as_it_was_reviewed(db):
    async with db.admin() as admin:
        assert await lint(admin, test_clock=True) == []
        await refuse_if_open(admin, test_clock=True)
        with pytest.raises(WallsOpen, match=r"Changed: function app_now\(\)"):
            await refuse_if_open(admin)
        await admin.execute(
            "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'"
        )
        await refuse_if_open(admin)


async def test_every_opening_is_named_and_closing_it_is_seen(db):
    async with db.admin() as admin:
        before = await lint(admin)
        for sql, sentence in (WRONG | DIFFERENT).items():
            async with planted(admin, sql):
                found = await lint(admin)
                with pytest.raises(WallsOpen, match="Nothing is served"):
                    await refuse_if_open(admin, test_clock=True)
            assert any(each.startswith(sentence) for each in set(found) - set(before)), (
                sql,
                sorted(set(found) - set(before)),
            )
            assert await lint(admin) == before, sql


async def test_what_is_wrong_stays_wrong_after_it_was_written_to_the_list(db, monkeypatch, tmp_path):
    async with db.admin() as admin:
        monkeypatch.setattr("ecm.access.lint.COMMITTED", tmp_path / "catalogue.txt")
        for sql, sentence in WRONG.items():
            async with planted(admin, sql):
                (tmp_path / "catalogue.txt").write_text("\n".join(await catalogue(admin)))
                found = await lint(admin)
            assert found, sql
            assert all(not each.startswith(("New", "Missing", "Changed")) for each in found)
            assert any(each.startswith(sentence) for each in found), (sql, found)
        async with planted(admin, next(iter(DIFFERENT))):
            (tmp_path / "catalogue.txt").write_text("\n".join(await catalogue(admin)))
            assert await lint(admin) == []


async def test_the_apps_login_finds_the_same(db):
    app = await asyncpg.connect(db.app_url)
    async with db.admin() as admin:
        await admin.execute("GRANT DELETE ON note TO ecm_app; DROP POLICY note_by_reason ON note")
        found = await lint(admin)
        assert await lint(app) == found != []
        assert await catalogue(app) == await catalogue(admin)
    await app.close()


def test_lines_are_compared_by_name_and_by_what_they_say():
    reviewed = ["function a(): old", "function b(): same", "policy c on d: kept"]
    assert differences(reviewed, reviewed) == []
    assert differences(["function a(): new", "function b(): same", "table e: open"], reviewed) == [
        "New and never reviewed: table e (open).",
        "Missing: policy c on d.",
        "Changed: function a(), reviewed as (old), is now (new).",
    ]
    assert differences(["function a(): new", *reviewed[1:]], reviewed, passed="function a()") == []
    assert differences(reviewed[1:], reviewed, passed="function a()") == ["Missing: function a()."]


async def _write_catalogue(address: str) -> None:
    await migrate(address, "a secret for a database that is thrown away")
    connection = await asyncpg.connect(address)
    COMMITTED.write_text("\n".join(await catalogue(connection)) + "\n")
    await connection.close()


if __name__ == "__main__":
    os.environ["PICCOLO_CONF"] = "ecm.piccolo_conf"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder), quick=True) as address:
            asyncio.run(_write_catalogue(address))
