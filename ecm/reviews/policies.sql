-- A review is a header that everybody on the case reads, and texts, each read like any other text of its category
-- (those policies are in ecm/cases/policies.sql, with the other tables of text).

SET ROLE ecm_policy;
CREATE FUNCTION stamp_review() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.held_by_membership_id := (context() ->> 'membership')::uuid;
    NEW.written_at := app_now();
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION stamp_review() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
ALTER TABLE review FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON review TO ecm_app;
GRANT SELECT ON review TO ecm_policy;
CREATE POLICY review_by_reason ON review FOR SELECT TO ecm_app USING (EXISTS (
    SELECT 1 FROM case_access a
    WHERE a.case_id = review.case_id AND a.category = review.category AND a.basis <> 'own_record'));
CREATE POLICY review_by_school ON review FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'case:change') AND holds_case(case_id));
CREATE TRIGGER a_stamp BEFORE INSERT ON review FOR EACH ROW EXECUTE FUNCTION stamp_review();
CREATE TRIGGER a_stamp_author BEFORE INSERT ON review_contribution FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON review_contribution FOR EACH ROW EXECUTE FUNCTION stamp_times('written_at');
RESET ROLE;
