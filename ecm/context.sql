-- Who is asking. `enter` (accounts) checks a live session and seals a context for this transaction; everything else
-- asks for what is sealed, which refuses a missing, forged or replayed one. The key is readable by ecm_policy alone, so
-- SQL injected as ecm_app can set the settings but cannot make their seals.
--
-- Two settings: `ecm.context` says everything about who asks; `ecm.reach` says no more than for whom they read, which cases
-- are closed to them and for which colleagues they cover. Every policy of every row asks the second: short, it takes a
-- third of the time (docs/performance.md).

SET ROLE ecm_policy;

-- The clock that decides access. Only a test database replaces it.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';

CREATE FUNCTION london_midnight(day date) RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT day::timestamp AT TIME ZONE 'Europe/London' $$;

-- HMAC-SHA-256 (RFC 2104) from the built-in sha256: pgcrypto is not everywhere.
CREATE FUNCTION hmac_sha256(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
    block bytea := CASE WHEN length(key) > 64 THEN sha256(key) ELSE key END;
BEGIN
    FOR i IN 0 .. length(block) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(block, i));
        outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(block, i));
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || message));
END $$;

-- The seal binds the words to their setting, this backend and this transaction: copied elsewhere or kept for later it is
-- worthless.
CREATE FUNCTION context_seal(setting text, words text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT encode(sha256(k.key || sha256(k.key || convert_to(
        concat_ws('|', setting, words, pg_backend_pid(), pg_current_xact_id()), 'UTF8'))), 'hex')
    FROM context_key k WHERE k.name = 'context'
$$;

-- What `enter` sealed in a setting.
CREATE FUNCTION sealed(setting text) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found text := current_setting(setting, true);
    words text := substr(found, 66);
BEGIN
    -- A setting used once in this connection reads as '' afterwards, not as NULL.
    IF found IS NULL OR found = '' OR substr(found, 1, 64) IS DISTINCT FROM context_seal(setting, words) THEN
        RAISE EXCEPTION 'no request context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN words;
END $$;

-- Their bodies are bound to what they name when they are made, whatever search path the caller sets.
CREATE FUNCTION context() RETURNS jsonb LANGUAGE sql STABLE RETURN sealed('ecm.context')::jsonb;

CREATE FUNCTION principals() RETURNS uuid[] LANGUAGE sql STABLE RETURN split_part(sealed('ecm.reach'), '|', 1)::uuid[];

-- Cases and pupils that are closed to whoever asks, whatever opens them: a conflict of interest. Deny beats allow.
CREATE FUNCTION closed_cases() RETURNS uuid[] LANGUAGE sql STABLE RETURN split_part(sealed('ecm.reach'), '|', 2)::uuid[];
-- Absent colleagues for whom whoever asks covers: among the principals.
CREATE FUNCTION covered() RETURNS uuid[] LANGUAGE sql STABLE RETURN split_part(sealed('ecm.reach'), '|', 3)::uuid[];

CREATE FUNCTION closed_pupils() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(context() -> 'closed_pupils')::uuid)
$$;

-- What is asked for leaves the system: a list as a file, a plan. Source: issue "no export" of an emergency; ADR 0028.
CREATE FUNCTION takes_away() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(context() ->> 'purpose' IN ('export_actions', 'export_cases', 'export_pupils', 'export_school',
                                                'list_plans', 'show_plan', 'make_plan', 'copy_plan', 'download_plan'), false)
$$;

-- Whose emergency accesses count in this request: those of one's own membership, never of a colleague for whom one
-- covers; and nobody's where what is asked for leaves the system.
CREATE FUNCTION emergency_reader() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN NOT takes_away() THEN (context() ->> 'membership')::uuid END
$$;

CREATE FUNCTION set_context(words jsonb, principals uuid[], closed_cases uuid[], covered uuid[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT set_config(name, context_seal(name, said) || '|' || said, true)
    FROM (VALUES ('ecm.context', words::text), ('ecm.reach', concat_ws('|', principals, closed_cases, covered))) AS each (name, said)
$$;

-- The app proves itself by a MAC over what it asks for; the secret never travels.
CREATE FUNCTION proved(message text, proof bytea) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT sha256(hmac_sha256(k.key, convert_to(message, 'UTF8'))) = sha256(proof)
                     FROM context_key k WHERE k.name = 'app'), false)
$$;

GRANT EXECUTE ON FUNCTION app_now(), london_midnight(date), sealed(text), context(), principals(), closed_cases(), closed_pupils(), emergency_reader(), covered()
    TO ecm_app, ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
GRANT SELECT ON context_key TO ecm_policy;
RESET ROLE;
