"""Bring a database up to date: roles, tables, then every policy, grant, trigger and function anew from its file.

What the policies say is what the files say: all of them are dropped and made again, in one transaction.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from ecm.access.derivation import Progress, derive_all, silent
from ecm.agencies.permissions import rows as permission_rows
from ecm.clock import new_id
from ecm.connections import ENGINE, Joined
from ecm.database import secret_key
from ecm.errors import Refused

HOUSE = Path(__file__).parents[1]
FILES = (
    ["context.sql", "idempotency.sql"]
    + [
        f"{slice_}/policies.sql"
        for slice_ in (
            "accounts",
            "agencies",
            "agreements",
            "pupils",
            "cases",
            "outcomes",
            "consent",
            "reviews",
            "closures",
            "corrections",
            "grounds",
            "emergencies",
            "denials",
            "shields",
            "access",
            "audit",
            "notifications",
            "plans",
            "reminders",
            "opening",
            "casefile",
        )
    ]
    + ["access/derivation.sql", "access/why.sql", "accounts/own.sql", "pupils/search.sql"]
    + ["people/policies.sql", "monitoring/policies.sql"]
    + [
        "imports/policies.sql",
        "imports/comparing.sql",
        "imports/approving.sql",
        "duplicates/policies.sql",
        "moves/policies.sql",
        "moves/handover.sql",
        "oversight/policies.sql",
        "exports/policies.sql",
    ]
)

NO_ROLES = (
    "This login may not make the roles that ECM needs, one of which reads past row-level security (BYPASSRLS). Use one "
    "that may, or have them made as docs/deployment.md says."
)

# Everything the files will say again. Tables and their rows stay.
CLEAR = """
DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', r.policyname, r.tablename);
    END LOOP;
    FOR r IN SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON public.%I', r.tgname, r.relname);
    END LOOP;
    FOR r IN SELECT p.oid FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) IN ('ecm_policy', 'ecm_owner')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        -- Unless it went with another that it names.
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = r.oid);
        EXECUTE format('DROP FUNCTION %s CASCADE', r.oid::regprocedure);
    END LOOP;
    FOR r IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, ecm_app, ecm_policy', r.relname);
    END LOOP;
END $$;
"""


def fingerprint() -> str:
    """SHA-256 over every file that shapes the database, the permissions among them."""
    files = sorted([*HOUSE.rglob("*.sql"), *HOUSE.glob("migrations/history/*.py"), HOUSE / "agencies/permissions.py"])
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()


async def migrate(admin_url: str, secret: str, say: Progress = silent) -> bool:
    """Bring the database at `admin_url` up to date, keeping the keys it has. False: it already was.

    When the rules of who may see what are others than before, every case is derived anew by them; `say` is told how far
    that is. `admin_url` must be able to create roles, one of them with BYPASSRLS; a superuser is not needed.
    Raises: Refused.
    """
    changed = await bring_up_to_date(admin_url, secret)
    return bool(await derive_all(admin_url, secret, say)) or changed


async def bring_up_to_date(admin_url: str, secret: str) -> bool:
    """The same without deriving anything: until then cases are seen by the rules before."""
    connection = await asyncpg.connect(admin_url)
    try:
        if await _is_current(connection, secret):
            return False
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('ecm migrate', 0))")
            await connection.execute("SET LOCAL check_function_bodies = off")
            try:
                await connection.execute((HOUSE / "database.sql").read_text())
            except asyncpg.InsufficientPrivilegeError as trouble:
                raise Refused({"": f"{NO_ROLES} The server says: {trouble}."}) from None
            await _run_history(connection)
            await connection.execute(CLEAR)
            for file in FILES:
                await connection.execute((HOUSE / file).read_text())
            await _write_keys(connection, secret)
        return True
    finally:
        await connection.close()


async def _is_current(connection: asyncpg.Connection, secret: str) -> bool:
    with contextlib.suppress(asyncpg.UndefinedTableError):
        rows = dict(await connection.fetch("SELECT name, key FROM context_key"))
        return rows.get("fingerprint") == bytes.fromhex(fingerprint()) and rows.get("app") == secret_key(secret)
    return False


async def _run_history(connection: asyncpg.Connection) -> None:
    with _joined(connection), contextlib.redirect_stdout(io.StringIO()):
        await connection.execute("SET ROLE ecm_owner")
        result = await run_forwards("ecm")
        await connection.execute("RESET ROLE")
    if not result.success:
        raise RuntimeError(result.message)


@contextlib.contextmanager
def _joined(connection: asyncpg.Connection) -> Iterator[None]:
    """Let Piccolo's migrations run inside our transaction."""
    mark = ENGINE.current_transaction.set(Joined(connection))  # type: ignore[arg-type]
    try:
        yield
    finally:
        ENGINE.current_transaction.reset(mark)


async def _write_keys(connection: asyncpg.Connection, secret: str) -> None:
    await connection.execute("SET LOCAL ROLE ecm_owner")
    await connection.execute(
        """INSERT INTO context_key (name, key) VALUES ('context', sha256(gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea))
           ON CONFLICT DO NOTHING"""
    )
    for name, key in (("app", secret_key(secret)), ("fingerprint", bytes.fromhex(fingerprint()))):
        await connection.execute(
            "INSERT INTO context_key (name, key) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = EXCLUDED.key",
            name, key,
        )  # fmt: skip
    await connection.execute("DELETE FROM permission")
    await connection.executemany(
        "INSERT INTO permission (id, kind, role, verb) VALUES ($1, $2, $3, $4)",
        [(new_id(), *row) for row in permission_rows()],
    )
    await connection.execute("RESET ROLE")
