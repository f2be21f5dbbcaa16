"""The area to measure on: a made-up one (ecm/synthetic), whose people nobody is, with a log of some length.

Measured are an ordinary SENCO and an ordinary worker of a service, those of the area nearest to 80 and to 30 cases (25 at least, a page), and
for finding pupils also the manager of a service that is on every case, which no service is.
"""

import sys
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from ecm.accounts.passwords import hash_password
from ecm.clock import today
from ecm.seeds import PASSWORD
from ecm.synthetic.commands import Wanted, make_area
from tests.bench.servers import SECRET

# A corner of the area for so many pupils, as an authority of England has about 60,000.
SERVICES, PUPILS_OF_A_CORNER, SEED = 12, 60_000, 2003


@dataclass(frozen=True)
class Reader:
    """Somebody whose work is measured: who they are, where they work, how many cases they see."""

    email: str
    person: UUID
    agency: UUID
    cases: int


@dataclass(frozen=True)
class Readers:
    """The three who are measured."""

    senco: Reader
    partner: Reader
    everywhere: Reader


NEAREST = """
SELECT p.email, p.id, m.agency_id, count(*)::int FROM membership m JOIN person p ON p.id = m.person_id
JOIN case_seat s ON s.principal = CASE WHEN $1 = 'senco' THEN m.agency_id ELSE m.id END
WHERE m.role = $1 GROUP BY p.id, p.email, m.agency_id HAVING count(*) >= 25 ORDER BY abs(count(*) - $2), p.email LIMIT 1
"""
EVERYWHERE = """
SELECT p.email, p.id, m.agency_id FROM membership m JOIN person p ON p.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE m.role = 'manager' ORDER BY (SELECT count(*) FROM case_seat s WHERE s.principal = a.id) DESC LIMIT 1
"""
# What derives access from consent is not asked: its result is written directly.
ON_EVERY_CASE = (
    """INSERT INTO case_access SELECT id, $1, 'core', 'consent', id, opened_at, 'infinity' FROM support_case
       ON CONFLICT DO NOTHING""",
    """INSERT INTO case_seat SELECT $1, id, status, NULL, updated_at, 'infinity' FROM support_case ON CONFLICT DO NOTHING""",
)
# A log of some length: a connection keeps its plans, and those made for an empty table read the whole of a full one.
LOG = """
CREATE TEMP TABLE told AS
    SELECT audit_id(c.opened_at, k) AS id, c.id AS case_id, c.pupil_id FROM support_case c, generate_series(1, 3) k;
INSERT INTO audit_event (id, entry)
    SELECT id, jsonb_build_object('id', id, 'event', 'case:shown', 'outcome', 'shown', 'case', case_id) FROM told;
INSERT INTO audit_event_pupil (pupil_id, event_id) SELECT pupil_id, id FROM told;
INSERT INTO audit_inbox (event_id) SELECT id FROM told;
"""


async def lay_area(admin_url: str, pupils: int) -> Readers:
    """Make the area in a migrated, empty database; who is measured. `admin_url` is a superuser's."""
    await make_area(
        admin_url, SECRET, Wanted(pupils, SERVICES * max(1, pupils // PUPILS_OF_A_CORNER), SEED, today()), _say
    )
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(LOG)
        readers = await _readers(connection)
        await connection.execute("VACUUM ANALYZE")
        return readers
    finally:
        await connection.close()


async def _readers(connection: asyncpg.Connection) -> Readers:
    senco = Reader(*await connection.fetchrow(NEAREST, "senco", 80))
    partner = Reader(*await connection.fetchrow(NEAREST, "practitioner", 30))
    email, person, agency = await connection.fetchrow(EVERYWHERE)
    for sql in ON_EVERY_CASE:
        await connection.execute(sql, agency)
    everywhere = Reader(email, person, agency, await connection.fetchval("SELECT count(*) FROM support_case"))
    await connection.executemany(
        "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)",
        [(each.person, hash_password(PASSWORD)) for each in (senco, partner)],
    )
    return Readers(senco, partner, everywhere)


def _say(what: str, done: int, of: int) -> None:
    print(f"\r{what} {done:,} of {of:,}", end="\n" if done == of else "", file=sys.stderr, flush=True)
