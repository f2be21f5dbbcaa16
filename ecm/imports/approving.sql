-- What a school has looked at and approved becomes what is written of its pupils: all of it in one transaction, or none.

SET ROLE ecm_policy;

-- What the rows of a file would do, as a number. Ids of pupils who are still to be made are not part of it.
CREATE FUNCTION rows_print(p_import uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) || '.' || coalesce(sum(hashtextextended(concat_ws('|', row, kind, changes, kept, conflicts,
        CASE WHEN kind <> 'new' THEN pupil_id END), 0)), 0)
    FROM import_row WHERE import_id = p_import
$$;

-- The year a pupil of this age is in. Source: `year_group_code(year_group(…))` in ecm/pupils/rules.py; a test holds both together.
CREATE FUNCTION year_group_by_age(p_born date, p_on date) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN y BETWEEN 1 AND 14 THEN y::text WHEN y = 0 THEN 'R' WHEN y = -1 THEN 'N2' WHEN y = -2 THEN 'N1' END
    FROM (SELECT extract(year FROM p_on)::int - (extract(month FROM p_on) < 9)::int AS starts) s,
         LATERAL (SELECT s.starts - extract(year FROM p_born)::int - (extract(month FROM p_born) >= 9)::int - 4 AS y) x
$$;

CREATE FUNCTION write_new_pupils(p_import uuid, p_school uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO pupil (id, first_name, last_name, preferred_name, date_of_birth, date_of_birth_known, search_key)
        SELECT r.pupil_id, r.said ->> 'first_name', coalesce(r.said ->> 'last_name', ''), r.said ->> 'preferred_name',
               (r.said ->> 'date_of_birth')::date, r.said ? 'date_of_birth', r.search_key
        FROM import_row r WHERE r.import_id = p_import AND r.kind = 'new';
    INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, class_name, from_on, imported)
        SELECT r.id, r.pupil_id, p_school, r.said ->> 'upn', y.year_group, r.said ->> 'class_name',
               coalesce((r.said ->> 'from_on')::date, school_day()), imported_of(r.said, r.carers) || jsonb_build_object('year_group', y.year_group)
        FROM import_row r, LATERAL (SELECT coalesce(r.said ->> 'year_group',
            year_group_by_age((r.said ->> 'date_of_birth')::date, school_day()), 'X') AS year_group) y
        WHERE r.import_id = p_import AND r.kind = 'new';
    INSERT INTO sen_status (pupil_id, sen_provision, needs)
        SELECT r.pupil_id, coalesce(r.said ->> 'sen_provision', 'N'), coalesce(r.said -> 'needs', '[]')
        FROM import_row r WHERE r.import_id = p_import AND r.kind = 'new';
END $$;

-- What the next file is held against: what this one said of each field.
CREATE FUNCTION imported_of(p_said jsonb, p_carers jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT p_said - '{left_on,from_on,former_upn,ecm_id}'::text[]
        || CASE WHEN p_carers = '[]' THEN '{}' ELSE jsonb_build_object('carers', p_carers) END
$$;

CREATE FUNCTION write_changed_pupils(p_import uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
    -- The key of names that are partly the file's and partly the school's own is made afterwards: see names_without_key.
    UPDATE pupil u SET first_name = coalesce(c.v ->> 'first_name', u.first_name), last_name = coalesce(c.v ->> 'last_name', u.last_name),
        preferred_name = coalesce(c.v ->> 'preferred_name', u.preferred_name),
        date_of_birth = coalesce((c.v ->> 'date_of_birth')::date, u.date_of_birth),
        date_of_birth_known = u.date_of_birth_known OR c.v ? 'date_of_birth',
        search_key = CASE WHEN c.v ?| '{first_name,last_name,preferred_name}' THEN c.search_key ELSE u.search_key END,
        version = u.version + 1
        FROM rows_to_write(p_import) c WHERE u.id = c.pupil_id;
    INSERT INTO sen_status AS s (pupil_id, sen_provision, needs)
        SELECT c.pupil_id, coalesce(c.v ->> 'sen_provision', o.sen_provision, 'N'), coalesce(c.v -> 'needs', o.needs, '[]')
        FROM rows_to_write(p_import) c LEFT JOIN sen_status o ON o.pupil_id = c.pupil_id
        WHERE c.v ?| '{sen_provision,needs}'
        ON CONFLICT (pupil_id) DO UPDATE SET sen_provision = EXCLUDED.sen_provision, needs = EXCLUDED.needs;
END $$;

CREATE FUNCTION rows_to_write(p_import uuid) RETURNS TABLE (pupil_id uuid, search_key text, v jsonb) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.pupil_id, r.search_key, (SELECT jsonb_object_agg(x ->> 'field', x -> 'file') FROM jsonb_array_elements(r.changes) x
                                      WHERE NOT x ->> 'field' LIKE 'carer%')
    FROM import_row r WHERE r.import_id = p_import AND r.kind = 'changed'
$$;

CREATE FUNCTION write_roll(p_import uuid, p_school uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
    -- A number that is replaced stays known.
    INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value)
        SELECT audit_id(app_now(), row_number() OVER ()), e.pupil_id, p_school, 'former_upn', e.upn
        FROM rows_to_write(p_import) c JOIN enrolment e ON e.pupil_id = c.pupil_id AND e.school_id = p_school
        WHERE c.v ? 'upn' AND e.upn IS NOT NULL AND (e.to_on IS NULL OR e.to_on >= school_day());
    UPDATE enrolment e SET upn = coalesce(c.v ->> 'upn', e.upn), year_group = coalesce(c.v ->> 'year_group', e.year_group),
        class_name = coalesce(c.v ->> 'class_name', e.class_name),
        -- A list that was taken away here is the school's own hand, not what its other system says.
        imported = CASE WHEN r.said ? 'ecm_id' THEN e.imported ELSE coalesce(e.imported, '{}') || imported_of(r.said, r.carers) END
        FROM import_row r LEFT JOIN rows_to_write(p_import) c ON c.pupil_id = r.pupil_id
        WHERE r.import_id = p_import AND r.kind IN ('changed', 'unchanged') AND e.pupil_id = r.pupil_id AND e.school_id = p_school
          AND (e.to_on IS NULL OR e.to_on >= school_day())
          AND (r.kind = 'changed' OR (NOT r.said ? 'ecm_id'
               AND coalesce(e.imported, '{}') || imported_of(r.said, r.carers) IS DISTINCT FROM e.imported));
    -- A pupil's old number goes; so does that of a pupil who has left, when somebody on the roll has it now.
    DELETE FROM pupil_identifier i USING numbers_to_write(p_import) n
        WHERE i.school_id = p_school AND i.kind = n.kind AND i.kind <> 'former_upn' AND i.value = n.value AND i.pupil_id <> n.pupil_id;
    DELETE FROM pupil_identifier i USING numbers_to_write(p_import) n
        WHERE i.school_id = p_school AND i.kind = n.kind AND i.kind <> 'former_upn' AND i.pupil_id = n.pupil_id;
    INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value)
        SELECT audit_id(app_now(), row_number() OVER ()), n.pupil_id, p_school, n.kind, n.value FROM numbers_to_write(p_import) n
        WHERE NOT EXISTS (SELECT FROM pupil_identifier o WHERE o.pupil_id = n.pupil_id AND o.school_id = p_school
                          AND o.kind = n.kind AND o.value = n.value);
END $$;

CREATE FUNCTION numbers_to_write(p_import uuid) RETURNS TABLE (pupil_id uuid, kind text, value text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.pupil_id, k.kind, CASE r.kind WHEN 'new' THEN r.said ELSE w.v END ->> k.kind
    FROM import_row r LEFT JOIN rows_to_write(p_import) w ON w.pupil_id = r.pupil_id,
        LATERAL (VALUES ('former_upn'), ('uln'), ('nhs_number')) k (kind)
    WHERE r.import_id = p_import AND (r.kind = 'new' AND r.said ? k.kind OR r.kind = 'changed' AND w.v ? k.kind)
$$;

-- A responsibility out of a file is a claim: nobody has seen its authority. A number that changes was never checked.
CREATE FUNCTION write_carers(p_import uuid, p_school uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
    WITH plan AS MATERIALIZED (SELECT * FROM plan_carers(p_import, p_school)),
    people AS (
        INSERT INTO person (id, name, email, phone)
        SELECT p.person_id, p.said ->> 'name', p.email, p.said ->> 'phone' FROM plan p WHERE p.is_new),
    changed AS (
        UPDATE person n SET email = coalesce(p.taken ->> 'email', n.email), phone = coalesce(p.taken ->> 'phone', n.phone),
            phone_verified_at = CASE WHEN p.taken ? 'phone' THEN NULL ELSE n.phone_verified_at END,
            phone_changed_at = CASE WHEN p.taken ? 'phone' THEN app_now() ELSE n.phone_changed_at END
        FROM plan p WHERE n.id = p.person_id AND p.taken ?| '{email,phone}'),
    corrected AS (
        UPDATE carer k SET relationship = coalesce(p.taken ->> 'relationship', k.relationship),
            has_parental_responsibility = coalesce((p.taken ->> 'has_parental_responsibility')::boolean, k.has_parental_responsibility),
            language = coalesce(p.taken ->> 'language', k.language), version = k.version + 1
        FROM plan p WHERE k.id = p.carer_id AND p.taken IS NOT NULL)
    INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, language)
        SELECT audit_id(app_now(), row_number() OVER ()), p.pupil_id, p.person_id, coalesce(p.said ->> 'relationship', 'parent or carer'),
               coalesce((p.said ->> 'has_parental_responsibility')::boolean, false), coalesce(p.said ->> 'language', 'en')
        FROM (SELECT DISTINCT ON (x.pupil_id, x.person_id) x.* FROM plan x WHERE x.carer_id IS NULL AND NOT x.skipped
              ORDER BY x.pupil_id, x.person_id, x.place) p
        WHERE NOT EXISTS (SELECT FROM carer o WHERE o.pupil_id = p.pupil_id AND o.person_id = p.person_id);
END $$;

-- Approve it as it was looked at. 'gone': not allowed, or no longer to be approved. 'stale': another version was looked at.
-- 'compared': the roll has changed meanwhile so that the file would do something else; it waits to be looked at again.
CREATE FUNCTION approve_import(p_import uuid, p_version int) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    i pupil_import;
    before text;
BEGIN
    SELECT * INTO i FROM import_in_hand(p_import, 'ready');
    IF NOT FOUND THEN RETURN 'gone'; END IF;
    IF i.version <> p_version THEN RETURN 'stale'; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('import ' || i.school_id, 0));
    -- Who corrects one of these by hand now waits for us; who did so before is seen below.
    PERFORM FROM pupil u WHERE u.id IN (SELECT r.pupil_id FROM import_row r WHERE r.import_id = p_import AND r.kind = 'changed')
        ORDER BY u.id FOR UPDATE;
    PERFORM FROM carer k WHERE k.pupil_id IN (SELECT r.pupil_id FROM import_row r WHERE r.import_id = p_import AND r.kind = 'changed')
        ORDER BY k.id FOR UPDATE;
    IF roll_print(i.school_id) <> i.roll_print THEN
        before := rows_print(p_import);
        PERFORM compare_rows(p_import, i.school_id);
        IF rows_print(p_import) <> before THEN
            UPDATE pupil_import SET counts = count_rows(p_import), roll_print = roll_print(i.school_id), version = version + 1
                WHERE id = p_import;
            RETURN 'compared';
        END IF;
    END IF;
    PERFORM write_new_pupils(p_import, i.school_id);
    PERFORM write_changed_pupils(p_import);
    PERFORM write_carers(p_import, i.school_id);  -- before the roll, which keeps what the file said of them
    PERFORM write_roll(p_import, i.school_id);
    UPDATE pupil_import SET status = 'approved', ended_at = app_now(), version = version + 1,
        ended_by_membership_id = (context() ->> 'membership')::uuid WHERE id = p_import;
    PERFORM audit_record_all(jsonb_agg(e)) FROM (
        SELECT jsonb_build_object('event', 'pupils:imported', 'outcome', 'done', 'subject', p_import, 'pupils', jsonb_agg(x.pupil_id)) AS e
        FROM (SELECT r.pupil_id, (row_number() OVER (ORDER BY r.row) - 1) / 1000 AS part
              FROM import_row r WHERE r.import_id = p_import AND r.kind IN ('new', 'changed')) x GROUP BY x.part) y
        HAVING count(*) > 0;
    RETURN 'done';
END $$;

-- Pupils whose names are now partly the file's and partly the school's own: their search key is still to be made.
CREATE FUNCTION names_without_key(p_import uuid) RETURNS TABLE (id uuid, first_name text, last_name text, preferred_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.first_name, u.last_name, u.preferred_name
    FROM pupil_import i JOIN import_row r ON r.import_id = i.id JOIN pupil u ON u.id = r.pupil_id
    WHERE i.id = p_import AND i.status = 'approved' AND may_import_for(i.school_id) AND r.kind = 'changed'
      AND u.search_key = r.search_key AND jsonb_strip_nulls(jsonb_build_object('f', u.first_name, 'l', nullif(u.last_name, ''), 'p', u.preferred_name))
          <> jsonb_strip_nulls(jsonb_build_object('f', r.said -> 'first_name', 'l', r.said -> 'last_name', 'p', r.said -> 'preferred_name'))
$$;

CREATE FUNCTION write_search_keys(p_import uuid, p_pupils uuid[], p_keys text[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pupil u SET search_key = k.key FROM unnest(p_pupils, p_keys) k (id, key)
    WHERE u.id = k.id AND u.id IN (SELECT n.id FROM names_without_key(p_import) n)
$$;

GRANT EXECUTE ON FUNCTION approve_import(uuid, int), names_without_key(uuid), write_search_keys(uuid, uuid[], text[]) TO ecm_app;
RESET ROLE;
