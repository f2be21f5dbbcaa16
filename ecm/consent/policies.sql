-- Who may see what was asked and answered: the school that keeps the case, each carer their own, a partner agency the
-- row about itself, and a carer on a link its one request. Two parents never meet here.

SET ROLE ecm_policy;

CREATE FUNCTION not_barred(p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM contact_bar b JOIN support_case c ON c.pupil_id = b.pupil_id
        WHERE c.id = p_case AND b.person_id = (context() ->> 'person')::uuid
        AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at))
$$;

-- Scope and person of an event are the proposal's, whatever was sent.
CREATE FUNCTION stamp_consent_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT p.case_id, p.person_id, p.agency_id, p.category, p.purpose, r.wording_version, r.wording_hash, r.language
        INTO STRICT NEW.case_id, NEW.person_id, NEW.agency_id, NEW.category, NEW.purpose,
             NEW.wording_version, NEW.wording_hash, NEW.language
        FROM consent_proposal p JOIN consent_request r ON r.id = p.request_id WHERE p.id = NEW.proposal_id;
    -- The number orders the answers, so it is drawn only when no other change of this case can come between.
    PERFORM lock_case(NEW.case_id);
    NEW.at := app_now();
    -- Nothing is asked and nothing agreed to in a case that is not open; a no, and what was a mistake, always counts.
    IF NEW.kind IN ('requested', 'given') AND EXISTS (SELECT FROM support_case c WHERE c.id = NEW.case_id AND c.status <> 'open') THEN
        RAISE EXCEPTION 'the case is not open' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_is_open';
    END IF;
    -- Only what a worker wrote down can have been written down wrongly: what a carer said online is the carer's.
    IF NEW.kind = 'entered_in_error' AND NOT EXISTS (
            SELECT FROM consent_event e WHERE e.id = NEW.corrects_event_id AND e.proposal_id = NEW.proposal_id
            AND e.kind IN ('given', 'refused', 'withdrawn') AND e.recorded_by_membership_id IS NOT NULL) THEN
        RAISE EXCEPTION 'no recorded answer' USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_correction';
    END IF;
    -- A yes ends at the latest when the pupil decides alone. Source: ADR 0005.
    IF NEW.kind = 'given' THEN
        NEW.until_at := least(NEW.until_at, (
            SELECT london_midnight(birthday(u.date_of_birth, 16))
            FROM support_case c JOIN pupil u ON u.id = c.pupil_id WHERE c.id = NEW.case_id));
    END IF;
    NEW.number := nextval('consent_event_number');
    IF NEW.kind IN ('given', 'refused') THEN
        UPDATE consent_request r SET answered_at = coalesce(r.answered_at, app_now())
            FROM consent_proposal p WHERE p.id = NEW.proposal_id AND r.id = p.request_id;
    ELSIF NEW.kind = 'entered_in_error' THEN
        UPDATE consent_request r SET answered_at = (
            SELECT min(e.at) FROM consent_event e JOIN consent_proposal q ON q.id = e.proposal_id
            WHERE q.request_id = r.id AND e.kind IN ('given', 'refused') AND e.id <> NEW.corrects_event_id
              AND NOT EXISTS (SELECT FROM consent_event x WHERE x.corrects_event_id = e.id))
            FROM consent_proposal p WHERE p.id = NEW.proposal_id AND r.id = p.request_id;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_consent_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT k.person_id INTO NEW.person_id FROM carer k JOIN support_case c ON c.pupil_id = k.pupil_id
        WHERE k.id = NEW.carer_id AND c.id = NEW.case_id;
    IF NOT FOUND OR EXISTS (SELECT FROM contact_bar b JOIN support_case c ON c.pupil_id = b.pupil_id
            WHERE c.id = NEW.case_id AND b.person_id = NEW.person_id
            AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) THEN
        RAISE EXCEPTION 'not to be asked' USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_of_own_carer';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_consent_proposal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT r.case_id, r.person_id INTO STRICT NEW.case_id, NEW.person_id FROM consent_request r WHERE r.id = NEW.request_id;
    RETURN NEW;
END $$;

-- The carer's link. Each function wants the app's proof and answers alike for unknown, used up and expired.

CREATE FUNCTION make_consent_link(p_request uuid, p_token bytea, p_lifetime interval) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM consent_request r WHERE r.id = p_request
                   AND r.asked_by_membership_id = (context() ->> 'membership')::uuid) THEN
        RAISE EXCEPTION 'not asked by you' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO consent_link (request_id, token_hash, expires_at) VALUES (p_request, p_token, app_now() + p_lifetime);
END $$;

-- Where to write to a carer, for the worker who may ask them; no screen shows it.
CREATE FUNCTION carer_addresses(p_carer uuid, p_proof bytea)
RETURNS TABLE (email text, phone text, phone_verified_at timestamptz, phone_changed_at timestamptz, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('addresses|' || p_carer, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT n.email, n.phone, n.phone_verified_at, n.phone_changed_at, app_now()
        FROM carer k JOIN person n ON n.id = k.person_id WHERE k.id = p_carer AND context() -> 'verbs' ? 'consent:ask'
        AND EXISTS (SELECT FROM support_case c WHERE c.pupil_id = k.pupil_id AND holds_case(c.id));
END $$;

CREATE FUNCTION consent_link_facts(p_token bytea, p_proof bytea)
RETURNS TABLE (request_id uuid, person_id uuid, phone text, phone_verified_at timestamptz, phone_changed_at timestamptz,
               expires_at timestamptz, browser_hash bytea, code_hash bytea, code_sent_at timestamptz, codes_sent int,
               tries int, barred boolean, at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('link|' || encode(p_token, 'hex'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT l.request_id, r.person_id, n.phone, n.phone_verified_at, n.phone_changed_at, l.expires_at,
        l.browser_hash, l.code_hash, l.code_sent_at, l.codes_sent, l.tries,
        EXISTS (SELECT FROM contact_bar b JOIN support_case c ON c.pupil_id = b.pupil_id
                WHERE c.id = r.case_id AND b.person_id = r.person_id
                AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)),
        app_now()
        FROM consent_link l JOIN consent_request r ON r.id = l.request_id JOIN person n ON n.id = r.person_id
        WHERE l.token_hash = p_token FOR UPDATE OF l;
END $$;

CREATE FUNCTION send_link_code(p_token bytea, p_browser bytea, p_code bytea, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('link-code|' || encode(p_token || p_code, 'hex'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE consent_link SET browser_hash = p_browser, code_hash = p_code, code_sent_at = app_now(),
        codes_sent = codes_sent + 1 WHERE token_hash = p_token;
END $$;

-- Every try counts, right or wrong; a right code opens nothing a second time.
CREATE FUNCTION count_link_try(p_token bytea, p_right boolean, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('link-try|' || encode(p_token, 'hex') || '|' || p_right::int, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE consent_link SET tries = tries + 1, code_hash = CASE WHEN NOT p_right THEN code_hash END
        WHERE token_hash = p_token;
END $$;

-- What a carer on a verified link is told about who asks: for the one request of the context, nothing else.
CREATE FUNCTION linked_request() RETURNS TABLE (
    request_id uuid, case_id uuid, pupil_id uuid, carer_id uuid, carer_name text, pupil_first_name text, school_name text,
    asked_by_name text, asked_by_role text, to_ring uuid[], reference text, language text, wording_version text,
    wording_hash bytea, asked_at timestamptz, answered_at timestamptz, school_as_asked text, pupil_as_asked text,
    asker_as_asked text, role_as_asked text, elsewhere boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.id, r.case_id, u.id, r.carer_id, n.name, coalesce(nullif(u.preferred_name, ''), u.first_name), s.name,
           w.name, m.role,
           -- Who asked; else the lead, who is not told that way that somebody asked about a service telling in itself.
           ARRAY[m.id] || CASE WHEN NOT EXISTS (SELECT FROM consent_proposal p JOIN agency g ON g.id = p.agency_id
               WHERE p.request_id = r.id AND g.involvement_category <> 'core') THEN ARRAY[c.lead_membership_id] ELSE '{}' END,
           c.reference, r.language, r.wording_version, r.wording_hash, r.asked_at, r.answered_at, r.school_name, r.pupil_name, r.asker_name, r.asker_role, m.agency_id <> c.school_id
    FROM consent_request r
    JOIN support_case c ON c.id = r.case_id JOIN pupil u ON u.id = c.pupil_id JOIN agency s ON s.id = c.school_id
    JOIN person n ON n.id = r.person_id
    JOIN membership m ON m.id = r.asked_by_membership_id JOIN person w ON w.id = m.person_id
    WHERE not_barred(r.case_id) AND (r.id = (context() ->> 'request')::uuid
       OR ((context() ->> 'membership') IS NULL AND (context() ->> 'kind') <> 'link'
           AND r.person_id = (context() ->> 'person')::uuid))
$$;

GRANT EXECUTE ON FUNCTION not_barred(uuid), make_consent_link(uuid, bytea, interval), consent_link_facts(bytea, bytea),
    carer_addresses(uuid, bytea), send_link_code(bytea, bytea, bytea, bytea), count_link_try(bytea, boolean, bytea),
    linked_request() TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_consent_event(), stamp_consent_request(), stamp_consent_proposal() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['consent_request','consent_proposal','consent_event','consent_link'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO ecm_policy', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['consent_request','consent_proposal','consent_event'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ecm_app', t);
        EXECUTE format('CREATE POLICY %1$s_is_mine ON %1$I FOR SELECT TO ecm_app USING (
            (SELECT context() ->> ''membership'') IS NULL AND (SELECT context() ->> ''kind'') <> ''link''
            AND person_id = (SELECT (context() ->> ''person'')::uuid) AND not_barred(case_id))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['consent_proposal','consent_event'] LOOP
        EXECUTE format('CREATE POLICY %1$s_at_school ON %1$I FOR SELECT TO ecm_app
            USING (holds_case(case_id) AND knows_of(case_id, agency_id))', t);
        EXECUTE format('CREATE POLICY %1$s_about_us ON %1$I FOR SELECT TO ecm_app USING (
            agency_id = (SELECT (context() ->> ''agency'')::uuid)
            AND EXISTS (SELECT 1 FROM case_access a WHERE a.case_id = %1$I.case_id
                        AND a.category = ''core''
                        AND a.basis <> ''own_record''))', t);
    END LOOP;
END $$;
-- A request all of whose questions are hidden is hidden with them.
CREATE POLICY consent_request_at_school ON consent_request FOR SELECT TO ecm_app USING (
    holds_case(case_id) AND EXISTS (SELECT FROM consent_proposal p WHERE p.request_id = consent_request.id));
CREATE POLICY consent_request_by_link ON consent_request FOR SELECT TO ecm_app
    USING (id = (SELECT (context() ->> 'request')::uuid) AND not_barred(case_id));
CREATE POLICY consent_proposal_by_link ON consent_proposal FOR SELECT TO ecm_app
    USING (request_id = (SELECT (context() ->> 'request')::uuid) AND not_barred(case_id));
CREATE POLICY consent_event_by_link ON consent_event FOR SELECT TO ecm_app USING (
    proposal_id IN (SELECT p.id FROM consent_proposal p WHERE p.request_id = (SELECT (context() ->> 'request')::uuid)));

CREATE POLICY consent_request_asked ON consent_request FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'consent:ask') AND holds_case(case_id)
    AND asked_by_membership_id = (SELECT (context() ->> 'membership')::uuid));
CREATE POLICY consent_proposal_asked ON consent_proposal FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'consent:ask') AND holds_case(case_id));
-- A worker records what was said (never as "online"); a carer answers for themselves.
CREATE POLICY consent_event_recorded ON consent_event FOR INSERT TO ecm_app WITH CHECK (
    recorded_by_membership_id = (SELECT (context() ->> 'membership')::uuid) AND holds_case(case_id)
    AND ((kind = 'requested' AND (SELECT context() -> 'verbs' ? 'consent:ask'))
         OR (kind IN ('given', 'refused', 'withdrawn') AND channel <> 'online' AND witness <> ''
             AND (SELECT context() -> 'verbs' ? 'consent:record'))
         OR (kind = 'entered_in_error' AND knows_of(case_id, agency_id)
             AND (SELECT context() -> 'verbs' ? 'consent:record'))));
CREATE POLICY consent_event_by_carer ON consent_event FOR INSERT TO ecm_app WITH CHECK (
    recorded_by_membership_id IS NULL AND (SELECT context() ->> 'membership') IS NULL
    AND kind IN ('given', 'refused', 'withdrawn') AND channel = 'online'
    AND person_id = (SELECT (context() ->> 'person')::uuid) AND not_barred(case_id)
    -- A link sees what is asked by its own request and no other (consent_proposal_by_link).
    AND ((SELECT context() ->> 'kind') <> 'link' OR EXISTS (SELECT FROM consent_proposal p WHERE p.id = proposal_id)));
RESET ROLE;

SET ROLE ecm_owner;
GRANT USAGE ON SEQUENCE consent_event_number TO ecm_policy;
REVOKE USAGE ON SEQUENCE consent_event_number FROM ecm_app;
CREATE TRIGGER a_stamp BEFORE INSERT ON consent_event FOR EACH ROW EXECUTE FUNCTION stamp_consent_event();
CREATE TRIGGER a_stamp BEFORE INSERT ON consent_request FOR EACH ROW EXECUTE FUNCTION stamp_consent_request();
CREATE TRIGGER a_stamp BEFORE INSERT ON consent_proposal FOR EACH ROW EXECUTE FUNCTION stamp_consent_proposal();
RESET ROLE;
