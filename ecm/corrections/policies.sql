-- What was entered in error: hidden from every reader at once, kept for whoever wrote it and for the data protection
-- officer of their agency. A corrected answer to a consent question is an event like the others (ecm/consent).

SET ROLE ecm_policy;

-- Whose the row is, where, and of which kind of information: from the row itself, whatever was sent.
CREATE FUNCTION stamp_correction() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT x.case_id, x.category, x.author_agency_id, x.author_membership_id
        INTO NEW.case_id, NEW.category, NEW.author_agency_id, NEW.author_membership_id
        FROM (SELECT 'note' AS kind, id, case_id, category, author_agency_id, author_membership_id FROM note
              UNION ALL SELECT 'action', id, case_id, category, author_agency_id, author_membership_id FROM action) x
        WHERE x.kind = NEW.kind AND x.id = NEW.subject_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing there' USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_subject';
    END IF;
    PERFORM lock_case(NEW.case_id);
    NEW.by_membership_id := (context() ->> 'membership')::uuid;
    NEW.at := app_now();
    RETURN NEW;
END $$;

CREATE FUNCTION hide_corrected() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.kind = 'note' THEN UPDATE note SET in_error = true WHERE id = NEW.subject_id;
    ELSE UPDATE action SET in_error = true WHERE id = NEW.subject_id; END IF;
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
               context() -> 'verbs' ? 'correction:read' AS officer),
    found AS (
        SELECT k.id, k.kind, k.subject_id, k.category, k.case_id, k.author_membership_id, k.author_agency_id, k.by_membership_id,
               coalesce(n.text, concat_ws(E'\n', t.title, nullif(t.progress, ''))) AS text,
               coalesce(n.written_at, t.added_at) AS written_at, k.reason, k.at
        FROM correction k LEFT JOIN note n ON n.id = k.subject_id AND k.kind = 'note'
        LEFT JOIN action t ON t.id = k.subject_id AND k.kind = 'action'
        UNION ALL
        SELECT e.id, 'consent', x.id, x.category, x.case_id, x.recorded_by_membership_id, m.agency_id,
               e.recorded_by_membership_id, x.kind, x.at, coalesce(e.reason, ''), e.at
        FROM consent_event e JOIN consent_event x ON x.id = e.corrects_event_id
        JOIN membership m ON m.id = x.recorded_by_membership_id)
    SELECT f.id, f.kind, f.subject_id, f.category, f.case_id, c.reference, c.pupil_id, a.name,
           CASE WHEN f.author_membership_id = me.membership OR (f.author_agency_id = me.agency AND me.officer) THEN f.text END,
           f.written_at, f.reason, f.at, b.name, y.role
    FROM found f CROSS JOIN me JOIN support_case c ON c.id = f.case_id
    JOIN membership w ON w.id = f.author_membership_id JOIN person a ON a.id = w.person_id
    JOIN membership y ON y.id = f.by_membership_id JOIN person b ON b.id = y.person_id
    WHERE f.id < p_before AND (f.author_membership_id = me.membership OR f.by_membership_id = me.membership
        OR (f.author_agency_id = me.agency AND me.officer))
    ORDER BY f.id DESC LIMIT p_limit
$$;

GRANT EXECUTE ON FUNCTION corrections_kept(uuid, int) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_correction(), hide_corrected() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE correction FORCE ROW LEVEL SECURITY;
GRANT INSERT ON correction TO ecm_app;
GRANT SELECT ON correction TO ecm_policy;
-- Only what one can see; and then by whoever wrote it, or by the school that keeps the case in what it may write.
CREATE POLICY correction_by_author_or_school ON correction FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() ->> 'membership') IS NOT NULL
    AND CASE kind WHEN 'note' THEN EXISTS (SELECT FROM note n WHERE n.id = subject_id)
                  WHEN 'action' THEN EXISTS (SELECT FROM action t WHERE t.id = subject_id) END
    AND (author_membership_id = (SELECT (context() ->> 'membership')::uuid)
         OR (holds_case(case_id) AND may_write(case_id, category))));
CREATE TRIGGER a_stamp BEFORE INSERT ON correction FOR EACH ROW EXECUTE FUNCTION stamp_correction();
CREATE TRIGGER b_hide AFTER INSERT ON correction FOR EACH ROW EXECUTE FUNCTION hide_corrected();
RESET ROLE;
