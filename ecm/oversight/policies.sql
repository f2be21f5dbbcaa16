-- What an auditor reads beside the events themselves (ecm/audit/policies.sql): where the log stands, what it was counted
-- to, and which record a number belongs to. Each asks audit_scope() first, which refuses everybody else. Never a name of a
-- pupil or a carer, never a word of a case.

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['saved_query', 'audit_count'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON saved_query TO ecm_app;
GRANT DELETE, SELECT ON saved_query TO ecm_policy;
GRANT SELECT, INSERT ON audit_count TO ecm_policy;
-- Whom an auditor looks into is nobody else's to know.
CREATE POLICY saved_query_is_mine ON saved_query FOR SELECT TO ecm_app USING (
    membership_id = (SELECT (context() ->> 'membership')::uuid));
CREATE POLICY saved_query_by_auditor ON saved_query FOR INSERT TO ecm_app WITH CHECK (
    membership_id = (SELECT (context() ->> 'membership')::uuid) AND (SELECT context()) -> 'verbs' ? 'audit:read');
RESET ROLE;

SET ROLE ecm_policy;

CREATE FUNCTION forget_query(p_id uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM audit_scope();
    DELETE FROM saved_query WHERE id = p_id AND membership_id = (context() ->> 'membership')::uuid;
    RETURN FOUND;
END $$;

-- Where the log stands. `sealed_at`: when the last sealed event happened. `checked`: the last check from outside that an
-- auditor has recorded, as the entry says it.
CREATE FUNCTION audit_log_state()
RETURNS TABLE (checkpoint text, sealed_at timestamptz, waiting int, waiting_since timestamptz, checked jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM audit_scope();
    RETURN QUERY SELECT audit_checkpoint_latest(),
        (SELECT (e.entry ->> 'at')::timestamptz FROM audit_event e WHERE e.id = (
            SELECT l.event_id FROM audit_leaf l
            WHERE l.position = (SELECT k.size - 1 FROM audit_checkpoint k ORDER BY k.size DESC LIMIT 1))),
        (SELECT count(*)::int FROM (SELECT FROM audit_inbox LIMIT 100000) w),
        (SELECT (e.entry ->> 'at')::timestamptz FROM audit_event e WHERE e.id = (
            SELECT i.event_id FROM audit_inbox i ORDER BY i.event_id LIMIT 1)),
        (SELECT e.entry FROM audit_event e WHERE e.event = 'audit:verified' ORDER BY e.id DESC LIMIT 1);
END $$;

-- Which records this may mean, that somebody has on paper: an id, a pupil's number (also a former one), the reference of a
-- case. A record that was merged answers with the one that holds it now. Ids come back, and the school's.
CREATE FUNCTION audit_find(p_id uuid, p_number text, p_reference text)
RETURNS TABLE (kind text, id uuid, school_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE mine uuid := audit_scope();
BEGIN
    RETURN QUERY SELECT DISTINCT f.kind, f.id, f.school_id FROM (
        SELECT 'case' AS kind, c.id, c.school_id FROM support_case c WHERE c.id = p_id OR c.reference = p_reference
        UNION ALL
        SELECT 'pupil', u.id, (SELECT e.school_id FROM enrolment e WHERE e.pupil_id = u.id ORDER BY e.from_on DESC LIMIT 1)
        FROM pupil u WHERE u.id IN (
            SELECT p_id UNION SELECT m.pupil_id FROM pupil_merge m WHERE m.gone_id = p_id
            UNION SELECT e.pupil_id FROM enrolment e WHERE e.upn = p_number
            UNION SELECT i.pupil_id FROM pupil_identifier i WHERE i.kind = 'former_upn' AND i.value = p_number)) f
        WHERE mine IS NULL OR f.school_id = mine
        ORDER BY 1, 2 LIMIT 50;
END $$;

-- Who has come near a pupil, and how often: one row for each person in one role at one organisation, the last first.
CREATE FUNCTION audit_lookers(p_pupil uuid)
RETURNS TABLE (actor uuid, agency uuid, role text, service text, views int, changes int, denied int, first_at timestamptz,
               last_at timestamptz, bases text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    mine uuid := audit_scope();
    about uuid[] := audit_about_pupil(p_pupil);
BEGIN
    RETURN QUERY SELECT e.actor, e.agency, e.entry ->> 'role', e.entry ->> 'service',
            count(*) FILTER (WHERE e.entry ->> 'outcome' = 'shown')::int,
            count(*) FILTER (WHERE e.entry ->> 'outcome' = 'done')::int,
            count(*) FILTER (WHERE e.entry ->> 'outcome' = 'denied')::int,
            min((e.entry ->> 'at')::timestamptz), max((e.entry ->> 'at')::timestamptz),
            array_remove(array_agg(DISTINCT e.entry ->> 'basis'), NULL)
        FROM audit_event e WHERE e.id = ANY (about) AND (mine IS NULL OR e.agency = mine)
        GROUP BY 1, 2, 3, 4 ORDER BY 9 DESC LIMIT 500;
END $$;

-- Which of five sorts an event is. Exports are what leaves as a file.
CREATE FUNCTION audit_what(p_event text, p_outcome text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_outcome = 'denied' THEN 'denied'
                WHEN p_event LIKE 'session:%' OR p_event = 'membership:chosen' THEN 'sign_ins'
                WHEN p_event LIKE '%:exported' OR p_event = 'plan:downloaded' THEN 'exports'
                WHEN p_outcome = 'shown' THEN 'views'
                ELSE 'changes' END
$$;

-- Events between two instants, by organisation and sort. Who is of no organisation is family; what nobody asked for, the
-- program's own.
CREATE FUNCTION audit_counted(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (agency_id uuid, kind text, what text, number bigint) LANGUAGE sql STABLE AS $$
    SELECT c.agency, CASE WHEN c.agency IS NOT NULL THEN g.kind WHEN c.family THEN 'family' ELSE 'program' END,
           audit_what(c.event, c.outcome), sum(c.number)::bigint
    FROM (SELECT e.agency, e.actor IS NOT NULL AS family, e.event, e.entry ->> 'outcome' AS outcome, count(*) AS number
          FROM audit_event e WHERE e.id >= audit_id_from(p_from) AND e.id < audit_id_from(p_until) GROUP BY 1, 2, 3, 4) c
    LEFT JOIN agency g ON g.id = c.agency GROUP BY 1, 2, 3
$$;

-- Count the next day that is over; the day, or null when there is none. An hour after midnight, so that whatever began
-- before it has committed. What was counted is never counted again: events are only added.
CREATE FUNCTION audit_count_next_day(p_proof bytea) RETURNS date LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE following date;
BEGIN
    IF NOT proved('audit_count_next_day', p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ecm audit figures', 0));
    following := coalesce((SELECT max(day) + 1 FROM audit_count),
                     (SELECT ((e.entry ->> 'at')::timestamptz AT TIME ZONE 'Europe/London')::date
                      FROM audit_event e ORDER BY e.id LIMIT 1));
    IF following IS NULL OR app_now() < london_midnight(following + 1) + interval '1 hour' THEN RETURN NULL; END IF;
    WITH found AS (
        INSERT INTO audit_count (id, day, agency_id, kind, what, number)
        SELECT gen_random_uuid(), following, c.* FROM audit_counted(london_midnight(following), london_midnight(following + 1)) c
        RETURNING number)
    INSERT INTO audit_count (id, day, agency_id, kind, what, number)
    SELECT gen_random_uuid(), following, NULL, 'all', 'events', coalesce(sum(number), 0) FROM found;
    RETURN following;
END $$;

-- How many events of each sort each month had, by kind of organisation: what was counted already, and the days since.
CREATE FUNCTION audit_figures(p_from date, p_until date)
RETURNS TABLE (month date, kind text, what text, number bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    mine uuid := audit_scope();
    fresh date := greatest(p_from, (SELECT max(day) + 1 FROM audit_count));
BEGIN
    RETURN QUERY SELECT f.month, f.kind, f.what, sum(f.number)::bigint FROM (
            SELECT date_trunc('month', c.day)::date AS month, c.agency_id, c.kind, c.what, c.number
            FROM audit_count c WHERE c.day >= p_from AND c.day < p_until AND c.kind <> 'all'
            UNION ALL
            SELECT m::date, c.* FROM generate_series(date_trunc('month', fresh::timestamp), p_until - 1, interval '1 month') m
            CROSS JOIN LATERAL audit_counted(london_midnight(greatest(m::date, fresh)),
                                             london_midnight(least((m + interval '1 month')::date, p_until))) c) f
        WHERE mine IS NULL OR f.agency_id = mine GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
END $$;

GRANT EXECUTE ON FUNCTION forget_query(uuid), audit_log_state(), audit_find(uuid, text, text), audit_lookers(uuid),
    audit_count_next_day(bytea), audit_figures(date, date) TO ecm_app;
RESET ROLE;

SET ROLE ecm_policy;
-- What some organisation will not see any more within so many days, and nothing follows: on cases of the reader's school,
-- or of the reader's own organisation on any. By reference: who looks after sharing need not see the case.
CREATE FUNCTION sharing_ending(p_days int) RETURNS TABLE (reference text, agency_name text, category text, basis text, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH me AS (SELECT (context() ->> 'agency')::uuid AS agency_id WHERE context() -> 'verbs' ? 'sharing:oversee')
    SELECT c.reference, g.name, a.category, a.basis, a.valid_until
    FROM me JOIN support_case c ON c.status = 'open' AND (c.school_id = me.agency_id OR EXISTS (
        SELECT FROM involvement i WHERE i.case_id = c.id AND i.agency_id = me.agency_id AND i.status = 'accepted'))
    JOIN case_access a ON a.case_id = c.id
    JOIN agency g ON a.principal IN (g.id, g.safeguarding_desk_id)
    WHERE c.id <> ALL (closed_cases()) AND a.category <> 'core' AND a.basis IN ('consent', 'service_agreement', 'statutory', 'override')
      AND app_now() >= a.valid_from AND app_now() < a.valid_until AND a.valid_until < app_now() + make_interval(days => p_days)
      AND (g.id = me.agency_id OR (c.school_id = me.agency_id AND (g.involvement_category = 'core' OR knows_of(c.id, g.id))))
      AND NOT EXISTS (SELECT FROM case_access b WHERE b.case_id = a.case_id AND b.principal = a.principal AND b.category = a.category
                      AND b.basis <> 'own_record' AND b.valid_from <= a.valid_until AND b.valid_until > a.valid_until)
    ORDER BY a.valid_until, c.reference, g.name, a.category LIMIT 100
$$;
GRANT EXECUTE ON FUNCTION sharing_ending(int) TO ecm_app;
RESET ROLE;
