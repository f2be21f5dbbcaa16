"""A synthetic area to measure on: 3,000 cases of 31 schools, written set-wise; nobody in it exists.

The demonstration's SENCO keeps 80 of the cases and its therapist works on 30 of those. The others belong to made-up
schools, each with a health service of its own: they are there so that nothing is quick only because tables are empty.
"""

import asyncpg

from ecm import seeds
from ecm.seeds import known

SENCO = "senco@oakfield.example"
PARTNER = "therapist@community-health.example"
CASES, OF_SENCO, OF_PARTNER, OTHER_SCHOOLS = 3_000, 80, 30, 30
BATCH = 250

PLAN = f"""
CREATE TEMP TABLE place AS
    SELECT 0 AS number, '{known("oakfield")}'::uuid AS school, '{known("seat " + SENCO)}'::uuid AS senco,
           '{known("community-health")}'::uuid AS service
    UNION ALL
    SELECT s, md5('school ' || s)::uuid, md5('senco ' || s)::uuid, md5('service ' || s)::uuid
    FROM generate_series(1, {OTHER_SCHOOLS}) s;
CREATE TEMP TABLE planned AS
    SELECT n, p.*, md5('case ' || n)::uuid AS id, md5('pupil ' || n)::uuid AS pupil, md5('carer ' || n)::uuid AS carer,
           now() - (n % 200 + 10) * interval '1 day' AS opened_at,
           CASE WHEN p.number = 0 THEN n <= {OF_PARTNER} ELSE n % 3 = 0 END AS shared
    FROM generate_series(1, {CASES}) n
    JOIN place p ON p.number = CASE WHEN n <= {OF_SENCO} THEN 0 ELSE 1 + n % {OTHER_SCHOOLS} END;
"""
PEOPLE = """
INSERT INTO agency (id, name, kind, safeguarding_desk_id)
    SELECT school, 'School ' || number, 'school', gen_random_uuid() FROM place WHERE number > 0
    UNION ALL SELECT service, 'Health service ' || number, 'health', gen_random_uuid() FROM place WHERE number > 0;
INSERT INTO person (id, name)
    SELECT md5('person ' || number)::uuid, 'Coordinator ' || number FROM place WHERE number > 0
    UNION ALL SELECT carer, 'Carer ' || n FROM planned;
INSERT INTO membership (id, person_id, agency_id, role, started_at)
    SELECT senco, md5('person ' || number)::uuid, school, 'senco', now() - interval '300 days' FROM place WHERE number > 0;
INSERT INTO pupil (id, first_name, last_name, date_of_birth, search_key)
    SELECT pupil, 'Pupil', 'Number ' || n, date '2013-01-01' + n % 1500, 'pupil number ' || n FROM planned;
INSERT INTO enrolment (id, pupil_id, school_id, year_group, class_name, from_on)
    SELECT gen_random_uuid(), pupil, school, '4', 'Elm', current_date - 300 FROM planned;
INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility)
    SELECT carer, pupil, carer, 'mother', true FROM planned;
"""
ROWS = """
INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, opened_at, updated_at)
    SELECT id, 'ECM-' || to_char(n, 'FM0000') || '-XX', pupil, school, senco, opened_at, opened_at FROM planned;
INSERT INTO case_brief (case_id, reason, strengths, level, author_agency_id, author_membership_id, author_desk_id, updated_at)
    SELECT id, repeat('Finds it hard to follow what is said in class. ', 5), repeat('Kind, and curious about animals. ', 4),
           (1 + n % 4)::text, school, senco, school, opened_at FROM planned;
INSERT INTO identified_barrier (id, case_id, category, code, how_identified, detail, author_agency_id,
                                author_membership_id, author_desk_id, updated_at)
    SELECT gen_random_uuid(), id, 'education', (ARRAY['CI01', 'CL08', 'CI02'])[k], 'teacher_observation',
           repeat('Loses the thread after one sentence. ', 3), school, senco, school, opened_at
    FROM planned, generate_series(1, 3) k;
INSERT INTO note (id, case_id, category, text, author_agency_id, author_membership_id, author_desk_id, written_at)
    SELECT gen_random_uuid(), id, (ARRAY['education', 'family', 'education', 'classroom'])[k],
           repeat('Spoke with the class teacher about what helped this week. ', 5), school, senco, school,
           opened_at + k * interval '1 day' FROM planned, generate_series(1, 4) k;
INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, status, author_agency_id,
                    author_membership_id, author_desk_id, added_at, updated_at)
    SELECT gen_random_uuid(), id, 'education', 'Try a visual timetable for ' || k || ' weeks', school, school,
           current_date + (n + k * 10) % 60 - 10, (ARRAY['todo', 'doing', 'done'])[k], school, senco, school,
           opened_at, opened_at + interval '5 days' FROM planned, generate_series(1, 3) k;
INSERT INTO case_author (id, case_id, principal, category, since_at)
    SELECT gen_random_uuid(), id, principal, category, opened_at
    FROM planned, unnest(ARRAY['education', 'family', 'classroom']) category, unnest(ARRAY[senco, school]) principal;
"""
# A service that accepted, and a carer who agreed that it is told about learning and health.
SHARING = """
INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
                         offered_categories, status, invited_at, answered_at, updated_at)
    SELECT gen_random_uuid(), id, 'core', service, school, senco, 'assessment', '{education,health}', 'accepted', opened_at,
           opened_at + interval '1 day', opened_at + interval '1 day' FROM planned WHERE shared;
INSERT INTO consent_request (id, case_id, carer_id, person_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
    SELECT carer, id, carer, carer, '1', '', senco, opened_at FROM planned WHERE shared;
INSERT INTO consent_proposal (id, request_id, case_id, person_id, agency_id, category, purpose)
    SELECT md5('proposal ' || n || category)::uuid, carer, id, carer, service, category, 'support'
    FROM planned, unnest(ARRAY['education', 'health']) category WHERE shared;
INSERT INTO consent_event (id, proposal_id, case_id, person_id, agency_id, category, purpose, kind, channel, witness,
                           wording_version, wording_hash, at, number)
    SELECT gen_random_uuid(), md5('proposal ' || n || category)::uuid, id, carer, service, category, 'support', 'given',
           'in_person', 'A witness', '1', '', opened_at + interval '2 days', nextval('consent_event_number')
    FROM planned, unnest(ARRAY['education', 'health']) category WHERE shared;
"""
# A log of some length: a connection keeps its plans, and those made for an empty table read the whole of a full one.
LOG = """
CREATE TEMP TABLE told AS
    SELECT audit_id(opened_at, k) AS id, planned.id AS case_id, pupil FROM planned, generate_series(1, 3) k;
INSERT INTO audit_event (id, entry)
    SELECT id, jsonb_build_object('id', id, 'event', 'case:shown', 'outcome', 'shown', 'case', case_id) FROM told;
INSERT INTO audit_event_pupil (pupil_id, event_id) SELECT pupil, id FROM told;
INSERT INTO audit_inbox (event_id) SELECT id FROM told;
"""
WITH_TRIGGERS = (
    "pupil", "support_case", "case_brief", "identified_barrier", "note", "action", "case_author", "involvement",
    "consent_request", "consent_proposal", "consent_event",
)  # fmt: skip


async def lay_area(admin_url: str) -> None:
    """Write the area into a migrated, empty database. `admin_url` is an administrator's."""
    connection = await asyncpg.connect(admin_url)
    try:
        await seeds.lay_ground(connection)
        await _write(connection)
        for first in range(1, CASES + 1, BATCH):
            last = first + BATCH
            await connection.execute("SELECT derive_case(id) FROM planned WHERE n >= $1 AND n < $2", first, last)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _write(connection: asyncpg.Connection) -> None:
    """The rows as they stand after somebody's work; their triggers, which ask who is working, stand aside meanwhile."""
    async with connection.transaction():
        await _set_triggers(connection, "DISABLE")
        for part in (PLAN, PEOPLE, ROWS, SHARING, LOG):
            await connection.execute(part)
        await _set_triggers(connection, "ENABLE")


async def _set_triggers(connection: asyncpg.Connection, state: str) -> None:
    # ENABLE is refused while foreign keys wait to be checked.
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in WITH_TRIGGERS:
        await connection.execute(f"ALTER TABLE {table} {state} TRIGGER USER")
