-- Who may reach a pupil: the school they are on roll at now (a teacher: the own class), and readers of a case.

SET ROLE ecm_policy;
CREATE FUNCTION own_classes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT class_names FROM membership WHERE id = (context() ->> 'membership')::uuid), '{}')
$$;

-- A bar begins now or later, and is ended now, never re-dated.
CREATE FUNCTION stamp_contact_bar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN NEW.from_at := greatest(NEW.from_at, app_now());
    ELSE NEW.until_at := least(OLD.until_at, greatest(OLD.from_at, app_now())); END IF;
    RETURN NEW;
END $$;

-- The day a person reaches an age. Born on 29 February: 1 March in a common year. Source: ADR 0005.
CREATE FUNCTION birthday(born date, age int) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN extract(month FROM born) = 2 AND extract(day FROM born) = 29
                 AND extract(day FROM born + make_interval(years => age)) = 28
                THEN (born + make_interval(years => age))::date + 1
                ELSE (born + make_interval(years => age))::date END
$$;
GRANT EXECUTE ON FUNCTION own_classes() TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_contact_bar() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE pupil ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupil FORCE ROW LEVEL SECURITY;
ALTER TABLE enrolment ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolment FORCE ROW LEVEL SECURITY;
ALTER TABLE sen_status ENABLE ROW LEVEL SECURITY;
ALTER TABLE sen_status FORCE ROW LEVEL SECURITY;
ALTER TABLE carer ENABLE ROW LEVEL SECURITY;
ALTER TABLE carer FORCE ROW LEVEL SECURITY;
ALTER TABLE contact_bar ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_bar FORCE ROW LEVEL SECURITY;

GRANT SELECT ON pupil, enrolment, sen_status, carer TO ecm_app;
GRANT SELECT ON contact_bar TO ecm_app;
GRANT INSERT ON contact_bar TO ecm_app;
GRANT UPDATE (until_at) ON contact_bar TO ecm_app;
GRANT UPDATE (authority_seen, authority_verified_at) ON carer TO ecm_app;
GRANT SELECT, INSERT ON pupil, enrolment, sen_status, carer, contact_bar TO ecm_policy;

-- On roll now at the school the reader acts for.
CREATE POLICY enrolment_at_my_school ON enrolment FOR SELECT TO ecm_app USING (
    school_id = (SELECT (context() ->> 'agency')::uuid)
    AND (to_on IS NULL OR app_now() < london_midnight(to_on + 1))
    AND ((SELECT context() -> 'verbs' ? 'pupil:look_up')
         OR ((SELECT context() -> 'verbs' ? 'pupil:look_up_class')
             AND class_name = ANY ((SELECT own_classes())::text[]))));
CREATE POLICY enrolment_by_case ON enrolment FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = enrolment.pupil_id AND a.principal = ANY ((SELECT principals())::uuid[])
              AND a.category = 'education' AND a.basis <> 'own_record'
              AND app_now() >= a.valid_from AND app_now() < a.valid_until));

CREATE POLICY pupil_at_my_school ON pupil FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = pupil.id
            AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
            AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
            AND ((SELECT context() -> 'verbs' ? 'pupil:look_up')
                 OR ((SELECT context() -> 'verbs' ? 'pupil:look_up_class')
                     AND e.class_name = ANY ((SELECT own_classes())::text[])))));
CREATE POLICY pupil_by_case ON pupil FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = pupil.id AND a.principal = ANY ((SELECT principals())::uuid[])
              AND a.category = 'core' AND a.basis <> 'own_record'
              AND app_now() >= a.valid_from AND app_now() < a.valid_until));

CREATE POLICY sen_status_at_my_school ON sen_status FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = sen_status.pupil_id
            AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
            AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
            AND (SELECT context() -> 'verbs' ? 'pupil:look_up')));
CREATE POLICY sen_status_by_case ON sen_status FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = sen_status.pupil_id AND a.principal = ANY ((SELECT principals())::uuid[])
              AND a.category = 'education' AND a.basis <> 'own_record'
              AND app_now() >= a.valid_from AND app_now() < a.valid_until));

-- Carers: the school's own leads, readers of the family's information, and each carer their own row.
CREATE POLICY carer_at_my_school ON carer FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = carer.pupil_id
            AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
            AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
            AND (SELECT context() -> 'verbs' ? 'pupil:look_up')));
CREATE POLICY carer_by_case ON carer FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NOT NULL AND
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = carer.pupil_id AND a.principal = ANY ((SELECT principals())::uuid[])
              AND a.category = 'family' AND a.basis <> 'own_record'
              AND app_now() >= a.valid_from AND app_now() < a.valid_until));
CREATE POLICY carer_is_me ON carer FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NULL
    AND person_id = (SELECT (context() ->> 'person')::uuid)
    AND NOT ((SELECT context() -> 'barred') ? pupil_id::text));
CREATE POLICY carer_verified_by_school ON carer FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'carer:admit')
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = carer.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
                AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))));

CREATE POLICY contact_bar_at_my_school ON contact_bar FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'contact:bar')
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = contact_bar.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)));
CREATE POLICY contact_bar_by_school ON contact_bar FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'contact:bar')
    AND set_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = contact_bar.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)));
CREATE POLICY contact_bar_lifted_by_school ON contact_bar FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'contact:bar')
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = contact_bar.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)));
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON contact_bar FOR EACH ROW EXECUTE FUNCTION stamp_contact_bar();
RESET ROLE;
