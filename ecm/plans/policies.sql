-- A plan is read by whoever may now read every category in it; its row says how many categories that is.

SET ROLE ecm_policy;
-- A plan drawn while something stood in the case that was later said to be entered in error may hold it: nobody opens
-- it any more. A family's plan holds no notes.
CREATE FUNCTION plan_is_sound(p_case uuid, p_categories text[], p_audience text, p_made_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM correction k LEFT JOIN note n ON n.id = k.subject_id LEFT JOIN action t ON t.id = k.subject_id
        WHERE k.case_id = p_case AND k.category = ANY (p_categories) AND p_made_at < k.at
          AND coalesce(n.written_at, t.added_at) <= p_made_at AND (k.kind = 'action' OR p_audience = 'professionals'))
$$;
GRANT EXECUTE ON FUNCTION plan_is_sound(uuid, text[], text, timestamptz) TO ecm_app;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON plan TO ecm_app;
GRANT UPDATE (status, sha256, document) ON plan TO ecm_app;
GRANT SELECT ON plan TO ecm_policy;
CREATE POLICY plan_by_every_category ON plan FOR SELECT TO ecm_app USING (
    categories <@ ARRAY(SELECT a.category FROM case_access a
        WHERE a.case_id = plan.case_id AND a.principal = ANY ((SELECT principals())::uuid[])
          AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until)
    AND (made_by_membership_id = (SELECT (context() ->> 'membership')::uuid) OR status <> 'preparing')
    AND (audience = 'family' OR (SELECT context() ->> 'membership') IS NOT NULL)
    AND plan_is_sound(case_id, categories, audience, made_at));
CREATE POLICY plan_by_maker ON plan FOR INSERT TO ecm_app WITH CHECK (
    made_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND (SELECT context() -> 'verbs' ? 'plan:make')
    AND 'core' = ANY (categories)
    AND categories <@ ARRAY(SELECT a.category FROM case_access a
        WHERE a.case_id = plan.case_id AND a.principal = ANY ((SELECT principals())::uuid[])
          AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until));
CREATE POLICY plan_finished_by_maker ON plan FOR UPDATE TO ecm_app USING (
    made_by_membership_id = (SELECT (context() ->> 'membership')::uuid) AND status = 'preparing')
    WITH CHECK (made_by_membership_id = (SELECT (context() ->> 'membership')::uuid));
RESET ROLE;

SET ROLE ecm_policy;
-- Numbers count plans of exactly the same categories: whoever sees this one sees those, so a number reveals nothing.
CREATE FUNCTION next_plan_number(p_case uuid, p_audience text, p_categories text[]) RETURNS int
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(max(p.number), 0) + 1 FROM plan p
    WHERE on_case(p_case) AND p.case_id = p_case AND p.audience = p_audience AND p.categories = p_categories
$$;
GRANT EXECUTE ON FUNCTION next_plan_number(uuid, text, text[]) TO ecm_app;
RESET ROLE;
