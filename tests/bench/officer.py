"""A case officer on half of an area, up to 50,000 cases: made here, because nobody of a made-up area is.

Part of `python -m tests.bench.scale`.
"""

import asyncpg

from ecm.accounts.passwords import hash_password
from ecm.seeds import PASSWORD
from tests.bench.area import Reader

OFFICER_CASES = 50_000
OFFICER = """
SELECT p.email, p.id, m.agency_id FROM membership m JOIN person p ON p.id = m.person_id JOIN agency a ON a.id = m.agency_id
WHERE m.role = 'case_officer' AND NOT EXISTS (SELECT FROM credential c WHERE c.person_id = p.id) ORDER BY a.name, p.email LIMIT 1
"""
# A law has put the authority on as many more cases of its schools as half of all still take, and it came to the table of
# each. Who may record that is not asked; tests.bench.walls derives what follows.
ON_HALF = """
CREATE TEMP TABLE seen AS SELECT case_id FROM case_seat WHERE principal = '$1';
CREATE TEMP TABLE half AS SELECT * FROM support_case WHERE id NOT IN (SELECT case_id FROM seen)
    AND id NOT IN (SELECT case_id FROM involvement WHERE agency_id = '$1')
    AND school_id IN (SELECT invited_by_agency_id FROM involvement WHERE agency_id = '$1') ORDER BY md5(id::text)
    LIMIT greatest(0, least($2, (SELECT count(*) / 2 FROM support_case)) - (SELECT count(*) FROM seen));
SET session_replication_role = replica;
INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, family_told_on, from_at, recorded_by_membership_id)
    SELECT gen_random_uuid(), id, '$1', 'statutory', 'ca1989_s17', '{education,health}', opened_at::date, opened_at, lead_membership_id FROM half;
INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code, status,
                         invited_at, answered_at, updated_at)
    SELECT gen_random_uuid(), id, 'core', '$1', school_id, lead_membership_id, 'assessment', 'accepted', opened_at, opened_at, opened_at FROM half;
SET session_replication_role = origin;
"""


async def make_officer(admin_url: str) -> Reader:
    """Somebody of the area whose office is put on half of it. What follows from that is still to be derived."""
    connection = await asyncpg.connect(admin_url)
    try:
        email, person, agency = await connection.fetchrow(OFFICER)
        await connection.execute(
            "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)", person, hash_password(PASSWORD)
        )
        await connection.execute(ON_HALF.replace("$1", str(agency)).replace("$2", str(OFFICER_CASES)))
        return Reader(
            email,
            person,
            agency,
            await connection.fetchval("SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM half)"),
        )
    finally:
        await connection.close()


async def check_seats(admin_url: str, officer: Reader) -> None:
    """Once all is derived. Raises: AssertionError, unless the officer sees as many cases as is said of them."""
    connection = await asyncpg.connect(admin_url)
    # What was derived a moment ago waits at the end of the index of names until autovacuum comes by, and to be written:
    # else those who are measured first write it.
    for tidy in ("VACUUM ANALYZE", "CHECKPOINT"):
        await connection.execute(tidy)
    seats = await connection.fetchval("SELECT count(*) FROM case_seat WHERE principal = $1", officer.agency)
    await connection.close()
    assert 0.95 * officer.cases <= seats <= 1.1 * officer.cases, f"{seats:,} cases instead of {officer.cases:,}"
