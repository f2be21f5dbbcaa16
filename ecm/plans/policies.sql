-- A plan is read by whoever may now read every category in it; its row says how many categories that is.

SET ROLE ecm_policy;
-- What has become of a plan. A drawing ends in seconds, or its server has died meanwhile: then it could not be drawn. By
-- the clock alone, so that nothing has to run for it; the time is that of a long queue of the slowest drawings. Source: ADR 0011.
CREATE FUNCTION plan_status(p_status text, p_made_at timestamptz) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_status = 'preparing' AND app_now() >= p_made_at + interval '15 minutes' THEN 'failed' ELSE p_status END
$$;

-- A plan drawn while something stood in the case that was later said to be entered in error may hold it: nobody opens
-- it any more. A family's plan holds no notes.
CREATE FUNCTION plan_is_sound(p_case uuid, p_categories text[], p_audience text, p_made_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM correction k CROSS JOIN LATERAL subject_of(k.kind, k.subject_id) s
        WHERE k.case_id = p_case AND k.category = ANY (p_categories) AND p_made_at < k.at
          AND s.written_at <= p_made_at AND (k.kind <> 'note' OR p_audience = 'professionals'))
$$;

-- The reader may read every one of these categories now, for more than having written in it and not only in an emergency.
CREATE FUNCTION reads_all(p_case uuid, p_categories text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_case <> ALL (closed_cases()) AND p_categories <@ ARRAY(SELECT a.category FROM case_access a
        WHERE a.case_id = p_case AND a.principal = ANY (principals()) AND a.basis NOT IN ('own_record', 'emergency')
          AND app_now() >= a.valid_from AND app_now() < a.valid_until AND (a.principal <> ALL (covered()) OR stands_in(p_case)))
$$;

-- Plans that this reader made or has opened, and that are closed to them now. Of one that they never had in the hand
-- they are told nothing. One of the two is given: the case, or the plan.
CREATE FUNCTION withheld_plans(p_case uuid, p_plan uuid)
RETURNS TABLE (id uuid, case_id uuid, number int, plan_type text, audience text, categories text[], made_at timestamptz,
               reference text, made_by text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.case_id, p.number, p.plan_type, p.audience, p.categories, p.made_at, c.reference, w.name
    FROM plan p JOIN support_case c ON c.id = p.case_id
    JOIN membership m ON m.id = p.made_by_membership_id JOIN person w ON w.id = m.person_id
    WHERE (p.case_id = p_case OR p.id = p_plan) AND p.status = 'ready' AND on_case(p.case_id)
      AND NOT (reads_all(p.case_id, p.categories) AND plan_is_sound(p.case_id, p.categories, p.audience, p.made_at))
      AND (p.made_by_membership_id = (context() ->> 'membership')::uuid
           OR EXISTS (SELECT FROM audit_event e WHERE e.case_id = p.case_id AND e.event = 'plan:downloaded'
                      AND e.entry ->> 'subject' = p.id::text AND e.actor = (context() ->> 'person')::uuid
                      AND (e.entry ->> 'membership')::uuid IS NOT DISTINCT FROM (context() ->> 'membership')::uuid))
$$;

-- Which organisations have saved which of the plans that the reader may open, and when last. No person is named, no
-- parent is counted, and no service that the reader may not know of.
CREATE FUNCTION plan_copies(p_case uuid) RETURNS TABLE (plan_id uuid, agency_id uuid, agency_name text, last_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, g.id, g.name, max((e.entry ->> 'at')::timestamptz)
    FROM audit_event e JOIN plan p ON p.id = (e.entry ->> 'subject')::uuid JOIN agency g ON g.id = e.agency
    WHERE e.case_id = p_case AND e.event = 'plan:downloaded' AND p.case_id = p_case AND on_case(p_case)
      AND reads_all(p_case, p.categories) AND knows_of(p_case, g.id)
      AND (p.audience = 'family' OR context() ->> 'membership' IS NOT NULL)
    GROUP BY p.id, g.id, g.name
$$;
GRANT EXECUTE ON FUNCTION plan_is_sound(uuid, text[], text, timestamptz), withheld_plans(uuid, uuid), plan_copies(uuid),
    plan_status(text, timestamptz) TO ecm_app;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON plan TO ecm_app;
GRANT UPDATE (status, sha256, document) ON plan TO ecm_app;
GRANT SELECT ON plan TO ecm_policy;
CREATE POLICY plan_by_every_category ON plan FOR SELECT TO ecm_app USING (
    categories <@ ARRAY(SELECT a.category FROM case_access a
        WHERE a.case_id = plan.case_id AND a.basis NOT IN ('own_record', 'emergency'))
    AND (made_by_membership_id = (SELECT (context() ->> 'membership')::uuid) OR status <> 'preparing')
    AND (audience = 'family' OR (SELECT context() ->> 'membership') IS NOT NULL)
    AND plan_is_sound(case_id, categories, audience, made_at));
CREATE POLICY plan_by_maker ON plan FOR INSERT TO ecm_app WITH CHECK (
    made_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND (SELECT context() -> 'verbs' ? 'plan:make')
    AND 'core' = ANY (categories)
    AND categories <@ ARRAY(SELECT a.category FROM case_access a
        WHERE a.case_id = plan.case_id AND a.basis NOT IN ('own_record', 'emergency')));
CREATE POLICY plan_finished_by_maker ON plan FOR UPDATE TO ecm_app USING (
    made_by_membership_id = (SELECT (context() ->> 'membership')::uuid) AND status = 'preparing')
    WITH CHECK (made_by_membership_id = (SELECT (context() ->> 'membership')::uuid));
RESET ROLE;

SET ROLE ecm_policy;
-- The next number of a kind of plan for an audience. Only plans are counted of which every reader of the new one may
-- read every category, so no number tells anybody of a plan that is hidden from them. Source: ADR 0011.
CREATE FUNCTION next_plan_number(p_case uuid, p_type text, p_audience text, p_categories text[]) RETURNS int
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(max(p.number), 0) + 1 FROM plan p
    WHERE on_case(p_case) AND reads_all(p_case, p_categories) AND p.case_id = p_case AND p.plan_type = p_type
      AND p.audience = p_audience AND p.categories <@ p_categories
$$;
GRANT EXECUTE ON FUNCTION next_plan_number(uuid, text, text, text[]) TO ecm_app;
RESET ROLE;
