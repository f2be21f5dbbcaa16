-- Drafts belong to who writes them, in one membership, while that worker may still open a case for that pupil.

SET ROLE ecm_policy;

-- How long a draft is kept after its last change. Source: local decision, ecm/opening/rules.py.
CREATE FUNCTION draft_is_kept(p_updated_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_updated_at > app_now() - interval '30 days'
$$;

-- Whenever a draft is begun, everybody's drafts that are too old go: what is written about a child waits for nobody.
CREATE FUNCTION forget_old_drafts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM case_draft WHERE NOT draft_is_kept(updated_at);
    RETURN NEW;
END $$;

CREATE FUNCTION throw_draft_away(p_pupil uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM case_draft WHERE pupil_id = p_pupil AND membership_id = (context() ->> 'membership')::uuid
        AND draft_is_kept(updated_at) AND may_open_case(pupil_id, membership_id);
    RETURN FOUND;
END $$;

-- Whom this reader can invite. An agency that only its own kind of worker may ask is left out, and `alone` says that
-- the family is asked about it by itself. No case is involved: this is the directory, as far as a role may use it.
CREATE FUNCTION agencies_open_to_me() RETURNS TABLE (id uuid, alone boolean) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.id, g.involvement_category <> 'core' FROM agency g
    WHERE g.kind <> 'partnership' AND g.id <> (context() ->> 'agency')::uuid
      AND context() -> 'verbs' ? 'involvement:invite'
      AND (g.involvement_category = 'core' OR context() -> 'verbs' ? ('write:' || g.involvement_category))
$$;

-- Whether a carer was written to about a request, for the school that keeps the case.
CREATE FUNCTION asked_by_link(p_request uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM consent_link l JOIN consent_request r ON r.id = l.request_id
                   WHERE r.id = p_request AND holds_case(r.case_id))
$$;

GRANT EXECUTE ON FUNCTION asked_by_link(uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION draft_is_kept(timestamptz), throw_draft_away(uuid), agencies_open_to_me() TO ecm_app;
GRANT EXECUTE ON FUNCTION forget_old_drafts() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE case_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_draft FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON case_draft TO ecm_app;
GRANT UPDATE (answers, updated_at, version) ON case_draft TO ecm_app;
GRANT SELECT, DELETE ON case_draft TO ecm_policy;
CREATE POLICY case_draft_is_mine ON case_draft FOR SELECT TO ecm_app USING (
    membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND draft_is_kept(updated_at) AND may_open_case(pupil_id, membership_id));
CREATE POLICY case_draft_begun ON case_draft FOR INSERT TO ecm_app WITH CHECK (
    membership_id = (SELECT (context() ->> 'membership')::uuid) AND may_open_case(pupil_id, membership_id));
CREATE POLICY case_draft_goes_on ON case_draft FOR UPDATE TO ecm_app USING (
    membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND draft_is_kept(updated_at) AND may_open_case(pupil_id, membership_id));
CREATE TRIGGER a_forget BEFORE INSERT ON case_draft FOR EACH ROW EXECUTE FUNCTION forget_old_drafts();
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON case_draft FOR EACH ROW EXECUTE FUNCTION stamp_times('');
RESET ROLE;
