-- The log: one way in, no way to change it, and a function for each kind of reader. ecm_app has no right on any of
-- these tables, and there is no policy for it: only the functions below reach them.

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_event', 'audit_event_pupil', 'audit_inbox', 'audit_leaf', 'audit_seal',
                             'audit_subtree', 'audit_checkpoint'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ecm_policy', t);
    END LOOP;
END $$;
GRANT DELETE ON audit_inbox TO ecm_policy;

-- Added, never changed: for the owner of the tables and for an administrator too. Whoever drops a trigger to do it
-- nevertheless cannot make the seals again (docs/audit-log.md).
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'audit_inbox' AND TG_OP = 'DELETE' AND current_user = 'ecm_policy' THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'the log is only added to' USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END $$;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_event', 'audit_event_pupil', 'audit_inbox', 'audit_leaf', 'audit_seal',
                             'audit_subtree', 'audit_checkpoint'] LOOP
        EXECUTE format('CREATE TRIGGER audit_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', t);
    END LOOP;
END $$;
RESET ROLE;

SET ROLE ecm_policy;

-- A UUIDv7 for the nth event of a transaction: ordered by time, then by the order of recording.
CREATE FUNCTION audit_id(p_at timestamptz, p_number bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(substring(int8send((extract(epoch FROM p_at) * 1000)::bigint) FROM 3)
        || substring(int8send(28672 + p_number % 4096) FROM 7) || substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')::uuid
$$;

-- The first id an event of this millisecond can have: ids are in the order of time, so time is searched by them.
CREATE FUNCTION audit_id_from(p_at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(substring(int8send((extract(epoch FROM p_at) * 1000)::bigint) FROM 3)
        || '\x00000000000000000000'::bytea, 'hex')::uuid
$$;

-- An id, a hash in hex, a code, or a small number: nothing that could be a name, a sentence, a date of birth, a
-- telephone number or a pupil's number. Source: design 6, "ids, codes and hashes only".
CREATE FUNCTION audit_is_word(p_value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(p_value)
        WHEN 'boolean' THEN true
        WHEN 'number' THEN p_value::text ~ '^-?[0-9]{1,9}$'
        WHEN 'string' THEN p_value #>> '{}' ~
            '^([a-z][a-z0-9_:-]{0,63}|[0-9]{1,4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})$'
        WHEN 'array' THEN jsonb_array_length(p_value) <= 100 AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(p_value) e WHERE jsonb_typeof(e) = 'array' OR NOT audit_is_word(e))
        ELSE false END
$$;

-- What is wrong with an event that is to be recorded; null when nothing is.
CREATE FUNCTION audit_objection(p_event jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN coalesce(p_event ->> 'event', '') !~ '^[a-z_]{1,30}:[a-z_]{1,30}$' THEN 'event is not noun:past_participle'
        WHEN coalesce(p_event ->> 'outcome', '') NOT IN ('done', 'shown', 'denied') THEN 'outcome is not one of three'
        WHEN p_event - ARRAY['event', 'outcome', 'case', 'subject', 'pupils', 'detail'] <> '{}'
            THEN 'there is a key the log does not know'
        WHEN jsonb_array_length(coalesce(p_event -> 'pupils', '[]')) > 1000 THEN 'more than 1,000 pupils in one event'
        ELSE (SELECT format('detail "%s" is neither id, hash, code nor small number', key)
              FROM jsonb_each(coalesce(p_event -> 'detail', '{}'))
              WHERE key !~ '^[a-z][a-z0-9_]{0,30}$' OR NOT audit_is_word(value) LIMIT 1)
        END
$$;

-- The one way in. Who, where, in which role and what for come from the verified context; the time is the database's, and
-- so is `basis`: why this reader could see the case at that moment, because later nobody could tell.
CREATE FUNCTION audit_record_all(p_events jsonb) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    seats uuid[] := principals();
    frame jsonb := jsonb_build_object(
        'v', 1, 'at', to_char(app_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'txid', pg_current_xact_id()::text::bigint, 'actor', me -> 'person', 'service', me -> 'service',
        'membership', me -> 'membership', 'agency', me -> 'agency', 'role', me -> 'role',
        'session', me -> 'session', 'request', me -> 'request', 'purpose', me -> 'purpose');
    objection text;
BEGIN
    SELECT o INTO objection FROM jsonb_array_elements(p_events) e, audit_objection(e) o WHERE o IS NOT NULL LIMIT 1;
    IF objection IS NULL AND NOT audit_is_word(jsonb_build_array(
            coalesce(me ->> 'purpose', 'none'), coalesce(me ->> 'service', 'none'))) THEN
        objection := 'purpose or service of the context is not a code';
    END IF;
    IF objection IS NOT NULL THEN
        RAISE EXCEPTION 'audit: %', objection USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_words_only';
    END IF;
    WITH made AS (
        SELECT audit_id(app_now(), number - 1) AS id, e FROM jsonb_array_elements(p_events) WITH ORDINALITY x (e, number)),
    added AS (
        INSERT INTO audit_event (id, entry)
        SELECT id, jsonb_strip_nulls(frame || jsonb_build_object(
            'id', id, 'event', e -> 'event', 'outcome', e -> 'outcome', 'case', (e ->> 'case')::uuid,
            'basis', (SELECT string_agg(DISTINCT a.basis, ':' ORDER BY a.basis) FROM case_access a
                      WHERE a.case_id = (e ->> 'case')::uuid AND a.principal = ANY (seats)
                      AND (a.basis <> 'emergency' OR a.principal = emergency_reader())
                      AND app_now() >= a.valid_from AND app_now() < a.valid_until),
            'subject', (e ->> 'subject')::uuid,
            'pupils', nullif(to_jsonb(ARRAY(SELECT p::uuid FROM jsonb_array_elements_text(e -> 'pupils') p)), '[]'),
            'detail', nullif(e -> 'detail', '{}'))) FROM made
        RETURNING id, entry),
    waiting AS (INSERT INTO audit_inbox (event_id) SELECT id FROM added)
    INSERT INTO audit_event_pupil (pupil_id, event_id)
    SELECT DISTINCT p::uuid, id FROM added, jsonb_array_elements_text(entry -> 'pupils') p;
END $$;

-- The integrator's three: take what waits into the tree, read hashes, add the seals and the checkpoint over them.
CREATE FUNCTION audit_sequence(p_limit int, p_proof bytea) RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    next bigint;
    taken int;
BEGIN
    IF NOT proved('audit_sequence|' || p_limit, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ecm audit integrator', 0));
    SELECT coalesce(max(position) + 1, 0) INTO next FROM audit_leaf;
    WITH gone AS (
        DELETE FROM audit_inbox WHERE event_id IN (SELECT event_id FROM audit_inbox ORDER BY event_id LIMIT p_limit)
        RETURNING event_id)
    INSERT INTO audit_leaf (position, event_id)
    SELECT next + row_number() OVER (ORDER BY event_id) - 1, event_id FROM gone;
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END $$;

-- Hashes in order, from number `p_first` of a level: 0 the leaves, 1 the roots of 256 of them, 2 of 65,536, ...
-- They stand for entries with random ids in them, so they say nothing to anybody who does not have the entry.
CREATE FUNCTION audit_hashes(p_level int, p_first bigint, p_count int) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(string_agg(hash, '' ORDER BY number), '') FROM (
        SELECT l.position AS number, e.leaf AS hash FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
            WHERE p_level = 0 AND l.position >= p_first AND l.position < p_first + p_count
        UNION ALL
        SELECT number, hash FROM audit_subtree
            WHERE level = p_level AND number >= p_first AND number < p_first + p_count) found
$$;

CREATE FUNCTION audit_publish(p_first bigint, p_seals bytea, p_levels int[], p_numbers bigint[], p_hashes bytea,
                              p_note text, p_proof bytea) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    many int := length(p_seals) / 64;
BEGIN
    IF NOT proved(concat_ws('|', 'audit_publish', p_first, encode(sha256(p_seals), 'hex'), encode(sha256(p_hashes), 'hex'), p_note), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ecm audit integrator', 0));
    IF p_first <> (SELECT coalesce(max(position) + 1, 0) FROM audit_seal) THEN
        RAISE EXCEPTION 'somebody else sealed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO audit_seal (position, seal)
        SELECT p_first + i, substring(p_seals FROM i * 64 + 1 FOR 64) FROM generate_series(0, many - 1) i;
    INSERT INTO audit_subtree (level, number, hash)
        SELECT p_levels[i], p_numbers[i], substring(p_hashes FROM i * 32 - 31 FOR 32) FROM generate_subscripts(p_levels, 1) i;
    INSERT INTO audit_checkpoint (size, note) VALUES (p_first + many, p_note);
END $$;

-- The newest checkpoint: how far the log reaches and the root over it. It names nobody; witnesses may have it.
CREATE FUNCTION audit_checkpoint_latest() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1
$$;

-- For an export: sealed entries in order, the exact text that was hashed.
CREATE FUNCTION audit_page(p_first bigint, p_count int, p_proof bytea) RETURNS TABLE (entry text, seal bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved(concat_ws('|', 'audit_page', p_first, p_count), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT e.entry::text, s.seal
        FROM audit_seal s JOIN audit_leaf l USING (position) JOIN audit_event e ON e.id = l.event_id
        WHERE position >= p_first AND position < p_first + p_count ORDER BY position;
END $$;

-- Whose events this auditor may read: null for everybody's (the partnership's auditor), else those of one agency.
CREATE FUNCTION audit_scope() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF NOT me -> 'verbs' ? 'audit:read' OR me ->> 'agency' IS NULL THEN
        RAISE EXCEPTION 'not an auditor' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN me ->> 'agency_kind' = 'partnership' THEN NULL ELSE (me ->> 'agency')::uuid END;
END $$;

-- Every event that showed or touched a pupil, that was about a case of theirs, or that was a refused attempt at either;
-- also from before their record was put together with another.
CREATE FUNCTION audit_about_pupil(p_pupil uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    same uuid[] := ARRAY(SELECT p_pupil UNION SELECT m.gone_id FROM pupil_merge m WHERE m.pupil_id = p_pupil);
    cases uuid[] := ARRAY(SELECT c.id FROM support_case c WHERE c.pupil_id = p_pupil);
BEGIN
    RETURN ARRAY(
        SELECT p.event_id FROM audit_event_pupil p WHERE p.pupil_id = ANY (same)
        UNION SELECT e.id FROM audit_event e WHERE e.case_id = ANY (cases)
        UNION SELECT e.id FROM audit_event e
              WHERE e.entry ->> 'outcome' = 'denied' AND e.entry ->> 'subject' = ANY ((same || cases)::text[]));
END $$;

-- Newest first from before the event `p_after`, or, `p_upward`, oldest first from after it. What is wanted: case, pupil,
-- actor, agency, event, outcome, from, until (excluded), at_work (only what people did in a role at an organisation); what
-- is absent leaves a question open. Planned anew at each call, so that an open question costs nothing and the others find
-- their index.
CREATE FUNCTION audit_events_for_auditor(p_wanted jsonb, p_after uuid, p_upward boolean, p_limit int)
RETURNS TABLE (id uuid, entry jsonb, "position" bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    mine uuid := audit_scope();
    w_case uuid := p_wanted ->> 'case';
    w_actor uuid := p_wanted ->> 'actor';
    w_agency uuid := p_wanted ->> 'agency';
    w_event text := p_wanted ->> 'event';
    w_outcome text := p_wanted ->> 'outcome';
    w_at_work boolean := p_wanted ? 'at_work';
    w_from uuid := audit_id_from((p_wanted ->> 'from')::timestamptz);
    w_until uuid := audit_id_from((p_wanted ->> 'until')::timestamptz);
    w_ids uuid[] := CASE WHEN p_wanted ? 'pupil' THEN audit_about_pupil((p_wanted ->> 'pupil')::uuid) END;
BEGIN
    RETURN QUERY SELECT e.id, e.entry, l.position
        FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id
        WHERE (mine IS NULL OR e.agency = mine) AND (w_case IS NULL OR e.case_id = w_case)
          AND (w_actor IS NULL OR e.actor = w_actor) AND (w_agency IS NULL OR e.agency = w_agency)
          AND (w_event IS NULL OR e.event = w_event) AND (w_outcome IS NULL OR e.entry ->> 'outcome' = w_outcome)
          AND (NOT w_at_work OR e.agency IS NOT NULL) AND (w_ids IS NULL OR e.id = ANY (w_ids))
          AND (w_from IS NULL OR e.id >= w_from) AND (w_until IS NULL OR e.id < w_until)
          AND (p_after IS NULL OR CASE WHEN p_upward THEN e.id > p_after ELSE e.id < p_after END)
        ORDER BY CASE WHEN p_upward THEN e.id END, CASE WHEN NOT p_upward THEN e.id END DESC LIMIT least(p_limit, 1000);
END $$;

-- Where an event is in the sealed tree. No row: not this reader's, absent, or not sealed yet.
CREATE FUNCTION audit_position_for_auditor(p_event uuid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid := audit_scope();
BEGIN
    RETURN (SELECT s.position FROM audit_seal s JOIN audit_leaf l USING (position) JOIN audit_event e ON e.id = l.event_id
            WHERE e.id = p_event AND (mine IS NULL OR e.agency = mine));
END $$;

-- Whose looking at a case this reader may be told of: everybody's for who keeps it (`school`) and for the data protection
-- officer of its school (`officer`); their own people's for a partner's manager (`agency`); which organisations and roles
-- for the family (`family`). Null: nobody's.
CREATE FUNCTION access_log_scope(p_case uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF me ->> 'kind' = 'link' OR p_case = ANY (closed_cases()) THEN RETURN NULL; END IF;
    IF me ->> 'membership' IS NULL THEN RETURN CASE WHEN on_case(p_case) THEN 'family' END; END IF;
    IF holds_case(p_case) THEN RETURN 'school'; END IF;
    IF me -> 'verbs' ? 'access_log:read' AND EXISTS (
        SELECT FROM support_case c WHERE c.id = p_case AND c.school_id = (me ->> 'agency')::uuid) THEN RETURN 'officer'; END IF;
    RETURN CASE WHEN me -> 'verbs' ? 'desk:general' AND on_case(p_case) THEN 'agency' END;
END $$;

-- A case by its reference, for who may read its access log; an officer does not see the case itself.
CREATE FUNCTION access_log_case(p_reference text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id FROM support_case c WHERE c.reference = p_reference AND access_log_scope(c.id) IS NOT NULL
$$;

CREATE FUNCTION access_log_reference(p_case uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.reference FROM support_case c WHERE c.id = p_case AND access_log_scope(c.id) IS NOT NULL
$$;

-- Who opened a case, newest first, from before `p_before`. What the reader may not know of (a sensitive service, the other
-- parent) is left out before anything is counted. Names of carers are the school's alone, and the family reads no name.
CREATE FUNCTION access_log(p_case uuid, p_agency uuid, p_from timestamptz, p_to timestamptz, p_before uuid, p_limit int)
RETURNS TABLE (id uuid, at timestamptz, event text, part text, person_id uuid, name text, role text, agency_id uuid,
               agency_name text, basis text, basis_then boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    me jsonb := context();
    scope text := access_log_scope(p_case);
    only_agency uuid := CASE WHEN scope = 'agency' THEN (me ->> 'agency')::uuid END;
    hidden uuid[];
    untold uuid[];
BEGIN
    IF scope IS NULL THEN RAISE EXCEPTION 'not to be told' USING ERRCODE = 'insufficient_privilege'; END IF;
    hidden := ARRAY(SELECT g.id FROM agency g WHERE g.involvement_category <> 'core' AND knows_of(p_case, g.id) IS NOT TRUE
        AND NOT (scope = 'family' AND EXISTS (SELECT FROM consent_event e WHERE e.case_id = p_case AND e.agency_id = g.id
                                              AND e.person_id = (me ->> 'person')::uuid)));
    -- A parent or carer does not learn from it of a law or an override that they were not told of.
    untold := CASE WHEN scope = 'family' THEN untold_agencies(p_case) ELSE '{}' END;
    RETURN QUERY
        WITH shown AS MATERIALIZED (
            SELECT e.id, e.entry, e.event, e.actor, e.agency FROM audit_event e
            WHERE e.case_id = p_case AND e.entry ->> 'outcome' = 'shown' AND e.actor IS NOT NULL
              AND (only_agency IS NULL OR e.agency = only_agency) AND (p_agency IS NULL OR e.agency = p_agency)
              AND (e.agency IS NULL OR e.agency <> ALL (hidden))
              AND (scope <> 'family' OR e.agency IS NOT NULL OR e.actor = (me ->> 'person')::uuid)
              AND (p_from IS NULL OR e.id >= audit_id_from(p_from)) AND (p_to IS NULL OR e.id < audit_id_from(p_to))
              AND (p_before IS NULL OR e.id < p_before)
              AND NOT (coalesce(e.agency = ANY (untold), false)
                       AND rests_on_untold(p_case, e.agency, (e.entry ->> 'at')::timestamptz, e.entry ->> 'basis'))
            ORDER BY e.id DESC LIMIT least(p_limit, 1000))
        SELECT s.id, (s.entry ->> 'at')::timestamptz, s.event, s.entry #>> '{detail,part}',
               CASE WHEN scope <> 'family' AND (s.agency IS NOT NULL OR scope = 'school') THEN s.actor END,
               CASE WHEN scope <> 'family' AND (s.agency IS NOT NULL OR scope = 'school') THEN n.name END,
               coalesce(s.entry ->> 'role', 'carer'), s.agency, g.name,
               basis_as_told(coalesce(s.agency = ANY (untold), false), coalesce(s.entry ->> 'basis', (
                   SELECT string_agg(DISTINCT a.basis, ':' ORDER BY a.basis) FROM case_access a
                   WHERE a.case_id = p_case AND app_now() >= a.valid_from AND app_now() < a.valid_until
                   AND (a.principal = coalesce((s.entry ->> 'membership')::uuid, s.actor)
                        OR (a.principal = s.agency AND EXISTS (SELECT FROM permission p WHERE p.kind = g.kind
                            AND p.role = s.entry ->> 'role' AND p.verb = 'desk:general')))))),
               s.entry ? 'basis'
        FROM shown s LEFT JOIN agency g ON g.id = s.agency LEFT JOIN person n ON n.id = s.actor ORDER BY s.id DESC;
END $$;

GRANT EXECUTE ON FUNCTION access_log_scope(uuid), access_log_case(text), access_log_reference(uuid),
    access_log(uuid, uuid, timestamptz, timestamptz, uuid, int) TO ecm_app;
GRANT EXECUTE ON FUNCTION audit_record_all(jsonb), audit_sequence(int, bytea), audit_hashes(int, bigint, int),
    audit_publish(bigint, bytea, int[], bigint[], bytea, text, bytea), audit_checkpoint_latest(),
    audit_page(bigint, int, bytea),
    audit_events_for_auditor(jsonb, uuid, boolean, int), audit_position_for_auditor(uuid)
    TO ecm_app;
RESET ROLE;
