-- How a case ends and begins again. What a case is follows from its turns: the application writes a turn, and the
-- database, never the application, moves the case and ends what ends with it.
-- Source: docs/states.md, cases.

SET ROLE ecm_policy;

CREATE FUNCTION check_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was text;
    died date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.case_id::text, 0));
    SELECT c.status, p.died_on INTO was, died FROM support_case c JOIN pupil p ON p.id = c.pupil_id WHERE c.id = NEW.case_id;
    IF NOT coalesce(CASE NEW.kind
            WHEN 'closed' THEN was = 'open'
            WHEN 'reopened' THEN was = 'closed' AND died IS NULL
            WHEN 'voided' THEN was IN ('open', 'closed')
            WHEN 'died' THEN was IN ('open', 'closed') AND died IS NULL
                AND NEW.died_on <= (app_now() AT TIME ZONE 'Europe/London')::date
            WHEN 'died_in_error' THEN was IN ('closed', 'voided') AND died IS NOT NULL END, false) THEN
        RAISE EXCEPTION 'not a move' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_turn_move';
    END IF;
    NEW.by_membership_id := (context() ->> 'membership')::uuid;
    NEW.at := app_now();
    RETURN NEW;
END $$;

-- After the policy has said that this is theirs to do. Nothing of a case that is not open is left open.
CREATE FUNCTION turn_case() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.kind IN ('closed', 'voided', 'died') THEN
        UPDATE action SET status = 'cancelled', version = version + 1,
            progress = left(concat_ws(' ', nullif(progress, ''), 'The case ended.'), 500)
            WHERE case_id = NEW.case_id AND status IN ('todo', 'doing') AND NOT in_error;
        UPDATE involvement SET status = CASE status WHEN 'invited' THEN 'withdrawn' ELSE 'ended' END, version = version + 1
            WHERE case_id = NEW.case_id AND status IN ('invited', 'accepted');
        -- What still waits to leave asks the family something that nobody asks any more; of a pupil who has died, above all.
        UPDATE outbox SET state = 'refused', trouble = 'not_wanted', text = '' WHERE state = 'waiting'
            AND about IN (SELECT r.id FROM consent_request r WHERE r.case_id = NEW.case_id);
    END IF;
    IF NEW.kind = 'voided' THEN
        UPDATE carer_admission SET ended_at = app_now() WHERE case_id = NEW.case_id;
    END IF;
    IF NEW.kind IN ('died', 'died_in_error') THEN
        UPDATE pupil SET died_on = NEW.died_on WHERE id = (SELECT pupil_id FROM support_case WHERE id = NEW.case_id);
    END IF;
    IF NEW.kind <> 'died_in_error' THEN
        UPDATE support_case SET version = version + 1, next_review_on = NULL,
            status = CASE NEW.kind WHEN 'reopened' THEN 'open' WHEN 'voided' THEN 'voided' ELSE 'closed' END
            WHERE id = NEW.case_id;
    END IF;
    RETURN NULL;
END $$;

-- Whom a letter goes to when work ends: of every agency asked or at work, whoever has it, else those who may answer for
-- it; and the authors of what is still open and hidden from the asker. `on_case`: whether they know which case it is.
-- With the app's proof, because it knows of agencies that the asker may not know of.
CREATE FUNCTION workers_to_tell(p_case uuid, p_agency uuid, p_proof bytea)
RETURNS TABLE (membership_id uuid, knows_case boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('workers_to_tell|' || p_case || '|' || coalesce(p_agency::text, ''), p_proof) OR NOT holds_case(p_case) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    WITH told AS (
        SELECT m.id, EXISTS (SELECT FROM case_access a WHERE a.case_id = p_case AND a.principal IN (i.agency_id, m.id)
            AND a.category = 'core' AND a.basis <> 'own_record'
            AND app_now() >= a.valid_from AND app_now() < a.valid_until) AS knows
        FROM involvement i JOIN agency g ON g.id = i.agency_id JOIN membership m ON m.agency_id = i.agency_id
        WHERE i.case_id = p_case AND i.status IN ('invited', 'accepted') AND i.agency_id = coalesce(p_agency, i.agency_id)
          AND (m.ended_at IS NULL OR m.ended_at > app_now()) AND m.started_at <= app_now()
          AND CASE WHEN i.assignee_membership_id IS NOT NULL THEN m.id = i.assignee_membership_id
                   ELSE EXISTS (SELECT FROM permission p WHERE p.kind = g.kind AND p.role = m.role
                                AND p.verb = 'involvement:answer') END
        UNION ALL
        SELECT t.author_membership_id, true FROM action t JOIN support_case c ON c.id = t.case_id AND c.school_id = t.author_agency_id
        WHERE t.case_id = p_case AND t.status IN ('todo', 'doing') AND NOT t.in_error AND p_agency IS NULL
          AND t.author_membership_id <> (context() ->> 'membership')::uuid)
    SELECT t.id, bool_or(t.knows) FROM told t GROUP BY t.id ORDER BY t.id;
END $$;

GRANT EXECUTE ON FUNCTION workers_to_tell(uuid, uuid, bytea) TO ecm_app;
GRANT EXECUTE ON FUNCTION check_turn(), turn_case() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE case_turn ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_turn FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON case_turn TO ecm_app;
GRANT SELECT ON case_turn TO ecm_policy;
GRANT UPDATE (died_on) ON pupil TO ecm_policy;
CREATE POLICY case_turn_by_reason ON case_turn FOR SELECT TO ecm_app USING (EXISTS (
    SELECT 1 FROM case_access a
    WHERE a.case_id = case_turn.case_id AND a.category = case_turn.category AND a.basis <> 'own_record'));
CREATE POLICY case_turn_by_school ON case_turn FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'case:change') AND holds_case(case_id)
    AND (kind NOT IN ('died', 'died_in_error') OR (SELECT context() -> 'verbs' ? 'death:record')));
CREATE TRIGGER a_check_turn BEFORE INSERT ON case_turn FOR EACH ROW EXECUTE FUNCTION check_turn();
CREATE TRIGGER b_turn_case AFTER INSERT ON case_turn FOR EACH ROW EXECUTE FUNCTION turn_case();
RESET ROLE;
