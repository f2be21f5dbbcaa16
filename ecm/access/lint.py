"""Are the walls standing? The live catalogue of a database, held against rules and against `catalogue.txt`.

Rules hold whatever the file says: forced row-level security, ownership, roles, what the application may never be
granted. The file is the reviewed list of everything else that decides who reaches a row: grants, functions, policies,
triggers. One thing a line, sorted, texts as SHA-256, the same on every PostgreSQL from 15 to 18. Make it anew from a
database that was migrated and not touched since:

    python -m ecm.access.lint ADDRESS > ecm/access/catalogue.txt
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import asyncpg

COMMITTED = Path(__file__).with_name("catalogue.txt")

# Tables that hold nothing about anybody; all others are behind row-level security.
BOOKKEEPING = ("migration", "permission", "context_key")
# Where the application may take rows of its own away.
DELETABLE = ("idempotency_key", "pgqueuer", "agreement_clause")
CLOCK = "function app_now()"
# The first minor releases without known holes in policies and statistics. Source: CVE-2024-10976, CVE-2025-8713.
SOUND = {15: 14, 16: 10, 17: 6}


# What is ours: not PostgreSQL's own, not an extension's, not some connection's temporary things.
OURS = """
schema AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
relation AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relowner, c.relacl, c.relrowsecurity,
           c.relforcerowsecurity, c.reloptions, pg_get_userbyid(c.relowner) AS owner, c.relname,
           CASE c.relkind WHEN 'v' THEN 'View' WHEN 'm' THEN 'Materialised view' WHEN 'S' THEN 'Sequence'
                WHEN 'f' THEN 'Foreign table' ELSE 'Table' END AS kind
    FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM schema) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
routine AS (
    SELECT p.*, p.oid::regprocedure::text AS name, pg_get_userbyid(p.proowner) AS owner, l.lanname
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace IN (SELECT oid FROM schema)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
"""

CATALOGUE = f"""
WITH {OURS},
relation_grant AS (
    SELECT r.name AS thing, a.grantee, a.privilege_type, a.is_grantable FROM relation r, aclexplode(r.relacl) a
    WHERE a.grantee <> r.relowner
    UNION ALL
    SELECT r.name || '.' || t.attname, a.grantee, a.privilege_type, a.is_grantable
    FROM relation r JOIN pg_attribute t ON t.attrelid = r.oid, aclexplode(t.attacl) a WHERE a.grantee <> r.relowner),
routine_grant AS (
    SELECT p.oid, string_agg(a.grantee_name || CASE WHEN a.is_grantable THEN ' (may grant)' ELSE '' END, ' ' ORDER BY a.grantee_name COLLATE "C") AS names
    FROM routine p, LATERAL (
        SELECT x.is_grantable, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END AS grantee_name
        FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee <> p.proowner) a
    GROUP BY p.oid)
SELECT format('%s %s: owned by %s%s', lower(kind), name, owner,
              CASE WHEN kind = 'Table' AND relforcerowsecurity AND relrowsecurity THEN ', row-level security forced' ELSE '' END)
    FROM relation
UNION ALL
SELECT format('grant to %s on %s: %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END, thing,
              string_agg(privilege_type || CASE WHEN is_grantable THEN ' (may grant)' ELSE '' END, ' ' ORDER BY privilege_type COLLATE "C"))
    FROM relation_grant GROUP BY grantee, thing
UNION ALL
SELECT format('function %s: %s, owned by %s, run by %s, sha256 %s', p.name,
              CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END, p.owner, coalesce(g.names, 'nobody else'),
              encode(sha256(convert_to(concat_ws(E'\n', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
                  p.lanname, p.provolatile, p.proisstrict, p.proleakproof, p.proparallel,
                  array_to_string(p.proconfig, ' '), coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)), 'UTF8')), 'hex'))
    FROM routine p LEFT JOIN routine_grant g USING (oid)
UNION ALL
SELECT format('policy %s on %s: %s %s to %s, sha256 %s', y.polname, r.name,
              CASE WHEN y.polpermissive THEN 'allows' ELSE 'limits' END,
              CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
              (SELECT string_agg(CASE o WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(o)::text END, ' ') FROM unnest(y.polroles) o),
              encode(sha256(convert_to(concat_ws(E'\n', 'using', pg_get_expr(y.polqual, y.polrelid),
                                                 'check', pg_get_expr(y.polwithcheck, y.polrelid)), 'UTF8')), 'hex'))
    FROM pg_policy y JOIN relation r ON r.oid = y.polrelid
UNION ALL
SELECT format('trigger %s on %s: sha256 %s', t.tgname, r.name,
              encode(sha256(convert_to(pg_get_triggerdef(t.oid), 'UTF8')), 'hex'))
    FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
-- What says "taken" and "no such row" says so of rows that one may not see.
SELECT format('unique %s on %s: %s', x.relname, r.name, regexp_replace(pg_get_indexdef(x.oid), '^.* USING ', ''))
    FROM pg_index i JOIN relation r ON r.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indisunique AND r.kind = 'Table'
UNION ALL
SELECT format('reference %s on %s: %s', k.conname, r.name, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid WHERE k.contype = 'f'
"""

# $1 bookkeeping tables, $2 tables the application may delete from.
RULES = f"""
WITH {OURS}
SELECT format('Table %s: row-level security is %s.', name,
              CASE WHEN relrowsecurity THEN 'not forced on its owner' ELSE 'not enabled' END)
    FROM relation WHERE kind = 'Table' AND relname <> ALL ($1) AND NOT (relrowsecurity AND relforcerowsecurity)
UNION ALL
SELECT format('Table %s is without row-level security, so ecm_app may have no right on it.', name)
    FROM relation WHERE kind = 'Table' AND relname = ANY ($1)
    AND (has_table_privilege('ecm_app', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
         OR has_any_column_privilege('ecm_app', oid, 'SELECT, INSERT, UPDATE'))
UNION ALL
SELECT format('%s %s belongs to %s; only ecm_owner may own it.', kind, name, owner)
    FROM relation WHERE owner <> 'ecm_owner'
UNION ALL
SELECT format('View %s shows what its owner sees: it wants security_invoker.', name) FROM relation
    WHERE kind = 'View' AND NOT coalesce(reloptions && '{{security_invoker=true,security_invoker=on,security_invoker=1,security_invoker=yes}}', false)
UNION ALL
SELECT format('%s %s knows no row-level security, so ecm_app may have no right on it.', kind, name) FROM relation
    WHERE kind IN ('Materialised view', 'Foreign table') AND has_any_column_privilege('ecm_app', oid, 'SELECT, INSERT, UPDATE')
UNION ALL
SELECT format('Rule %s on %s rewrites statements; there may be none.', w.rulename, r.name)
    FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT format('Trigger %s on %s is switched off.', t.tgname, r.name)
    FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE t.tgenabled <> 'O'
UNION ALL
SELECT format('Policy %s on %s lets everything through.', y.polname, r.name)
    FROM pg_policy y JOIN relation r ON r.oid = y.polrelid
    WHERE y.polpermissive AND 'true' IN (pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid))
UNION ALL
SELECT format('ecm_app may %s table %s.', lower(privilege), name)
    FROM relation, unnest(ARRAY['DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
    WHERE kind = 'Table' AND has_table_privilege('ecm_app', oid, privilege) AND NOT (privilege = 'DELETE' AND relname = ANY ($2))
UNION ALL
SELECT format('ecm_app may change %s.%s, which says whose a row is.', r.name, a.attname)
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE r.kind = 'Table' AND a.attnum > 0 AND NOT a.attisdropped
    AND (a.attname IN ('case_id', 'category') OR a.attname LIKE 'author\\_%') AND has_column_privilege('ecm_app', r.oid, a.attnum, 'UPDATE')
UNION ALL
SELECT format('Function %s %s.', p.name, f.flaw) FROM routine p, LATERAL (VALUES
    (p.owner NOT IN ('ecm_policy', 'ecm_owner'), format('belongs to %s; only ecm_policy and ecm_owner may own one', p.owner)),
    (p.prosecdef AND p.owner <> 'ecm_policy', 'runs as its owner, who is not ecm_policy'),
    ((p.prosecdef OR p.lanname = 'plpgsql') AND NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY (p.proconfig), false),
        'finds what it names by a search path of the caller''s choice'),
    (has_function_privilege('public', p.oid, 'EXECUTE'), 'may be run by PUBLIC'),
    (p.proleakproof, 'is LEAKPROOF: it would be asked about rows before the policies are'),
    (p.prosrc ~* 'set_config\\s*\\([^;]*,\\s*false\\s*\\)|\\mset\\s+session\\M', 'sets something for longer than its transaction'),
    (p.lanname NOT IN ('sql', 'plpgsql'), format('is written in %s, which cannot be reviewed here', p.lanname))) f (is_so, flaw)
    WHERE f.is_so
UNION ALL
-- Those that look for text, of PostgreSQL and of its extensions. None of them comes LEAKPROOF.
SELECT format('Function %s is LEAKPROOF: it would be asked about rows before the policies are.', p.oid::regprocedure) FROM pg_proc p
    WHERE p.proleakproof AND (p.proname ~ 'like|regex|^ts_match|similar' OR EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
UNION ALL
SELECT format('ecm_app may read %s, where values of hidden rows are.', c.relname) FROM pg_class c
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname IN ('pg_statistic', 'pg_statistic_ext_data', 'pg_authid')
    AND has_any_column_privilege('ecm_app', c.oid, 'SELECT')
UNION ALL
SELECT format('Role %s is %s.', o.rolname, f.flaw) FROM pg_roles o, LATERAL (VALUES
    (o.rolsuper, 'a superuser'),
    (o.rolcreaterole, 'able to create roles'),
    (o.rolcreatedb, 'able to create databases'),
    (o.rolreplication, 'able to replicate'),
    (o.rolbypassrls AND o.rolname IN ('ecm_app', 'ecm_owner'), 'able to bypass row-level security'),
    (NOT o.rolbypassrls AND o.rolname = 'ecm_policy', 'unable to bypass row-level security: its functions would see nothing'),
    (o.rolcanlogin AND o.rolname IN ('ecm_policy', 'ecm_owner'), 'able to log in'),
    (o.rolinherit AND o.rolname = 'ecm_app', 'given the rights of every role it is put in')) f (is_so, flaw)
    WHERE o.rolname IN ('ecm_app', 'ecm_policy', 'ecm_owner', 'ecm_backup') AND f.is_so
UNION ALL
SELECT format('Role ecm_app is a member of %s.', pg_get_userbyid(m.roleid))
    FROM pg_auth_members m WHERE pg_get_userbyid(m.member) = 'ecm_app'
UNION ALL
SELECT format('Role ecm_app starts with %s.', setting)
    FROM pg_db_role_setting s, unnest(s.setconfig) setting WHERE pg_get_userbyid(s.setrole) = 'ecm_app'
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND setting <> 'search_path=pg_catalog, public, pg_temp' AND split_part(setting, '=', 1) NOT IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'TimeZone', 'timezone')
UNION ALL
SELECT format('Everybody in this database starts with %s.', setting)
    FROM pg_db_role_setting s, unnest(s.setconfig) setting WHERE s.setrole = 0
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND split_part(setting, '=', 1) IN ('ecm.context', 'ecm.reach', 'row_security', 'search_path', 'session_replication_role')
UNION ALL
SELECT format('ecm_app may create things in schema %s.', nspname) FROM schema WHERE has_schema_privilege('ecm_app', oid, 'CREATE')
UNION ALL
SELECT 'ecm_app may create schemas in this database.' WHERE has_database_privilege('ecm_app', current_database(), 'CREATE')
"""


class WallsOpen(Exception):
    """The database would show or take more than was reviewed; the message says what, one finding a line."""


async def refuse_if_open(connection: asyncpg.Connection, *, test_clock: bool = False) -> None:
    """Look before serving. `test_clock` is for a test database alone, whose `app_now()` is another.

    Raises: WallsOpen when `lint` finds anything.
    """
    if problems := await lint(connection, test_clock=test_clock):
        raise WallsOpen("\n".join(["The database is not as it was reviewed. Nothing is served.", *problems]))


async def lint(connection: asyncpg.Connection, *, test_clock: bool = False) -> list[str]:
    """Everything wrong with the walls, in plain sentences; an empty list is a sound house. Any login may ask."""
    lines, broken = await _look(connection)
    server = connection.get_server_version()
    broken += _release(server.major, server.micro)
    return broken + differences(lines, COMMITTED.read_text().splitlines(), passed=CLOCK if test_clock else None)


def _release(major: int, minor: int) -> list[str]:
    if minor >= SOUND.get(major, 0):
        return []
    return [f"PostgreSQL {major}.{minor} lets hidden rows out; {major}.{SOUND[major]} is the first that is mended."]


async def catalogue(connection: asyncpg.Connection) -> list[str]:
    """What `catalogue.txt` should say of this database: sorted lines, each `name: what is true of it`."""
    return (await _look(connection))[0]


async def _look(connection: asyncpg.Connection) -> tuple[list[str], list[str]]:
    async with connection.transaction():
        # Names in policies are written as this path resolves them: one path, one text.
        await connection.execute("SET LOCAL search_path = pg_catalog, public; SET LOCAL quote_all_identifiers = off")
        lines = await connection.fetch(CATALOGUE)
        broken = await connection.fetch(RULES, BOOKKEEPING, DELETABLE)
    return sorted(r[0] for r in lines), sorted(r[0] for r in broken)


def differences(found: Iterable[str], committed: Iterable[str], passed: str | None = None) -> list[str]:
    """Sentences for lines that are new, gone or changed; the line named `passed` may say anything but not be absent."""
    here, there = (dict(line.split(": ", 1) for line in lines) for lines in (found, committed))
    changed = sorted(name for name in here.keys() & there.keys() - {passed} if here[name] != there[name])
    return [
        *(f"New and never reviewed: {name} ({here[name]})." for name in sorted(here.keys() - there.keys())),
        *(f"Missing: {name}." for name in sorted(there.keys() - here.keys())),
        *(f"Changed: {name}, reviewed as ({there[name]}), is now ({here[name]})." for name in changed),
    ]


async def _write(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        print("\n".join(await catalogue(connection)))
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
