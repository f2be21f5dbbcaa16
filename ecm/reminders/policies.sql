-- What is outstanding, for whom, without a word about whom: only the reminding service asks, and it learns kinds and days.

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['reminder', 'reminder_run'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ecm_app', t);
        EXECUTE format('CREATE POLICY %1$s_of_the_service ON %1$I TO ecm_app USING ((SELECT context() ->> ''service'') = ''reminders'')
                        WITH CHECK ((SELECT context() ->> ''service'') = ''reminders'')', t);
    END LOOP;
END $$;
RESET ROLE;

SET ROLE ecm_policy;

-- The memberships that stand behind a desk now: of the agency, or of its safeguarding lead.
CREATE FUNCTION at_desk(p_desk uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.id FROM membership m JOIN agency a ON a.id = m.agency_id
    JOIN permission p ON p.kind = a.kind AND p.role = m.role
    WHERE (a.id = p_desk AND p.verb = 'desk:general' OR a.safeguarding_desk_id = p_desk AND p.verb = 'desk:safeguarding')
      AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
$$;

-- Whether this membership sees this category of this case now, by itself or by a desk it stands at.
CREATE FUNCTION membership_sees(p_membership uuid, p_case uuid, p_category text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM case_access x WHERE x.case_id = p_case AND x.category = p_category AND x.basis <> 'own_record'
        AND app_now() >= x.valid_from AND app_now() < x.valid_until
        AND (x.principal = p_membership OR x.principal IN (
            SELECT CASE p.verb WHEN 'desk:general' THEN a.id ELSE a.safeguarding_desk_id END
            FROM membership m JOIN agency a ON a.id = m.agency_id
            JOIN permission p ON p.kind = a.kind AND p.role = m.role AND p.verb IN ('desk:general', 'desk:safeguarding')
            WHERE m.id = p_membership)))
$$;

-- Everything that may call for a reminder: its kind, the day it counts from, for whom, and whether its case still runs.
-- What is done is not here: a reminder stops when there is nothing left to do.
CREATE FUNCTION outstanding_work(p_proof bytea)
RETURNS TABLE (kind text, membership_id uuid, counts_from date, case_open boolean, pupil_lives boolean, on_roll boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE today date := (app_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF NOT proved('outstanding_work', p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    WITH live AS (
        SELECT m.id, m.agency_id FROM membership m JOIN person n ON n.id = m.person_id
        WHERE m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
          AND (n.left_at IS NULL OR n.left_at > app_now())),
    work AS (
        SELECT 'action' AS kind, w.id AS membership_id, a.due_on AS counts_from, a.case_id
        FROM action a, LATERAL (
            SELECT l.id FROM live l WHERE l.id = a.assignee_membership_id
            UNION ALL
            SELECT d FROM at_desk(a.owner_desk_id) d
            WHERE NOT EXISTS (SELECT FROM live l WHERE l.id = a.assignee_membership_id)) w
        WHERE a.status IN ('todo', 'doing') AND NOT a.in_error AND membership_sees(w.id, a.case_id, 'core')
        UNION ALL
        SELECT 'review', w.id, c.next_review_on, c.id
        FROM support_case c, LATERAL (
            SELECT l.id FROM live l WHERE l.id = c.lead_membership_id
            UNION ALL
            SELECT d FROM at_desk(c.school_id) d
            WHERE NOT EXISTS (SELECT FROM live l WHERE l.id = c.lead_membership_id)) w
        WHERE c.next_review_on IS NOT NULL AND membership_sees(w.id, c.id, 'core')
        UNION ALL
        SELECT 'consent', w.id, (r.asked_at AT TIME ZONE 'Europe/London')::date, r.case_id
        FROM consent_request r JOIN support_case c ON c.id = r.case_id
        JOIN membership m ON m.id = r.asked_by_membership_id AND m.agency_id = c.school_id, LATERAL (
            SELECT CASE WHEN EXISTS (SELECT FROM live l WHERE l.id = r.asked_by_membership_id)
                        THEN r.asked_by_membership_id
                        -- The lead does not learn by a reminder that somebody asked about a service that is telling in itself.
                        WHEN NOT EXISTS (SELECT FROM consent_proposal p JOIN agency g ON g.id = p.agency_id
                                         WHERE p.request_id = r.id AND g.involvement_category <> 'core')
                        THEN c.lead_membership_id END AS id) w
        WHERE r.answered_at IS NULL AND membership_sees(w.id, r.case_id, 'core')
          AND EXISTS (SELECT FROM consent_proposal p WHERE p.request_id = r.id AND (
              SELECT e.kind FROM consent_event e WHERE e.proposal_id = p.id AND e.kind <> 'entered_in_error'
              AND NOT EXISTS (SELECT FROM consent_event x WHERE x.corrects_event_id = e.id)
              ORDER BY e.number DESC LIMIT 1) = 'requested')
        UNION ALL
        SELECT 'invitation', l.id, (i.invited_at AT TIME ZONE 'Europe/London')::date, i.case_id
        FROM involvement i JOIN agency g ON g.id = i.agency_id JOIN live l ON l.agency_id = i.agency_id
        JOIN membership m ON m.id = l.id
        WHERE i.status = 'invited' AND EXISTS (SELECT FROM permission p
            WHERE p.kind = g.kind AND p.role = m.role AND p.verb = 'involvement:answer')
        UNION ALL
        -- A case that one school offers to another: who may answer there, and who offered it.
        SELECT 'handover', l.id, (h.offered_at AT TIME ZONE 'Europe/London')::date, h.case_id
        FROM case_handover h JOIN live l ON l.id = h.offered_by_membership_id OR l.agency_id = h.to_school_id
        JOIN membership m ON m.id = l.id JOIN agency g ON g.id = m.agency_id
        WHERE h.status = 'offered' AND EXISTS (SELECT FROM permission p
            WHERE p.kind = g.kind AND p.role = m.role AND p.verb = 'case:hand_over'))
    SELECT k.kind, k.membership_id, k.counts_from, c.status = 'open', u.died_on IS NULL,
           -- Who is offered has left, as a rule: that is no reason not to answer.
           k.kind = 'handover' OR EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = c.pupil_id AND e.school_id = c.school_id
                   AND e.from_on <= today AND (e.to_on IS NULL OR e.to_on >= today))
    FROM work k JOIN support_case c ON c.id = k.case_id JOIN pupil u ON u.id = c.pupil_id
    -- What is closed by a conflict of interest is not counted to that person either.
    WHERE NOT too_close((SELECT m.person_id FROM membership m WHERE m.id = k.membership_id), c.id);
END $$;

GRANT EXECUTE ON FUNCTION outstanding_work(bytea) TO ecm_app;
RESET ROLE;
