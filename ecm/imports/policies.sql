-- Who may reach a file that is being imported: the school that sent it, in a role that may import, for a day.
-- Rows are written by the functions here and in comparing.sql and approving.sql alone.

SET ROLE ecm_owner;
ALTER TABLE pupil_identifier ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupil_identifier FORCE ROW LEVEL SECURITY;
ALTER TABLE pupil_import ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupil_import FORCE ROW LEVEL SECURITY;
ALTER TABLE import_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_row FORCE ROW LEVEL SECURITY;
GRANT SELECT ON pupil_identifier, pupil_import, import_row TO ecm_app;
GRANT SELECT, INSERT, UPDATE ON pupil_identifier, pupil_import, import_row TO ecm_policy;
GRANT UPDATE ON enrolment, sen_status TO ecm_policy;
GRANT DELETE ON import_row, pupil_identifier TO ecm_policy;
GRANT UPDATE (urn, laestab) ON agency TO ecm_policy;

CREATE POLICY pupil_identifier_at_my_school ON pupil_identifier FOR SELECT TO ecm_app USING (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND keeps_pupil(pupil_id, 'pupil:look_up'));
CREATE POLICY pupil_import_of_my_school ON pupil_import FOR SELECT TO ecm_app USING (
    (school_id = (SELECT (context() ->> 'agency')::uuid) AND (SELECT context() -> 'verbs' ? 'pupil:import'))
    OR (SELECT context() ->> 'service' = 'import'));
CREATE POLICY import_row_of_my_school ON import_row FOR SELECT TO ecm_app USING (
    EXISTS (SELECT FROM pupil_import i WHERE i.id = import_row.import_id AND app_now() < i.expires_at));
RESET ROLE;

SET ROLE ecm_policy;
-- The school for which the actor may import: its own, by role; any, for the service of the command line.
CREATE FUNCTION may_import_for(p_school uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM agency a WHERE a.id = p_school AND a.kind = 'school')
       AND coalesce(context() ->> 'service' = 'import', false)
        OR (context() -> 'verbs' ? 'pupil:import' AND context() ->> 'agency_kind' = 'school'
            AND p_school = (context() ->> 'agency')::uuid)
$$;

-- The file, held until the end of the transaction, if the actor may go on with it now; no row if not.
CREATE FUNCTION import_in_hand(p_import uuid, p_status text) RETURNS SETOF pupil_import LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.* FROM pupil_import i WHERE i.id = p_import AND i.status = p_status AND app_now() < i.expires_at
        AND may_import_for(i.school_id) FOR UPDATE
$$;

-- A file has come; it is about to be read. False: not allowed. Null: the school has enough files in hand.
CREATE FUNCTION begin_import(p_id uuid, p_school uuid, p_sha256 text, p_lasts interval, p_most int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF may_import_for(p_school) IS NOT TRUE THEN RETURN false; END IF;
    IF (SELECT count(*) FROM pupil_import i WHERE i.school_id = p_school AND app_now() < i.expires_at
        AND (i.status = 'ready' OR (i.status = 'reading' AND app_now() < i.made_at + interval '10 minutes'))) >= p_most THEN
        RETURN NULL;
    END IF;
    INSERT INTO pupil_import (id, school_id, membership_id, made_at, expires_at, status, sha256)
        VALUES (p_id, p_school, (context() ->> 'membership')::uuid, app_now(), app_now() + p_lasts, 'reading', p_sha256);
    RETURN true;
END $$;

-- Up to 200 rows as the reader gives them, as one JSON document. False: not allowed, or no longer being read.
CREATE FUNCTION stage_rows(p_import uuid, p_batch jsonb) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM import_in_hand(p_import, 'reading');
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO import_row (import_id, row, kind, said, search_key, carers, raw_codes, problems, warnings)
        SELECT p_import, r.row, 'read', coalesce(r.said, '{}'), coalesce(r.search_key, ''), coalesce(r.carers, '[]'), coalesce(r.raw, '{}'),
               coalesce(r.problems, '[]'), coalesce(r.warnings, '[]')
        FROM jsonb_to_recordset(p_batch -> 'rows')
            AS r (row int, said jsonb, search_key text, carers jsonb, raw jsonb, problems jsonb, warnings jsonb);
    RETURN true;
END $$;

-- It cannot be read: nothing of it is kept but the sentence that says why.
CREATE FUNCTION fail_import(p_import uuid, p_sentence text) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM import_in_hand(p_import, 'reading');
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM import_row WHERE import_id = p_import;
    UPDATE pupil_import SET status = 'failed', sentence = p_sentence, ended_at = app_now(), version = version + 1
        WHERE id = p_import;
    RETURN true;
END $$;

-- Not wanted after all, in whatever state; what was read is gone at once.
CREATE FUNCTION cancel_import(p_import uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE pupil_import SET status = 'cancelled', ended_at = app_now(), version = version + 1,
        ended_by_membership_id = (context() ->> 'membership')::uuid
        WHERE id = p_import AND may_import_for(school_id) AND app_now() < expires_at
          AND (status = 'ready' OR (status = 'reading' AND app_now() >= made_at + interval '10 minutes'));
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM import_row WHERE import_id = p_import;
    RETURN true;
END $$;

-- What a school is called outside, by its name here; its id, or null when no school or more than one has that name.
CREATE FUNCTION set_school_number(p_name text, p_urn text, p_laestab text) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE found uuid[] := ARRAY(SELECT id FROM agency WHERE kind = 'school' AND lower(name) = lower(p_name));
BEGIN
    IF context() ->> 'service' IS DISTINCT FROM 'import' OR cardinality(found) <> 1 THEN RETURN NULL; END IF;
    UPDATE agency SET urn = coalesce(p_urn, urn), laestab = coalesce(p_laestab, laestab) WHERE id = found[1];
    RETURN found[1];
END $$;

CREATE FUNCTION imports_to_forget() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pupil_import i WHERE i.expires_at <= app_now() AND EXISTS (SELECT FROM import_row r WHERE r.import_id = i.id))
$$;

-- Rows whose day is over, of everybody; how many files they were of.
CREATE FUNCTION forget_import_rows() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE old uuid[];
BEGIN
    IF context() ->> 'service' IS DISTINCT FROM 'import' THEN RETURN 0; END IF;
    old := ARRAY(SELECT i.id FROM pupil_import i WHERE i.expires_at <= app_now()
                 AND EXISTS (SELECT FROM import_row r WHERE r.import_id = i.id) ORDER BY i.expires_at LIMIT 20);
    DELETE FROM import_row WHERE import_id = ANY (old);
    RETURN cardinality(old);
END $$;

GRANT EXECUTE ON FUNCTION begin_import(uuid, uuid, text, interval, int), stage_rows(uuid, jsonb), fail_import(uuid, text),
    cancel_import(uuid), imports_to_forget(), forget_import_rows(), set_school_number(text, text, text) TO ecm_app;
RESET ROLE;
