-- What was entered in error: hidden from every reader at once, kept for whoever wrote it and for the data protection
-- officer of their agency. A corrected answer to a consent question is an event like the others (ecm/consent).

SET ROLE ecm_policy;

-- What can be entered in error: where it stands, whose it is, and what it says. Of what a carer wrote themselves, the
-- school that keeps the case answers.
CREATE FUNCTION subject_of(p_kind text, p_id uuid)
RETURNS TABLE (case_id uuid, category text, agency_id uuid, membership_id uuid, person_id uuid, written_at timestamptz, text text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT n.case_id, n.category, n.author_agency_id, n.author_membership_id, NULL::uuid, n.written_at, n.text
        FROM note n WHERE p_kind = 'note' AND n.id = p_id
    UNION ALL SELECT t.case_id, t.category, t.author_agency_id, t.author_membership_id, NULL, t.added_at,
        concat_ws(E'\n', t.title, nullif(t.progress, '')) FROM action t WHERE p_kind = 'action' AND t.id = p_id
    UNION ALL SELECT o.case_id, o.category, o.author_agency_id, o.author_membership_id, NULL, o.added_at,
        concat_ws(E'\n', o.title, o.measure) FROM outcome o WHERE p_kind = 'outcome' AND o.id = p_id
    UNION ALL SELECT x.case_id, x.category, x.author_agency_id, x.author_membership_id, NULL, x.written_at,
        concat_ws(E'\n', o.title, o.measure || ': ' || trim_scale(x.value), nullif(x.note, ''))
        FROM measurement x JOIN outcome o ON o.id = x.outcome_id WHERE p_kind = 'measurement' AND x.id = p_id
    UNION ALL SELECT p.case_id, p.category, p.author_agency_id, p.author_membership_id, NULL, p.added_at,
        concat_ws(E'\n', p.title, p.who, p.how_often) FROM provision p WHERE p_kind = 'provision' AND p.id = p_id
    UNION ALL SELECT v.case_id, v.category, coalesce(v.author_agency_id, c.school_id), v.author_membership_id,
        v.author_person_id, v.written_at, v.text
        FROM case_view v JOIN support_case c ON c.id = v.case_id WHERE p_kind = 'view' AND v.id = p_id
    UNION ALL SELECT r.case_id, r.category, r.author_agency_id, r.author_membership_id, NULL, r.written_at, r.text
        FROM review_contribution r WHERE p_kind = 'contribution' AND r.id = p_id
$$;

-- Whoever wrote it may say that it was a mistake, and the school that keeps the case, in what it may write. What a carer
-- wrote themselves is theirs alone to take back. Source: ADR 0017.
CREATE FUNCTION may_correct(p_case uuid, p_category text, p_membership uuid, p_person uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF me ->> 'membership' IS NULL THEN RETURN coalesce(p_person = (me ->> 'person')::uuid, false); END IF;
    IF p_membership IS NULL THEN RETURN false; END IF;
    RETURN p_membership = (me ->> 'membership')::uuid OR (holds_case(p_case) AND may_write(p_case, p_category));
END $$;

-- Whose the row is, where, and of which kind of information: from the row itself, whatever was sent.
CREATE FUNCTION stamp_correction() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT s.case_id, s.category, s.agency_id, s.membership_id, s.person_id
        INTO NEW.case_id, NEW.category, NEW.author_agency_id, NEW.author_membership_id, NEW.author_person_id
        FROM subject_of(NEW.kind, NEW.subject_id) s;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing there' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_subject';
    END IF;
    PERFORM lock_case(NEW.case_id);
    NEW.by_membership_id := (context() ->> 'membership')::uuid;
    NEW.at := app_now();
    RETURN NEW;
END $$;

-- What was measured for an outcome goes with it, each number kept for whoever wrote it. The id of its correction has the
-- time of the outcome's, since they are listed by it.
CREATE FUNCTION hide_corrected() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format('UPDATE %I SET in_error = true WHERE id = $1', CASE NEW.kind
        WHEN 'view' THEN 'case_view' WHEN 'contribution' THEN 'review_contribution' ELSE NEW.kind END) USING NEW.subject_id;
    IF NEW.kind = 'outcome' THEN
        INSERT INTO correction (id, kind, subject_id, reason)
        SELECT (left(NEW.id::text, 18) || right(gen_random_uuid()::text, 18))::uuid, 'measurement', x.id, NEW.reason
        FROM measurement x WHERE x.outcome_id = NEW.subject_id AND NOT x.in_error;
    END IF;
    RETURN NULL;
END $$;

-- What the reader may still know of corrections: all of what they wrote, a data protection officer all of what their
-- agency wrote; whoever corrected something, that and why, without the text. Newest first, before p_before.
CREATE FUNCTION corrections_kept(p_before uuid, p_limit int)
RETURNS TABLE (id uuid, kind text, subject_id uuid, category text, case_id uuid, reference text, pupil_id uuid, wrote text, text text,
               written_at timestamptz, reason text, at timestamptz, by_name text, by_role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH me AS (
        SELECT (context() ->> 'membership')::uuid AS membership, (context() ->> 'agency')::uuid AS agency,
               CASE WHEN context() ->> 'membership' IS NULL THEN (context() ->> 'person')::uuid END AS carer,
               context() -> 'verbs' ? 'correction:read' AS officer),
    found AS (
        SELECT k.id, k.kind, k.subject_id, k.category, k.case_id, k.author_membership_id, k.author_person_id, k.author_agency_id,
               k.by_membership_id, NULL AS text, NULL::timestamptz AS written_at, k.reason, k.at
        FROM correction k
        UNION ALL
        SELECT e.id, 'consent', x.id, x.category, x.case_id, x.recorded_by_membership_id, NULL, m.agency_id,
               e.recorded_by_membership_id, x.kind, x.at, coalesce(e.reason, ''), e.at
        FROM consent_event e JOIN consent_event x ON x.id = e.corrects_event_id
        JOIN membership m ON m.id = x.recorded_by_membership_id),
    kept AS (
        SELECT f.*, coalesce(f.author_membership_id = me.membership, f.author_person_id = me.carer, false)
                    OR (f.author_agency_id = me.agency AND me.officer) AS whole
        FROM found f CROSS JOIN me
        WHERE f.id < p_before AND (f.author_membership_id = me.membership OR f.by_membership_id = me.membership
            OR f.author_person_id = me.carer OR (f.author_agency_id = me.agency AND me.officer))
        ORDER BY f.id DESC LIMIT p_limit)
    SELECT k.id, k.kind, k.subject_id, k.category, k.case_id,
           -- A number can be from somebody who never saw the case: whoever teaches the pupil's class.
           CASE WHEN k.kind <> 'measurement' OR k.author_membership_id IS DISTINCT FROM (context() ->> 'membership')::uuid
                OR on_case(k.case_id) THEN c.reference END,
           c.pupil_id, coalesce(a.name, q.name),
           CASE WHEN k.whole THEN coalesce(k.text, s.text) END, coalesce(k.written_at, s.written_at), k.reason, k.at,
           coalesce(b.name, q.name), y.role
    FROM kept k JOIN support_case c ON c.id = k.case_id
    LEFT JOIN LATERAL subject_of(k.kind, k.subject_id) s ON true
    LEFT JOIN membership w ON w.id = k.author_membership_id LEFT JOIN person a ON a.id = w.person_id
    LEFT JOIN membership y ON y.id = k.by_membership_id LEFT JOIN person b ON b.id = y.person_id
    LEFT JOIN person q ON q.id = k.author_person_id
    ORDER BY k.id DESC
$$;

GRANT EXECUTE ON FUNCTION may_correct(uuid, text, uuid, uuid), corrections_kept(uuid, int) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_correction(), hide_corrected() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE correction FORCE ROW LEVEL SECURITY;
GRANT INSERT ON correction TO ecm_app;
GRANT SELECT, INSERT ON correction TO ecm_policy;
-- Only what one can see, and then by who may say so.
CREATE POLICY correction_by_author_or_school ON correction FOR INSERT TO ecm_app WITH CHECK (
    CASE kind WHEN 'note' THEN EXISTS (SELECT FROM note n WHERE n.id = subject_id)
              WHEN 'action' THEN EXISTS (SELECT FROM action t WHERE t.id = subject_id)
              WHEN 'outcome' THEN EXISTS (SELECT FROM outcome o WHERE o.id = subject_id)
              WHEN 'measurement' THEN EXISTS (SELECT FROM measurement x WHERE x.id = subject_id)
              WHEN 'provision' THEN EXISTS (SELECT FROM provision p WHERE p.id = subject_id)
              WHEN 'view' THEN EXISTS (SELECT FROM case_view v WHERE v.id = subject_id)
              WHEN 'contribution' THEN EXISTS (SELECT FROM review_contribution r WHERE r.id = subject_id) END
    AND may_correct(case_id, category, author_membership_id, author_person_id));
CREATE TRIGGER a_stamp BEFORE INSERT ON correction FOR EACH ROW EXECUTE FUNCTION stamp_correction();
CREATE TRIGGER b_hide AFTER INSERT ON correction FOR EACH ROW EXECUTE FUNCTION hide_corrected();
RESET ROLE;
