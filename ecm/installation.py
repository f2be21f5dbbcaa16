"""What an installation needs once, and what can be wrong with it."""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import asyncpg

from ecm import system
from ecm.access.lint import lint, refuse_if_open
from ecm.accounts.passwords import hash_password
from ecm.agencies.permissions import GRANTS
from ecm.clock import new_id
from ecm.config import Settings
from ecm.errors import Refused

NOBODY_TO_INVITE = (
    "No sharing agreement is in force between a school and anybody else, so no school can invite a service. Let the data "
    "protection officer of the partnership write down what is signed, under “Agreements”."
)
MOST_CLOCK_DIFFERENCE = timedelta(seconds=60)


async def create_first_worker(admin_url: str, name: str, email: str, agency: str, kind: str, role: str) -> str:
    """A worker with a sign-in, in an organisation that is made if there is none of this name; the new password.

    Raises: Refused for a role that this kind of organisation does not have, or an e-mail address in use.
    """
    if (kind, role) not in GRANTS:
        raise Refused({"role": f"The permission table has no {role} in an organisation of the kind {kind}."})
    password = token_urlsafe(15)
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE ecm_policy")
            await _write_worker(connection, name, email.strip().casefold(), agency, kind, role, password)
    except asyncpg.UniqueViolationError:
        raise Refused({"email": f"{email} is in use already."}) from None
    finally:
        await connection.close()
    return password


async def _write_worker(
    connection: asyncpg.Connection, name: str, email: str, agency: str, kind: str, role: str, password: str
) -> None:
    agency_id = await connection.fetchval("SELECT id FROM agency WHERE name = $1 AND kind = $2", agency, kind)
    if agency_id is None:
        agency_id = new_id()
        await connection.execute(
            "INSERT INTO agency (id, name, kind, safeguarding_desk_id) VALUES ($1, $2, $3, $4)",
            agency_id,
            agency,
            kind,
            new_id(),
        )
    person_id = new_id()
    await connection.execute("INSERT INTO person (id, name, email) VALUES ($1, $2, $3)", person_id, name, email)
    await connection.execute(
        "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)", person_id, hash_password(password)
    )
    await connection.execute(
        "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, $4, now())",
        new_id(), person_id, agency_id, role,
    )  # fmt: skip


async def refuse_open_walls(config: Settings) -> None:
    """Look at the database as the application's login. Raises: WallsOpen when it is not as it was reviewed."""
    connection = await asyncpg.connect(config.database_url, timeout=5)
    try:
        await refuse_if_open(connection)
    finally:
        await connection.close()


def _silent(config: Settings) -> list[str]:
    """Ways of writing to people that are not set, where anybody is to be written to."""
    ways = (("SMTP_HOST", config.smtp_host, "e-mail"), ("SMS_URL", config.sms_url, "text message"))
    return [
        f"ECM_{name} is not set: no {kind} leaves this installation."
        for name, value, kind in ways
        if not (value or config.demo)
    ]


async def cautions(config: Settings) -> list[str]:
    """What is not wrong with a sound installation and keeps somebody from their work, one sentence each."""
    connection = await asyncpg.connect(config.database_url, timeout=5)
    try:
        return [] if await connection.fetchval("SELECT anybody_to_invite()") else [NOBODY_TO_INVITE]
    finally:
        await connection.close()


async def examine(config: Settings) -> list[str]:
    """What is wrong with this installation, one sentence each; empty if nothing."""
    troubles = _silent(config) + [
        f"The system package {package} is missing: {package} draws documents."
        for package in system.missing("documents")
    ]
    try:
        connection = await asyncpg.connect(config.database_url, timeout=5)
    except (OSError, asyncpg.PostgresError) as trouble:
        return [*troubles, f"The database cannot be reached as ecm_app ({type(trouble).__name__})."]
    try:
        troubles += await lint(connection)
        if not await connection.fetchval("SELECT access_is_derived()"):
            troubles.append("Some cases are still seen by the rules of the release before. Run ecm migrate to its end.")
        apart = abs(datetime.now(UTC) - await connection.fetchval("SELECT clock_timestamp()"))
        if apart > MOST_CLOCK_DIFFERENCE:
            troubles.append(f"The clocks of this machine and of the database are {apart} apart.")
    finally:
        await connection.close()
    return troubles
