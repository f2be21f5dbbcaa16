-- The relation and how it follows the facts. No Python calls `derive_case`: triggers on every fact do, under the lock
-- of the case, so that two changes at once cannot re-grant what one of them withdrew.
-- The same rules in plain Python, written apart, are tests/access/model.py; tests hold the two against each other.

SET ROLE ecm_owner;
ALTER TABLE case_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_access FORCE ROW LEVEL SECURITY;
ALTER TABLE case_seat ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_seat FORCE ROW LEVEL SECURITY;
GRANT SELECT ON case_access, case_seat TO ecm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_access, case_seat TO ecm_policy;
-- Every policy that asks the relation asks it through this one. Whose reasons and when, and what is closed to the reader,
-- is said here, once, and nowhere else. What was opened in an emergency is read here and taken nowhere.
CREATE POLICY case_access_is_mine ON case_access FOR SELECT TO ecm_app
    USING (principal = ANY ((SELECT principals())::uuid[]) AND app_now() >= valid_from AND app_now() < valid_until
           AND case_id <> ALL ((SELECT closed_cases())::uuid[]) AND (basis <> 'emergency' OR principal = (SELECT emergency_reader()))
           AND (principal <> ALL ((SELECT covered())::uuid[]) OR stands_in(case_id)));
-- A colleague's seat may be there by an emergency alone, which is the colleague's and not for who covers; or on a case for
-- named people.
CREATE POLICY case_seat_is_mine ON case_seat FOR SELECT TO ecm_app
    USING (principal = ANY ((SELECT principals())::uuid[]) AND case_id <> ALL ((SELECT closed_cases())::uuid[])
           AND (principal <> ALL ((SELECT covered())::uuid[]) OR on_case(case_id)));
RESET ROLE;

SET ROLE ecm_policy;

-- When a pupil is in a school, and in which class: until the midnight after the last day. A first enrolment counts as soon
-- as it is written down, so that a school can prepare; one after a gap from its first day.
CREATE FUNCTION enrolled(p_pupil uuid, p_school uuid) RETURNS TABLE (class_name text, span tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.class_name, tstzrange(CASE WHEN e.place = 1 THEN '-infinity' ELSE london_midnight(e.from_on) END,
                                   coalesce(london_midnight(e.to_on + 1), 'infinity'))
    FROM (SELECT x.class_name, x.from_on, x.to_on, row_number() OVER (ORDER BY x.from_on, x.id) AS place
          FROM enrolment x WHERE x.pupil_id = p_pupil AND x.school_id = p_school) e
$$;

-- When a pupil is on a school's roll.
CREATE FUNCTION on_roll(p_pupil uuid, p_school uuid) RETURNS tstzmultirange LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(range_agg(e.span), '{}') FROM enrolled(p_pupil, p_school) e
$$;

-- For whom this membership reads: itself, its agency, the safeguarding desk, its classes, as `enter` would say (cover apart).
CREATE FUNCTION principals_of(p_membership uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_remove(ARRAY[m.id,
        CASE WHEN EXISTS (SELECT FROM permission p WHERE (p.kind, p.role, p.verb) = (a.kind, m.role, 'desk:general')) THEN a.id END,
        CASE WHEN EXISTS (SELECT FROM permission p WHERE (p.kind, p.role, p.verb) = (a.kind, m.role, 'desk:safeguarding'))
             THEN a.safeguarding_desk_id END], NULL) || class_desks(ARRAY[m.id])
    FROM membership m JOIN agency a ON a.id = m.agency_id WHERE m.id = p_membership
$$;

-- Every reason that is stated for anybody to see anything of a case, as spans of time, from the facts as they stand.
CREATE FUNCTION stated_reasons(p_case uuid)
RETURNS TABLE (principal uuid, category text, basis text, basis_id uuid, spans tstzmultirange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH the_case AS (
        SELECT c.id, c.school_id, c.pupil_id, c.lead_membership_id, s.safeguarding_desk_id,
               -- The school keeps it from its opening, or since it was handed over, and while the pupil is on its roll.
               tstzmultirange(tstzrange(coalesce(c.kept_since, c.opened_at), 'infinity')) * on_roll(c.pupil_id, c.school_id) AS kept_span,
               -- Source: design 5, "at 16 and 18 rights move"; ADR 0005.
               coalesce(london_midnight(birthday(p.date_of_birth, 16)), 'infinity') AS sixteen,
               coalesce(london_midnight(birthday(p.date_of_birth, 18)), 'infinity') AS eighteen
        FROM support_case c JOIN agency s ON s.id = c.school_id JOIN pupil p ON p.id = c.pupil_id
        WHERE c.id = p_case),
    -- Which classes the pupil is in, and when, of the school that keeps the case.
    taught AS (
        SELECT e.class_name, range_agg(e.span) AS spans FROM the_case c, enrolled(c.pupil_id, c.school_id) e
        WHERE e.class_name <> '' GROUP BY e.class_name),
    -- Who is at the table, and when: the school that keeps the case, and agencies that accepted.
    at_table AS (
        SELECT school_id AS agency_id, id AS seat_id, NULL::uuid AS assignee, kept_span AS spans FROM the_case
        UNION ALL
        SELECT i.agency_id, i.id, i.assignee_membership_id,
               tstzmultirange(tstzrange(i.answered_at, coalesce(i.ended_at, 'infinity')))
        FROM involvement i WHERE i.case_id = p_case AND i.status IN ('accepted', 'ended')
          AND i.answered_at < coalesce(i.ended_at, 'infinity')),
    -- The latest answer of each carer asked, per scope, as if what was entered in error had never been said. One refusal or withdrawal closes the scope: design 5.
    answer AS (
        SELECT DISTINCT ON (agency_id, category, purpose, person_id) *
        FROM consent_event e WHERE case_id = p_case AND kind IN ('given', 'refused', 'withdrawn')
          AND NOT EXISTS (SELECT FROM consent_event x WHERE x.corrects_event_id = e.id)
        ORDER BY agency_id, category, purpose, person_id, number DESC),
    agreed AS (
        SELECT a.id, a.agency_id, a.category, tstzmultirange(tstzrange(a.at, least(coalesce(a.until_at, 'infinity'), c.sixteen))) AS spans
        FROM answer a, the_case c
        WHERE a.kind = 'given' AND a.at < least(coalesce(a.until_at, 'infinity'), c.sixteen)
          AND NOT EXISTS (SELECT FROM answer n WHERE n.agency_id = a.agency_id AND n.category = a.category
                          AND n.purpose = a.purpose AND n.kind <> 'given')),
    -- What does not rest on consent. A carer's yes to a service ends when the pupil decides, as consent does; a law and
    -- an override do not ask.
    ground AS (
        SELECT g.id, g.agency_id, k AS category, g.basis, tstzmultirange(tstzrange(g.from_at, g.until_at)) AS spans
        FROM (SELECT s.id, s.agency_id, s.categories, s.basis, s.from_at,
                     least(coalesce(s.until_at, 'infinity'), coalesce(s.ended_at, 'infinity'),
                           CASE WHEN s.basis = 'service_agreement' THEN c.sixteen END) AS until_at
              FROM sharing_ground s, the_case c WHERE s.case_id = p_case) g, unnest(g.categories) k
        WHERE g.from_at < g.until_at),
    shared AS (
        SELECT t.agency_id, t.seat_id, t.assignee, a.category, 'consent' AS basis, a.id AS basis_id, t.seat_id AS core_id, a.spans * t.spans AS spans
        FROM agreed a JOIN at_table t USING (agency_id)
        UNION ALL
        SELECT t.agency_id, t.seat_id, t.assignee, g.category, g.basis, g.id, g.id, g.spans * t.spans
        FROM ground g JOIN at_table t USING (agency_id)),
    bar AS (
        SELECT b.person_id, range_agg(tstzrange(b.from_at, coalesce(b.until_at, 'infinity'))) AS spans
        FROM contact_bar b, the_case c WHERE b.pupil_id = c.pupil_id AND b.from_at < coalesce(b.until_at, 'infinity')
        GROUP BY b.person_id)

    SELECT school_id, k, 'opened_by', id, kept_span FROM the_case, unnest(ARRAY['core','classroom','education','family']) k
    UNION ALL
    SELECT safeguarding_desk_id, 'core', 'opened_by', id, kept_span FROM the_case
    UNION ALL
    -- Whoever teaches the pupil gets what helps in class, and nothing of the case itself. Source: design 4; ADR 0029.
    SELECT class_desk(c.school_id, t.class_name), 'classroom', 'opened_by', c.id, c.kept_span * t.spans FROM the_case c, taught t
    UNION ALL
    SELECT lead_membership_id, k, 'assignment', id, kept_span FROM the_case, unnest(ARRAY['core','classroom','education','family']) k
    UNION ALL
    SELECT desk(agency_id, category), category, basis, basis_id, spans FROM shared WHERE category <> 'core'
    UNION ALL
    SELECT agency_id, 'core', basis, core_id, range_agg(span) FROM shared, unnest(spans) span GROUP BY agency_id, basis, core_id
    UNION ALL
    -- A school's safeguarding desk is its lead's alone: nobody reads round it by being assigned.
    SELECT assignee, category, 'assignment', seat_id, range_agg(span) FROM shared, unnest(spans) span
        WHERE assignee IS NOT NULL AND category <> 'core' AND desk(agency_id, category) = agency_id GROUP BY assignee, category, seat_id
    UNION ALL
    SELECT assignee, 'core', 'assignment', seat_id, range_agg(span) FROM shared, unnest(spans) span
        WHERE assignee IS NOT NULL GROUP BY assignee, seat_id
    UNION ALL
    SELECT d.person_id, k, 'own_child', d.id,
           tstzmultirange(tstzrange(d.admitted_at, least(coalesce(d.ended_at, 'infinity'), c.eighteen)))
           - coalesce((SELECT b.spans FROM bar b WHERE b.person_id = d.person_id), '{}')
        FROM carer_admission d, the_case c, unnest(d.categories) k
        WHERE d.case_id = p_case AND d.admitted_at < least(coalesce(d.ended_at, 'infinity'), c.eighteen)
    UNION ALL
    SELECT e.membership_id, k, 'emergency', e.id, tstzmultirange(tstzrange(e.from_at, least(e.until_at, coalesce(e.ended_at, 'infinity'))))
        FROM emergency_access e, unnest(ARRAY['core', 'safeguarding']) k
        WHERE e.case_id = p_case AND e.from_at < least(e.until_at, coalesce(e.ended_at, 'infinity'))
    UNION ALL
    SELECT w.principal, w.category, 'own_record', w.id, tstzmultirange(tstzrange(w.since_at, 'infinity'))
        FROM case_author w WHERE w.case_id = p_case
$$;

-- The reasons that count. While a case is restricted, only workers who are named on it keep what they have for
-- themselves or read for their whole organisation; the lead practitioner is always named. Families are not workers, and
-- an emergency does not wait to be named. Source: design 4, issue "restricted case (named people only)"; ADR 0028.
CREATE FUNCTION case_reasons(p_case uuid)
RETURNS TABLE (principal uuid, category text, basis text, basis_id uuid, spans tstzmultirange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stated AS MATERIALIZED (SELECT * FROM stated_reasons(p_case)),
    restricted AS MATERIALIZED (
        SELECT coalesce(range_agg(tstzrange(r.from_at, coalesce(r.ended_at, 'infinity'))), '{}') AS spans
        FROM case_restriction r WHERE r.case_id = p_case AND r.from_at < coalesce(r.ended_at, 'infinity')),
    named AS MATERIALIZED (
        SELECT n.membership_id, range_agg(n.span) * r.spans AS spans
        FROM (SELECT x.membership_id, tstzrange(x.from_at, coalesce(x.ended_at, 'infinity')) AS span
              FROM named_reader x WHERE x.case_id = p_case AND x.from_at < coalesce(x.ended_at, 'infinity')
              UNION ALL
              SELECT c.lead_membership_id, tstzrange('-infinity', 'infinity') FROM support_case c WHERE c.id = p_case) n,
             restricted r
        WHERE NOT isempty(r.spans) GROUP BY n.membership_id, r.spans)
    SELECT s.principal, s.category, s.basis, s.basis_id,
           CASE WHEN s.basis IN ('own_child', 'emergency') THEN s.spans
                ELSE s.spans - r.spans + coalesce(s.spans * n.spans, '{}') END
    FROM stated s CROSS JOIN restricted r LEFT JOIN named n ON n.membership_id = s.principal
    UNION ALL
    SELECT n.membership_id, s.category, s.basis, s.basis_id, s.spans * n.spans
    FROM named n CROSS JOIN LATERAL (SELECT principals_of(n.membership_id) AS seats) p
    JOIN stated s ON s.basis <> 'own_record' AND s.principal = ANY (p.seats) AND s.principal <> n.membership_id
$$;

-- Make the relation say what the facts say, for one case; then its seats; then send home what nobody can do any more.
CREATE FUNCTION derive_case(p_case uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_case::text, 0));
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT r.principal, r.category, r.basis, r.basis_id, lower(span) AS valid_from, upper(span) AS valid_until
        FROM case_reasons(p_case) r, unnest(r.spans) span),
    gone AS (
        DELETE FROM case_access a WHERE a.case_id = p_case AND NOT EXISTS (
            SELECT FROM fresh f WHERE f.principal = a.principal AND f.category = a.category AND f.basis = a.basis
            AND f.basis_id = a.basis_id AND f.valid_from = a.valid_from))
    INSERT INTO case_access (case_id, principal, category, basis, basis_id, valid_from, valid_until)
    SELECT p_case, principal, category, basis, basis_id, valid_from, valid_until FROM fresh
    ON CONFLICT (case_id, principal, category, basis, basis_id, valid_from)
        DO UPDATE SET valid_until = EXCLUDED.valid_until WHERE case_access.valid_until <> EXCLUDED.valid_until;
    -- Source: design 4, "On withdrawal open actions return to the lead". What the lead has no reason to read goes back to
    -- the desk that wrote it; what another agency wrote there is told to nobody: consent has a direction.
    WITH lead AS (
        SELECT c.school_id, c.lead_membership_id, ARRAY(
            SELECT a.category FROM case_access a WHERE a.case_id = p_case AND a.principal = c.lead_membership_id
            AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until) AS reads
        FROM support_case c WHERE c.id = p_case)
    UPDATE action t SET owner_agency_id = l.school_id, owner_desk_id = desk(l.school_id, t.category),
        assignee_membership_id = CASE WHEN t.category = ANY (l.reads) THEN l.lead_membership_id END,
        updated_at = app_now(), version = t.version + 1
    FROM lead l WHERE t.case_id = p_case AND t.status IN ('todo', 'doing') AND NOT t.in_error AND t.owner_agency_id <> l.school_id
        AND (t.category = ANY (l.reads) OR t.author_agency_id = l.school_id) AND NOT EXISTS (
            SELECT FROM case_access a LEFT JOIN membership m ON m.id = a.principal
            -- An organisation with a reason to read anything has one to read the core.
            WHERE a.case_id = p_case AND t.owner_agency_id IN (a.principal, m.agency_id)
            AND a.basis NOT IN ('own_record', 'emergency')
            AND app_now() >= a.valid_from AND app_now() < a.valid_until);
    PERFORM refresh_seats(p_case);
END $$;

CREATE FUNCTION refresh_seats(p_case uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_case::text, 0));
    WITH mine AS MATERIALIZED (
        SELECT *, app_now() >= valid_from AS live
        FROM case_access WHERE case_id = p_case AND valid_until > app_now()),
    reader AS (
        SELECT principal, min(CASE WHEN valid_from > app_now() THEN valid_from ELSE valid_until END) AS stale_at
        FROM mine GROUP BY principal HAVING bool_or(category = 'core' AND basis <> 'own_record')),
    matter AS MATERIALIZED (
        SELECT 'core' AS category, NULL::uuid AS a1, NULL::uuid AS a2, NULL::uuid AS o1, NULL::uuid AS o2,
               updated_at AS at, NULL::date AS due FROM support_case WHERE id = p_case
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, updated_at, NULL
            FROM case_brief WHERE case_id = p_case
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, updated_at, NULL
            FROM identified_barrier WHERE case_id = p_case
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, written_at, NULL
            FROM note WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, author_membership_id, author_desk_id, owner_desk_id, assignee_membership_id, updated_at,
            CASE WHEN status IN ('todo', 'doing') THEN due_on END FROM action WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, written_at, NULL
            FROM review_contribution WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, NULL, NULL, NULL, NULL, written_at, NULL FROM review WHERE case_id = p_case
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, updated_at, NULL
            FROM outcome WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, written_at, NULL
            FROM measurement WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, author_membership_id, author_desk_id, NULL, NULL, updated_at, NULL
            FROM provision WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT category, author_membership_id, author_desk_id, author_person_id, NULL, written_at, NULL
            FROM case_view WHERE case_id = p_case AND NOT in_error
        UNION ALL SELECT i.category, NULL, NULL, desk(c.school_id, i.category), NULL, i.updated_at, NULL
            FROM involvement i JOIN support_case c ON c.id = i.case_id WHERE i.case_id = p_case),
    seen AS (
        SELECT r.principal, r.stale_at, max(m.at) AS at, min(m.due) AS due
        FROM reader r LEFT JOIN matter m ON
            EXISTS (SELECT FROM mine x WHERE x.live AND x.principal = r.principal AND x.category = m.category
                    AND (x.basis <> 'own_record' OR x.principal IN (m.a1, m.a2)))
            OR (r.principal IN (m.o1, m.o2) AND EXISTS (SELECT FROM mine x WHERE x.live AND x.principal = r.principal
                    AND x.basis <> 'own_record'))
        GROUP BY r.principal, r.stale_at),
    gone AS (
        DELETE FROM case_seat s WHERE s.case_id = p_case AND s.principal NOT IN (SELECT principal FROM seen))
    INSERT INTO case_seat (principal, case_id, status, due_next, last_activity_at, stale_at)
    SELECT n.principal, p_case, c.status, n.due, coalesce(n.at, '-infinity'), n.stale_at
    FROM seen n, support_case c WHERE c.id = p_case
    ON CONFLICT (principal, case_id) DO UPDATE SET status = EXCLUDED.status, due_next = EXCLUDED.due_next,
        last_activity_at = EXCLUDED.last_activity_at, stale_at = EXCLUDED.stale_at
    WHERE (case_seat.status, case_seat.due_next, case_seat.last_activity_at, case_seat.stale_at)
        IS DISTINCT FROM (EXCLUDED.status, EXCLUDED.due_next, EXCLUDED.last_activity_at, EXCLUDED.stale_at);
END $$;

-- Before a worklist is read: make again the reader's seats that the clock alone has changed.
CREATE FUNCTION refresh_my_stale_seats() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN SELECT DISTINCT case_id FROM case_seat
        WHERE principal = ANY (principals()) AND stale_at <= app_now() AND stale_at < 'infinity' ORDER BY case_id LIMIT 500
    LOOP PERFORM refresh_seats(each_case); END LOOP;
END $$;

CREATE FUNCTION derive_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN EXECUTE format('SELECT DISTINCT %1$I FROM changed WHERE %1$I IS NOT NULL ORDER BY 1', TG_ARGV[0])
    LOOP PERFORM derive_case(each_case); END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION derive_pupil() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN EXECUTE format(
        'SELECT id FROM support_case WHERE pupil_id IN (SELECT %I FROM changed) ORDER BY id', TG_ARGV[0])
    LOOP PERFORM derive_case(each_case); END LOOP;
    RETURN NULL;
END $$;

-- A date of birth is when rights move (case_reasons); nothing else of a pupil's record says who may see a case.
CREATE FUNCTION derive_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN
        SELECT c.id FROM changed n JOIN former o USING (id) JOIN support_case c ON c.pupil_id = n.id
        WHERE n.date_of_birth IS DISTINCT FROM o.date_of_birth ORDER BY c.id
    LOOP PERFORM derive_case(each_case); END LOOP;
    RETURN NULL;
END $$;

-- A pupil came to a school, left it, stays after all, or has another class: the cases which that school keeps for them.
-- A change of year or number touches nothing.
CREATE FUNCTION derive_roll() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN
        WITH moved AS MATERIALIZED (
            SELECT n.pupil_id AS now_id, n.school_id AS now_at, o.pupil_id AS then_id, o.school_id AS then_at
            FROM changed n JOIN former o USING (id) WHERE (n.pupil_id, n.school_id, n.class_name, n.from_on, n.to_on)
                IS DISTINCT FROM (o.pupil_id, o.school_id, o.class_name, o.from_on, o.to_on))
        SELECT DISTINCT c.id FROM (SELECT now_id, now_at FROM moved UNION SELECT then_id, then_at FROM moved) m (pupil_id, school_id)
        JOIN support_case c ON c.pupil_id = m.pupil_id AND c.school_id = m.school_id ORDER BY c.id
    LOOP PERFORM derive_case(each_case); END LOOP;
    RETURN NULL;
END $$;

-- What somebody named on a restricted case reads there for a class follows their classes.
CREATE FUNCTION derive_classes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN
        SELECT DISTINCT r.case_id FROM changed n JOIN former o USING (id) JOIN named_reader r ON r.membership_id = n.id
        WHERE n.class_names IS DISTINCT FROM o.class_names ORDER BY 1
    LOOP PERFORM derive_case(each_case); END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION seats_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN SELECT DISTINCT case_id FROM changed ORDER BY 1
    LOOP PERFORM refresh_seats(each_case); END LOOP;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION refresh_my_stale_seats() TO ecm_app;
GRANT EXECUTE ON FUNCTION derive_changed(), derive_pupil(), derive_born(), derive_roll(), derive_classes(), seats_changed() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE
    t text;
    happening text;
BEGIN
    FOREACH happening IN ARRAY ARRAY['INSERT', 'UPDATE'] LOOP
        EXECUTE format('CREATE TRIGGER z_derive_%1$s AFTER %1$s ON support_case REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION derive_changed(''id'')', happening);
        FOREACH t IN ARRAY ARRAY['involvement','consent_event','carer_admission','case_author',
                                 'sharing_ground','emergency_access','case_restriction','named_reader'] LOOP
            EXECUTE format('CREATE TRIGGER z_derive_%1$s AFTER %1$s ON %2$I REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION derive_changed(''case_id'')', happening, t);
        END LOOP;
        EXECUTE format('CREATE TRIGGER z_derive_%1$s AFTER %1$s ON contact_bar REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION derive_pupil(''pupil_id'')', happening);
        FOREACH t IN ARRAY ARRAY['case_brief','identified_barrier','action','note','review','review_contribution',
                                 'outcome','measurement','provision','case_view'] LOOP
            EXECUTE format('CREATE TRIGGER z_seats_%1$s AFTER %1$s ON %2$I REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION seats_changed()', happening, t);
        END LOOP;
    END LOOP;
END $$;
CREATE TRIGGER z_derive_update AFTER UPDATE ON pupil REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION derive_born();
CREATE TRIGGER z_derive_insert AFTER INSERT ON enrolment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION derive_pupil('pupil_id');
CREATE TRIGGER z_derive_update AFTER UPDATE ON enrolment REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION derive_roll();
CREATE TRIGGER z_derive_delete AFTER DELETE ON enrolment REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION derive_pupil('pupil_id');
CREATE TRIGGER z_derive_update AFTER UPDATE ON membership REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION derive_classes();
RESET ROLE;
