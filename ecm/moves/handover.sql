-- Cases that go to the next school: one offers, the other takes over. Every step is a definer function that asks the sealed
-- context, because neither school alone may see all that moves.
-- Source: docs/access.md, "When a pupil moves"; docs/states.md, handing a case over.

SET ROLE ecm_policy;

-- A case of the reader's school, for who may hand it over, also when the pupil has left and nobody there can open it
-- any more: then with the name as it was known. `held`: they can open it.
CREATE FUNCTION case_to_hand_over(p_case uuid, p_reference text)
RETURNS TABLE (id uuid, reference text, status text, pupil_id uuid, name text, last_on date, next_school_id uuid, held boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id, c.reference, c.status, c.pupil_id,
           CASE WHEN holds_case(c.id) THEN shown_name(u)
                ELSE d.name END,
           d.last_on, d.next_school_id, holds_case(c.id)
    FROM support_case c JOIN pupil u ON u.id = c.pupil_id
    LEFT JOIN LATERAL (SELECT * FROM departure x WHERE x.pupil_id = c.pupil_id AND x.school_id = c.school_id AND x.stayed_at IS NULL
                       ORDER BY x.last_on DESC, x.id DESC LIMIT 1) d ON true
    WHERE (c.id = p_case OR c.reference = p_reference) AND c.school_id = (context() ->> 'agency')::uuid
      AND c.id <> ALL (closed_cases()) AND c.school_id = ANY (principals()) AND context() -> 'verbs' ? 'case:hand_over'
      AND (d.id IS NOT NULL OR holds_case(c.id))
$$;

-- Offer a case to another school. False: not a case of the reader's, or not open.
CREATE FUNCTION offer_case(p_id uuid, p_case uuid, p_to uuid, p_reason text, p_wishes text[], p_joins_on date, p_family_told text)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    PERFORM lock_case(p_case);
    IF NOT EXISTS (SELECT FROM case_to_hand_over(p_case, NULL) c WHERE c.status = 'open') THEN RETURN false; END IF;
    IF p_to = (me ->> 'agency')::uuid OR NOT EXISTS (SELECT FROM agency g WHERE g.id = p_to AND g.kind = 'school') THEN
        RAISE EXCEPTION 'not another school' USING ERRCODE = 'check_violation', CONSTRAINT = 'next_school';
    END IF;
    INSERT INTO case_handover (id, case_id, from_school_id, to_school_id, reason_code, wishes, joins_on, family_told,
                               offered_by_membership_id, offered_at)
    VALUES (p_id, p_case, (me ->> 'agency')::uuid, p_to, p_reason, p_wishes, p_joins_on, p_family_told,
            (me ->> 'membership')::uuid, app_now());
    RETURN true;
END $$;

-- The other ways an offer ends: the school that made it takes it back, or the one that was asked says no. Null: it is
-- not the reader's to end, or has ended.
CREATE FUNCTION end_offer(p_handover uuid, p_refusal text) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    h case_handover;
BEGIN
    IF NOT me -> 'verbs' ? 'case:hand_over' THEN RETURN NULL; END IF;
    SELECT * INTO h FROM case_handover x WHERE x.id = p_handover
        AND CASE WHEN p_refusal IS NULL THEN x.from_school_id ELSE x.to_school_id END = (me ->> 'agency')::uuid;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM lock_case(h.case_id);
    UPDATE case_handover SET status = CASE WHEN p_refusal IS NULL THEN 'withdrawn' ELSE 'refused' END, refusal_code = p_refusal,
        answered_at = app_now(), answered_by_membership_id = (me ->> 'membership')::uuid
        WHERE id = h.id AND status = 'offered' RETURNING case_id INTO h.case_id;
    RETURN CASE WHEN FOUND THEN h.case_id END;
END $$;

-- Whether the pupil of an offer is on the roll of the school that was asked: the one with the same UPN (and no other
-- date of birth), or the only one of the same names and date of birth. Asked for that school alone, of its own pupils.
CREATE FUNCTION handover_match(p_handover uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH offered AS (
        SELECT u.*, ARRAY(SELECT x.upn FROM enrolment x WHERE x.pupil_id = u.id AND x.upn IS NOT NULL) AS upns
        FROM case_handover h JOIN support_case c ON c.id = h.case_id JOIN pupil u ON u.id = c.pupil_id
        WHERE h.id = p_handover AND h.status = 'offered' AND h.to_school_id = (context() ->> 'agency')::uuid
          AND context() -> 'verbs' ? 'case:hand_over'),
    here AS (
        SELECT p.id FROM offered o
        JOIN enrolment e ON e.school_id = (context() ->> 'agency')::uuid AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
        JOIN pupil p ON p.id = e.pupil_id AND p.died_on IS NULL
        WHERE p.id = o.id OR (e.upn = ANY (o.upns) AND coalesce(p.date_of_birth = o.date_of_birth, true))
           OR (p.date_of_birth = o.date_of_birth AND p.search_key = o.search_key))
    SELECT min(id::text)::uuid FROM here HAVING count(DISTINCT id) = 1
$$;

-- Nothing known says that these are two pupils, and something says that they are one, or nothing can.
CREATE FUNCTION may_be_one_pupil(p_one uuid, p_other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH a AS (SELECT u.date_of_birth AS born, ARRAY(SELECT x.upn FROM enrolment x WHERE x.pupil_id = u.id AND x.upn IS NOT NULL) AS upns
               FROM pupil u WHERE u.id = p_one),
         b AS (SELECT u.date_of_birth AS born, ARRAY(SELECT x.upn FROM enrolment x WHERE x.pupil_id = u.id AND x.upn IS NOT NULL) AS upns
               FROM pupil u WHERE u.id = p_other)
    SELECT a.upns && b.upns OR coalesce(a.born = b.born, a.upns = '{}' OR b.upns = '{}') FROM a, b
$$;

-- The people who care for the one record come to the other: a person who is there stays one; one who is there under
-- another row, with the same name and number and nothing of their own, becomes one; everybody else is added. Bars go
-- along and none is lost. What was asked and admitted in this case follows.
CREATE FUNCTION unite_carers(p_case uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    k record;
    target uuid;
    other uuid;
BEGIN
    FOR k IN SELECT c.*, n.name, n.phone FROM carer c JOIN person n ON n.id = c.person_id WHERE c.pupil_id = p_from ORDER BY c.id LOOP
        target := (SELECT x.id FROM carer x WHERE x.pupil_id = p_to AND x.person_id = k.person_id);
        IF target IS NULL THEN
            SELECT x.id, x.person_id INTO target, other FROM carer x JOIN person n ON n.id = x.person_id
                WHERE x.pupil_id = p_to AND lower(n.name) = lower(k.name)
                  AND (n.phone = k.phone OR (n.phone IS NULL AND n.email IS NULL))
                  AND NOT EXISTS (SELECT FROM credential s WHERE s.person_id = n.id)
                  AND NOT EXISTS (SELECT FROM membership m WHERE m.person_id = n.id)
                  AND NOT EXISTS (SELECT FROM carer y WHERE y.person_id = n.id AND y.id <> x.id)
                  AND NOT EXISTS (SELECT FROM carer_admission d WHERE d.person_id = n.id)
                  AND NOT EXISTS (SELECT FROM consent_request r WHERE r.person_id = n.id)
                ORDER BY x.id LIMIT 1;
            IF target IS NOT NULL THEN
                UPDATE carer SET person_id = k.person_id, version = version + 1 WHERE id = target;
                INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
                    SELECT audit_id(app_now(), 0), b.pupil_id, k.person_id, b.reason_code, b.from_at, b.until_at, b.set_by_membership_id
                    FROM contact_bar b WHERE b.pupil_id = p_to AND b.person_id = other
                    AND (b.until_at IS NULL OR b.until_at > app_now());
                UPDATE court_order SET person_id = k.person_id WHERE pupil_id = p_to AND person_id = other;
            END IF;
        END IF;
        IF target IS NULL THEN
            target := audit_id(app_now(), 0);
            INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, authority_seen,
                               authority_verified_at, language, needs_interpreter, format)
                VALUES (target, p_to, k.person_id, k.relationship, k.has_parental_responsibility, k.authority_seen,
                        k.authority_verified_at, k.language, k.needs_interpreter, k.format);
        ELSE
            UPDATE carer SET has_parental_responsibility = has_parental_responsibility OR k.has_parental_responsibility,
                authority_seen = coalesce(authority_seen, k.authority_seen),
                authority_verified_at = coalesce(authority_verified_at, k.authority_verified_at) WHERE id = target;
        END IF;
        UPDATE carer_admission SET carer_id = target WHERE case_id = p_case AND carer_id = k.id;
        UPDATE consent_request SET carer_id = target WHERE case_id = p_case AND carer_id = k.id;
    END LOOP;
    INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
        SELECT audit_id(app_now(), 0), p_to, b.person_id, b.reason_code, b.from_at, b.until_at, b.set_by_membership_id
        FROM contact_bar b WHERE b.pupil_id = p_from AND (b.until_at IS NULL OR b.until_at > app_now())
        -- Those of a court order come with the order.
        AND NOT EXISTS (SELECT FROM court_order o WHERE o.contact_bar_id = b.id AND o.ended_at IS NULL);
    PERFORM carry_denials(p_from, p_to);
    PERFORM carry_shields(p_from, p_to);
END $$;

-- Take a case over: with the school's own record of the pupil, or (null) by putting the pupil on its roll with the record
-- that comes with the case. From here on the old school reads only what it wrote. Null: no such offer (any more).
CREATE FUNCTION take_case(p_handover uuid, p_pupil uuid, p_enrolment uuid, p_lead uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    mine uuid := (me ->> 'agency')::uuid;
    h case_handover;
    c support_case;
    target uuid;
BEGIN
    IF NOT me -> 'verbs' ? 'case:hand_over' THEN RETURN NULL; END IF;
    SELECT * INTO h FROM case_handover x WHERE x.id = p_handover AND x.to_school_id = mine;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM lock_case(h.case_id);
    SELECT * INTO h FROM case_handover x WHERE x.id = p_handover AND x.status = 'offered' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT * INTO c FROM support_case x WHERE x.id = h.case_id FOR UPDATE;
    target := coalesce(p_pupil, c.pupil_id);
    IF NOT EXISTS (SELECT FROM membership m JOIN agency g ON g.id = m.agency_id
            JOIN permission p ON p.kind = g.kind AND p.role = m.role AND p.verb = 'case:hand_over'
            WHERE m.id = p_lead AND g.id = mine AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'may not lead it' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_lead_of_school';
    END IF;
    IF p_pupil IS NOT NULL AND NOT (keeps_pupil(p_pupil, 'case:hand_over') AND may_be_one_pupil(c.pupil_id, p_pupil)
            AND EXISTS (SELECT FROM pupil u WHERE u.id = p_pupil AND u.died_on IS NULL)) THEN
        RAISE EXCEPTION 'another pupil' USING ERRCODE = 'check_violation', CONSTRAINT = 'handover_pupil';
    END IF;
    IF EXISTS (SELECT FROM support_case x WHERE x.pupil_id = target AND x.school_id = mine AND x.status = 'open') THEN
        RAISE EXCEPTION 'a case is open' USING ERRCODE = 'check_violation', CONSTRAINT = 'handover_open_case';
    END IF;
    IF NOT keeps_pupil(target, 'case:hand_over') THEN
        IF EXISTS (SELECT FROM enrolment e JOIN enrolment x ON x.upn = e.upn AND x.school_id = mine AND x.to_on IS NULL
                   WHERE e.pupil_id = target AND x.pupil_id <> target) THEN
            RAISE EXCEPTION 'on the roll' USING ERRCODE = 'check_violation', CONSTRAINT = 'handover_upn';
        END IF;
        INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, from_on)
            SELECT p_enrolment, target, mine, e.upn, e.year_group, h.joins_on FROM enrolment e
            WHERE e.pupil_id = target AND e.school_id = h.from_school_id ORDER BY e.to_on DESC NULLS FIRST, e.from_on DESC LIMIT 1;
        INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value)
            SELECT audit_id(app_now(), 0), target, mine, i.kind, i.value FROM pupil_identifier i
            WHERE i.pupil_id = target AND i.school_id = h.from_school_id ON CONFLICT DO NOTHING;
    END IF;
    IF target <> c.pupil_id THEN PERFORM unite_carers(c.id, c.pupil_id, target); END IF;
    -- Was the school asked to help, it keeps the case now instead.
    UPDATE involvement SET status = CASE status WHEN 'invited' THEN 'declined' ELSE 'ended' END, version = version + 1
        WHERE case_id = c.id AND agency_id = mine AND status IN ('invited', 'accepted');
    INSERT INTO kept_brief (id, case_id, reason, strengths, level, author_agency_id, author_membership_id, author_desk_id, written_at)
        SELECT audit_id(app_now(), 0), b.case_id, b.reason, b.strengths, b.level, b.author_agency_id, b.author_membership_id,
               b.author_desk_id, b.updated_at
        FROM case_brief b WHERE b.case_id = c.id AND b.author_agency_id = h.from_school_id;
    UPDATE case_handover SET status = 'accepted', answered_at = app_now(), answered_by_membership_id = (me ->> 'membership')::uuid,
        lead_membership_id = p_lead, pupil_before_id = c.pupil_id WHERE id = h.id;
    UPDATE support_case SET school_id = mine, pupil_id = target, lead_membership_id = p_lead, kept_since = app_now(),
        updated_at = app_now(), version = version + 1 WHERE id = c.id;
    IF conflicted(p_lead, c.id) THEN
        RAISE EXCEPTION 'may not lead it' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_lead_of_school';
    END IF;
    -- What the new lead has no reason to read did not go to them; nobody would ever do it.
    UPDATE action SET status = 'cancelled', version = version + 1,
        progress = left(concat_ws(' ', nullif(progress, ''), 'The case went to another school.'), 500)
        WHERE case_id = c.id AND owner_agency_id = h.from_school_id AND status IN ('todo', 'doing') AND NOT in_error;
    RETURN c.id;
END $$;

-- Whom a letter goes to about an offer: who may answer it, who made it, the lead, who works on the case or was asked to
-- (`reference` where they know which case it is), and carers who see it and may be written to.
CREATE FUNCTION handover_recipients(p_handover uuid, p_proof bytea)
RETURNS TABLE (whom text, case_id uuid, membership_id uuid, email text, reference text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    me jsonb := context();
    h case_handover;
BEGIN
    SELECT * INTO h FROM case_handover x WHERE x.id = p_handover AND (me ->> 'agency')::uuid IN (x.from_school_id, x.to_school_id);
    IF NOT proved('handover_recipients|' || p_handover, p_proof) OR h.id IS NULL OR NOT me -> 'verbs' ? 'case:hand_over' THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    SELECT 'receiver', h.case_id, m.id, NULL, NULL FROM membership m JOIN agency g ON g.id = m.agency_id
        JOIN permission p ON p.kind = g.kind AND p.role = m.role AND p.verb = 'case:hand_over'
        WHERE g.id = h.to_school_id AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
    UNION ALL
    SELECT 'school', h.case_id, x.id, NULL, c.reference FROM support_case c, LATERAL (
        SELECT h.offered_by_membership_id AS id UNION SELECT c.lead_membership_id) x
        WHERE c.id = h.case_id AND c.school_id = h.from_school_id
    UNION ALL
    SELECT 'worker', h.case_id, m.id, NULL, CASE WHEN EXISTS (SELECT FROM case_access a WHERE a.case_id = i.case_id AND a.principal IN (i.agency_id, m.id)
            AND a.category = 'core' AND a.basis <> 'own_record'
            AND app_now() >= a.valid_from AND app_now() < a.valid_until) THEN c.reference END
        FROM involvement i JOIN support_case c ON c.id = i.case_id JOIN agency g ON g.id = i.agency_id
        JOIN membership m ON m.agency_id = i.agency_id
        WHERE i.case_id = h.case_id AND i.status IN ('invited', 'accepted') AND i.agency_id <> h.to_school_id
          AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
          AND CASE WHEN i.assignee_membership_id IS NOT NULL THEN m.id = i.assignee_membership_id
                   ELSE EXISTS (SELECT FROM permission p WHERE p.kind = g.kind AND p.role = m.role AND p.verb = 'involvement:answer') END
    UNION ALL
    SELECT DISTINCT 'carer', h.case_id, NULL::uuid, n.email, NULL FROM carer_admission d JOIN support_case c ON c.id = d.case_id
        JOIN person n ON n.id = d.person_id
        WHERE d.case_id = h.case_id AND d.ended_at IS NULL AND n.email IS NOT NULL AND h.family_told <> 'not_safe'
          AND EXISTS (SELECT FROM case_access a WHERE a.case_id = d.case_id AND a.principal = d.person_id AND a.basis = 'own_child'
                      AND app_now() >= a.valid_from AND app_now() < a.valid_until)
          AND NOT EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = c.pupil_id AND b.person_id = d.person_id
                          AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at));
END $$;

-- That a case was handed over is its history, for everybody on it: which schools and when. Why, and what the family was
-- told, is between the two schools.
CREATE FUNCTION handed_over(p_case uuid)
RETURNS TABLE (id uuid, from_school_id uuid, to_school_id uuid, by_membership_id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT h.id, h.from_school_id, h.to_school_id, h.answered_by_membership_id, h.answered_at
    FROM case_handover h WHERE h.case_id = p_case AND h.status = 'accepted' AND on_case(p_case)
$$;

-- A case that ends is offered to nobody any more.
CREATE FUNCTION withdraw_offers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE case_handover SET status = 'withdrawn', answered_at = app_now() WHERE case_id = NEW.id AND status = 'offered';
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION case_to_hand_over(uuid, text), offer_case(uuid, uuid, uuid, text, text[], date, text),
    end_offer(uuid, text), handed_over(uuid), handover_match(uuid), take_case(uuid, uuid, uuid, uuid),
    handover_recipients(uuid, bytea) TO ecm_app;
GRANT EXECUTE ON FUNCTION withdraw_offers() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['case_handover', 'kept_brief'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT ON %I TO ecm_app', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO ecm_policy', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON pupil_identifier TO ecm_policy;

-- An offer is between the two schools.
CREATE POLICY case_handover_between_schools ON case_handover FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'case:hand_over') AND case_id <> ALL ((SELECT closed_cases())::uuid[])
    AND (SELECT (context() ->> 'agency')::uuid) IN (from_school_id, to_school_id));
CREATE POLICY kept_brief_is_own_record ON kept_brief FOR SELECT TO ecm_app USING (EXISTS (
    SELECT 1 FROM case_access a
    WHERE a.case_id = kept_brief.case_id AND a.category = kept_brief.category AND a.basis = 'own_record'
      AND a.principal IN (kept_brief.author_membership_id, kept_brief.author_desk_id)));
CREATE TRIGGER d_withdraw_offers AFTER UPDATE ON support_case FOR EACH ROW
    WHEN (OLD.status = 'open' AND NEW.status <> 'open') EXECUTE FUNCTION withdraw_offers();
RESET ROLE;
