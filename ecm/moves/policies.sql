-- Pupils who leave a school, or stay after all. What the school sees of their cases ends with the enrolment, by the clock
-- (ecm/access/policies.sql). Source: docs/access.md, "When a pupil moves"; docs/states.md, leaving a school.

SET ROLE ecm_policy;

-- Cases of these pupils, in one order, before anything is read that decides.
CREATE FUNCTION lock_cases_of(p_pupils uuid[]) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE each_case uuid;
BEGIN
    FOR each_case IN SELECT c.id FROM support_case c WHERE c.pupil_id = ANY (p_pupils) ORDER BY c.id
    LOOP PERFORM lock_case(each_case); END LOOP;
END $$;

-- Their last day at the reader's school. Answers who was on its roll with no last day yet; `p_ids` are for the departures.
CREATE FUNCTION leave_school(p_ids uuid[], p_pupils uuid[], p_last_on date, p_destination text, p_next uuid)
RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    mine uuid := (me ->> 'agency')::uuid;
BEGIN
    IF NOT me -> 'verbs' ? 'pupil:leave' THEN RETURN; END IF;
    IF p_next = mine OR (p_next IS NOT NULL AND NOT EXISTS (SELECT FROM agency g WHERE g.id = p_next AND g.kind = 'school')) THEN
        RAISE EXCEPTION 'not another school' USING ERRCODE = 'check_violation', CONSTRAINT = 'next_school';
    END IF;
    PERFORM lock_cases_of(p_pupils);
    RETURN QUERY
    WITH wanted AS (SELECT * FROM unnest(p_ids, p_pupils) w (id, pupil_id)),
    gone AS (
        UPDATE enrolment e SET to_on = p_last_on FROM wanted w
        WHERE e.pupil_id = w.pupil_id AND e.school_id = mine AND e.to_on IS NULL AND e.from_on <= p_last_on
        RETURNING e.id, e.pupil_id)
    INSERT INTO departure (id, pupil_id, school_id, enrolment_id, name, last_on, destination, next_school_id, by_membership_id, at)
    SELECT CASE WHEN row_number() OVER (PARTITION BY w.id) = 1 THEN w.id ELSE audit_id(app_now(), 0) END, g.pupil_id, mine, g.id, shown_name(u),
           p_last_on, p_destination, p_next, (me ->> 'membership')::uuid, app_now()
    FROM gone g JOIN wanted w ON w.pupil_id = g.pupil_id JOIN pupil u ON u.id = g.pupil_id
    RETURNING departure.pupil_id;
END $$;

-- They stay after all: the enrolment goes on as if it had not ended, and what was offered is taken back. Not once
-- another school has the case, nor when they came back meanwhile. Null: no such departure of this school.
CREATE FUNCTION stay_at_school(p_departure uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    d departure;
BEGIN
    SELECT * INTO d FROM departure x WHERE x.id = p_departure AND x.school_id = (me ->> 'agency')::uuid
        AND x.stayed_at IS NULL AND me -> 'verbs' ? 'pupil:leave' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM lock_cases_of(ARRAY[d.pupil_id]);
    IF EXISTS (SELECT FROM case_handover h JOIN enrolment e ON e.id = d.enrolment_id WHERE h.pupil_before_id = d.pupil_id
               AND h.from_school_id = d.school_id AND h.status = 'accepted' AND h.answered_at >= london_midnight(e.from_on)) THEN
        RAISE EXCEPTION 'another school has it' USING ERRCODE = 'check_violation', CONSTRAINT = 'departure_accepted';
    END IF;
    IF EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = d.pupil_id AND e.school_id = d.school_id AND e.id <> d.enrolment_id
               AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))) THEN
        RAISE EXCEPTION 'they came back' USING ERRCODE = 'check_violation', CONSTRAINT = 'departure_over';
    END IF;
    UPDATE departure SET stayed_at = app_now(), stayed_by_membership_id = (me ->> 'membership')::uuid WHERE id = d.id;
    UPDATE case_handover h SET status = 'withdrawn', answered_at = app_now(), answered_by_membership_id = (me ->> 'membership')::uuid
        FROM support_case c WHERE c.id = h.case_id AND c.pupil_id = d.pupil_id AND h.from_school_id = d.school_id AND h.status = 'offered';
    UPDATE enrolment SET to_on = NULL WHERE id = d.enrolment_id;
    RETURN d.pupil_id;
END $$;

-- What a school still knows of the cases of a pupil who left: which they were, who has them now, and nothing from inside.
CREATE FUNCTION cases_left_behind(p_departure uuid)
RETURNS TABLE (id uuid, reference text, status text, with_us boolean, offered_to text, handed_to text, handed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id, c.reference, CASE WHEN c.school_id = d.school_id THEN c.status END, c.school_id = d.school_id,
           (SELECT g.name FROM case_handover h JOIN agency g ON g.id = h.to_school_id
            WHERE h.case_id = c.id AND h.from_school_id = d.school_id AND h.status = 'offered'),
           t.name, a.answered_at
    FROM departure d
    CROSS JOIN LATERAL (
        SELECT s.id FROM support_case s WHERE s.pupil_id = d.pupil_id AND s.school_id = d.school_id
        UNION SELECT h.case_id FROM case_handover h WHERE h.pupil_before_id = d.pupil_id AND h.from_school_id = d.school_id
            AND h.status = 'accepted') k
    JOIN support_case c ON c.id = k.id
    LEFT JOIN LATERAL (SELECT * FROM case_handover h WHERE h.case_id = c.id AND h.from_school_id = d.school_id
                       AND h.status = 'accepted' ORDER BY h.answered_at DESC LIMIT 1) a ON c.school_id <> d.school_id
    LEFT JOIN agency t ON t.id = a.to_school_id
    WHERE d.id = p_departure AND d.school_id = (context() ->> 'agency')::uuid AND context() -> 'verbs' ? 'pupil:leave'
    ORDER BY c.opened_at DESC, c.id
$$;

GRANT EXECUTE ON FUNCTION leave_school(uuid[], uuid[], date, text, uuid), stay_at_school(uuid), cases_left_behind(uuid) TO ecm_app;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE departure ENABLE ROW LEVEL SECURITY;
ALTER TABLE departure FORCE ROW LEVEL SECURITY;
GRANT SELECT ON departure TO ecm_app;
GRANT SELECT, INSERT, UPDATE ON departure TO ecm_policy;
GRANT UPDATE (to_on) ON enrolment TO ecm_policy;
CREATE POLICY departure_of_my_school ON departure FOR SELECT TO ecm_app USING (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND (SELECT context() -> 'verbs' ? 'pupil:leave'));
RESET ROLE;
