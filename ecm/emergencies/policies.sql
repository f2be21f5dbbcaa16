-- One record for hours, and somebody else looks at it afterwards. Nothing here says what an emergency opens: ecm/access.
-- Source: issue "Access that cannot leak", emergency access; design 4; ADR 0028.

SET ROLE ecm_policy;

-- May open a record in an emergency: by role, or by a role that may while on the safeguarding duty list.
CREATE FUNCTION may_open_emergency() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() -> 'verbs' ? 'emergency:open' OR (context() -> 'verbs' ? 'emergency:open_on_duty' AND EXISTS (
        SELECT FROM safeguarding_duty d WHERE d.membership_id = (context() ->> 'membership')::uuid AND d.ended_at IS NULL))
$$;

-- The one child whose number, or whose first and last name and date of birth, are exactly these: their case, the open
-- one first, then the newest. Nobody, several children, or somebody the reader is too close to: null.
-- A name is a key of ecm/pupils/rules.py; a search key begins with those of first, last and preferred name.
CREATE FUNCTION emergency_case(p_upn text, p_first text, p_last text, p_born date) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH named AS (
        SELECT u.id FROM pupil u CROSS JOIN LATERAL (SELECT string_to_array(u.search_key, ' ') AS keys) k
        WHERE p_upn IS NULL AND u.date_of_birth = p_born
          AND (k.keys[2] = p_last OR (p_last = '' AND u.last_name = '') OR (p_last = k.keys[1] AND u.last_name = u.first_name))
          AND (k.keys[1] = p_first OR (u.preferred_name <> '' AND k.keys[3] = p_first))
        UNION
        SELECT e.pupil_id FROM enrolment e WHERE e.upn = p_upn),
    child AS (
        SELECT count(DISTINCT coalesce((SELECT e.upn FROM enrolment e WHERE e.pupil_id = n.id
            ORDER BY e.to_on DESC NULLS FIRST, e.from_on DESC LIMIT 1), n.id::text)) AS many FROM named n)
    SELECT c.id FROM named n JOIN support_case c ON c.pupil_id = n.id, child
    WHERE child.many = 1 AND c.status <> 'voided' AND n.id <> ALL (closed_pupils())
      AND NOT EXISTS (SELECT FROM carer k WHERE k.pupil_id = n.id AND k.person_id = (context() ->> 'person')::uuid)
    ORDER BY c.status = 'open' DESC, c.opened_at DESC, c.id LIMIT 1
$$;

-- Open it, or keep that nobody was found. Proved by the application, which has asked for the password again.
-- No row: the reader may not open anything.
CREATE FUNCTION open_emergency(p_id uuid, p_upn text, p_first text, p_last text, p_born date, p_code text, p_reason text,
                               p_review_by timestamptz, p_proof bytea)
RETURNS TABLE (case_id uuid, reference text, pupil_id uuid, lead_membership_id uuid, from_at timestamptz, until_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    me jsonb := context();
    found_case uuid;
BEGIN
    PERFORM must_be_proved('emergency|' || p_id, p_proof);
    IF NOT may_open_emergency() THEN RETURN; END IF;
    found_case := emergency_case(p_upn, p_first, p_last, p_born);
    PERFORM lock_case(coalesce(found_case, p_id));
    INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
        VALUES (p_id, found_case, (me ->> 'membership')::uuid, (me ->> 'agency')::uuid, p_code, p_reason, app_now(),
                app_now() + interval '4 hours', least(p_review_by, app_now() + interval '10 days'));
    RETURN QUERY SELECT e.case_id, c.reference, c.pupil_id, c.lead_membership_id, e.from_at, e.until_at
        FROM emergency_access e LEFT JOIN support_case c ON c.id = e.case_id WHERE e.id = p_id;
END $$;

-- Somebody else of the same organisation looks at it afterwards; once it is late, the partnership's data protection
-- officer too. Never whoever opened it, in whatever role, and nobody who is too close to the pupil.
CREATE FUNCTION may_review(p_emergency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() -> 'verbs' ? 'emergency:review' AND EXISTS (
        SELECT FROM emergency_access e JOIN membership m ON m.id = e.membership_id
        WHERE e.id = p_emergency AND m.person_id <> (context() ->> 'person')::uuid
          AND (e.case_id IS NULL OR e.case_id <> ALL (closed_cases()))
          AND (e.agency_id = (context() ->> 'agency')::uuid
               OR (context() ->> 'agency_kind' = 'partnership' AND e.escalated_at IS NOT NULL)))
$$;

-- Who may review it now, to be written to: p_late asks for the partnership's officers instead of the organisation's own.
CREATE FUNCTION emergency_reviewers(p_emergency uuid, p_late boolean, p_proof bytea) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('emergency_reviewers|' || p_emergency, p_proof);
    RETURN QUERY SELECT r.id FROM emergency_access e JOIN membership m ON m.id = e.membership_id
        JOIN membership r ON r.person_id <> m.person_id AND r.started_at <= app_now() AND (r.ended_at IS NULL OR r.ended_at > app_now())
        JOIN agency g ON g.id = r.agency_id JOIN permission p ON (p.kind, p.role, p.verb) = (g.kind, r.role, 'emergency:review')
        WHERE e.id = p_emergency AND CASE WHEN p_late THEN g.kind = 'partnership' ELSE g.id = e.agency_id END
          AND NOT too_close(r.person_id, e.case_id)
        ORDER BY r.id;
END $$;

-- Nobody has looked in time, or nobody else of the organisation can: it goes to the partnership. False: it has gone.
CREATE FUNCTION escalate_emergency(p_emergency uuid, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('escalate|' || p_emergency, p_proof);
    UPDATE emergency_access e SET escalated_at = app_now() WHERE e.id = p_emergency AND e.escalated_at IS NULL
        AND NOT EXISTS (SELECT FROM emergency_review r WHERE r.emergency_id = e.id);
    RETURN FOUND;
END $$;

CREATE FUNCTION late_emergencies(p_proof bytea) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('late_emergencies', p_proof);
    RETURN QUERY SELECT e.id FROM emergency_access e WHERE e.escalated_at IS NULL AND e.review_by_at <= app_now()
        AND NOT EXISTS (SELECT FROM emergency_review r WHERE r.emergency_id = e.id) ORDER BY e.id;
END $$;

-- It is ended once, now. A review is of whoever writes it, now.
CREATE FUNCTION stamp_emergency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.ended_at := coalesce(OLD.ended_at, CASE WHEN NEW.ended_at IS NOT NULL THEN least(app_now(), OLD.until_at) END);
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_emergency_review() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.reviewer_membership_id := (context() ->> 'membership')::uuid;
    NEW.reviewed_at := app_now();
    RETURN NEW;
END $$;

-- What was not justified goes on no longer.
CREATE FUNCTION end_unjustified() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE emergency_access e SET ended_at = app_now()
        -- One that has ended keeps its end: stamp_emergency.
        WHERE e.id = NEW.emergency_id AND NEW.verdict = 'not_justified' AND e.until_at > app_now();
    RETURN NULL;
END $$;

-- Which case it was, by its reference alone, and what was done there meanwhile: for whoever opened it or may review it.
CREATE FUNCTION emergency_reference(p_emergency uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.reference FROM emergency_access e JOIN support_case c ON c.id = e.case_id
    WHERE e.id = p_emergency AND c.id <> ALL (closed_cases())
      AND (e.membership_id = (context() ->> 'membership')::uuid OR may_review(p_emergency))
$$;

CREATE FUNCTION emergency_trail(p_emergency uuid) RETURNS TABLE (event text, part text, many int, last_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.event, a.entry -> 'detail' ->> 'part', count(*)::int, max((a.entry ->> 'at')::timestamptz)
    FROM emergency_access e JOIN audit_event a ON a.case_id = e.case_id
    WHERE e.id = p_emergency AND may_review(p_emergency) AND (a.entry ->> 'membership')::uuid = e.membership_id
      AND a.event <> 'emergency:opened' AND (a.entry ->> 'at')::timestamptz >= e.from_at
      AND (a.entry ->> 'at')::timestamptz < least(e.until_at, coalesce(e.ended_at, 'infinity'))
    GROUP BY 1, 2 ORDER BY 4
$$;

-- The reader has this case by an emergency and by nothing else.
CREATE FUNCTION only_in_emergency(p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(bool_and(a.basis = 'emergency'), false) FROM case_access a
    WHERE a.case_id = p_case AND a.principal = ANY (principals()) AND a.category = 'core' AND a.basis <> 'own_record'
      AND app_now() >= a.valid_from AND app_now() < a.valid_until AND p_case <> ALL (closed_cases())
      AND (a.principal <> ALL (covered()) OR stands_in(p_case))
$$;

-- Somebody goes on the list who works here, in a role that may open a record while on duty.
CREATE FUNCTION stamp_duty() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.ended_at := coalesce(OLD.ended_at, app_now());
        RETURN NEW;
    END IF;
    NEW.agency_id := (me ->> 'agency')::uuid;
    NEW.set_by_membership_id := (me ->> 'membership')::uuid;
    NEW.from_at := app_now();
    NEW.ended_at := NULL;
    IF NOT EXISTS (SELECT FROM membership m JOIN agency g ON g.id = m.agency_id
                   JOIN permission p ON (p.kind, p.role, p.verb) = (g.kind, m.role, 'emergency:open_on_duty')
                   WHERE m.id = NEW.membership_id AND g.id = NEW.agency_id AND m.started_at <= app_now()
                     AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'not somebody for duty' USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_worker';
    END IF;
    RETURN NEW;
END $$;

-- An alert is over: said by whoever wrote it, by their desk, or by a worker who reads health and may write alerts.
CREATE FUNCTION end_health_alert(p_alert uuid) RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE health_alert h SET ended_at = app_now(), ended_by_membership_id = (context() ->> 'membership')::uuid
    WHERE h.id = p_alert AND h.ended_at IS NULL AND context() -> 'verbs' ? 'alert:write' AND works_in(h.case_id, 'core')
      AND (reads(h.case_id, 'health') OR h.author_membership_id = ANY (principals()) OR h.author_desk_id = ANY (principals()))
    RETURNING h.case_id
$$;

GRANT EXECUTE ON FUNCTION may_open_emergency(), open_emergency(uuid, text, text, text, date, text, text, timestamptz, bytea),
    may_review(uuid), emergency_reviewers(uuid, boolean, bytea), escalate_emergency(uuid, bytea), late_emergencies(bytea),
    emergency_reference(uuid), emergency_trail(uuid), only_in_emergency(uuid), end_health_alert(uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_emergency(), stamp_emergency_review(), end_unjustified(), stamp_duty() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['emergency_access', 'emergency_review', 'safeguarding_duty', 'health_alert'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT ON %I TO ecm_app', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO ecm_policy', t);
    END LOOP;
END $$;

CREATE POLICY emergency_is_mine ON emergency_access FOR SELECT TO ecm_app USING (
    membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND (case_id IS NULL OR case_id <> ALL ((SELECT closed_cases())::uuid[])));
CREATE POLICY emergency_to_review ON emergency_access FOR SELECT TO ecm_app USING (may_review(id));
CREATE POLICY emergency_ended_by_me ON emergency_access FOR UPDATE TO ecm_app
    USING (membership_id = (SELECT (context() ->> 'membership')::uuid) AND ended_at IS NULL AND app_now() < until_at)
    WITH CHECK (membership_id = (SELECT (context() ->> 'membership')::uuid));
GRANT UPDATE (ended_at) ON emergency_access TO ecm_app;

CREATE POLICY review_of_what_is_seen ON emergency_review FOR SELECT TO ecm_app USING (
    EXISTS (SELECT FROM emergency_access e WHERE e.id = emergency_id));
CREATE POLICY reviewed_by_somebody_else ON emergency_review FOR INSERT TO ecm_app WITH CHECK (may_review(emergency_id));
GRANT INSERT ON emergency_review TO ecm_app;

CREATE POLICY duty_of_my_agency ON safeguarding_duty FOR SELECT TO ecm_app USING (
    membership_id = (SELECT (context() ->> 'membership')::uuid)
    OR (agency_id = (SELECT (context() ->> 'agency')::uuid) AND (SELECT context() -> 'verbs' ? 'emergency:duty')));
CREATE POLICY duty_set ON safeguarding_duty FOR INSERT TO ecm_app WITH CHECK (
    agency_id = (SELECT (context() ->> 'agency')::uuid) AND (SELECT context() -> 'verbs' ? 'emergency:duty'));
CREATE POLICY duty_ended ON safeguarding_duty FOR UPDATE TO ecm_app USING (
    agency_id = (SELECT (context() ->> 'agency')::uuid) AND (SELECT context() -> 'verbs' ? 'emergency:duty') AND ended_at IS NULL)
    WITH CHECK (agency_id = (SELECT (context() ->> 'agency')::uuid));
GRANT INSERT (id, membership_id), UPDATE (ended_at) ON safeguarding_duty TO ecm_app;

-- Whoever reads health, whoever wrote it while on the case, and whoever is here in an emergency.
CREATE POLICY health_alert_by_reason ON health_alert FOR SELECT TO ecm_app USING (
    ended_at IS NULL AND on_case(case_id) AND EXISTS (
        SELECT 1 FROM case_access a
        WHERE a.case_id = health_alert.case_id
          AND (a.basis = 'emergency' OR (a.category = health_alert.category
               AND (a.basis <> 'own_record' OR a.principal IN (health_alert.author_membership_id, health_alert.author_desk_id))))));
CREATE POLICY health_alert_by_author ON health_alert FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'alert:write') AND may_write(case_id, category)
    AND EXISTS (SELECT 1 FROM case_author w WHERE w.case_id = health_alert.case_id
                AND w.principal = health_alert.author_membership_id AND w.category = health_alert.category));
GRANT INSERT (id, case_id, text) ON health_alert TO ecm_app;

CREATE TRIGGER a_stamp BEFORE UPDATE OF ended_at ON emergency_access FOR EACH ROW EXECUTE FUNCTION stamp_emergency();
CREATE TRIGGER a_stamp BEFORE INSERT ON emergency_review FOR EACH ROW EXECUTE FUNCTION stamp_emergency_review();
CREATE TRIGGER b_end AFTER INSERT ON emergency_review FOR EACH ROW EXECUTE FUNCTION end_unjustified();
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON safeguarding_duty FOR EACH ROW EXECUTE FUNCTION stamp_duty();
CREATE TRIGGER a_stamp_author BEFORE INSERT ON health_alert FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER b_must_be_open BEFORE INSERT ON health_alert FOR EACH ROW EXECUTE FUNCTION must_be_open();
CREATE TRIGGER c_stamp_times BEFORE INSERT ON health_alert FOR EACH ROW EXECUTE FUNCTION stamp_times('written_at');
RESET ROLE;
