-- Organisations and workers are open to whoever is signed in; nobody else gets a row.

SET ROLE ecm_owner;
ALTER TABLE agency ENABLE ROW LEVEL SECURITY;
ALTER TABLE agency FORCE ROW LEVEL SECURITY;
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
GRANT SELECT (id, name, kind, offers, urn, telephone, laestab) ON agency TO ecm_app;
GRANT SELECT (id, person_id, agency_id, role, class_names, started_at, ended_at) ON membership TO ecm_app;
CREATE POLICY agency_is_public ON agency FOR SELECT TO ecm_app USING ((SELECT principals()) IS NOT NULL);
CREATE POLICY membership_is_public ON membership FOR SELECT TO ecm_app USING ((SELECT principals()) IS NOT NULL);
GRANT SELECT, INSERT ON agency, membership TO ecm_policy;
GRANT SELECT ON permission TO ecm_policy;
RESET ROLE;

SET ROLE ecm_policy;
-- Which principal of an agency answers for a category: a school's safeguarding rows are its safeguarding lead's.
CREATE FUNCTION desk(p_agency uuid, p_category text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN kind = 'school' AND p_category = 'safeguarding' THEN safeguarding_desk_id ELSE id END
    FROM agency WHERE id = p_agency
$$;
RESET ROLE;
