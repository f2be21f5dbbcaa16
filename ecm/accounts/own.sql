-- What somebody does with their own account: password, address, sessions. Run after accounts/policies.sql.

SET ROLE ecm_policy;

-- Whose account it is comes from the sealed context; links say it by the hash of their secret.

CREATE FUNCTION my_account(p_proof bytea)
RETURNS TABLE (email text, phone text, phone_verified_at timestamptz, telephone text, is_carer boolean, password_hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE me uuid := (context() ->> 'person')::uuid;
BEGIN
    PERFORM must_be_proved('my_account|' || me, p_proof);
    RETURN QUERY SELECT p.email, p.phone, p.phone_verified_at,
        (SELECT m.telephone FROM membership m WHERE m.id = (context() ->> 'membership')::uuid),
        EXISTS (SELECT FROM carer k WHERE k.person_id = me),
        (SELECT c.password_hash FROM credential c WHERE c.person_id = me)
        FROM person p WHERE p.id = me;
END $$;

-- A carer's number that is changed here was checked by nobody: it carries no code until somebody has checked it in
-- person, and none for 14 days in any case. Source: design 5.
CREATE FUNCTION change_my_details(p_name text, p_phone text, p_telephone text, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := (context() ->> 'person')::uuid;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'details', me, p_name), p_proof);
    UPDATE person SET name = p_name WHERE id = me AND name <> p_name;
    UPDATE person SET phone = p_phone, phone_verified_at = NULL, phone_changed_at = app_now()
        WHERE id = me AND phone IS DISTINCT FROM p_phone AND EXISTS (SELECT FROM carer k WHERE k.person_id = me);
    UPDATE membership SET telephone = p_telephone
        WHERE id = (context() ->> 'membership')::uuid AND telephone IS DISTINCT FROM p_telephone;
END $$;

-- A new password for whoever is signed in; all their other sessions are over.
CREATE FUNCTION set_my_password(p_hash text, p_proof bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := (context() ->> 'person')::uuid;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'password', me, p_hash), p_proof);
    UPDATE credential SET password_hash = p_hash WHERE person_id = me;
    UPDATE session SET ended_at = app_now() WHERE person_id = me AND ended_at IS NULL AND id <> (context() ->> 'session')::uuid;
    UPDATE account_link SET used_at = app_now() WHERE person_id = me AND purpose = 'password' AND used_at IS NULL;
END $$;

-- Whose password a link could be sent for: somebody who signs in with one at this address, which they have proved.
CREATE FUNCTION find_for_reset(p_email text, p_proof bytea) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('find_reset|' || p_email, p_proof);
    RETURN (SELECT p.id FROM person p JOIN credential c ON c.person_id = p.id
            WHERE p.email = p_email AND (p.left_at IS NULL OR p.left_at > app_now()));
END $$;

-- A link for a new password, if this is the address of somebody who signs in with one; at most three live ones.
CREATE FUNCTION make_reset_link(p_id uuid, p_email text, p_token bytea, p_lifetime interval, p_proof bytea) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE found_person uuid;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'reset', p_email, encode(p_token, 'hex')), p_proof);
    SELECT p.id INTO found_person FROM person p JOIN credential c ON c.person_id = p.id
        WHERE p.email = p_email AND (p.left_at IS NULL OR p.left_at > app_now());
    IF found_person IS NULL OR 3 <= (SELECT count(*) FROM account_link l WHERE l.person_id = found_person
            AND l.purpose = 'password' AND l.made_at > app_now() - p_lifetime) THEN RETURN NULL; END IF;
    INSERT INTO account_link (id, person_id, purpose, token_hash, email, made_at, expires_at)
        VALUES (p_id, found_person, 'password', p_token, p_email, app_now(), app_now() + p_lifetime);
    RETURN found_person;
END $$;

-- Of a link that still works: whose, and which address it was sent to. Taken for update where it is to be used.
CREATE FUNCTION live_account_link(p_token bytea, p_purpose text, p_proof bytea) RETURNS TABLE (person_id uuid, email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'link', p_purpose, encode(p_token, 'hex')), p_proof);
    RETURN QUERY SELECT l.person_id, l.email FROM account_link l JOIN person p ON p.id = l.person_id
        WHERE l.token_hash = p_token AND l.purpose = p_purpose AND l.used_at IS NULL AND l.expires_at > app_now()
        AND (p.left_at IS NULL OR p.left_at > app_now());
END $$;

-- Use a link for a new password, once: every session and every other such link is over. Null: it does not work.
CREATE FUNCTION use_reset_link(p_token bytea, p_hash text, p_proof bytea) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE whose uuid;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'use_reset', encode(p_token, 'hex'), p_hash), p_proof);
    UPDATE account_link SET used_at = app_now() WHERE token_hash = p_token AND purpose = 'password' AND used_at IS NULL
        AND expires_at > app_now() RETURNING person_id INTO whose;
    IF whose IS NULL THEN RETURN NULL; END IF;
    UPDATE credential SET password_hash = p_hash WHERE person_id = whose;
    UPDATE session SET ended_at = app_now() WHERE person_id = whose AND ended_at IS NULL;
    UPDATE account_link SET used_at = app_now() WHERE person_id = whose AND purpose = 'password' AND used_at IS NULL;
    RETURN whose;
END $$;

-- A link to a new address, which counts only when somebody has followed it there. False: it is somebody else's already.
CREATE FUNCTION make_address_link(p_id uuid, p_email text, p_token bytea, p_lifetime interval, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := (context() ->> 'person')::uuid;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'address', me, p_email, encode(p_token, 'hex')), p_proof);
    UPDATE account_link SET used_at = app_now() WHERE person_id = me AND purpose = 'email' AND used_at IS NULL;
    IF EXISTS (SELECT FROM person WHERE email = p_email) THEN RETURN false; END IF;
    INSERT INTO account_link (id, person_id, purpose, token_hash, email, made_at, expires_at)
        VALUES (p_id, me, 'email', p_token, p_email, app_now(), app_now() + p_lifetime);
    RETURN true;
END $$;

-- Use it, once: the address it was sent to is the one to sign in with. No row: it does not work.
CREATE FUNCTION use_address_link(p_token bytea, p_proof bytea) RETURNS TABLE (person_id uuid, old_email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    l account_link;
    before text;
BEGIN
    PERFORM must_be_proved('use_address|' || encode(p_token, 'hex'), p_proof);
    UPDATE account_link SET used_at = app_now() WHERE token_hash = p_token AND purpose = 'email' AND used_at IS NULL
        AND expires_at > app_now() RETURNING * INTO l;
    IF l.id IS NULL OR EXISTS (SELECT FROM person p WHERE p.email = l.email) THEN RETURN; END IF;
    SELECT p.email INTO before FROM person p WHERE p.id = l.person_id FOR UPDATE;
    UPDATE person SET email = l.email WHERE id = l.person_id;
    -- What was sent to the old address works no longer.
    UPDATE account_link x SET used_at = app_now() WHERE x.person_id = l.person_id AND x.used_at IS NULL;
    RETURN QUERY SELECT l.person_id, before;
END $$;

CREATE FUNCTION my_sessions()
RETURNS TABLE (id uuid, kind text, device text, opened_at timestamptz, seen_at timestamptz, is_this boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.id, s.kind, s.device, s.opened_at, s.seen_at, s.id = (context() ->> 'session')::uuid
    FROM session s WHERE s.person_id = (context() ->> 'person')::uuid AND s.kind <> 'link' AND s.ended_at IS NULL
      AND s.expires_at > app_now() AND (s.kind <> 'browser' OR s.seen_at > app_now() - interval '15 minutes')
    ORDER BY s.id = (context() ->> 'session')::uuid DESC, s.seen_at DESC, s.id
$$;

-- End one of one's own sessions, or (null) all of them, this one too. How many it were.
CREATE FUNCTION end_my_sessions(p_session uuid) RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE ended int;
BEGIN
    UPDATE session SET ended_at = app_now() WHERE person_id = (context() ->> 'person')::uuid AND ended_at IS NULL
        AND expires_at > app_now() AND kind <> 'link' AND (p_session IS NULL OR id = p_session);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- What happened with one's own account in the last 90 days, newest first. `p_account`: the hash that refused tries are
-- recorded under.
CREATE FUNCTION my_activity(p_account text, p_limit int, p_proof bytea)
RETURNS TABLE (event text, at timestamptz, role text, agency text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    me uuid := (context() ->> 'person')::uuid;
    since uuid := audit_id_from(app_now() - interval '90 days');
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'activity', me, p_account), p_proof);
    RETURN QUERY
    WITH found AS (
        SELECT e.id, e.entry FROM audit_event e
        WHERE e.event IN ('session:opened', 'session:refused', 'password:reset') AND e.id >= since
          AND coalesce(e.entry #>> '{detail,account}', e.entry ->> 'subject') IN (p_account, me::text)
        UNION ALL
        SELECT e.id, e.entry FROM audit_event e WHERE e.actor = me AND e.id >= since
          AND e.event IN ('session:ended', 'membership:chosen', 'password:changed', 'address:asked', 'account:changed',
                          'sessions:ended')
        UNION ALL
        SELECT e.id, e.entry FROM audit_event e WHERE e.event = 'address:changed' AND e.id >= since
          AND e.entry ->> 'subject' = me::text)
    SELECT f.entry ->> 'event', (f.entry ->> 'at')::timestamptz, m.role, g.name FROM found f
    LEFT JOIN membership m ON f.entry ->> 'event' = 'membership:chosen' AND m.id = (f.entry ->> 'subject')::uuid
    LEFT JOIN agency g ON g.id = m.agency_id
    ORDER BY f.id DESC LIMIT least(p_limit, 1000);
END $$;

GRANT EXECUTE ON FUNCTION my_account(bytea), change_my_details(text, text, text, bytea), set_my_password(text, bytea),
    find_for_reset(text, bytea), make_reset_link(uuid, text, bytea, interval, bytea), live_account_link(bytea, text, bytea), use_reset_link(bytea, text, bytea),
    make_address_link(uuid, text, bytea, interval, bytea), use_address_link(bytea, bytea), my_sessions(), end_my_sessions(uuid),
    my_activity(text, int, bytea) TO ecm_app;
RESET ROLE;
