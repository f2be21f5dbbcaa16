-- Who may reach what was merged, and matches across schools. A school looks through its own roll and merges what is its
-- alone; of another school's roll nobody is told anything but by the matching service, and then only that it is that school.

SET ROLE ecm_policy;

-- ------------------------------------------------------------------------------------------------ within a school

-- On the roll of the reader's school, and of no other: what two schools share is not one school's to merge.
CREATE FUNCTION keeps_alone(p_pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT keeps_pupil(p_pupil, 'pupil:merge')
       AND NOT EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = p_pupil AND e.school_id <> (context() ->> 'agency')::uuid
                       AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1)))
$$;

-- Two dates (YYYYMMDD) that one slip of the pen makes of each other: one figure is another, or day and month changed
-- places. The same rule in Python is ecm/duplicates/rules.py; a test holds the two against each other.
CREATE FUNCTION birth_slip(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT a <> b AND (left(a, 4) || right(a, 2) || substr(a, 5, 2) = b OR 1 =
        (substr(a, 1, 1) <> substr(b, 1, 1))::int + (substr(a, 2, 1) <> substr(b, 2, 1))::int
        + (substr(a, 3, 1) <> substr(b, 3, 1))::int + (substr(a, 4, 1) <> substr(b, 4, 1))::int
        + (substr(a, 5, 1) <> substr(b, 5, 1))::int + (substr(a, 6, 1) <> substr(b, 6, 1))::int
        + (substr(a, 7, 1) <> substr(b, 7, 1))::int + (substr(a, 8, 1) <> substr(b, 8, 1))::int)
$$;

-- Whether two names of several words that have one word in common have another two that could be one but for a slip:
-- whatever is left out, doubled, swapped or mistaken in a name, its first or its last letter stays.
CREATE FUNCTION others_alike(a text[], b text[], shared text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT cardinality(a) = 1 OR cardinality(b) = 1 OR EXISTS (
        SELECT FROM unnest(a) x, unnest(b) y WHERE x <> shared AND y <> shared AND (left(x, 1) = left(y, 1) OR right(x, 1) = right(y, 1)))
$$;

-- Pairs on the reader's roll that may be one pupil, set-wise: a number in common, a word of the names and the date of
-- birth in common, or the same names and nearly the same date of birth. All that ecm/duplicates/rules.py would offer, and
-- more: it decides between them.
-- Every join is on equality and so a hash join, whatever the planner thinks of the sizes: never each with each.
CREATE FUNCTION duplicate_candidates(p_most int) RETURNS TABLE (pupil_id uuid, other_pupil_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_nestloop = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE my_school uuid := (context() ->> 'agency')::uuid;
BEGIN
    IF NOT context() -> 'verbs' ? 'pupil:merge' THEN RETURN; END IF;
    RETURN QUERY
    WITH roll AS MATERIALIZED (
        SELECT u.id, to_char(u.date_of_birth, 'YYYYMMDD') AS born, string_to_array(u.search_key, ' ') AS words,
               lower(u.last_name) IN ('', lower(u.first_name), lower(u.preferred_name)) IS TRUE AS one_name, e.upn, lower(u.first_name) AS first, lower(u.last_name) AS last,
               lower(coalesce(u.preferred_name, '')) AS preferred
        FROM enrolment e, LATERAL (SELECT * FROM pupil x WHERE x.id = e.pupil_id OFFSET 0) u
        WHERE e.school_id = my_school AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
          AND NOT EXISTS (SELECT FROM enrolment o WHERE o.pupil_id = u.id AND o.school_id <> my_school
                          AND (o.to_on IS NULL OR app_now() < london_midnight(o.to_on + 1)) OFFSET 0)),
    word AS MATERIALIZED (
        SELECT r.id, r.born, r.words, r.one_name, w FROM roll r, LATERAL unnest(r.words) w WHERE r.born IS NOT NULL),
    -- The keys of first, last and preferred name, which the search key begins with, each once.
    named AS MATERIALIZED (
        SELECT r.*, CASE r.last WHEN '' THEN '' WHEN r.first THEN r.words[1] ELSE r.words[2] END AS last_key FROM roll r),
    called AS MATERIALIZED (
        SELECT n.id, n.born, n.words[1] || ' ' || n.last_key AS names FROM named n
        UNION
        SELECT n.id, n.born, CASE n.preferred WHEN n.last THEN n.last_key
            ELSE n.words[CASE WHEN n.last_key IN ('', n.words[1]) THEN 2 ELSE 3 END] END || ' ' || n.last_key
        FROM named n WHERE n.preferred NOT IN ('', n.first)),
    number AS MATERIALIZED (
        SELECT r.id, 'upn' AS kind, r.upn AS value FROM roll r WHERE r.upn IS NOT NULL
        UNION ALL
        SELECT r.id, CASE i.kind WHEN 'former_upn' THEN 'upn' ELSE i.kind END, i.value
        FROM roll r, LATERAL (SELECT * FROM pupil_identifier x WHERE x.pupil_id = r.id OFFSET 0) i),
    pair AS (
        SELECT a.id AS one, b.id AS two FROM number a JOIN number b ON a.kind = b.kind AND a.value = b.value WHERE a.id < b.id
        UNION
        SELECT a.id, b.id FROM word a JOIN word b ON a.born = b.born AND a.w = b.w
        WHERE a.id < b.id AND (a.one_name OR b.one_name OR others_alike(a.words, b.words, a.w))
        UNION
        SELECT a.id, b.id FROM called a JOIN called b ON a.names = b.names
        WHERE a.id < b.id AND (a.born IS NULL OR b.born IS NULL OR birth_slip(a.born, b.born)))
    SELECT p.one, p.two FROM pair p
    WHERE NOT EXISTS (SELECT FROM dismissed_pair d WHERE d.school_id = my_school AND d.pupil_id = p.one
                      AND d.other_pupil_id = p.two AND d.undone_at IS NULL)
    LIMIT p_most;
END $$;

-- Take both pupils and their cases for the rest of the transaction, always in one order; false: not both here to take.
CREATE FUNCTION take_pair(p_one uuid, p_two uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each uuid;
BEGIN
    IF p_one = p_two OR NOT keeps_alone(p_one) OR NOT keeps_alone(p_two) THEN RETURN false; END IF;
    FOR each IN SELECT x FROM unnest(ARRAY[p_one, p_two]) x ORDER BY x LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('pupil ' || each::text, 0));
    END LOOP;
    FOR each IN SELECT c.id FROM support_case c WHERE c.pupil_id IN (p_one, p_two) ORDER BY c.id LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(each::text, 0));
    END LOOP;
    PERFORM FROM pupil u WHERE u.id IN (p_one, p_two) ORDER BY u.id FOR UPDATE;
    RETURN keeps_alone(p_one) AND keeps_alone(p_two);
END $$;

-- Nothing hangs on this carer but the line itself and bars: never asked, never let in, no account, nobody else's carer.
CREATE FUNCTION carer_is_free(p_carer uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM carer k WHERE k.id = p_carer AND keeps_pupil(k.pupil_id, 'pupil:merge')
        AND NOT EXISTS (SELECT FROM carer_admission d WHERE d.carer_id = k.id)
        AND NOT EXISTS (SELECT FROM consent_request r WHERE r.carer_id = k.id)
        AND NOT EXISTS (SELECT FROM credential c WHERE c.person_id = k.person_id)
        AND NOT EXISTS (SELECT FROM membership m WHERE m.person_id = k.person_id)
        AND NOT EXISTS (SELECT FROM carer o WHERE o.person_id = k.person_id AND o.id <> k.id))
$$;

-- The carers of two pupils as the merge compares them: which are free, and whose telephone or address is the same or
-- not known, without either being shown.
CREATE FUNCTION carers_side_by_side(p_one uuid, p_two uuid)
RETURNS TABLE (id uuid, pupil_id uuid, person_id uuid, free boolean, reached_by text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.pupil_id, k.person_id, carer_is_free(k.id),
           encode(sha256(convert_to(coalesce(n.phone, n.email), 'UTF8')), 'hex')
    FROM carer k JOIN person n ON n.id = k.person_id
    WHERE k.pupil_id IN (p_one, p_two) AND keeps_alone(p_one) AND keeps_alone(p_two)
$$;

-- Everything that a merge touches, as it is: what somebody would need to put it right again.
CREATE FUNCTION record_as_it_is(p_pupil uuid) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object(
        'pupil', to_jsonb(u),
        'enrolments', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'imported' ORDER BY e.id), '[]') FROM enrolment e WHERE e.pupil_id = u.id),
        'sen_status', (SELECT to_jsonb(s) FROM sen_status s WHERE s.pupil_id = u.id),
        'identifiers', (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.id), '[]') FROM pupil_identifier i WHERE i.pupil_id = u.id),
        'carers', (SELECT coalesce(jsonb_agg(to_jsonb(k) || jsonb_build_object('name', n.name, 'email', n.email, 'phone', n.phone)
                                             ORDER BY k.id), '[]') FROM carer k JOIN person n ON n.id = k.person_id WHERE k.pupil_id = u.id),
        'bars', (SELECT coalesce(jsonb_agg(to_jsonb(b) ORDER BY b.id), '[]') FROM contact_bar b WHERE b.pupil_id = u.id),
        'cases', (SELECT coalesce(jsonb_agg(c.id ORDER BY c.id), '[]') FROM support_case c WHERE c.pupil_id = u.id))
    FROM pupil u WHERE u.id = p_pupil
$$;

-- Of two lines for one carer, `p_gone` ends in `p_kept`. Responsibility: seen proof stands, else both must say so.
CREATE FUNCTION join_carers(p_gone uuid, p_kept uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    g carer;
    k carer;
BEGIN
    SELECT * INTO STRICT g FROM carer WHERE id = p_gone;
    SELECT * INTO STRICT k FROM carer WHERE id = p_kept;
    UPDATE carer_admission SET carer_id = k.id WHERE carer_id = g.id;
    UPDATE consent_request SET carer_id = k.id WHERE carer_id = g.id;
    DELETE FROM carer WHERE id = g.id;
    UPDATE carer SET version = version + 1, needs_interpreter = k.needs_interpreter OR g.needs_interpreter,
        has_parental_responsibility = (k.has_parental_responsibility AND g.has_parental_responsibility)
            OR (k.has_parental_responsibility AND k.authority_verified_at IS NOT NULL)
            OR (g.has_parental_responsibility AND g.authority_verified_at IS NOT NULL),
        authority_seen = coalesce(k.authority_seen, g.authority_seen),
        authority_verified_at = coalesce(k.authority_verified_at, g.authority_verified_at)
        WHERE id = k.id;
    IF g.person_id <> k.person_id THEN
        UPDATE contact_bar SET person_id = k.person_id WHERE person_id = g.person_id;
        UPDATE court_order SET person_id = k.person_id WHERE person_id = g.person_id;
        DELETE FROM person WHERE id = g.person_id;
    END IF;
END $$;

-- Put `p_gone` into `p_kept`: what belongs to either belongs to the kept one from now on, with `p_said` as its details,
-- and the other is nowhere any more. `p_joined`: lines of two free-standing carers who are one person, as {gone: kept}.
-- Null: not this reader's to merge. What moved otherwise, as ids. Access follows by the triggers of the tables.
CREATE FUNCTION merge_pupils(p_id uuid, p_kept uuid, p_gone uuid, p_said jsonb, p_joined jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    school uuid := (me ->> 'agency')::uuid;
    before jsonb;
    moved jsonb;
    k enrolment;
    g enrolment;
    one record;
BEGIN
    IF NOT take_pair(p_kept, p_gone) THEN RETURN NULL; END IF;
    before := jsonb_build_object('kept', record_as_it_is(p_kept), 'gone', record_as_it_is(p_gone));
    moved := jsonb_build_object(
        'cases', before #> '{gone,cases}', 'joined', p_joined,
        'carers', jsonb_path_query_array(before, '$.gone.carers[*].id'),
        'bars', jsonb_path_query_array(before, '$.gone.bars[*].id'),
        'enrolments', jsonb_path_query_array(before, '$.gone.enrolments[*].id'),
        'identifiers', jsonb_path_query_array(before, '$.gone.identifiers[*].id'),
        'drafts', (SELECT coalesce(jsonb_agg(d.id), '[]') FROM case_draft d WHERE d.pupil_id = p_gone));

    -- Who is kept away from either is kept away from both, before anything else moves.
    UPDATE contact_bar SET pupil_id = p_kept WHERE pupil_id = p_gone;
    PERFORM join_denials(p_gone, p_kept);
    PERFORM join_shields(p_gone, p_kept);
    FOR one IN SELECT gone.id AS gone, kept.id AS kept FROM carer gone JOIN carer kept ON kept.person_id = gone.person_id
               WHERE gone.pupil_id = p_gone AND kept.pupil_id = p_kept LOOP
        moved := jsonb_set(moved, ARRAY['joined', one.gone::text], to_jsonb(one.kept));
        PERFORM join_carers(one.gone, one.kept);
    END LOOP;
    FOR one IN SELECT x.key::uuid AS gone, x.value::uuid AS kept FROM jsonb_each_text(p_joined) x LOOP
        IF NOT carer_is_free(one.gone) OR NOT EXISTS (SELECT FROM carer a JOIN carer b ON b.id = one.kept
                WHERE a.id = one.gone AND ARRAY[a.pupil_id, b.pupil_id] <@ ARRAY[p_kept, p_gone] AND a.pupil_id <> b.pupil_id) THEN
            RAISE EXCEPTION 'not to be joined' USING ERRCODE = 'check_violation', CONSTRAINT = 'carers_of_the_pair';
        END IF;
        PERFORM join_carers(one.gone, one.kept);
    END LOOP;
    UPDATE carer SET pupil_id = p_kept, version = version + 1 WHERE pupil_id = p_gone;
    UPDATE support_case SET pupil_id = p_kept WHERE pupil_id = p_gone;

    DELETE FROM case_draft d USING case_draft o WHERE d.membership_id = o.membership_id AND d.pupil_id <> o.pupil_id
        AND ARRAY[d.pupil_id, o.pupil_id] <@ ARRAY[p_kept, p_gone] AND (d.updated_at, d.id) < (o.updated_at, o.id);
    UPDATE case_draft SET pupil_id = p_kept WHERE pupil_id = p_gone;

    SELECT * INTO k FROM enrolment e WHERE e.pupil_id = p_kept AND e.school_id = school
        AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1)) ORDER BY e.to_on NULLS FIRST, e.from_on DESC LIMIT 1;
    SELECT * INTO g FROM enrolment e WHERE e.pupil_id = p_gone AND e.school_id = school
        AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1)) ORDER BY e.to_on NULLS FIRST, e.from_on DESC LIMIT 1;
    -- Their numbers are known to the matching service already, whichever row they stand in.
    UPDATE school_match m SET pupil_id = p_kept WHERE m.pupil_id = p_gone AND NOT EXISTS (
        SELECT FROM school_match x WHERE x.pupil_id = p_kept AND x.other_school_id = m.other_school_id AND x.number = m.number);
    DELETE FROM school_match WHERE pupil_id = p_gone;
    -- Somebody said that they would leave, and then that they stay: that is the kept line's story now.
    UPDATE departure SET pupil_id = p_kept, enrolment_id = CASE enrolment_id WHEN g.id THEN k.id ELSE enrolment_id END
        WHERE pupil_id = p_gone;
    DELETE FROM enrolment WHERE id = g.id;
    UPDATE enrolment SET pupil_id = p_kept WHERE pupil_id = p_gone;
    UPDATE case_handover SET pupil_before_id = p_kept WHERE pupil_before_id = p_gone;
    UPDATE enrolment SET upn = p_said ->> 'upn', year_group = p_said ->> 'year_group', class_name = p_said ->> 'class_name',
        from_on = least(k.from_on, g.from_on), imported = coalesce(k.imported, g.imported) WHERE id = k.id;

    DELETE FROM pupil_identifier i WHERE i.pupil_id IN (p_kept, p_gone) AND i.school_id = school
        AND i.kind <> 'former_upn' AND i.value IS DISTINCT FROM p_said ->> i.kind;
    DELETE FROM pupil_identifier i USING pupil_identifier o WHERE i.pupil_id = p_gone AND o.pupil_id = p_kept
        AND (i.school_id, i.kind, i.value) = (o.school_id, o.kind, o.value);
    UPDATE pupil_identifier SET pupil_id = p_kept WHERE pupil_id = p_gone;
    INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value)
        SELECT gen_random_uuid(), p_kept, school, 'former_upn', n FROM (SELECT p_said ->> 'former_upn' AS n) x
        WHERE n IS NOT NULL AND NOT EXISTS (SELECT FROM pupil_identifier i WHERE i.pupil_id = p_kept AND i.school_id = school
                                            AND i.kind = 'former_upn' AND i.value = n);
    DELETE FROM sen_status WHERE pupil_id IN (p_kept, p_gone);
    INSERT INTO sen_status (pupil_id, sen_provision, needs) VALUES (p_kept, p_said ->> 'sen_provision', p_said -> 'needs');

    UPDATE dismissed_pair SET undone_at = app_now(), undone_by_membership_id = (me ->> 'membership')::uuid
        WHERE undone_at IS NULL AND p_gone IN (pupil_id, other_pupil_id) AND EXISTS (
            SELECT FROM dismissed_pair x WHERE x.undone_at IS NULL AND p_kept IN (x.pupil_id, x.other_pupil_id)
            AND CASE x.pupil_id WHEN p_kept THEN x.other_pupil_id ELSE x.pupil_id END
              = CASE dismissed_pair.pupil_id WHEN p_gone THEN dismissed_pair.other_pupil_id ELSE dismissed_pair.pupil_id END);
    DELETE FROM dismissed_pair WHERE ARRAY[p_kept, p_gone] <@ ARRAY[pupil_id, other_pupil_id];
    UPDATE dismissed_pair SET
        pupil_id = least(p_kept, CASE pupil_id WHEN p_gone THEN other_pupil_id ELSE pupil_id END),
        other_pupil_id = greatest(p_kept, CASE pupil_id WHEN p_gone THEN other_pupil_id ELSE pupil_id END)
        WHERE p_gone IN (pupil_id, other_pupil_id);
    UPDATE pupil_merge SET pupil_id = p_kept WHERE pupil_id = p_gone;

    UPDATE pupil SET first_name = p_said ->> 'first_name', last_name = p_said ->> 'last_name',
        preferred_name = p_said ->> 'preferred_name', pronouns = p_said ->> 'pronouns',
        date_of_birth = (p_said ->> 'date_of_birth')::date, date_of_birth_known = (p_said ->> 'date_of_birth_known')::boolean,
        died_on = coalesce(died_on, (before #>> '{gone,pupil,died_on}')::date),
        search_key = p_said ->> 'search_key', version = version + 1 WHERE id = p_kept;
    DELETE FROM match_mark WHERE pupil_id = p_gone;
    DELETE FROM pupil_search WHERE pupil_id = p_gone;
    DELETE FROM pupil WHERE id = p_gone;
    INSERT INTO pupil_merge (id, school_id, pupil_id, gone_id, by_membership_id, at, reason, moved, before)
        VALUES (p_id, school, p_kept, p_gone, (me ->> 'membership')::uuid, app_now(), p_reason, moved, before);
    RETURN moved;
END $$;

-- Who of the school opened the pupil under any of the ids the record has had, what and how often on a day, newest first:
-- the log is never rewritten, so it is asked for all of them.
CREATE FUNCTION openings_of_merged(p_merge uuid, p_most int)
RETURNS TABLE (at timestamptz, times int, event text, name text, role text, gone boolean, kept boolean) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    school uuid := (context() ->> 'agency')::uuid;
    holder uuid;
BEGIN
    SELECT m.pupil_id INTO holder FROM pupil_merge m WHERE m.id = p_merge AND m.school_id = school;
    IF NOT FOUND OR NOT context() -> 'verbs' ? 'pupil:merge' THEN RETURN; END IF;
    RETURN QUERY
    SELECT max((e.entry ->> 'at')::timestamptz), count(DISTINCT e.id)::int, e.event, n.name, e.entry ->> 'role',
           bool_or(p.pupil_id <> holder), bool_or(p.pupil_id = holder)
    FROM audit_event_pupil p JOIN audit_event e ON e.id = p.event_id JOIN person n ON n.id = e.actor
    WHERE p.pupil_id IN (SELECT holder UNION ALL SELECT m.gone_id FROM pupil_merge m WHERE m.pupil_id = holder)
      AND e.agency = school AND e.entry ->> 'outcome' = 'shown'
    GROUP BY e.event, e.actor, n.name, e.entry ->> 'role',
             ((e.entry ->> 'at')::timestamptz AT TIME ZONE 'Europe/London')::date ORDER BY 1 DESC, 3 LIMIT p_most;
END $$;

-- ------------------------------------------------------------------------------------------------- across schools

-- A number that is new, or on the roll again, is to be looked for at other schools: not now, and not by who typed it.
CREATE FUNCTION mark_enrolments() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO match_mark SELECT DISTINCT n.pupil_id FROM new_rows n WHERE n.to_on IS NULL ORDER BY 1 ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO match_mark SELECT DISTINCT n.pupil_id FROM new_rows n JOIN old_rows o ON o.id = n.id
            WHERE n.to_on IS NULL AND (n.upn IS DISTINCT FROM o.upn OR o.to_on IS NOT NULL) ORDER BY 1 ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION mark_identifiers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO match_mark SELECT DISTINCT pupil_id FROM new_rows WHERE kind = 'uln' ORDER BY 1 ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION matches_to_look_for() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT EXISTS (SELECT FROM match_mark) FROM context() $$;

-- Look for the numbers of pupils marked, at most `p_limit` of them: each school gets a line about its own pupil, once for
-- each number and other school. A former UPN is never looked for: a child who was adopted or is at risk has a new number
-- so that nobody finds them by the old one. Source: DfE, Unique Pupil Numbers guide. `taken`: how many were looked for.
CREATE FUNCTION find_matches(p_limit int, p_proof bytea) RETURNS TABLE (taken int, match_id uuid, pupil_id uuid, tell uuid[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE marked uuid[];
BEGIN
    IF context() ->> 'service' IS DISTINCT FROM 'matching' OR NOT proved('find_matches|' || p_limit, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH gone AS (DELETE FROM match_mark WHERE pupil_id IN (
        SELECT pupil_id FROM match_mark ORDER BY pupil_id LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING pupil_id)
    SELECT coalesce(array_agg(pupil_id), '{}') INTO marked FROM gone;
    RETURN QUERY
    WITH number AS MATERIALIZED (
        SELECT e.pupil_id, e.school_id, 'upn' AS kind, e.upn AS value FROM enrolment e
        WHERE e.pupil_id = ANY (marked) AND e.upn IS NOT NULL AND e.to_on IS NULL
        UNION ALL
        SELECT i.pupil_id, i.school_id, 'uln', i.value FROM pupil_identifier i
        JOIN enrolment e ON e.pupil_id = i.pupil_id AND e.school_id = i.school_id AND e.to_on IS NULL
        WHERE i.pupil_id = ANY (marked) AND i.kind = 'uln'),
    pair AS MATERIALIZED (
        SELECT n.*, o.pupil_id AS other_pupil, o.school_id AS other_school FROM number n
        JOIN enrolment o ON n.kind = 'upn' AND o.upn = n.value AND o.school_id <> n.school_id
            AND o.pupil_id <> n.pupil_id AND o.to_on IS NULL
        UNION ALL
        SELECT n.*, i.pupil_id, i.school_id FROM number n
        JOIN pupil_identifier i ON n.kind = 'uln' AND i.kind = 'uln' AND i.value = n.value
            AND i.school_id <> n.school_id AND i.pupil_id <> n.pupil_id
        JOIN enrolment o ON o.pupil_id = i.pupil_id AND o.school_id = i.school_id AND o.to_on IS NULL),
    side AS (
        SELECT p.pupil_id AS own, p.school_id AS school, p.other_school AS other, p.kind, p.value FROM pair p
        UNION SELECT p.other_pupil, p.other_school, p.school_id, p.kind, p.value FROM pair p),
    found AS (
        INSERT INTO school_match (id, school_id, pupil_id, other_school_id, kind, number, found_at)
        SELECT DISTINCT ON (s.own, s.other) gen_random_uuid(), s.school, s.own, s.other, s.kind, s.value, app_now()
        FROM side s JOIN pupil u ON u.id = s.own AND u.died_on IS NULL
        WHERE NOT EXISTS (SELECT FROM school_match m WHERE m.pupil_id = s.own AND m.other_school_id = s.other
                          AND (m.outcome IS NULL OR m.number = s.value))
        ORDER BY s.own, s.other, s.kind DESC ON CONFLICT DO NOTHING
        RETURNING id, school_id, pupil_id)
    SELECT cardinality(marked), f.id, f.pupil_id, ARRAY(
        SELECT m.id FROM membership m WHERE m.agency_id = f.school_id AND m.started_at <= app_now()
        AND (m.ended_at IS NULL OR m.ended_at > app_now())
        AND (m.role = 'senco' OR EXISTS (SELECT FROM support_case c WHERE c.pupil_id = f.pupil_id AND c.school_id = f.school_id
                                         AND c.status = 'open' AND c.lead_membership_id = m.id)) ORDER BY m.id)
    FROM (SELECT) one LEFT JOIN found f ON true;
END $$;

-- The leads of a school, and who leads an open case of the pupil there.
CREATE FUNCTION told_of_match(p_school uuid, p_pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_school = (context() ->> 'agency')::uuid AND p_pupil <> ALL (closed_pupils()) AND (context() -> 'verbs' ? 'pupil:merge' OR EXISTS (
        SELECT FROM support_case c WHERE c.pupil_id = p_pupil AND c.school_id = p_school AND c.status = 'open'
        AND c.lead_membership_id = ANY (principals()) AND (c.lead_membership_id <> ALL (covered()) OR stands_in(c.id))))
$$;

GRANT EXECUTE ON FUNCTION keeps_alone(uuid), birth_slip(text, text), duplicate_candidates(int), take_pair(uuid, uuid),
    carers_side_by_side(uuid, uuid), merge_pupils(uuid, uuid, uuid, jsonb, jsonb, text), openings_of_merged(uuid, int),
    matches_to_look_for(), find_matches(int, bytea), told_of_match(uuid, uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION mark_enrolments(), mark_identifiers() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['dismissed_pair', 'pupil_merge', 'school_match', 'match_mark'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO ecm_policy', t);
    END LOOP;
END $$;
GRANT DELETE ON pupil, pupil_search, enrolment, sen_status, carer, person, pupil_identifier TO ecm_policy;
GRANT SELECT, INSERT, UPDATE ON pupil_identifier TO ecm_policy;
GRANT SELECT, UPDATE ON enrolment, case_draft, contact_bar, departure, case_handover TO ecm_policy;

GRANT SELECT, INSERT ON dismissed_pair TO ecm_app;
GRANT UPDATE (undone_at, undone_by_membership_id) ON dismissed_pair TO ecm_app;
GRANT SELECT ON pupil_merge, school_match TO ecm_app;
GRANT UPDATE (outcome, settled_at, settled_by_membership_id) ON school_match TO ecm_app;
CREATE POLICY dismissed_pair_of_my_school ON dismissed_pair FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'pupil:merge') AND school_id = (SELECT (context() ->> 'agency')::uuid));
CREATE POLICY dismissed_pair_said ON dismissed_pair FOR INSERT TO ecm_app WITH CHECK (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND undone_at IS NULL AND keeps_alone(pupil_id) AND keeps_alone(other_pupil_id));
CREATE POLICY dismissed_pair_undone ON dismissed_pair FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'pupil:merge') AND school_id = (SELECT (context() ->> 'agency')::uuid) AND undone_at IS NULL)
    WITH CHECK (undone_by_membership_id = (SELECT (context() ->> 'membership')::uuid));
CREATE POLICY pupil_merge_of_my_school ON pupil_merge FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'pupil:merge') AND school_id = (SELECT (context() ->> 'agency')::uuid));
CREATE POLICY school_match_of_my_school ON school_match FOR SELECT TO ecm_app USING (told_of_match(school_id, pupil_id));
CREATE POLICY school_match_settled ON school_match FOR UPDATE TO ecm_app
    USING (outcome IS NULL AND told_of_match(school_id, pupil_id))
    WITH CHECK (settled_by_membership_id = (SELECT (context() ->> 'membership')::uuid));

CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON dismissed_pair FOR EACH ROW EXECUTE FUNCTION stamp_times('at');
CREATE TRIGGER z_mark_insert AFTER INSERT ON enrolment REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION mark_enrolments();
CREATE TRIGGER z_mark_update AFTER UPDATE ON enrolment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION mark_enrolments();
CREATE TRIGGER z_mark_insert AFTER INSERT ON pupil_identifier REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION mark_identifiers();
CREATE TRIGGER z_mark_update AFTER UPDATE ON pupil_identifier REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION mark_identifiers();
RESET ROLE;
