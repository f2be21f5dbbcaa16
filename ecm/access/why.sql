-- Why somebody can or cannot see a case. The relation answers what they can; of what they cannot, the nearest missing
-- fact is told as a code, and the same code whether the family said no, took a yes back or was never asked.

SET ROLE ecm_policy;

-- Who may be asked about: oneself on a case one sees; anybody, by the school that keeps the case and its data protection
-- officer; one's own people, by a manager on the case. Never a service one may not know of.
CREATE FUNCTION may_ask_why(p_case uuid, p_membership uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT CASE access_log_scope(p_case)
               WHEN 'school' THEN knows_of(p_case, m.agency_id)
               WHEN 'officer' THEN g.involvement_category = 'core'
               WHEN 'agency' THEN m.agency_id = (context() ->> 'agency')::uuid
               ELSE false END OR (m.id = (context() ->> 'membership')::uuid AND on_case(p_case))
        FROM membership m JOIN agency g ON g.id = m.agency_id WHERE m.id = p_membership), false)
$$;

-- Every reason that holds now, once for each category and basis: since when without a gap, and until when at the latest.
-- `cover`: it is a colleague's, for whom this worker covers now; being named on a case and an emergency are not passed on.
CREATE FUNCTION why_seen(p_case uuid, p_membership uuid)
RETURNS TABLE (category text, basis text, cover boolean, since timestamptz, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH asked AS (
        SELECT m.id, m.person_id FROM membership m WHERE m.id = p_membership AND may_ask_why(p_case, p_membership)
          AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
          AND NOT too_close(m.person_id, p_case)),
    seats AS (
        SELECT principal, false AS cover, tstzrange(NULL, NULL) AS span FROM asked, unnest(principals_of(asked.id)) principal
        UNION ALL
        SELECT principal, true, tstzrange(london_midnight(c.from_on), london_midnight(c.until_on + 1))
        FROM asked CROSS JOIN unnest(covered_by(asked.id, asked.person_id)) absent
        JOIN cover c ON c.covering_membership_id = asked.id AND c.absent_membership_id = absent AND c.ended_at IS NULL
        CROSS JOIN unnest(absent || class_desks(ARRAY[absent])) principal
        WHERE principal <> absent OR NOT shut_out(asked.id, p_case)),
    mine AS (
        SELECT a.category, a.basis, s.cover, tstzrange(a.valid_from, a.valid_until) * s.span AS span
        FROM seats s JOIN case_access a ON a.principal = s.principal
        WHERE a.case_id = p_case AND NOT (s.cover AND a.basis = 'emergency')),
    joined AS (SELECT category, basis, cover, unnest(range_agg(span)) AS span FROM mine GROUP BY category, basis, cover)
    SELECT category, basis, cover, lower(span), nullif(upper(span), 'infinity') FROM joined WHERE span @> app_now() ORDER BY category, cover, basis
$$;

-- What decides it, for the rule in ecm/access/rules.py. `conflicted` is told to the person and to who looks after
-- conflicts; to everybody else such a worker is one without a reason. Null: not to be asked.
CREATE FUNCTION why_facts(p_case uuid, p_membership uuid)
RETURNS TABLE (name text, role text, agency_id uuid, agency_name text, kind text, keeps boolean, has_left boolean, conflicted boolean,
               unnamed boolean, involvement text, for_all boolean, for_safeguarding boolean, for_classes boolean, assigned boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT n.name, m.role, g.id, g.name, g.kind, c.school_id = g.id,
           m.started_at > app_now() OR coalesce(m.ended_at <= app_now(), false),
           too_close(m.person_id, c.id) AND (m.id = (context() ->> 'membership')::uuid OR (context() -> 'verbs' ? 'conflict:manage' AND g.id = (context() ->> 'agency')::uuid)),
           EXISTS (SELECT FROM case_restriction r WHERE r.case_id = c.id AND r.ended_at IS NULL)
               AND c.lead_membership_id <> m.id
               AND NOT EXISTS (SELECT FROM named_reader r WHERE r.case_id = c.id AND r.membership_id = m.id AND r.ended_at IS NULL),
           (SELECT i.status FROM involvement i WHERE i.case_id = c.id AND i.agency_id = g.id ORDER BY i.invited_at DESC, i.id DESC LIMIT 1),
           g.id = ANY (s.seats), g.safeguarding_desk_id = ANY (s.seats),
           EXISTS (SELECT FROM permission p WHERE (p.kind, p.role, p.verb) = (g.kind, m.role, 'pupil:look_up_class')),
           EXISTS (SELECT FROM involvement i WHERE i.case_id = c.id AND i.assignee_membership_id = m.id AND i.status = 'accepted')
    FROM support_case c, membership m JOIN person n ON n.id = m.person_id JOIN agency g ON g.id = m.agency_id,
         LATERAL (SELECT principals_of(m.id) AS seats) s
    WHERE c.id = p_case AND m.id = p_membership AND may_ask_why(p_case, p_membership)
$$;

-- Of whom it can be asked: workers of the organisations at the table that the reader may be told of.
CREATE FUNCTION why_whom(p_case uuid) RETURNS TABLE (id uuid, name text, role text, agency_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.id, n.name, m.role, g.name
    FROM membership m JOIN person n ON n.id = m.person_id JOIN agency g ON g.id = m.agency_id
    WHERE (g.id = (SELECT c.school_id FROM support_case c WHERE c.id = p_case)
           OR g.id IN (SELECT i.agency_id FROM involvement i WHERE i.case_id = p_case))
      AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
      AND m.role NOT IN ('agency_admin', 'auditor', 'system_admin') AND may_ask_why(p_case, m.id)
    ORDER BY g.name, n.name, m.id
$$;
GRANT EXECUTE ON FUNCTION why_seen(uuid, uuid), why_facts(uuid, uuid), why_whom(uuid) TO ecm_app;
RESET ROLE;
