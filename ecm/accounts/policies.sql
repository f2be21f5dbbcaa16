-- Sign-in. ecm_app has no right on sessions, hashes or attempts: only on these functions, and those that could mint
-- or reveal anything want the app's proof (a MAC under a key that SQL injected into a query does not have).

SET ROLE ecm_owner;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
ALTER TABLE credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential FORCE ROW LEVEL SECURITY;
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
ALTER TABLE sign_in_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_attempt FORCE ROW LEVEL SECURITY;

-- Not a definer: it asks as whoever asks. A function of its own, because what says who may see a carer is long, and in
-- every statement that names a worker it would be made ready to run: half of the time of such a statement.
CREATE FUNCTION is_carer_in_sight(p_person uuid) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN RETURN EXISTS (SELECT FROM carer c WHERE c.person_id = p_person); END $$;
GRANT EXECUTE ON FUNCTION is_carer_in_sight(uuid) TO ecm_app;

-- A worker's name is open to whoever is signed in; a carer's only where the pupil's carer row is (pupils/policies.sql).
GRANT SELECT (id, name) ON person TO ecm_app;
CREATE POLICY person_is_worker ON person FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.id) OR
    id = (SELECT (context() ->> 'person')::uuid));
CREATE POLICY person_is_carer ON person FOR SELECT TO ecm_app USING (is_carer_in_sight(id));
GRANT SELECT, INSERT, UPDATE ON person, credential, session, sign_in_attempt TO ecm_policy;
GRANT DELETE ON sign_in_attempt TO ecm_policy;
RESET ROLE;

SET ROLE ecm_policy;

-- Begin a request: check the live session, seal the context, say who this is. No row: nobody is signed in.
CREATE FUNCTION enter(p_token bytea, p_purpose text)
RETURNS TABLE (session_id uuid, session_kind text, person_id uuid, person_name text, membership_id uuid,
               agency_id uuid, agency_name text, agency_kind text, role text, verbs text[], request_id uuid,
               memberships int, is_carer boolean, invitations int, opened_at timestamptz, expires_at timestamptz,
               covering text[], administrator text, telephone text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    s session;
    m membership;
    a agency;
    v text[] := '{}';
    seats uuid[] := '{}';
    barred uuid[] := '{}';
    covered uuid[] := '{}';
    closed uuid[] := '{}';
BEGIN
    SELECT * INTO s FROM session WHERE token_hash = p_token AND ended_at IS NULL AND expires_at > app_now()
        AND (kind <> 'browser' OR seen_at > app_now() - interval '15 minutes');
    IF NOT FOUND OR EXISTS (SELECT FROM person p WHERE p.id = s.person_id AND p.left_at <= app_now()) THEN RETURN; END IF;
    IF s.membership_id IS NOT NULL THEN
        SELECT * INTO m FROM membership WHERE id = s.membership_id AND person_id = s.person_id
            AND started_at <= app_now() AND (ended_at IS NULL OR ended_at > app_now());
        IF NOT FOUND THEN RETURN; END IF;
        SELECT * INTO a FROM agency WHERE id = m.agency_id;
        v := ARRAY(SELECT verb FROM permission WHERE kind = a.kind AND role = m.role ORDER BY verb);
        seats := seats || m.id;
        IF 'desk:general' = ANY (v) THEN seats := seats || a.id; END IF;
        IF 'desk:safeguarding' = ANY (v) THEN seats := seats || a.safeguarding_desk_id; END IF;
        -- Most cover for nobody and need not be asked who is covered.
        IF EXISTS (SELECT FROM cover c WHERE c.covering_membership_id = m.id) THEN
            covered := covered_by(m.id, s.person_id);
            seats := seats || covered;
        END IF;
        IF 'pupil:look_up_class' = ANY (v) OR covered <> '{}' THEN seats := seats || class_desks(m.id || covered); END IF;
        -- A conflict is a person's, in whatever role; as a parent or carer the same person keeps their own view.
        IF EXISTS (SELECT FROM conflict_of_interest x WHERE x.person_id = s.person_id) THEN
            closed := too_close_to(s.person_id);
        END IF;
    ELSE
        IF s.kind <> 'link' THEN seats := seats || s.person_id; END IF;
        barred := ARRAY(SELECT pupil_id FROM contact_bar b WHERE b.person_id = s.person_id
                        AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at));
    END IF;
    IF s.seen_at < app_now() - interval '1 minute' THEN UPDATE session SET seen_at = app_now() WHERE id = s.id; END IF;
    PERFORM set_context(jsonb_build_object(
        'session', s.id, 'kind', s.kind, 'person', s.person_id, 'membership', m.id, 'agency', m.agency_id,
        'agency_kind', a.kind, 'role', m.role, 'verbs', v, 'purpose', p_purpose,
        'barred', barred, 'request', s.request_id, 'closed_pupils', closed),
        seats, ARRAY(SELECT c.id FROM support_case c WHERE c.pupil_id = ANY (closed)), covered);
    RETURN QUERY SELECT s.id, s.kind, s.person_id, (SELECT name FROM person WHERE id = s.person_id), m.id,
        m.agency_id, a.name, a.kind, m.role, v, s.request_id,
        (SELECT count(*)::int FROM membership x WHERE x.person_id = s.person_id AND x.started_at <= app_now()
            AND (x.ended_at IS NULL OR x.ended_at > app_now())),
        EXISTS (SELECT FROM carer c WHERE c.person_id = s.person_id),
        CASE WHEN 'involvement:answer' = ANY (v) THEN
            -- Not more than anybody would read: in a large area thousands wait, and this is asked with every request.
            (SELECT count(*)::int FROM (SELECT FROM involvement i WHERE i.agency_id = m.agency_id AND i.status = 'invited'
                                        AND i.case_id <> ALL (closed_cases()) LIMIT 101) waiting)
        -- A school has such a list only while another one offers it a case.
        WHEN 'case:hand_over' = ANY (v) THEN (SELECT nullif(count(*), 0)::int FROM case_handover h
            WHERE h.to_school_id = m.agency_id AND h.status = 'offered' AND h.case_id <> ALL (closed_cases())) END,
        s.opened_at, s.expires_at,
        CASE WHEN covered = '{}' THEN covered::text[] ELSE ARRAY(SELECT p.name FROM membership x JOIN person p ON p.id = x.person_id
            WHERE x.id = ANY (covered) ORDER BY p.name) END,
        -- For the foot of pages; programs do without.
        CASE WHEN s.kind = 'browser' THEN
            (SELECT p.name FROM membership x JOIN person p ON p.id = x.person_id WHERE x.agency_id = m.agency_id
             AND x.role = 'agency_admin' AND x.started_at <= app_now() AND (x.ended_at IS NULL OR x.ended_at > app_now())
             ORDER BY x.started_at, x.id LIMIT 1) END,
        a.telephone;
END $$;

-- Which absent colleagues this membership covers for now. Days are London's; it ends by the clock, and with either of the
-- two memberships. Never for who may not come near one of the pupils concerned, or is their parent or carer.
-- Source: ADR 0016.
CREATE FUNCTION covered_by(p_membership uuid, p_person uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT c.absent_membership_id FROM cover c
        JOIN membership x ON x.id = c.absent_membership_id JOIN membership m ON m.id = c.covering_membership_id
        WHERE c.covering_membership_id = p_membership AND c.ended_at IS NULL AND x.agency_id = m.agency_id
          AND app_now() >= london_midnight(c.from_on) AND app_now() < london_midnight(c.until_on + 1)
          AND x.started_at <= app_now() AND (x.ended_at IS NULL OR x.ended_at > app_now())
          AND may_cover(m.agency_id, x.role, m.role)
          AND NOT EXISTS (SELECT FROM contact_bar b WHERE b.person_id = p_person
                          AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at))
          AND NOT EXISTS (SELECT FROM carer k JOIN support_case s ON s.pupil_id = k.pupil_id
                          JOIN case_access a ON a.case_id = s.id AND a.principal = ANY (x.id || class_desks(ARRAY[x.id]))
                          WHERE k.person_id = p_person)
        ORDER BY c.absent_membership_id)
$$;

-- The covering role reads with every desk, and writes in every category, that the absent one does; who does no work on
-- cases is not covered.
CREATE FUNCTION may_cover(p_agency uuid, p_absent text, p_covering text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT bool_and(EXISTS (SELECT FROM permission c WHERE c.kind = g.kind AND c.role = p_covering AND c.verb = a.verb))
    FROM agency g JOIN permission a ON a.kind = g.kind AND a.role = p_absent AND a.verb ~ '^(desk|write):'
    WHERE g.id = p_agency
$$;

CREATE FUNCTION must_be_proved(p_message text, p_proof bytea) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF proved(p_message, p_proof) IS NOT TRUE THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- A named service (seed, import, the worker) at work without a person.
CREATE FUNCTION enter_service(p_service text, p_purpose text, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('service|' || p_service, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_context(jsonb_build_object('service', p_service, 'purpose', p_purpose, 'verbs', '[]'::jsonb,
                                           'barred', '[]'::jsonb, 'closed_pupils', '[]'::jsonb), '{}', '{}', '{}');
END $$;

CREATE FUNCTION sign_in_facts(p_email text, p_proof bytea)
RETURNS TABLE (person_id uuid, password_hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('facts|' || p_email, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT p.id, c.password_hash FROM person p JOIN credential c ON c.person_id = p.id
        WHERE p.email = p_email AND (p.left_at IS NULL OR p.left_at > app_now());
END $$;

-- Open a session for somebody whose password (or code) the app has just checked. A person with one current
-- membership and no child here starts in it; everybody else starts as themselves and chooses.
CREATE FUNCTION open_session(p_id uuid, p_person uuid, p_kind text, p_token bytea, p_request uuid,
                             p_lifetime interval, p_proof bytea, p_device text DEFAULT '') RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine uuid[] := ARRAY(SELECT id FROM membership WHERE person_id = p_person AND started_at <= app_now()
                         AND (ended_at IS NULL OR ended_at > app_now()) ORDER BY started_at, id);
BEGIN
    IF NOT proved(concat_ws('|', 'session', p_person, p_kind, encode(p_token, 'hex'), p_request), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO session (id, token_hash, kind, person_id, membership_id, request_id, opened_at, seen_at, expires_at, device)
    VALUES (p_id, p_token, p_kind, p_person,
            CASE WHEN p_kind <> 'link' AND NOT EXISTS (SELECT FROM carer WHERE person_id = p_person)
                 AND cardinality(mine) = 1 THEN mine[1] END,
            p_request, app_now(), app_now(), app_now() + p_lifetime, p_device);
END $$;

-- Act in another of one's own current memberships, or (null) as oneself. False: not yours, or ended.
CREATE FUNCTION choose_membership(p_membership uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF p_membership IS NOT NULL AND NOT EXISTS (
        SELECT FROM membership WHERE id = p_membership AND person_id = (me ->> 'person')::uuid
        AND started_at <= app_now() AND (ended_at IS NULL OR ended_at > app_now())) THEN RETURN false; END IF;
    UPDATE session SET membership_id = p_membership WHERE id = (me ->> 'session')::uuid AND kind <> 'link';
    RETURN FOUND;
END $$;

CREATE FUNCTION end_session() RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE session SET ended_at = app_now() WHERE id = (context() ->> 'session')::uuid AND ended_at IS NULL
$$;

-- Failures in the last day, as `accounts.rules.retry_after` counts them. *Here* is this account from this device if the
-- account knows the device, else from this address; a success here wipes that slate.
CREATE FUNCTION sign_in_history(p_account bytea, p_address bytea, p_device bytea, p_proof bytea)
RETURNS TABLE (failures_here int, failures_from_address int, failures_elsewhere int, known boolean,
               last_here timestamptz, last_from_address timestamptz, last_elsewhere timestamptz, now timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    device_known boolean;
    address_known boolean;
BEGIN
    IF NOT proved('history|' || encode(p_account, 'hex'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- One try at a time, or many at once would all be judged by the same history. Locks in the order of their numbers.
    PERFORM pg_advisory_xact_lock(k) FROM (SELECT hashtextextended(encode(b, 'hex'), 1) AS k
        FROM unnest(ARRAY[p_account, p_address]) b ORDER BY k) locks;
    device_known := EXISTS (SELECT FROM sign_in_attempt k WHERE k.account_key = p_account
                            AND k.device_key = p_device AND k.succeeded = 1);
    address_known := EXISTS (SELECT FROM sign_in_attempt k WHERE k.account_key = p_account
                             AND k.address_key = p_address AND k.succeeded = 1);
    RETURN QUERY
    WITH recent AS (
        SELECT t.at, t.succeeded, t.account_key = p_account AS own, t.address_key = p_address AS near,
               t.account_key = p_account AND CASE WHEN device_known THEN t.device_key IS NOT DISTINCT FROM p_device
                                                  ELSE t.address_key = p_address END AS here
        FROM sign_in_attempt t WHERE t.at > app_now() - interval '1 day'
          AND (t.account_key = p_account OR t.address_key = p_address)),
    failed AS (
        SELECT r.at, r.own, r.near, r.here AND r.at > coalesce(
            (SELECT max(w.at) FROM recent w WHERE w.here AND w.succeeded = 1), '-infinity') AS here, r.here AS place
        FROM recent r WHERE r.succeeded = 0)
    SELECT (count(*) FILTER (WHERE f.here))::int, (count(*) FILTER (WHERE f.near))::int,
           (count(*) FILTER (WHERE f.own AND NOT f.place))::int, device_known OR address_known,
           max(f.at) FILTER (WHERE f.here), max(f.at) FILTER (WHERE f.near),
           max(f.at) FILTER (WHERE f.own AND NOT f.place), app_now()
    FROM failed f;
END $$;

-- A try counts as failed until it has succeeded.
CREATE FUNCTION sign_in_tried(p_id uuid, p_account bytea, p_address bytea, p_device bytea, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('tried|' || encode(p_account, 'hex'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO sign_in_attempt (id, account_key, address_key, device_key, succeeded, at)
    VALUES (p_id, p_account, p_address, p_device, 0, app_now());
END $$;

CREATE FUNCTION sign_in_succeeded(p_id uuid, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('succeeded|' || p_id, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE sign_in_attempt SET succeeded = 1, at = app_now() WHERE id = p_id;
END $$;

GRANT EXECUTE ON FUNCTION enter(bytea, text), enter_service(text, text, bytea), sign_in_facts(text, bytea),
    open_session(uuid, uuid, text, bytea, uuid, interval, bytea, text), choose_membership(uuid), end_session(),
    sign_in_history(bytea, bytea, bytea, bytea), sign_in_tried(uuid, bytea, bytea, bytea, bytea), sign_in_succeeded(uuid, bytea)
    TO ecm_app;
RESET ROLE;
