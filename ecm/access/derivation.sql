-- Whether the relation follows from the rules as they stand. The rules of access are `derive_case`, every function that it
-- or one of those names, but for the clock, and the permissions they ask for: other rules have other words.

SET ROLE ecm_policy;

CREATE FUNCTION rules_of_access() RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE body AS (
        SELECT p.oid, p.proname, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS words
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.proname <> 'app_now'),
    asked AS (
        SELECT b.* FROM body b WHERE b.proname = 'derive_case'
        UNION SELECT b.* FROM asked a JOIN body b ON a.words ~ ('\m' || b.proname || '\(')),
    said AS (
        SELECT a.words FROM asked a
        UNION SELECT concat_ws(' ', p.kind, p.role, p.verb) FROM permission p
        WHERE EXISTS (SELECT FROM asked a WHERE strpos(a.words, quote_literal(p.verb)) > 0))
    SELECT sha256(convert_to(string_agg(words, E'\n' ORDER BY words COLLATE "C"), 'UTF8')) FROM said
$$;

-- Without a case there is nothing to derive.
CREATE FUNCTION access_is_derived() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM support_case)
        OR EXISTS (SELECT FROM context_key k WHERE k.name = 'derived' AND k.key = rules_of_access())
$$;
GRANT EXECUTE ON FUNCTION access_is_derived() TO ecm_app;
RESET ROLE;
