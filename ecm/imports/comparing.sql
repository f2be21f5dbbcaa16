-- What a file would change: each row beside the roll, for the whole file at once. Nested loops are off where the planner
-- cannot know how many rows a file has; what must be looked up one by one says so with OFFSET 0. "(…) IS TRUE" is not a
-- condition for an index: a table nobody has analysed yet makes the planner look a pupil up among all of the school, or
-- among all who are on a roll (those indexes are partial).

SET ROLE ecm_policy;

CREATE FUNCTION school_day() RETURNS date LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (app_now() AT TIME ZONE 'Europe/London')::date $$;

-- A name as it is compared: without case, spaces, hyphens and apostrophes.
CREATE FUNCTION plain_name(p_name text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT translate(lower(p_name), ' -.''’‘ʼ`', '') $$;

-- The keys of first and last name at the head of a search key (ecm/pupils/rules.py).
CREATE FUNCTION names_of_key(p_key text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT split_part(p_key, ' ', 1) || ' ' || split_part(p_key, ' ', 2) $$;

-- Who is on the roll of a school today, and what is written of them now, in the words of a file; what is empty is left out.
CREATE FUNCTION roll_of(p_school uuid)
RETURNS TABLE (enrolment_id uuid, pupil_id uuid, upn text, uln text, nhs_number text, formers text[], names text, born text,
               sort_key text, died boolean, imported jsonb, now jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.id, e.pupil_id, e.upn, n.uln, n.nhs_number, coalesce(n.formers, '{}'), names_of_key(u.search_key),
           u.date_of_birth::text, lower(u.last_name || ' ' || u.first_name), u.died_on IS NOT NULL, e.imported,
           jsonb_strip_nulls(jsonb_build_object(
               'upn', e.upn, 'uln', n.uln, 'nhs_number', n.nhs_number,
               'first_name', nullif(u.first_name, ''), 'last_name', nullif(u.last_name, ''),
               'preferred_name', nullif(u.preferred_name, ''), 'date_of_birth', u.date_of_birth,
               'year_group', e.year_group, 'class_name', nullif(e.class_name, ''),
               'sen_provision', s.sen_provision, 'needs', nullif(s.needs, '[]')))
    FROM enrolment e
    JOIN LATERAL (SELECT * FROM pupil x WHERE x.id = e.pupil_id OFFSET 0) u ON true
    LEFT JOIN LATERAL (SELECT * FROM sen_status x WHERE x.pupil_id = e.pupil_id OFFSET 0) s ON true
    LEFT JOIN LATERAL (
        SELECT max(x.value) FILTER (WHERE x.kind = 'uln') AS uln, max(x.value) FILTER (WHERE x.kind = 'nhs_number') AS nhs_number,
               array_agg(x.value) FILTER (WHERE x.kind = 'former_upn') AS formers
        FROM pupil_identifier x WHERE x.pupil_id = e.pupil_id AND (x.school_id = p_school) IS TRUE OFFSET 0) n ON true
    WHERE e.school_id = p_school AND (e.to_on IS NULL OR e.to_on >= school_day())
$$;

-- The roll as a number: another one as soon as anything of it is written, whoever wrote it.
CREATE FUNCTION roll_print(p_school uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) || '.' || coalesce(sum(hashtextextended(concat_ws('|', r.pupil_id, r.now, r.imported, r.formers, r.died, c.adults), 0)), 0)
    FROM roll_of(p_school) r LEFT JOIN LATERAL (
        SELECT string_agg(concat_ws('|', k.id, k.version, k.authority_verified_at, n.name, n.email, n.phone, n.phone_verified_at,
            EXISTS (SELECT FROM carer_admission a WHERE a.carer_id = k.id AND a.ended_at IS NULL),
            EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                    AND (b.until_at IS NULL OR app_now() < b.until_at))), ';' ORDER BY k.id) AS adults
        FROM carer k JOIN person n ON n.id = k.person_id WHERE k.pupil_id = r.pupil_id OFFSET 0) c ON true
$$;

-- Find each row's pupil and say what would become of it: new, changed (what the school itself has not changed since the
-- last file), unchanged, rejected; and who is on the roll and not in the file. Source: ADR 0021.
CREATE FUNCTION compare_rows(p_import uuid, p_school uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off SET work_mem = '32MB' AS $$
DECLARE
    fields text[] := ARRAY['first_name', 'last_name', 'preferred_name', 'date_of_birth', 'upn', 'former_upn', 'uln', 'nhs_number',
                           'year_group', 'class_name', 'sen_provision', 'needs'];
BEGIN
    DELETE FROM import_row WHERE import_id = p_import AND kind = 'leaver' AND said = '{}';
    WITH roll AS MATERIALIZED (SELECT * FROM roll_of(p_school)),
    staged AS MATERIALIZED (
        SELECT r.id, r.row, r.said, names_of_key(r.search_key) AS names, r.said ->> 'date_of_birth' AS born,
               r.said ->> 'upn' AS upn, r.said ->> 'uln' AS uln, r.said ->> 'nhs_number' AS nhs_number,
               r.said ->> 'former_upn' AS former_upn, r.said ->> 'ecm_id' AS ecm_id, (r.said ->> 'left_on')::date <= school_day() AS has_left
        FROM import_row r WHERE r.import_id = p_import AND r.problems = '[]'),
    past AS (
        SELECT f AS value, (array_agg(r.pupil_id))[1] AS pupil_id FROM roll r, LATERAL unnest(r.formers) f
        GROUP BY f HAVING count(*) = 1),
    by_name AS (
        SELECT r.names, r.born, (array_agg(r.pupil_id))[1] AS pupil_id, max(r.upn) AS upn, max(r.uln) AS uln
        FROM roll r WHERE r.born IS NOT NULL GROUP BY r.names, r.born HAVING count(*) = 1),
    found AS MATERIALIZED (
        SELECT DISTINCT ON (s.id) s.id, s.row, s.said, s.names, s.born, s.upn, s.has_left, l.pupil_id AS uln_of, h.pupil_id AS nhs_of,
               e.pupil_id AS ecm_of,
               coalesce(u.pupil_id, l.pupil_id, b.pupil_id, p.pupil_id, q.pupil_id, e.pupil_id, n.pupil_id) AS pupil_id
        FROM staged s
        LEFT JOIN roll u ON u.upn = s.upn
        LEFT JOIN roll l ON l.uln = s.uln
        LEFT JOIN roll h ON h.nhs_number = s.nhs_number
        LEFT JOIN roll b ON b.upn = s.former_upn
        LEFT JOIN past p ON p.value = s.upn
        LEFT JOIN past q ON q.value = s.former_upn
        LEFT JOIN roll e ON e.pupil_id::text = s.ecm_id
        LEFT JOIN by_name n ON n.names = s.names AND n.born = s.born AND (s.upn IS NULL OR n.upn IS NULL)
                           AND (s.uln IS NULL OR n.uln IS NULL)
        ORDER BY s.id),
    -- Rows that cannot all be right. One sentence names them together.
    twins AS (
        SELECT x.field, 'twice' AS code, (array_agg(x.row ORDER BY x.row))[:5] AS rows, array_agg(x.id) AS ids
        FROM (SELECT s.id, s.row, v.field, v.value FROM staged s, LATERAL (
                  VALUES ('upn', s.upn), ('uln', s.uln), ('nhs_number', s.nhs_number)) v (field, value)
              WHERE v.value IS NOT NULL) x GROUP BY x.field, x.value HAVING count(*) > 1
        UNION ALL
        SELECT '', 'same_pupil', (array_agg(f.row ORDER BY f.row))[:5], array_agg(f.id)
        FROM found f WHERE f.pupil_id IS NOT NULL GROUP BY f.pupil_id
        HAVING count(*) > 1 AND (count(DISTINCT f.upn) <> 1 OR count(f.upn) < count(*))
        UNION ALL
        SELECT '', 'same_person', (array_agg(f.row ORDER BY f.row))[:5], array_agg(f.id)
        FROM found f WHERE f.pupil_id IS NULL AND f.born IS NOT NULL GROUP BY f.names, f.born
        HAVING count(*) > 1 AND count(f.upn) < count(*)),
    conflict AS (
        SELECT c.id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('field', c.field, 'code', c.code, 'rows', c.rows))) AS conflicts FROM (
            SELECT t.field, t.code, t.rows, i.id FROM twins t, LATERAL unnest(t.ids) i (id)
            UNION ALL SELECT 'uln', 'other_pupil', NULL, f.id FROM found f WHERE f.uln_of <> f.pupil_id
            UNION ALL SELECT 'nhs_number', 'other_pupil', NULL, f.id FROM found f WHERE f.nhs_of IS NOT NULL AND f.nhs_of IS DISTINCT FROM f.pupil_id
            UNION ALL SELECT 'ecm_id', 'other_pupil', NULL, f.id FROM found f WHERE f.ecm_of <> f.pupil_id
            UNION ALL SELECT 'left_on', 'left', NULL, f.id FROM found f WHERE f.has_left AND f.pupil_id IS NULL
            UNION ALL SELECT 'first_name', 'nameless', NULL, f.id FROM found f WHERE f.pupil_id IS NULL AND NOT f.said ? 'first_name') c
        GROUP BY c.id),
    -- Three ways: the file, now, and what the last file said. What is as the last file left it may be changed.
    differing AS (
        SELECT d.id,
               jsonb_agg(jsonb_build_object('field', d.field, 'now', d.now, 'file', d.file) ORDER BY array_position(fields, d.field))
                   FILTER (WHERE d.why IS NULL) AS changes,
               jsonb_agg(jsonb_build_object('field', d.field, 'now', d.now, 'file', d.file, 'why', d.why) ORDER BY array_position(fields, d.field))
                   FILTER (WHERE d.why IS NOT NULL) AS kept
        FROM (
            SELECT f.id, v.key AS field, r.now -> v.key AS now, v.value AS file,
                   CASE WHEN v.key = 'upn' AND f.upn = ANY (r.formers) THEN 'former'
                        WHEN r.now ? v.key AND r.now -> v.key IS DISTINCT FROM r.imported -> v.key THEN 'by_hand'
                        WHEN NOT r.now ? v.key AND r.imported ? v.key THEN 'emptied' END AS why
            FROM found f JOIN roll r ON r.pupil_id = f.pupil_id, LATERAL jsonb_each(f.said) v
            WHERE NOT r.died AND f.has_left IS NOT TRUE AND r.now || (f.said - '{left_on,from_on,former_upn,ecm_id}'::text[]) <> r.now
              AND v.key = ANY (fields) AND v.key <> 'former_upn' AND v.value IS DISTINCT FROM r.now -> v.key
            UNION ALL
            SELECT f.id, 'former_upn', NULL, f.said -> 'former_upn', NULL
            FROM found f JOIN roll r ON r.pupil_id = f.pupil_id
            WHERE NOT r.died AND f.has_left IS NOT TRUE AND f.said ? 'former_upn' AND f.said ->> 'former_upn' <> ALL (r.formers)
              AND f.said ->> 'former_upn' IS DISTINCT FROM f.upn) d
        GROUP BY d.id)
    UPDATE import_row t SET
        kind = CASE WHEN t.problems <> '[]' OR c.id IS NOT NULL THEN 'rejected' WHEN f.has_left THEN 'leaver'
                    WHEN f.pupil_id IS NULL THEN 'new' WHEN d.changes IS NOT NULL THEN 'changed' ELSE 'unchanged' END,
        pupil_id = CASE WHEN t.problems <> '[]' OR c.id IS NOT NULL THEN NULL
                        ELSE coalesce(f.pupil_id, audit_id(app_now(), t.row)) END,
        conflicts = coalesce(c.conflicts, '[]'),
        changes = CASE WHEN c.id IS NULL THEN coalesce(d.changes, '[]') ELSE '[]' END,
        kept = CASE WHEN c.id IS NULL THEN coalesce(d.kept, '[]') ELSE '[]' END
    FROM import_row o LEFT JOIN found f ON f.id = o.id LEFT JOIN conflict c ON c.id = o.id LEFT JOIN differing d ON d.id = o.id
    WHERE o.import_id = p_import AND t.id = o.id;

    UPDATE import_row t SET kind = CASE WHEN t.kind = 'unchanged' AND p.changes IS NOT NULL THEN 'changed' ELSE t.kind END,
        changes = t.changes || coalesce(p.changes, '[]'), kept = t.kept || coalesce(p.kept, '[]')
    FROM (SELECT c.row_id, jsonb_agg(x) FILTER (WHERE NOT x ? 'why') AS changes, jsonb_agg(x) FILTER (WHERE x ? 'why') AS kept
          FROM plan_carers(p_import, p_school) c, LATERAL jsonb_array_elements(c.told) x GROUP BY c.row_id) p
    WHERE t.id = p.row_id AND t.import_id = p_import;

    -- Who is new and has the name of somebody here may be that pupil, written down otherwise.
    UPDATE import_row t SET warnings = coalesce((SELECT jsonb_agg(w) FROM jsonb_array_elements(t.warnings) w WHERE NOT w ? 'namesake'), '[]')
        || coalesce(n.told, '[]')
    FROM import_row o LEFT JOIN (
        SELECT r.names, jsonb_build_array(jsonb_build_object('field', 'last_name', 'namesake', true, 'message',
            'Your roll has a pupil of this name' || coalesce(', born ' || string_agg(to_char(r.born::date, 'FMDD FMMonth YYYY'), ' and ' ORDER BY r.born), '')
            || '. Make sure that this is another pupil.')) AS told
        FROM roll_of(p_school) r WHERE NOT r.died GROUP BY r.names) n ON o.kind = 'new' AND n.names = names_of_key(o.search_key)
    WHERE o.import_id = p_import AND t.id = o.id AND (n.told IS NOT NULL OR o.warnings @> '[{"namesake": true}]');

    INSERT INTO import_row (import_id, row, kind, pupil_id)
        SELECT p_import, 100000000 + row_number() OVER (ORDER BY r.sort_key, r.pupil_id), 'leaver', r.pupil_id
        FROM roll_of(p_school) r WHERE NOT r.died AND NOT EXISTS (
            SELECT FROM import_row x WHERE x.import_id = p_import AND x.pupil_id = r.pupil_id);
END $$;

-- Every carer a file names, and what becomes of each. `person_id` is who it is: of the pupil already (`carer_id`), known
-- here as the carer of another pupil, or new (`is_new`, once for each person). `told` is what the preview says of it.
-- An e-mail address that is anybody else's is left out; a bar, an admitted carer, what was checked stays as it is.
CREATE FUNCTION plan_carers(p_import uuid, p_school uuid)
RETURNS TABLE (row_id uuid, place bigint, pupil_id uuid, carer_id uuid, person_id uuid, is_new boolean, skipped boolean,
               said jsonb, email text, taken jsonb, told jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_nestloop = off SET work_mem = '32MB' AS $$
    WITH said AS MATERIALIZED (
        SELECT r.id AS row_id, r.row, r.kind, r.pupil_id, c.place, c.said, plain_name(c.said ->> 'name') AS name,
               lower(c.said ->> 'email') AS email, array_agg(plain_name(c.said ->> 'name')) OVER (PARTITION BY r.id) AS names, e.was
        FROM import_row r
        LEFT JOIN LATERAL (SELECT x.imported -> 'carers' AS was FROM enrolment x WHERE x.pupil_id = r.pupil_id AND (x.school_id = p_school) IS TRUE
                           AND (x.to_on IS NULL OR x.to_on >= school_day()) IS TRUE LIMIT 1) e ON true,
        LATERAL jsonb_array_elements(r.carers) WITH ORDINALITY c (said, place)
        -- Where the file says of them what the last one said, there is nothing to do and nothing to tell.
        WHERE r.import_id = p_import AND r.kind IN ('new', 'changed', 'unchanged') AND r.carers <> '[]'
          AND (r.kind = 'new' OR r.carers IS DISTINCT FROM e.was)),
    known AS MATERIALIZED (
        SELECT k.id, k.pupil_id, k.person_id, k.relationship, k.has_parental_responsibility, k.authority_verified_at IS NOT NULL AS proved,
               k.language, n.name AS full_name, plain_name(n.name) AS name, n.email, n.phone, n.phone_verified_at IS NOT NULL AS called,
               EXISTS (SELECT FROM carer_admission a WHERE a.carer_id = k.id AND a.ended_at IS NULL) AS admitted,
               EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                       AND (b.until_at IS NULL OR app_now() < b.until_at)) AS barred,
               EXISTS (SELECT FROM credential x WHERE x.person_id = k.person_id) OR known_beyond(k.person_id, p_school) AS their_own
        FROM (SELECT DISTINCT s.pupil_id FROM said s WHERE s.kind <> 'new') p
        JOIN LATERAL (SELECT * FROM carer x WHERE x.pupil_id = p.pupil_id OFFSET 0) k ON true
        JOIN LATERAL (SELECT * FROM person x WHERE x.id = k.person_id OFFSET 0) n ON true),
    barred AS (SELECT DISTINCT b.pupil_id FROM contact_bar b JOIN said s ON s.pupil_id = b.pupil_id
               WHERE b.until_at IS NULL OR app_now() < b.until_at),
    met AS MATERIALIZED (
        SELECT DISTINCT ON (s.row_id, s.place) s.*, k.id AS carer_id, k.person_id AS known_person, audit_id(app_now(), s.row) AS fresh,
               k.id IS NULL AND b.pupil_id IS NOT NULL AS skipped
        FROM said s LEFT JOIN barred b ON b.pupil_id = s.pupil_id LEFT JOIN known k ON k.pupil_id = s.pupil_id AND (k.name = s.name
            OR (k.email = s.email AND k.name <> ALL (s.names)))
        ORDER BY s.row_id, s.place, (k.name = s.name) DESC, k.id),
    -- Whose an address would be: the first in the file that says it, unless somebody has it.
    claim AS MATERIALIZED (
        SELECT m.row_id, m.place, h.id AS holder,
               h.id IS NOT NULL AND plain_name(h.name) = m.name AND EXISTS (SELECT FROM carer x WHERE x.person_id = h.id)
                   AND NOT known_beyond(h.id, p_school) AS holder_is_it,
               first_value(m.name) OVER w AS first_name, row_number() OVER w AS turn,
               first_value(coalesce(m.known_person, m.fresh)) OVER w AS first_person
        FROM met m LEFT JOIN LATERAL (SELECT * FROM person x WHERE x.email = m.email OFFSET 0) h ON true
        WHERE m.email IS NOT NULL AND NOT m.skipped
        WINDOW w AS (PARTITION BY m.email ORDER BY m.carer_id IS NULL, m.row, m.place)),
    settled AS MATERIALIZED (
        SELECT m.*, c.turn, CASE WHEN c.holder_is_it THEN c.holder
                    WHEN c.holder IS NULL AND c.first_name = m.name AND NOT known_beyond(c.first_person, p_school) THEN c.first_person END AS shared,
               -- May this row write the address down?
               c.turn = 1 AND c.holder IS NULL AS owns, c.holder IS NOT NULL AS is_held
        FROM met m LEFT JOIN claim c ON c.row_id = m.row_id AND c.place = m.place),
    unlike AS MATERIALIZED (
        SELECT s.row_id, s.place, s.was, s.owns, s.carer_id, v.field, v.now, v.file
        FROM settled s JOIN known k ON k.id = s.carer_id,
        LATERAL (VALUES ('name', CASE WHEN k.name <> s.name THEN to_jsonb(k.full_name) ELSE s.said -> 'name' END, s.said -> 'name'),
                        ('email', to_jsonb(k.email), to_jsonb(s.email)), ('phone', to_jsonb(k.phone), s.said -> 'phone'),
                        ('relationship', to_jsonb(k.relationship), s.said -> 'relationship'),
                        ('language', to_jsonb(k.language), s.said -> 'language'),
                        ('has_parental_responsibility', to_jsonb(k.has_parental_responsibility), s.said -> 'has_parental_responsibility')
                ) v (field, now, file)
        WHERE v.file IS NOT NULL AND v.file IS DISTINCT FROM v.now),
    field AS (
        SELECT v.row_id, v.place, v.field, v.now, v.file,
               CASE WHEN k.barred THEN 'barred'
                    WHEN (v.field = 'phone' AND k.called) OR (v.field = 'has_parental_responsibility' AND k.proved) THEN 'verified'
                    WHEN v.field IN ('name', 'phone', 'email') AND k.their_own THEN 'their_own'
                    WHEN k.admitted THEN 'admitted'
                    WHEN v.field = 'email' AND NOT v.owns THEN 'address_taken'
                    WHEN v.now IS NULL AND w.was ? v.field THEN 'emptied'
                    WHEN v.field = 'name' OR (v.now IS NOT NULL AND v.now IS DISTINCT FROM w.was -> v.field) THEN 'by_hand' END AS why
        FROM unlike v JOIN known k ON k.id = v.carer_id
        LEFT JOIN LATERAL (SELECT x AS was FROM jsonb_array_elements(v.was) x WHERE plain_name(x ->> 'name') = k.name LIMIT 1) w ON true),
    of_known AS (
        SELECT f.row_id, f.place, jsonb_object_agg(f.field, f.file) FILTER (WHERE f.why IS NULL) AS taken,
               jsonb_agg(jsonb_strip_nulls(jsonb_build_object('field', 'carer_' || f.field, 'now', f.now, 'file', f.file, 'why', f.why))) AS told
        FROM field f GROUP BY f.row_id, f.place)
    SELECT s.row_id, s.place, s.pupil_id, s.carer_id,
           coalesce(s.known_person, s.shared, s.fresh),
           s.carer_id IS NULL AND NOT s.skipped AND (s.shared IS NULL OR (s.turn = 1 AND NOT s.is_held)),
           s.skipped, s.said, CASE WHEN s.owns THEN s.email END, o.taken,
           CASE WHEN s.carer_id IS NOT NULL THEN coalesce((SELECT jsonb_agg(x || jsonb_build_object('who', s.said -> 'name'))
                    FROM jsonb_array_elements(o.told) x), '[]')
                WHEN s.skipped THEN jsonb_build_array(jsonb_build_object('field', 'carer', 'file', s.said -> 'name', 'why', 'bar'))
                ELSE CASE WHEN s.kind = 'new' THEN '[]' ELSE jsonb_build_array(jsonb_build_object('field', 'carer', 'file', s.said -> 'name')) END
                  || CASE WHEN s.email IS NOT NULL AND NOT s.owns AND s.shared IS NULL THEN jsonb_build_array(jsonb_build_object(
                         'field', 'carer_email', 'file', s.email, 'who', s.said -> 'name', 'why', 'address_taken')) ELSE '[]' END END
    FROM settled s LEFT JOIN of_known o ON o.row_id = s.row_id AND o.place = s.place
$$;

-- Somebody's record too who is not this school's: a worker, or a carer of a pupil who is not on its roll.
CREATE FUNCTION known_beyond(p_person uuid, p_school uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = on AS $$
    SELECT EXISTS (SELECT FROM membership m WHERE m.person_id = p_person)
        OR EXISTS (SELECT FROM carer k WHERE k.person_id = p_person AND NOT EXISTS (
            SELECT FROM enrolment e WHERE e.pupil_id = k.pupil_id AND (e.school_id = p_school) IS TRUE
            AND (e.to_on IS NULL OR e.to_on >= school_day()) IS TRUE))
$$;

CREATE FUNCTION count_rows(p_import uuid) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object('new', count(*) FILTER (WHERE kind = 'new'), 'changed', count(*) FILTER (WHERE kind = 'changed'),
        'unchanged', count(*) FILTER (WHERE kind = 'unchanged'), 'rejected', count(*) FILTER (WHERE kind = 'rejected'),
        'leavers', count(*) FILTER (WHERE kind = 'leaver'), 'kept', count(*) FILTER (WHERE kept <> '[]'),
        'warned', count(*) FILTER (WHERE warnings <> '[]' AND kind <> 'rejected'))
    FROM import_row WHERE import_id = p_import
$$;

-- All rows are here: compare them, and let them be looked at. False: not allowed, or no longer being read.
CREATE FUNCTION finish_reading(p_import uuid, p_format text, p_head jsonb, p_warnings jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE i pupil_import;
BEGIN
    SELECT * INTO i FROM import_in_hand(p_import, 'reading');
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM compare_rows(p_import, i.school_id);
    UPDATE pupil_import SET status = 'ready', format = p_format, head = p_head, warnings = p_warnings, version = version + 1,
        counts = count_rows(p_import), roll_print = roll_print(i.school_id) WHERE id = p_import;
    RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION finish_reading(uuid, text, jsonb, jsonb) TO ecm_app;
RESET ROLE;
