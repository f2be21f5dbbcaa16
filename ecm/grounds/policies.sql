-- Who may record why something is shared without consent, and who reads that.

SET ROLE ecm_policy;

-- Whether this worker may record such a reason here, for that agency. Nobody opens a door for the agency they act for; the
-- agency is one that is asked or helps, or the school; and who does not keep the case shares only what they read, as an
-- override. What keeps a pupil safe is shared by whoever writes it, or by an override. Source: ADR 0028.
CREATE FUNCTION may_record_ground(p_case uuid, p_agency uuid, p_basis text, p_categories text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() -> 'verbs' ? (CASE p_basis WHEN 'override' THEN 'override:record' ELSE 'ground:record' END)
       AND p_agency <> (context() ->> 'agency')::uuid
       AND ('safeguarding' <> ALL (p_categories) OR p_basis = 'override' OR context() -> 'verbs' ? 'write:safeguarding')
       AND (holds_case(p_case) OR (p_basis = 'override' AND works_in(p_case, 'core')
            AND NOT EXISTS (SELECT FROM unnest(p_categories) k WHERE NOT works_in(p_case, k))))
       AND knows_of(p_case, p_agency)
       AND (EXISTS (SELECT FROM support_case c WHERE c.id = p_case AND c.school_id = p_agency)
            OR EXISTS (SELECT FROM involvement i WHERE i.case_id = p_case AND i.agency_id = p_agency
                       AND i.status IN ('invited', 'accepted')))
$$;

-- Who answers for a reason that was recorded: the school that keeps the case, and the agency that recorded it, while it
-- is on the case; both only where they may know of the agency that it is for.
CREATE FUNCTION looks_after_ground(p_case uuid, p_agency uuid, p_recorder uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT reads(p_case, 'core') AND knows_of(p_case, p_agency) AND (holds_case(p_case) OR EXISTS (
        SELECT FROM membership m WHERE m.id = p_recorder AND m.agency_id = (context() ->> 'agency')::uuid))
$$;

-- Why in words, who was consulted, and why it ended: for those who answer for it; of an override only those who may
-- record one, or who read what keeps the pupil safe.
CREATE FUNCTION ground_words(p_case uuid) RETURNS TABLE (id uuid, reason text, consulted text, end_reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.id, g.reason, g.consulted, g.end_reason FROM sharing_ground g
    WHERE g.case_id = p_case AND looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id)
      AND (g.basis <> 'override' OR context() -> 'verbs' ? 'override:record' OR reads(p_case, 'safeguarding'))
$$;

-- Every override that the reader oversees, newest first, before p_before: the data protection officer of the school, or of
-- the agency that recorded it, all of them; a head, safeguarding lead or manager those of cases they see.
CREATE FUNCTION overrides_recorded(p_before uuid, p_limit int)
RETURNS TABLE (id uuid, case_id uuid, reference text, pupil_id uuid, agency text, by_name text, by_role text, by_agency text,
               code text, categories text[], reason text, consulted text, family_told_on date, not_told_code text,
               revisit_on date, from_at timestamptz, until_at timestamptz, ended_at timestamptz, renews_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.id, g.case_id, c.reference, c.pupil_id, a.name, n.name, m.role, b.name, g.code, g.categories, g.reason, g.consulted,
           g.family_told_on, g.not_told_code, g.revisit_on, g.from_at, g.until_at, g.ended_at, g.renews_id
    FROM sharing_ground g JOIN support_case c ON c.id = g.case_id JOIN agency a ON a.id = g.agency_id
    JOIN membership m ON m.id = g.recorded_by_membership_id JOIN person n ON n.id = m.person_id JOIN agency b ON b.id = m.agency_id
    WHERE g.basis = 'override' AND context() -> 'verbs' ? 'sharing:oversee' AND g.id < p_before
      AND (context() ->> 'agency')::uuid IN (m.agency_id, c.school_id) AND g.case_id <> ALL (closed_cases())
      AND (context() ->> 'role' = 'data_protection_officer'
           OR looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id))
    ORDER BY g.id DESC LIMIT p_limit
$$;

-- Whom a parent's objection goes to: who leads the case now; should the lead not be there or be too close to the pupil,
-- whoever of the school answers for keeping pupils safe. Only for who was told of this very reason.
CREATE FUNCTION objection_readers(p_ground uuid) RETURNS TABLE (membership_id uuid, reference text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.id, c.reference FROM sharing_ground g JOIN support_case c ON c.id = g.case_id
    JOIN agency s ON s.id = c.school_id JOIN membership m ON m.agency_id = s.id
    WHERE g.id = p_ground AND context() ->> 'membership' IS NULL AND reads(g.case_id, 'core')
      AND (context() ->> 'person')::uuid = ANY (g.told_person_ids)
      AND (m.id = c.lead_membership_id OR EXISTS (
          SELECT FROM permission p WHERE (p.kind, p.role, p.verb) = (s.kind, m.role, 'override:record')))
    ORDER BY m.id <> c.lead_membership_id, m.id
$$;

-- Who is told of an override: the data protection officers who have it on their list, at the school and where whoever
-- recorded it works.
CREATE FUNCTION override_readers(p_ground uuid, p_proof bytea) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('override_readers|' || p_ground, p_proof);
    RETURN QUERY SELECT o.id FROM sharing_ground g JOIN support_case c ON c.id = g.case_id
        JOIN membership m ON m.id = g.recorded_by_membership_id
        JOIN membership o ON o.agency_id IN (m.agency_id, c.school_id) AND o.role = 'data_protection_officer'
        WHERE g.id = p_ground AND g.basis = 'override' ORDER BY o.id;
END $$;

-- Who could renew an override: whoever may record one for that agency there (as may_record_ground says of whoever asks),
-- and is not the person who recorded it. Told to those who answer for it, as far as they may know of that organisation.
CREATE FUNCTION override_renewers(p_ground uuid) RETURNS TABLE (role text, agency text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT m.role, b.name FROM sharing_ground g JOIN support_case c ON c.id = g.case_id
    JOIN membership r ON r.id = g.recorded_by_membership_id
    JOIN membership m ON m.person_id <> r.person_id AND m.agency_id <> g.agency_id
        AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
    JOIN agency b ON b.id = m.agency_id JOIN permission p ON (p.kind, p.role, p.verb) = (b.kind, m.role, 'override:record')
    WHERE g.id = p_ground AND g.basis = 'override'
      AND looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id) AND knows_of(g.case_id, b.id)
      AND NOT too_close(m.person_id, c.id)
      AND NOT EXISTS (
          SELECT FROM unnest(CASE WHEN b.id = c.school_id THEN '{core}' ELSE g.categories || '{core}' END) k
          WHERE NOT EXISTS (SELECT FROM case_access a WHERE a.case_id = c.id AND a.category = k
              AND a.principal = ANY (principals_of(m.id)) AND a.basis NOT IN ('own_record', 'emergency')
              AND app_now() >= a.valid_from AND app_now() < a.valid_until))
    ORDER BY b.name, m.role
$$;

-- Agencies that see something of this case by a law or an override that the parent or carer who asks was not told of.
CREATE FUNCTION untold_agencies(p_case uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT g.agency_id FROM sharing_ground g WHERE g.case_id = p_case
        AND g.basis IN ('statutory', 'override') AND (context() ->> 'person')::uuid <> ALL (g.told_person_ids))
$$;

-- Whether an agency could look at that moment because of such a ground alone. `p_basis`: why it could, as the log has it.
CREATE FUNCTION rests_on_untold(p_case uuid, p_agency uuid, p_at timestamptz, p_basis text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT coalesce(string_to_array(p_basis, ':') && ARRAY['consent', 'service_agreement', 'opened_by'], false)
       AND EXISTS (SELECT FROM sharing_ground g WHERE g.case_id = p_case AND g.agency_id = p_agency
            AND g.basis IN ('statutory', 'override') AND (context() ->> 'person')::uuid <> ALL (g.told_person_ids)
            AND p_at >= g.from_at AND p_at < least(coalesce(g.until_at, 'infinity'), coalesce(g.ended_at, 'infinity')))
       AND NOT EXISTS (SELECT FROM case_access a LEFT JOIN sharing_ground g ON g.id = a.basis_id
            WHERE a.case_id = p_case AND a.principal = p_agency AND a.category = 'core' AND a.basis NOT IN ('own_record', 'emergency')
            AND p_at >= a.valid_from AND p_at < a.valid_until
            AND (g.id IS NULL OR g.basis = 'service_agreement' OR (context() ->> 'person')::uuid = ANY (g.told_person_ids)))
$$;

-- Why somebody could look, without what the reader was not told of.
CREATE FUNCTION basis_as_told(p_untold boolean, p_basis text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_untold THEN array_to_string(ARRAY(
        SELECT w FROM unnest(string_to_array(p_basis, ':')) w WHERE w NOT IN ('statutory', 'override')), ':') ELSE p_basis END
$$;

-- Whoever was told, and whoever agreed, is a parent or carer of this very pupil; who agrees has parental responsibility of
-- which the school has seen proof, is not barred, and the pupil is under 16, as with consent.
CREATE FUNCTION check_ground_carers(g sharing_ground) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(g.told_person_ids || g.agreed_by_person_id) p (id) WHERE p.id IS NOT NULL AND NOT EXISTS (
            SELECT FROM carer k JOIN support_case c ON c.pupil_id = k.pupil_id WHERE c.id = g.case_id AND k.person_id = p.id)) THEN
        RAISE EXCEPTION 'not a carer of the pupil' USING ERRCODE = 'check_violation', CONSTRAINT = 'ground_of_own_carer';
    END IF;
    IF EXISTS (
            SELECT FROM support_case c JOIN pupil u ON u.id = c.pupil_id
            JOIN carer k ON k.pupil_id = u.id AND k.person_id = g.agreed_by_person_id
            LEFT JOIN contact_bar b ON b.pupil_id = u.id AND b.person_id = g.agreed_by_person_id
                AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)
            WHERE c.id = g.case_id AND (b.id IS NOT NULL OR app_now() >= london_midnight(birthday(u.date_of_birth, 16))
                 OR NOT k.has_parental_responsibility OR k.authority_verified_at IS NULL)) THEN
        RAISE EXCEPTION 'cannot agree' USING ERRCODE = 'check_violation', CONSTRAINT = 'ground_of_own_carer';
    END IF;
END $$;

-- It begins now, whatever was sent. An override lasts 14 days at most; when one for the same agency and kind is in force,
-- or was within 14 days, the next is a renewal, and somebody else's to make. Source: issue "Access that cannot leak", 1.
CREATE FUNCTION stamp_ground() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE before record;
BEGIN
    PERFORM lock_case(NEW.case_id);
    NEW.recorded_by_membership_id := (context() ->> 'membership')::uuid;
    NEW.from_at := app_now();
    NEW.ended_at := NULL;
    NEW.ended_by_person_id := NULL;
    NEW.end_reason := '';
    NEW.renews_id := NULL;
    NEW.version := 1;
    PERFORM check_ground_carers(NEW);
    IF NEW.basis = 'override' THEN
        NEW.until_at := least(NEW.until_at, app_now() + interval '14 days');
        SELECT g.id, m.person_id INTO before FROM sharing_ground g JOIN membership m ON m.id = g.recorded_by_membership_id
            WHERE g.case_id = NEW.case_id AND g.agency_id = NEW.agency_id AND g.basis = 'override' AND g.categories && NEW.categories
              AND least(g.until_at, coalesce(g.ended_at, 'infinity')) > app_now() - interval '14 days'
            ORDER BY g.from_at DESC, g.id DESC LIMIT 1;
        IF before.person_id = (context() ->> 'person')::uuid THEN
            RAISE EXCEPTION 'renewed by oneself' USING ERRCODE = 'check_violation', CONSTRAINT = 'ground_renewed_by_other';
        END IF;
        NEW.renews_id := before.id;
    END IF;
    -- A carer's yes ends when the pupil decides (ecm/access says so too, should the date of birth be corrected).
    IF NEW.basis = 'service_agreement' THEN
        NEW.until_at := least(NEW.until_at, (SELECT london_midnight(birthday(u.date_of_birth, 16))
            FROM support_case c JOIN pupil u ON u.id = c.pupil_id WHERE c.id = NEW.case_id));
    END IF;
    RETURN NEW;
END $$;

-- What moves is whether the family was told, which may be long after, and the end, once. A carer only ends; an override is
-- ended by who may record one.
CREATE FUNCTION move_ground() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    ending boolean := NEW.ended_at IS DISTINCT FROM OLD.ended_at;
BEGIN
    PERFORM lock_case(NEW.case_id);
    IF ending AND (OLD.ended_at IS NOT NULL OR OLD.until_at <= app_now()) THEN
        RAISE EXCEPTION 'it has ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'ground_is_over';
    END IF;
    IF NOT ending AND me ->> 'membership' IS NULL
       OR ending AND OLD.basis = 'override' AND NOT me -> 'verbs' ? 'override:record' THEN
        RAISE EXCEPTION 'not yours' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF ending THEN
        NEW.ended_at := app_now();
        NEW.ended_by_person_id := (me ->> 'person')::uuid;
        NEW.family_told_on := OLD.family_told_on;
        NEW.told_person_ids := OLD.told_person_ids;
        NEW.not_told_code := OLD.not_told_code;
        NEW.revisit_on := OLD.revisit_on;
    ELSE
        NEW.end_reason := OLD.end_reason;
        PERFORM check_ground_carers(NEW);
    END IF;
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_objection() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.person_id := (context() ->> 'person')::uuid;
    NEW.at := app_now();
    NEW.answer := '';
    NEW.answered_at := NULL;
    NEW.answered_by_membership_id := NULL;
    RETURN NEW;
END $$;

-- It is answered once.
CREATE FUNCTION answer_objection() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'answered' USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_is_answered';
    END IF;
    NEW.answered_at := app_now();
    NEW.answered_by_membership_id := (context() ->> 'membership')::uuid;
    RETURN NEW;
END $$;

GRANT EXECUTE ON FUNCTION may_record_ground(uuid, uuid, text, text[]), looks_after_ground(uuid, uuid, uuid), ground_words(uuid),
    overrides_recorded(uuid, int), objection_readers(uuid), override_readers(uuid, bytea), override_renewers(uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_ground(), move_ground(), stamp_objection(), answer_objection() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE sharing_ground ENABLE ROW LEVEL SECURITY;
ALTER TABLE sharing_ground FORCE ROW LEVEL SECURITY;
ALTER TABLE ground_objection ENABLE ROW LEVEL SECURITY;
ALTER TABLE ground_objection FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON sharing_ground TO ecm_policy;
GRANT SELECT, UPDATE ON ground_objection TO ecm_policy;

-- Its words are read through ground_words alone.
GRANT SELECT (id, case_id, agency_id, basis, code, categories, agreed_by_person_id, channel, family_told_on, told_person_ids,
    not_told_code, revisit_on, from_at, until_at, ended_at, ended_by_person_id, renews_id, recorded_by_membership_id, version)
    ON sharing_ground TO ecm_app;
GRANT INSERT ON sharing_ground TO ecm_app;
GRANT UPDATE (family_told_on, told_person_ids, not_told_code, revisit_on, ended_at, end_reason) ON sharing_ground TO ecm_app;
GRANT SELECT, INSERT ON ground_objection TO ecm_app;
GRANT UPDATE (answer) ON ground_objection TO ecm_app;

CREATE POLICY sharing_ground_looked_after ON sharing_ground FOR SELECT TO ecm_app
    USING (looks_after_ground(case_id, agency_id, recorded_by_membership_id));
CREATE POLICY sharing_ground_about_us ON sharing_ground FOR SELECT TO ecm_app
    USING (agency_id = (SELECT (context() ->> 'agency')::uuid) AND reads(case_id, 'core'));
-- Two carers have two separate views: each sees the yes they gave, and what they themselves were told of.
CREATE POLICY sharing_ground_agreed_by_me ON sharing_ground FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NULL AND (SELECT context() ->> 'kind') <> 'link'
    AND agreed_by_person_id = (SELECT (context() ->> 'person')::uuid) AND not_barred(case_id));
CREATE POLICY sharing_ground_told_to_me ON sharing_ground FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NULL AND (SELECT (context() ->> 'person')::uuid) = ANY (told_person_ids)
    AND reads(case_id, 'core') AND knows_of(case_id, agency_id));

CREATE POLICY sharing_ground_recorded ON sharing_ground FOR INSERT TO ecm_app WITH CHECK (
    recorded_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND may_record_ground(case_id, agency_id, basis, categories));
CREATE POLICY sharing_ground_moved ON sharing_ground FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ?| ARRAY['ground:record', 'override:record'])
    AND looks_after_ground(case_id, agency_id, recorded_by_membership_id));
CREATE POLICY sharing_ground_taken_back ON sharing_ground FOR UPDATE TO ecm_app USING (
    basis = 'service_agreement' AND (SELECT context() ->> 'membership') IS NULL AND (SELECT context() ->> 'kind') <> 'link'
    AND agreed_by_person_id = (SELECT (context() ->> 'person')::uuid) AND not_barred(case_id));

CREATE POLICY ground_objection_looked_after ON ground_objection FOR SELECT TO ecm_app USING (EXISTS (
    SELECT FROM sharing_ground g WHERE g.id = ground_id
    AND looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id)));
CREATE POLICY ground_objection_answered ON ground_objection FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ?| ARRAY['ground:record', 'override:record'])
    AND EXISTS (SELECT FROM sharing_ground g WHERE g.id = ground_id
                AND looks_after_ground(g.case_id, g.agency_id, g.recorded_by_membership_id)));
CREATE POLICY ground_objection_is_mine ON ground_objection FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NULL AND person_id = (SELECT (context() ->> 'person')::uuid) AND not_barred(case_id));
CREATE POLICY ground_objection_by_carer ON ground_objection FOR INSERT TO ecm_app WITH CHECK (
    -- Of any other basis than a yes of their own, a carer sees what they were told of (sharing_ground_told_to_me).
    (SELECT context() ->> 'membership') IS NULL AND EXISTS (SELECT FROM sharing_ground g
        WHERE g.id = ground_id AND g.case_id = ground_objection.case_id AND g.basis <> 'service_agreement'));

CREATE TRIGGER a_stamp BEFORE INSERT ON sharing_ground FOR EACH ROW EXECUTE FUNCTION stamp_ground();
CREATE TRIGGER a_move BEFORE UPDATE ON sharing_ground FOR EACH ROW EXECUTE FUNCTION move_ground();
CREATE TRIGGER b_must_be_open BEFORE INSERT ON sharing_ground FOR EACH ROW EXECUTE FUNCTION must_be_open();
CREATE TRIGGER a_stamp BEFORE INSERT ON ground_objection FOR EACH ROW EXECUTE FUNCTION stamp_objection();
CREATE TRIGGER a_answer BEFORE UPDATE ON ground_objection FOR EACH ROW EXECUTE FUNCTION answer_objection();
RESET ROLE;
