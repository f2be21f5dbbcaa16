-- What closes, whatever opens. Who may say so, who reads it, and who ends it. What follows from it: ecm/access, and
-- `enter` (ecm/accounts), which seals what a conflict closes into the context.

SET ROLE ecm_policy;

-- A conflict is declared now, by whoever acts, for where they act; it is ended once, now. Rows that the database itself
-- carries over to another record of the pupil keep what they say: ecm_app may not set these columns.
CREATE FUNCTION stamp_conflict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.declared_by_membership_id := coalesce(NEW.declared_by_membership_id, (me ->> 'membership')::uuid);
        NEW.agency_id := coalesce(NEW.agency_id, (me ->> 'agency')::uuid);
        NEW.from_at := coalesce(NEW.from_at, app_now());
    ELSE
        NEW.ended_at := coalesce(OLD.ended_at, app_now());
        NEW.ended_by_membership_id := coalesce(OLD.ended_by_membership_id, (me ->> 'membership')::uuid);
    END IF;
    RETURN NEW;
END $$;

-- Every record of the pupils to whom somebody is too close: a case that was handed over goes on with the next school's
-- own record of the same pupil, and what is said of one record is said of the pupil.
CREATE FUNCTION too_close_to(p_person uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE record (id) AS (
        SELECT x.pupil_id FROM conflict_of_interest x WHERE x.person_id = p_person AND x.ended_at IS NULL
        UNION SELECT other.id FROM record CROSS JOIN LATERAL (
            SELECT c.pupil_id FROM case_handover h JOIN support_case c ON c.id = h.case_id WHERE h.pupil_before_id = record.id
            UNION ALL SELECT h.pupil_before_id FROM support_case c JOIN case_handover h ON h.case_id = c.id
                WHERE c.pupil_id = record.id AND h.pupil_before_id IS NOT NULL) other (id))
    SELECT ARRAY(SELECT id FROM record)
$$;

-- Who is told that there is one more: those of the same organisation who look after them and see it.
CREATE FUNCTION conflict_managers(p_conflict uuid, p_proof bytea) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('conflict_managers|' || p_conflict, p_proof);
    RETURN QUERY SELECT m.id FROM conflict_of_interest x JOIN membership m ON m.agency_id = x.agency_id
        JOIN agency g ON g.id = m.agency_id JOIN permission p ON (p.kind, p.role, p.verb) = (g.kind, m.role, 'conflict:manage')
        WHERE x.id = p_conflict AND m.id <> x.declared_by_membership_id AND x.pupil_id <> ALL (too_close_to(m.person_id))
        ORDER BY m.id;
END $$;

-- An order is recorded now and ended once, now.
CREATE FUNCTION stamp_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.recorded_at := coalesce(NEW.recorded_at, app_now());
        NEW.recorded_by_membership_id := coalesce(NEW.recorded_by_membership_id, (context() ->> 'membership')::uuid);
    ELSE
        NEW.ended_at := coalesce(OLD.ended_at, app_now());
    END IF;
    RETURN NEW;
END $$;

-- A bar that an order of a court rests on is lifted by ending the order, not by itself.
CREATE FUNCTION check_bar_of_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM court_order o WHERE o.contact_bar_id = NEW.id AND o.ended_at IS NULL) THEN
        RAISE EXCEPTION 'an order stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'bar_of_order';
    END IF;
    RETURN NEW;
END $$;

-- Workers who have a reason to work on a case, restricted or not: for themselves, or with what they read for their whole
-- organisation. Told to workers on the case who may know of that organisation there.
CREATE FUNCTION workers_on_case(p_case uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stated AS MATERIALIZED (
        SELECT DISTINCT s.principal FROM stated_reasons(p_case) s
        WHERE s.category = 'core' AND s.basis NOT IN ('own_record', 'own_child', 'emergency') AND s.spans @> app_now()
          AND context() ->> 'membership' IS NOT NULL AND reads(p_case, 'core')),
    able AS (
        SELECT m.id, m.agency_id FROM stated s JOIN membership m ON m.id = s.principal
        UNION SELECT m.id, m.agency_id FROM stated s JOIN agency a ON s.principal IN (a.id, a.safeguarding_desk_id)
            JOIN membership m ON m.agency_id = a.id
            JOIN permission p ON (p.kind, p.role) = (a.kind, m.role)
                AND p.verb = CASE s.principal WHEN a.id THEN 'desk:general' ELSE 'desk:safeguarding' END)
    SELECT b.id FROM able b JOIN membership m ON m.id = b.id
    WHERE m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now()) AND knows_of(p_case, b.agency_id)
$$;

-- Who can be named on a restricted case: who works on it, and who teaches the pupil's class.
CREATE FUNCTION nameable(p_case uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH stated AS MATERIALIZED (SELECT s.principal FROM stated_reasons(p_case) s WHERE s.category = 'classroom' AND s.spans @> app_now())
    SELECT workers_on_case(p_case)
    UNION SELECT m.id FROM support_case c JOIN membership m ON m.agency_id = c.school_id AND m.class_names <> '{}'
    WHERE c.id = p_case AND holds_case(c.id) AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
      AND class_desks(ARRAY[m.id]) && ARRAY(SELECT principal FROM stated)
$$;

-- What closes a case to somebody who is not asking: for letters and reminders, which go to others.
CREATE FUNCTION too_close(p_person uuid, p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM support_case c WHERE c.id = p_case AND c.pupil_id = ANY (too_close_to(p_person)))
$$;

-- Somebody named on this restriction can still lift it: named for themselves, in the school that keeps the case.
CREATE FUNCTION can_be_lifted(p_restriction uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM named_reader n JOIN support_case c ON c.id = n.case_id
        JOIN membership m ON m.id = n.membership_id AND m.agency_id = c.school_id
        JOIN agency g ON g.id = m.agency_id JOIN permission p ON (p.kind, p.role, p.verb) = (g.kind, m.role, 'case:restrict')
        WHERE n.restriction_id = p_restriction AND n.ended_at IS NULL
          AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now()))
$$;

CREATE FUNCTION must_be_liftable(p_restriction uuid) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT can_be_lifted(p_restriction) THEN
        RAISE EXCEPTION 'nobody could lift it' USING ERRCODE = 'check_violation', CONSTRAINT = 'restriction_liftable';
    END IF;
END $$;

-- The live restriction of a case that whoever asks may change, under the lock of the case; null: none, or not theirs.
CREATE FUNCTION own_restriction(p_case uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM lock_case(p_case);
    IF NOT context() -> 'verbs' ? 'case:restrict' OR NOT holds_case(p_case) THEN RETURN NULL; END IF;
    RETURN (SELECT r.id FROM case_restriction r WHERE r.case_id = p_case AND r.ended_at IS NULL);
END $$;

CREATE FUNCTION name_on_case(p_restriction uuid, p_case uuid, p_memberships uuid[], p_among uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT p_memberships <@ p_among THEN
        RAISE EXCEPTION 'not on the case' USING ERRCODE = 'check_violation', CONSTRAINT = 'named_on_case';
    END IF;
    INSERT INTO named_reader (id, restriction_id, case_id, membership_id, from_at)
        SELECT audit_id(app_now(), 0), p_restriction, p_case, m, app_now() FROM unnest(p_memberships) m
        ON CONFLICT DO NOTHING;
END $$;

-- From now on only these people, and the lead practitioner, see the case. False: not this reader's to say.
CREATE FUNCTION restrict_case(p_id uuid, p_case uuid, p_reason text, p_named uuid[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    among uuid[];
BEGIN
    PERFORM lock_case(p_case);
    IF NOT me -> 'verbs' ? 'case:restrict' OR NOT holds_case(p_case) THEN RETURN false; END IF;
    IF EXISTS (SELECT FROM case_restriction r WHERE r.case_id = p_case AND r.ended_at IS NULL) THEN
        RAISE EXCEPTION 'restricted already' USING ERRCODE = 'check_violation', CONSTRAINT = 'restricted_already';
    END IF;
    -- Asked before: once the case is restricted, whoever did it may see it no more.
    among := ARRAY(SELECT nameable(p_case));
    INSERT INTO case_restriction (id, case_id, reason_code, set_by_membership_id, from_at)
        VALUES (p_id, p_case, p_reason, (me ->> 'membership')::uuid, app_now());
    PERFORM name_on_case(p_id, p_case, p_named, among);
    PERFORM must_be_liftable(p_id);
    RETURN true;
END $$;

CREATE FUNCTION name_reader(p_case uuid, p_membership uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE which uuid := own_restriction(p_case);
BEGIN
    IF which IS NULL THEN RETURN false; END IF;
    PERFORM name_on_case(which, p_case, ARRAY[p_membership], ARRAY(SELECT nameable(p_case)));
    RETURN true;
END $$;

CREATE FUNCTION unname_reader(p_case uuid, p_membership uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE which uuid := own_restriction(p_case);
BEGIN
    IF which IS NULL OR NOT knows_of(p_case, (SELECT m.agency_id FROM membership m WHERE m.id = p_membership)) THEN RETURN false; END IF;
    UPDATE named_reader SET ended_at = app_now() WHERE restriction_id = which AND membership_id = p_membership AND ended_at IS NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM must_be_liftable(which);
    RETURN true;
END $$;

CREATE FUNCTION lift_restriction(p_case uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE which uuid := own_restriction(p_case);
BEGIN
    UPDATE named_reader SET ended_at = app_now() WHERE restriction_id = which AND ended_at IS NULL;
    UPDATE case_restriction SET ended_at = app_now(), ended_by_membership_id = (context() ->> 'membership')::uuid WHERE id = which;
    RETURN which;
END $$;

-- The case goes on with another record of the same pupil: what closes goes along. For take_case (ecm/moves) alone.
CREATE FUNCTION carry_denials(p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    o court_order;
    bar uuid;
BEGIN
    INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at)
        SELECT audit_id(app_now(), 0), x.person_id, p_to, x.kind, x.declared_by_membership_id, x.agency_id, app_now()
        FROM conflict_of_interest x WHERE x.pupil_id = p_from AND x.ended_at IS NULL ON CONFLICT DO NOTHING;
    FOR o IN SELECT * FROM court_order x WHERE x.pupil_id = p_from AND x.ended_at IS NULL ORDER BY x.id LOOP
        bar := NULL;
        IF o.contact_bar_id IS NOT NULL THEN
            bar := audit_id(app_now(), 0);
            INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
                SELECT bar, p_to, b.person_id, b.reason_code, b.from_at, b.until_at, b.set_by_membership_id
                FROM contact_bar b WHERE b.id = o.contact_bar_id AND (b.until_at IS NULL OR b.until_at > app_now());
            IF NOT FOUND THEN bar := NULL; END IF;
        END IF;
        INSERT INTO court_order (id, pupil_id, person_id, kind, made_on, until_on, contact_bar_id, recorded_at, recorded_by_membership_id)
            VALUES (audit_id(app_now(), 0), p_to, o.person_id, o.kind, o.made_on, o.until_on, bar, o.recorded_at, o.recorded_by_membership_id);
    END LOOP;
END $$;

-- Two records of one pupil become one: what closed either closes the one. For merge_pupils (ecm/duplicates) alone.
CREATE FUNCTION join_denials(p_gone uuid, p_kept uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE conflict_of_interest g SET ended_at = app_now() WHERE g.pupil_id = p_gone AND g.ended_at IS NULL
        AND EXISTS (SELECT FROM conflict_of_interest k WHERE k.pupil_id = p_kept AND k.ended_at IS NULL
                    AND (k.person_id, k.agency_id) = (g.person_id, g.agency_id));
    UPDATE conflict_of_interest SET pupil_id = p_kept WHERE pupil_id = p_gone;
    UPDATE court_order SET pupil_id = p_kept WHERE pupil_id = p_gone;
END $$;

GRANT EXECUTE ON FUNCTION conflict_managers(uuid, bytea), workers_on_case(uuid), nameable(uuid), restrict_case(uuid, uuid, text, uuid[]), name_reader(uuid, uuid),
    unname_reader(uuid, uuid), lift_restriction(uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_conflict(), stamp_order(), check_bar_of_order() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE conflict_of_interest ENABLE ROW LEVEL SECURITY;
ALTER TABLE conflict_of_interest FORCE ROW LEVEL SECURITY;
ALTER TABLE case_restriction ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_restriction FORCE ROW LEVEL SECURITY;
ALTER TABLE named_reader ENABLE ROW LEVEL SECURITY;
ALTER TABLE named_reader FORCE ROW LEVEL SECURITY;
ALTER TABLE court_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE court_order FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON conflict_of_interest, case_restriction, named_reader, court_order TO ecm_policy;
GRANT SELECT ON conflict_of_interest, case_restriction, named_reader, court_order TO ecm_app;
GRANT INSERT (id, person_id, pupil_id, kind) ON conflict_of_interest TO ecm_app;
GRANT UPDATE (ended_at) ON conflict_of_interest, court_order TO ecm_app;
GRANT INSERT (id, pupil_id, person_id, kind, made_on, until_on, contact_bar_id) ON court_order TO ecm_app;

-- One's own, and those of one's organisation for who answers for them. Of a pupil who is closed to the reader: none but
-- the reader's own.
CREATE POLICY conflict_is_mine ON conflict_of_interest FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NOT NULL AND person_id = (SELECT (context() ->> 'person')::uuid));
CREATE POLICY conflict_of_my_agency ON conflict_of_interest FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'conflict:manage') AND agency_id = (SELECT (context() ->> 'agency')::uuid)
    AND pupil_id <> ALL ((SELECT closed_pupils())::uuid[]));
-- About a pupil whom the one who says so can see: for themselves, or for somebody who works there now.
CREATE POLICY conflict_declared ON conflict_of_interest FOR INSERT TO ecm_app WITH CHECK (
    EXISTS (SELECT FROM pupil u WHERE u.id = pupil_id)
    AND CASE WHEN person_id = (SELECT (context() ->> 'person')::uuid) THEN (SELECT context() -> 'verbs' ? 'conflict:declare')
        ELSE (SELECT context() -> 'verbs' ? 'conflict:manage') AND EXISTS (
            SELECT FROM membership m WHERE m.person_id = conflict_of_interest.person_id
            AND m.agency_id = (SELECT (context() ->> 'agency')::uuid)
            AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())) END);
CREATE POLICY conflict_ended_by_another ON conflict_of_interest FOR UPDATE TO ecm_app USING (
    -- One's own closes the pupil to oneself.
    (SELECT context() -> 'verbs' ? 'conflict:manage') AND agency_id = (SELECT (context() ->> 'agency')::uuid)
    AND pupil_id <> ALL ((SELECT closed_pupils())::uuid[]))
    WITH CHECK (agency_id = (SELECT (context() ->> 'agency')::uuid));

-- That a case is restricted, and to whom, is known to workers who still see it.
CREATE POLICY case_restriction_by_reason ON case_restriction FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NOT NULL AND on_case(case_id));
CREATE POLICY named_reader_by_reason ON named_reader FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NOT NULL AND on_case(case_id)
    AND knows_of(case_id, (SELECT m.agency_id FROM membership m WHERE m.id = membership_id)));

CREATE POLICY court_order_at_my_school ON court_order FOR SELECT TO ecm_app USING (keeps_pupil(pupil_id, 'order:record'));
CREATE POLICY court_order_recorded ON court_order FOR INSERT TO ecm_app WITH CHECK (
    keeps_pupil(pupil_id, 'order:record')
    AND EXISTS (SELECT FROM carer k WHERE k.pupil_id = court_order.pupil_id AND k.person_id = court_order.person_id)
    AND (contact_bar_id IS NULL OR EXISTS (SELECT FROM contact_bar b WHERE b.id = contact_bar_id
         AND b.pupil_id = court_order.pupil_id AND b.person_id = court_order.person_id)));
CREATE POLICY court_order_discharged ON court_order FOR UPDATE TO ecm_app USING (keeps_pupil(pupil_id, 'order:record'));

CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE OF ended_at ON conflict_of_interest FOR EACH ROW EXECUTE FUNCTION stamp_conflict();
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE OF ended_at ON court_order FOR EACH ROW EXECUTE FUNCTION stamp_order();
CREATE TRIGGER b_of_order BEFORE UPDATE OF until_at ON contact_bar FOR EACH ROW EXECUTE FUNCTION check_bar_of_order();
RESET ROLE;
