"""The lint sees every way to open a wall. Each is tried in a transaction that is rolled back.

Run as a program this file writes `ecm/access/catalogue.txt` anew: `python -m tests.access.test_lint`.
"""

import asyncio
import os
import tempfile
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from ecm.access.lint import COMMITTED, SOUND, WallsOpen, catalogue, differences, lint, refuse_if_open
from ecm.config import settings
from ecm.embedded import running
from ecm.installation import refuse_open_walls
from ecm.migrations.apply import migrate

OWN_CLOCK = "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'"
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
    "ALTER FUNCTION sealed(text) RESET search_path": "Function sealed(text) finds what it names by a search path",
    "ALTER FUNCTION sealed(text) SET search_path = public": "Function sealed(text) finds what it names by a search path",
    "ALTER FUNCTION is_carer_in_sight(uuid) RESET search_path":
        "Function is_carer_in_sight(uuid) finds what it names by a search path",
    "GRANT EXECUTE ON FUNCTION set_context(jsonb,uuid[],uuid[],uuid[]) TO PUBLIC": "Function set_context(jsonb,uuid[],uuid[],uuid[]) may be run by PUBLIC",
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
    "GRANT EXECUTE ON FUNCTION set_context(jsonb,uuid[],uuid[],uuid[]) TO ecm_app": "Changed: function set_context(jsonb,uuid[],uuid[],uuid[]),",
    "DROP TRIGGER z_derive_insert ON consent_event": "Missing: trigger z_derive_insert on consent_event.",
    "ALTER FUNCTION principals() VOLATILE": "Changed: function principals(),",
    "CREATE OR REPLACE FUNCTION london_midnight(day date) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'":
        "Changed: function london_midnight(date),",
    "DROP FUNCTION app_now() CASCADE": "Missing: function app_now().",
    "SET ROLE ecm_owner; CREATE VIEW names WITH (security_invoker) AS SELECT id FROM pupil; RESET ROLE":
        "New and never reviewed: view names (owned by ecm_owner).",
    "DROP TABLE audit_checkpoint": "Missing: table audit_checkpoint.",
}  # fmt: skip


# Ways in which row-level security is got round though it is switched on, and what is said of each. Source: the list of
# pitfalls in docs/adr/0028-the-whole-sharing-model.md; the slow one, a function asked for every row, is not a hole.
PITFALLS = {
    "the owner sees everything without FORCE": {
        "ALTER TABLE case_access NO FORCE ROW LEVEL SECURITY": "Table case_access: row-level security is not forced",
    },
    "a view runs as its owner": {
        "SET ROLE ecm_owner; CREATE VIEW names AS SELECT * FROM pupil; RESET ROLE": "View names shows what its owner sees",
        "CREATE VIEW names WITH (security_invoker) AS SELECT 1 AS one": "View names belongs to postgres; only ecm_owner",
    },
    "a materialised view knows no policies": {
        "CREATE MATERIALIZED VIEW names AS SELECT last_name FROM pupil; GRANT SELECT ON names TO ecm_app":
            "Materialised view names knows no row-level security",
    },
    "a unique value says that a hidden row has it": {
        "CREATE UNIQUE INDEX one_text ON note (md5(text))": "New and never reviewed: unique one_text on note",
        "ALTER TABLE carer ADD CONSTRAINT once UNIQUE (id, person_id)": "New and never reviewed: unique once on carer",
    },
    "a reference says that a hidden row is there": {
        "ALTER TABLE note ADD COLUMN about_id uuid REFERENCES support_case":
            "New and never reviewed: reference note_about_id_fkey on note (FOREIGN KEY (about_id)",
        "CREATE POLICY note_about ON note FOR INSERT TO ecm_app WITH CHECK (true)": "Policy note_about on note lets everything",
    },
    "LEAKPROOF asks about rows before the policies are": {
        "ALTER FUNCTION texticlike(text, text) LEAKPROOF": "Function texticlike(text,text) is LEAKPROOF",
        "ALTER FUNCTION textregexeq(text, text) LEAKPROOF": "Function textregexeq(text,text) is LEAKPROOF",
        "ALTER FUNCTION holds_case(uuid) LEAKPROOF": "Function holds_case(uuid) is LEAKPROOF",
    },
    "roles to whom no policy applies": {
        "ALTER ROLE ecm_app SUPERUSER": "Role ecm_app is a superuser",
        "ALTER ROLE ecm_app BYPASSRLS": "Role ecm_app is able to bypass",
        "ALTER ROLE ecm_app REPLICATION": "Role ecm_app is able to replicate",
        "GRANT pg_read_server_files TO ecm_app": "Role ecm_app is a member of pg_read_server_files",
        "GRANT ecm_owner TO ecm_app": "Role ecm_app is a member of ecm_owner",
        "CREATE ROLE clerk; GRANT SELECT ON note TO clerk": "New and never reviewed: grant to clerk on note",
    },
    "a definer function with the caller's search path": {
        "ALTER FUNCTION holds_case(uuid) RESET search_path": "Function holds_case(uuid) finds what it names by a search path",
    },
    "statistics hold values of hidden rows": {
        "GRANT SELECT ON pg_statistic TO ecm_app": "ecm_app may read pg_statistic",
        "GRANT pg_read_all_stats TO ecm_app": "Role ecm_app is a member of pg_read_all_stats",
    },
    "what is set for longer than a transaction": {
        "ALTER ROLE ecm_app SET ecm.context = 'kept'": "Role ecm_app starts with ecm.context=kept",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ecm.context = kept', current_database()); END $$":
            "Everybody in this database starts with ecm.context=kept",
        """SET ROLE ecm_policy; CREATE OR REPLACE FUNCTION set_context(words jsonb, principals uuid[], closed_cases uuid[], covered uuid[]) RETURNS void LANGUAGE sql VOLATILE SECURITY
           DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ SELECT set_config('ecm.context', words::text, false) $$;
           RESET ROLE""": "Function set_context(jsonb,uuid[],uuid[],uuid[]) sets something for longer than its transaction",
    },
    "counts and totals of hidden rows": {
        "SET ROLE ecm_owner; CREATE VIEW totals AS SELECT count(*) FROM note; RESET ROLE": "View totals shows what its owner sees",
        """SET ROLE ecm_policy; CREATE FUNCTION notes_in_all() RETURNS bigint LANGUAGE sql SECURITY DEFINER
           SET search_path = pg_catalog, public, pg_temp AS 'SELECT count(*) FROM note'; RESET ROLE;
           GRANT EXECUTE ON FUNCTION notes_in_all() TO ecm_app""": "New and never reviewed: function notes_in_all()",
    },
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
        await admin.execute(OWN_CLOCK)
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


@pytest.mark.parametrize("pitfall", PITFALLS)
async def test_the_application_does_not_start_with_a_pitfall(db, pitfall):
    async with db.admin() as admin:
        await admin.execute(OWN_CLOCK)
        await refuse_if_open(admin)
        for sql, sentence in PITFALLS[pitfall].items():
            async with planted(admin, sql):
                with pytest.raises(WallsOpen) as refusal:
                    await refuse_if_open(admin)
            assert any(line.startswith(sentence) for line in str(refusal.value).splitlines()), (sql, refusal.value)


async def test_starting_looks_at_the_database_and_at_its_release(db, monkeypatch):
    config = replace(settings(), database_url=db.app_url)
    async with db.admin() as admin:
        await admin.execute(OWN_CLOCK)
        await refuse_open_walls(config)
        monkeypatch.setitem(SOUND, admin.get_server_version().major, 99)
        with pytest.raises(WallsOpen, match=r"PostgreSQL \d+\.\d+ lets hidden rows out"):
            await refuse_open_walls(config)
        monkeypatch.undo()
        await admin.execute("CREATE UNIQUE INDEX one_name ON pupil (id, last_name)")
        with pytest.raises(WallsOpen, match="unique one_name on pupil"):
            await refuse_open_walls(config)


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
