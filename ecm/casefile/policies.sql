-- When I was last at a case is mine alone. How an action moved on is seen by whoever sees the action.

SET ROLE ecm_policy;
-- A change that anybody can see goes down with who made it; going back to the school when an agency leaves does not,
-- because why it went is not for everybody who sees the action.
CREATE FUNCTION note_action_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO action_change (id, action_id, case_id, by_membership_id, status_before, status, due_before, due_on, progress, at)
    VALUES (audit_id(app_now(), 0), NEW.id, NEW.case_id,
            CASE WHEN coalesce(current_setting('ecm.context', true), '') <> '' THEN (context() ->> 'membership')::uuid END,
            OLD.status, NEW.status, OLD.due_on, NEW.due_on,
            CASE WHEN NEW.progress IS DISTINCT FROM OLD.progress THEN NEW.progress ELSE '' END, app_now());
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION note_action_change() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE case_visit ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_visit FORCE ROW LEVEL SECURITY;
ALTER TABLE action_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE action_change FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON case_visit TO ecm_app;
GRANT UPDATE (seen_at) ON case_visit TO ecm_app;
GRANT SELECT ON action_change TO ecm_app;
GRANT INSERT ON action_change TO ecm_policy;

CREATE POLICY case_visit_is_mine ON case_visit FOR SELECT TO ecm_app USING (
    person_id = (SELECT (context() ->> 'person')::uuid)
    AND membership_id IS NOT DISTINCT FROM (SELECT (context() ->> 'membership')::uuid));
CREATE POLICY case_visited ON case_visit FOR INSERT TO ecm_app WITH CHECK (
    person_id = (SELECT (context() ->> 'person')::uuid)
    AND membership_id IS NOT DISTINCT FROM (SELECT (context() ->> 'membership')::uuid) AND on_case(case_id));
CREATE POLICY case_visited_again ON case_visit FOR UPDATE TO ecm_app USING (
    person_id = (SELECT (context() ->> 'person')::uuid)
    AND membership_id IS NOT DISTINCT FROM (SELECT (context() ->> 'membership')::uuid));
-- The action's own policies decide, asked as the reader.
CREATE POLICY action_change_by_action ON action_change FOR SELECT TO ecm_app USING (
    EXISTS (SELECT FROM action t WHERE t.id = action_change.action_id));
CREATE TRIGGER d_note_change AFTER UPDATE ON action FOR EACH ROW
    WHEN ((OLD.status, OLD.due_on, OLD.progress) IS DISTINCT FROM (NEW.status, NEW.due_on, NEW.progress))
    EXECUTE FUNCTION note_action_change();
RESET ROLE;
