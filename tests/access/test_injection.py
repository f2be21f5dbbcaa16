"""SQL that gets in as the application's login: it sees what its own session sees, and becomes nobody else.

Every test runs hostile statements exactly where the application's own would run, in a live transaction, and beside each
refusal stands the honest way that works.
"""

import json
import random
from contextlib import asynccontextmanager

import asyncpg
import pytest

from ecm import connections
from ecm.cases.commands import write_note
from ecm.cases.queries import show_case
from ecm.cases.schemas import NewNote
from ecm.clock import new_id
from ecm.database import acting_as, proof, secret_key
from ecm.seeds import CARERS, PASSWORD, WORKERS, known
from tests.actions.story import SENCO, THERAPIST, open_story
from tests.client import application, sign_in

TEACHER = "teacher@oakfield.example"
LEILA = known("pupil Leila Reid")
WHO = "concat(current_setting('ecm.context', true), current_setting('ecm.reach', true))"
# What is sealed, and who asks for it.
SEALED = {"ecm.context": "context()", "ecm.reach": "principals()"}
SEEN = "SELECT count(*) FROM pupil"
EVERYBODY = [known(w.email) for w in WORKERS] + [known(c[0]) for c in CARERS]


@asynccontextmanager
async def inside(actor):
    """Where injected SQL runs: the connection in the middle of somebody's transaction, which then ends as it should."""
    async with acting_as(actor, "test") as act:
        yield act.connection
        act.record("pupils:searched")


@asynccontextmanager
async def spoiling(actor):
    """The same, where the connection is changed so that nobody may use it again: it is ended when it is given back."""
    with pytest.raises(asyncpg.PostgresConnectionError):
        async with inside(actor) as connection:
            yield connection


async def refused(connection, sql, *values, by=asyncpg.InsufficientPrivilegeError):
    """This statement fails so, and the transaction goes on after it."""
    await connection.execute("SAVEPOINT attempt")
    with pytest.raises(by):
        await connection.execute(sql, *values)
    await connection.execute("ROLLBACK TO attempt")


async def accepted(connection, setting, contexts) -> int:
    """How many of these, put where the sealed words belong, are taken for them."""
    listed = ", ".join("'" + each.replace("'", "''") + "'" for each in contexts)
    await connection.execute(f"""DO $$
        DECLARE honest text := current_setting('{setting}'); each text; taken int := 0;
        BEGIN
            FOREACH each IN ARRAY ARRAY[{listed}] LOOP
                PERFORM set_config('{setting}', each, true);
                BEGIN
                    PERFORM {SEALED[setting]};
                    taken := taken + 1;
                EXCEPTION WHEN insufficient_privilege THEN NULL;
                END;
            END LOOP;
            PERFORM set_config('{setting}', honest, true);
            PERFORM set_config('ecm.test_taken', taken::text, true);
        END $$""")
    return int(await connection.fetchval("SELECT current_setting('ecm.test_taken')"))


def forgeries(sealed: str, wanted: str) -> list[str]:
    """A thousand contexts nobody sealed: no seal, wrong seals, the right seal of other words, one bit off."""
    dice = random.Random(1848)
    seal, words = sealed[:64], sealed[65:]
    places = range(65, len(sealed))
    flipped = [
        "".join(chr(ord(c) ^ 1) if at == place else c for at, c in enumerate(sealed))
        for place in [*range(64), *dice.sample(places, min(400, len(places)))]
    ]
    others = [
        wanted,
        f"|{wanted}",
        f"{seal}|{wanted}",
        f"{seal}|{words}|{wanted}",
        f"{seal}|{words} ",
        f"{seal}|{wanted}|{words}",
    ]
    made_up = [f"{dice.randbytes(32).hex()}|{wanted}" for _ in range(993 - len(flipped))]
    return [*flipped, *others, *made_up, words]


async def test_a_context_cannot_be_forged(db):
    senco = await db.act_as(SENCO)
    async with inside(senco) as connection:
        before = await connection.fetchval(SEEN)
        honest = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in SEALED}
        who = json.loads(honest["ecm.context"][65:]) | {"agency": str(known("hillside"))}
        wanted = {"ecm.context": json.dumps(who), "ecm.reach": f"{{{known('hillside')}}}|{{}}"}
        for name, other in zip(SEALED, reversed(SEALED), strict=True):
            attempts = [*forgeries(honest[name], wanted[name]), honest[other]]
            assert len(attempts) == len(set(attempts)) == 1001
            assert await accepted(connection, name, attempts) == 0
            assert await accepted(connection, name, [honest[name]]) == 1
            for forged in ("", attempts[-1], attempts[-2], attempts[-3]):
                await connection.execute("SELECT set_config($1, $2, true)", name, forged)
                await refused(connection, SEEN)
                await refused(connection, f"SELECT {SEALED[name]}")
            await connection.execute("SELECT set_config($1, $2, true)", name, honest[name])
            assert await connection.fetchval(SEEN) == before == 12


async def test_a_context_cannot_be_kept_or_carried_elsewhere(db):
    await connections.close_pool()
    await connections.open_pool(db.app_url, size=1)
    senco, nurse = await db.act_as(SENCO), await db.act_as(THERAPIST)
    keep = "SELECT ARRAY[current_setting('ecm.context'), current_setting('ecm.reach')]"
    copy = "SELECT set_config('ecm.context', ($1::text[])[1], false), set_config('ecm.reach', ($1::text[])[2], false)"
    elsewhere = await asyncpg.connect(db.app_url)
    async with inside(senco) as connection:
        sealed = await connection.fetchval(keep)
        backend = connection.get_server_pid()
        async with elsewhere.transaction():  # while the transaction it was made in still runs
            await elsewhere.execute(copy, sealed)
            await refused(elsewhere, SEEN)
        for name in SEALED:
            await connection.execute(f"RESET {name}")
            await refused(connection, SEEN)
        await connection.execute("SELECT enter($1, 'test')", senco.token_hash)
        assert await connection.fetchval(SEEN) == 12
    async with connections.transaction() as connection:  # the same connection, its next transaction
        assert connection.get_server_pid() == backend
        assert await connection.fetchval(f"SELECT {WHO}") == ""
        await refused(connection, SEEN)
        await connection.execute(copy, sealed)
        await refused(connection, SEEN)
    async with inside(nurse) as connection:  # and in somebody else's
        honest = await connection.fetchval(keep)
        await connection.execute(copy, sealed)
        await refused(connection, SEEN)
        await connection.execute(copy, honest)
        assert await connection.fetchval(SEEN) == 0
    await elsewhere.execute("RESET ecm.context; RESET ecm.reach")
    await elsewhere.execute("SELECT enter($1, 'test')", senco.token_hash)  # no BEGIN: its transaction is over
    assert await elsewhere.fetchval(f"SELECT {WHO}") == ""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await elsewhere.fetch(SEEN)
    await elsewhere.close()


async def test_only_what_was_granted_can_be_called(db):
    async with db.admin() as admin:
        functions = await admin.fetch(
            """SELECT p.oid::regprocedure::text AS name, proname, pronargs, proargnames,
                      has_function_privilege('ecm_app', p.oid, 'EXECUTE') AS granted
               FROM pg_proc p WHERE pronamespace = 'public'::regnamespace ORDER BY 1"""
        )
    closed = [f for f in functions if not f["granted"]]
    proved = [f for f in functions if f["granted"] and "p_proof" in (f["proargnames"] or [])]
    assert {f["proname"] for f in closed} >= {
        "context_seal", "set_context", "proved", "derive_case", "refresh_seats", "desk", "case_reasons", "audit_scope",
    }  # fmt: skip
    assert {f["proname"] for f in proved} >= {
        "enter_service",
        "sign_in_facts",
        "open_session",
        "read_outbox",
        "audit_publish",
    }
    async with inside(await db.act_as(SENCO)) as connection:
        for each in closed:
            types = each["name"].partition("(")[2].rstrip(")")
            nothing = ", ".join(f"NULL::{t}" for t in types.split(",") if t)
            await refused(connection, f"SELECT {each['proname']}({nothing})")
        for each in proved:  # in SQL a comparison with nothing is neither true nor false: it must not pass
            types = each["name"].partition("(")[2].rstrip(")").split(",")
            for value in ("NULL", "''", "decode(repeat('00', 32), 'hex')", "sha256('secret')"):
                arguments = [f"NULL::{t}" for t in types]
                arguments[each["proargnames"].index("p_proof")] = value + "::bytea"
                await refused(connection, f"SELECT * FROM {each['proname']}({', '.join(arguments)})")
        assert known("oakfield") in await connection.fetchval("SELECT principals()")
        assert await connection.fetchval("SELECT holds_case($1)", new_id()) is False


async def test_a_proof_opens_only_what_it_was_made_for(db):
    person, token = known(SENCO), b"t" * 32
    right = proof("facts", SENCO)
    facts, open_, serve = (
        "SELECT * FROM sign_in_facts($1, $2)", "SELECT open_session($1, $2, 'api', $3, NULL, '1 hour', $4)",
        "SELECT enter_service($1, 'test', $2)",
    )  # fmt: skip
    async with inside(await db.act_as(TEACHER)) as connection:
        for wrong in (
            proof("facts", TEACHER),
            proof("service", SENCO),
            right[:-1],
            right + b"\0",
            secret_key("guess"),
            b"",
            None,
        ):
            await refused(connection, facts, SENCO, wrong)
        assert (await connection.fetchrow(facts, SENCO, right))["person_id"] == person
        made = proof("session", person, "api", token.hex())
        for other in (EVERYBODY[1], EVERYBODY[-1], None):
            await refused(connection, open_, new_id(), other, token, made)
        await refused(connection, open_, new_id(), person, b"u" * 32, made)
        await connection.fetch(open_, new_id(), person, token, made)
        await refused(connection, serve, "seed", proof("service", "sign_in"))
        await connection.fetch(serve, "seed", proof("service", "seed"))
        assert await connection.fetchval("SELECT context() ->> 'service'") == "seed"
        assert await connection.fetchval(SEEN) == 0  # a service is nobody: it has no principal
        await connection.execute("SELECT enter($1, 'test')", token)


# Nothing of this is for the application's login, whoever it acts for.
FORBIDDEN = [
    *(f"SELECT * FROM {t}" for t in ("context_key", "credential", "session", "sign_in_attempt", "consent_link", "permission",
                                     "migration", "outbox", "audit_event", "audit_event_pupil", "audit_inbox", "audit_leaf",
                                     "audit_seal", "audit_checkpoint", "pg_authid", "pg_user_mapping", "pg_largeobject")),
    "SELECT email FROM person", "SELECT phone FROM person", "SELECT safeguarding_desk_id FROM agency",
    *(f"SET ROLE {role}" for role in ("ecm_policy", "ecm_owner", "ecm_backup", "postgres", "pg_read_all_data")),
    *(f"SET LOCAL SESSION AUTHORIZATION {role}" for role in ("ecm_policy", "postgres")),
    "SELECT set_config('role', 'ecm_policy', true)", "SELECT set_config('session_authorization', 'postgres', true)",
    "SET LOCAL session_replication_role = replica", "SET LOCAL session_preload_libraries = 'x'", "LOAD 'x'",
    "SELECT pg_read_file('/etc/passwd')", "SELECT pg_read_binary_file('PG_VERSION')", "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "SELECT pg_reload_conf()",
    "COPY (SELECT 1) TO '/tmp/out'", "COPY (SELECT 1) TO PROGRAM 'cat'", "COPY idempotency_key FROM '/etc/passwd'",
    "CREATE EXTENSION dblink", "CREATE EXTENSION postgres_fdw", "CREATE SCHEMA mine",
    "CREATE TABLE public.mine (id int)", "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION context() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$",
    "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() $$",
    "CREATE FUNCTION pg_temp.c() RETURNS int LANGUAGE c AS 'x'", "ALTER FUNCTION context() LEAKPROOF",
    "CREATE VIEW public.notes AS SELECT * FROM note", "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION stamp_author()",
    "ALTER TABLE note DISABLE ROW LEVEL SECURITY", "ALTER TABLE note NO FORCE ROW LEVEL SECURITY", "DROP POLICY note_by_reason ON note",
    "CREATE POLICY mine ON note FOR SELECT TO ecm_app USING (true)", "ALTER TABLE consent_event DISABLE TRIGGER z_derive_insert",
    "CREATE TRIGGER t BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION stamp_author()", "CREATE RULE r AS ON SELECT TO note DO INSTEAD NOTHING",
    "GRANT SELECT ON context_key TO ecm_app", "GRANT ecm_policy TO ecm_app", "ALTER ROLE ecm_app BYPASSRLS", "ALTER ROLE ecm_app SUPERUSER",
    "ALTER ROLE ecm_policy LOGIN PASSWORD 'x'", "CREATE ROLE mine", "ALTER TABLE note OWNER TO ecm_app",
    "ALTER DATABASE postgres SET row_security = off", "ALTER ROLE ecm_policy SET search_path = pg_temp",
    *(f"TRUNCATE {t} CASCADE" for t in ("note", "case_access", "audit_event")),
    *(f"DELETE FROM {t}" for t in ("note", "case_access", "consent_event", "contact_bar", "audit_event", "support_case")),
    "UPDATE note SET text = ''", "UPDATE case_access SET valid_until = 'infinity'", "UPDATE support_case SET pupil_id = pupil_id",
    "UPDATE action SET category = 'core'", "UPDATE consent_event SET kind = 'given'", "UPDATE session SET membership_id = NULL",
    "INSERT INTO case_access SELECT * FROM case_access", "INSERT INTO case_author SELECT * FROM case_author",
    "INSERT INTO membership (id) VALUES (gen_random_uuid())", "INSERT INTO session (id) VALUES (gen_random_uuid())",
    "INSERT INTO pupil (id) VALUES (gen_random_uuid())", "INSERT INTO audit_event (id) VALUES (gen_random_uuid())",
]  # fmt: skip


async def test_what_is_not_the_apps_is_refused_and_what_is_goes_on(db):
    async with inside(await db.act_as(SENCO)) as connection:
        before = await connection.fetchval(SEEN)
        for sql in FORBIDDEN:
            try:
                await refused(connection, sql)
            except (AssertionError, asyncpg.PostgresError, pytest.fail.Exception) as other:
                raise AssertionError(sql) from other
        await refused(connection, "SELECT dblink('dbname=postgres', 'SELECT 1')", by=asyncpg.UndefinedFunctionError)
        await refused(connection, "COPY note FROM STDIN", by=asyncpg.FeatureNotSupportedError)
        await connection.execute("SET LOCAL row_security = off")  # asks for an error in place of a filter
        await refused(connection, SEEN)
        await connection.execute("SET LOCAL row_security = on")
        assert (
            await connection.fetch(
                "SELECT FROM pg_stats WHERE schemaname = 'public' AND tablename IN ('pupil', 'note')"
            )
            == []
        )
        assert await connection.fetchval(SEEN) == before == 12
    async with db.admin() as admin:
        assert await admin.fetchval(
            "SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class WHERE relname IN ('note', 'pupil')"
        )
        assert await admin.fetchval("SELECT count(*) FROM pupil") == 23


# What a session may make for itself: names that would shadow ours, if anything of ours looked there.
SHADOWS = """
CREATE FUNCTION pg_temp.context() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"verbs": ["pupil:look_up"], "principals": []}'::jsonb $$;
CREATE FUNCTION pg_temp.principals() RETURNS uuid[] LANGUAGE sql AS $$ SELECT ARRAY['%(school)s'::uuid] $$;
CREATE FUNCTION pg_temp.app_now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01'::timestamptz $$;
CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01'::timestamptz $$;
CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$;
CREATE FUNCTION pg_temp.equal(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.equal);
CREATE DOMAIN pg_temp.uuid AS text;
CREATE TEMP TABLE context_key AS SELECT 'context'::text AS name, '\\x00'::bytea AS key;
CREATE TEMP TABLE session AS SELECT '%(me)s'::pg_catalog.uuid AS id;
CREATE TEMP TABLE membership AS SELECT '%(me)s'::pg_catalog.uuid AS id, '%(school)s'::pg_catalog.uuid AS agency_id;
CREATE TEMP TABLE enrolment AS SELECT p.id AS pupil_id, '%(school)s'::pg_catalog.uuid AS school_id, NULL::date AS to_on FROM pupil p;
CREATE TEMP TABLE case_access AS SELECT '%(case)s'::pg_catalog.uuid AS case_id, '%(school)s'::pg_catalog.uuid AS principal;
CREATE TEMP TABLE support_case AS SELECT '%(case)s'::pg_catalog.uuid AS id, '%(school)s'::pg_catalog.uuid AS school_id;
SET LOCAL search_path = pg_temp, public, pg_catalog;
"""


async def test_things_of_the_same_name_change_nothing(db):
    story = await open_story(db)
    stranger = await db.act_as("senco@hillside.example")
    async with spoiling(stranger) as connection:
        before = await connection.fetchval(SEEN)
        await connection.execute(SHADOWS % {"school": known("oakfield"), "me": known(SENCO), "case": story.case_id})
        assert await connection.fetchval(f"{SEEN} p") == before == 11
        assert await connection.fetchval("SELECT count(*) FROM public.support_case") == 0
        assert await connection.fetchval("SELECT public.holds_case($1)", story.case_id) is False
        assert (
            await connection.fetchval(
                "SELECT public.claim_authorship($1, $2, $3, 'education')", new_id(), new_id(), story.case_id
            )
            is False
        )
        assert await connection.fetchval("SELECT public.may_open_case($1, $2)", LEILA, known("seat " + SENCO)) is False
        assert str(known("hillside")) in await connection.fetchval("SELECT public.principals()::text")
        await connection.execute("SELECT public.enter($1, 'test')", story.senco.token_hash)
        assert await connection.fetchval("SELECT public.holds_case($1)", story.case_id) is True


async def test_a_function_in_a_condition_is_shown_no_hidden_row(db):
    whispered: list[str] = []
    async with spoiling(await db.act_as(TEACHER)) as connection:
        listener = lambda _, message: whispered.append(message.message)  # noqa: E731
        connection.add_log_listener(listener)
        await connection.execute("""
            CREATE FUNCTION pg_temp.whisper(word text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
            $$ BEGIN RAISE NOTICE '%', word; RETURN true; END $$""")
        names = {r[0] for r in await connection.fetch("SELECT first_name FROM pupil WHERE pg_temp.whisper(first_name)")}
        connection.remove_log_listener(listener)
    assert names == set(whispered) == {"Leila", "Suhaila", "Niamh", "Zoë", "Nguyễn"}


async def test_a_used_connection_is_as_new_for_the_next(db):
    await connections.close_pool()
    await connections.open_pool(db.app_url, size=1)
    story = await open_story(db)
    teacher = await db.act_as(TEACHER)
    async with inside(teacher) as connection:
        backend = connection.get_server_pid()
        usual = dict(await connection.fetch("SELECT name, setting FROM pg_settings"))
        await connection.execute("""
            SET SESSION search_path = pg_temp, public; SET SESSION statement_timeout = 0; SET SESSION row_security = off;
            SET SESSION TimeZone = 'Asia/Tokyo'; SET SESSION default_transaction_read_only = on; LISTEN gossip;
            DECLARE kept CURSOR WITH HOLD FOR SELECT first_name FROM pg_catalog.pg_class, (VALUES ('x')) v (first_name);
            SELECT pg_advisory_lock(42), set_config('ecm.context', current_setting('ecm.context'), false);
            SELECT set_config('ecm.reach', current_setting('ecm.reach'), false);
            SELECT set_config('ecm.mine', 'x', false)""")
        await connection.execute("SET LOCAL row_security = on; SET LOCAL search_path = public")
    async with connections.transaction() as connection:
        assert connection.get_server_pid() == backend
        changed = {
            r["name"]
            for r in await connection.fetch("SELECT name, setting FROM pg_settings")
            if usual.get(r["name"]) != r["setting"]
        }
        assert changed <= {"transaction_isolation"}
        assert await connection.fetchval("SELECT concat(current_user, session_user)") == "ecm_appecm_app"
        for empty in (
            "FROM pg_listening_channels()",
            "FROM pg_cursors WHERE is_holdable",
            "FROM pg_locks WHERE locktype = 'advisory'",
        ):
            assert await connection.fetchval(f"SELECT count(*) {empty}") == 0, empty
        assert await connection.fetchval(f"SELECT concat({WHO}, current_setting('ecm.mine', true))") == ""
        await refused(connection, SEEN)
    await write_note(story.senco, story.case_id, NewNote(category="education", text="Between us."))
    assert [n["text"] for n in (await show_case(story.senco, story.case_id))["notes"]] == ["Between us."]


# What outlives RESET ALL and would take in the next person's words: a table under our table's name, and a statement
# under the name of one the driver has prepared.
TRAPS = [
    "CREATE TEMP TABLE note (LIKE public.note)",
    """DO $$ DECLARE victim text; BEGIN
         SELECT name INTO STRICT victim FROM pg_prepared_statements WHERE statement LIKE '%INSERT INTO note%' LIMIT 1;
         EXECUTE format('DEALLOCATE %I', victim);
         EXECUTE format('PREPARE %I AS SELECT lo_from_bytea(0, convert_to($4, ''UTF8'')) FROM (SELECT $1::uuid, $2::uuid, $3::text) x', victim);
       END $$""",
]


@pytest.mark.parametrize("trap", TRAPS)
async def test_a_trap_left_in_a_connection_catches_nobody(db, trap):
    await connections.close_pool()
    await connections.open_pool(db.app_url, size=1)
    story = await open_story(db)
    for number in range(3):
        await write_note(story.senco, story.case_id, NewNote(category="education", text=f"Note {number}."))
    teacher = await db.act_as(TEACHER)
    async with spoiling(teacher) as connection:
        await connection.execute(trap)
    await write_note(story.senco, story.case_id, NewNote(category="education", text="Between us."))
    assert len((await show_case(story.senco, story.case_id))["notes"]) == 4
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM public.note WHERE text = 'Between us.'") == 1
        assert await admin.fetchval("SELECT count(*) FROM pg_largeobject") == 0


HOSTILE = [
    "'; DROP TABLE note; --", "Robert'); DELETE FROM pupil WHERE ('1'='1", "\" OR \"\"=\"", "1; SELECT pg_sleep(5)", "' UNION SELECT password_hash FROM credential --",
    "$1 $2 %s %(x)s :name {} {0} {case_id} {{ 7*7 }} ${x} #{x}", "\\'; --", "\\x00 \\u0000 \\\\", "%_%", "E'\\n' $$ x $$ $tag$ y $tag$", "'); COMMIT; SET ROLE postgres; --",
    "<script>alert(1)</script> &amp; </textarea>", "ᚠ 𝔘 漢字 ’ʼ＇ ;--", "NULL", "jsonb '{\"a\": 1}' ? 'a' @> ?| array", "first\n'; second -- \n/* third",
]  # fmt: skip


def found_by(text: str) -> int:
    """How many of the school's twelve pupils: none when there is no letter to look for, Jack Null when it is his name."""
    return 1 if text == "NULL" else 0


async def test_words_are_only_words(db):
    async with db.admin() as admin, application() as client:
        tables = [
            r[0] for r in await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ]
        senco = await sign_in(client, SENCO)

        async def counts():
            return {t: await admin.fetchval(f"SELECT count(*) FROM {t}") for t in tables}

        before = await counts()
        new = {"pupil_id": str(LEILA), "reason": HOSTILE[0], "level": "2", "strengths": HOSTILE[5]}
        new["barriers"] = [
            {"code": "CI01", "how_identified": "teacher_observation", "detail": text} for text in HOSTILE
        ]
        opened = await senco.post("/cases", new)
        assert opened.status_code == 201, opened.text
        case = opened.json()
        for text in HOSTILE:
            written = await senco.post(f"/cases/{case['id']}/notes", {"category": "education", "text": text})
            assert (written.status_code, written.json()["text"]) == (201, text)
            changed = await senco.send("PATCH", f"/cases/{case['id']}", {"version": case["version"], "strengths": text})
            assert (changed.status_code, changed.json()["strengths"]) == (200, text)
            case = changed.json()
            found = await senco.get("/pupils", q=text[:100])
            assert found.status_code == 200
            assert len(found.json()["items"]) == found_by(text), text
        case = (await senco.get(f"/cases/{case['id']}")).json()
        assert (case["reason"], case["strengths"]) == (HOSTILE[0], HOSTILE[-1])
        assert (
            sorted(n["text"] for n in case["notes"]) == sorted(b["detail"] for b in case["barriers"]) == sorted(HOSTILE)
        )
        assert sorted(r[0] for r in await admin.fetch("SELECT text FROM note")) == sorted(HOSTILE)
        for name in ("cursor", "status"):
            assert (await senco.get("/cases", **{name: "' OR 1=1 --"})).status_code in (400, 422)
        for path in ("/cases/' OR 1=1 --", f"/cases/{case['id']}'--", "/pupils/1;DROP TABLE note"):
            assert (await senco.get(path)).status_code == 404
        wrong = await client.post("/api/v1/tokens", json={"email": "' OR 1=1 --", "password": PASSWORD})
        assert wrong.status_code in (401, 422)
        after = await counts()
        moved = {t for t in tables if after[t] != before[t] and not t.startswith("audit_")}
        assert (
            moved
            == {"support_case", "case_brief", "identified_barrier", "note", "case_author", "case_access", "case_seat"}
            | {"session", "sign_in_attempt"} & moved
        )
        assert (after["support_case"], after["note"], after["identified_barrier"]) == (1, len(HOSTILE), len(HOSTILE))
