-- Who may reach a pupil: the school they are on roll at now (a teacher: the own class), and readers of a case.

SET ROLE ecm_policy;
-- The classes of whoever asks, and of the colleagues they cover for.
CREATE FUNCTION own_classes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT c FROM membership m, unnest(m.class_names) c WHERE m.id = ANY (principals()) ORDER BY c)
$$;

-- The principal with which whoever teaches a class of a school reads. Not a secret, and nobody's id: it opens what the
-- relation says, to whom `enter` gives it. Source: ADR 0029.
CREATE FUNCTION class_desk(p_school uuid, p_class text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(substr(sha256(convert_to(p_school::text || '|' || p_class, 'UTF8')), 1, 16), 'hex')::uuid
$$;

-- With which class desks these memberships read: the classes of those whose role looks pupils up by class.
CREATE FUNCTION class_desks(p_memberships uuid[]) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT class_desk(m.agency_id, c) FROM membership m JOIN agency a ON a.id = m.agency_id
        JOIN permission p ON (p.kind, p.role, p.verb) = (a.kind, m.role, 'pupil:look_up_class'), unnest(m.class_names) c
        WHERE m.id = ANY (p_memberships))
$$;

-- A bar begins now or later, and is ended now, never re-dated.
CREATE FUNCTION stamp_contact_bar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN NEW.from_at := greatest(NEW.from_at, app_now());
    ELSE NEW.until_at := least(OLD.until_at, greatest(OLD.from_at, app_now())); END IF;
    RETURN NEW;
END $$;

-- The name to show, as display_name has it in Python (ecm/pupils/rules.py).
CREATE FUNCTION shown_name(u pupil) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT concat_ws(' ', CASE WHEN lower(u.preferred_name) = ANY (string_to_array(lower(u.last_name), ' ')) THEN u.first_name
                               ELSE coalesce(nullif(u.preferred_name, ''), u.first_name) END, nullif(u.last_name, ''))
$$;

-- The day a person reaches an age. Born on 29 February: 1 March in a common year. Source: ADR 0005.
CREATE FUNCTION birthday(born date, age int) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    -- The day is another only for who was born on 29 February, in a year without one.
    SELECT CASE WHEN extract(day FROM born) <> extract(day FROM born + make_interval(years => age))
                THEN (born + make_interval(years => age))::date + 1
                ELSE (born + make_interval(years => age))::date END
$$;
-- On roll now at the school the reader acts for, in one of these classes if any are named, and not closed to them.
-- `principals` only so that a forged setting is refused here too, though nothing is read by it.
CREATE FUNCTION on_my_roll(p_pupil uuid, p_classes text[] DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    RETURN principals() IS NOT NULL AND NOT me -> 'closed_pupils' ? p_pupil::text
       AND EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = p_pupil AND e.school_id = (me ->> 'agency')::uuid
                   AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))
                   AND (p_classes IS NULL OR e.class_name = ANY (p_classes)));
END $$;

-- The reader keeps this pupil's record: on roll now at the school the reader acts for, in a role with this verb.
CREATE FUNCTION keeps_pupil(p_pupil uuid, p_verb text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() -> 'verbs' ? p_verb AND on_my_roll(p_pupil)
$$;

-- ------------------------------------------------------------------------------------- what a school writes down
-- A pupil comes to the roll of the school the writer acts for, and to no other.
CREATE FUNCTION add_pupil(p_id uuid, p_enrolment uuid, p_names text[], p_key text, p_born date, p_born_known boolean,
                          p_upn text, p_year_group text, p_class_name text, p_provision text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF NOT (me -> 'verbs' ? 'pupil:keep') OR me ->> 'agency_kind' <> 'school' THEN RETURN false; END IF;
    INSERT INTO pupil (id, first_name, last_name, preferred_name, pronouns, date_of_birth, date_of_birth_known, search_key)
        VALUES (p_id, p_names[1], p_names[2], p_names[3], p_names[4], p_born, p_born_known, p_key);
    INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, class_name, from_on)
        VALUES (p_enrolment, p_id, (me ->> 'agency')::uuid, p_upn, p_year_group, p_class_name,
                (app_now() AT TIME ZONE 'Europe/London')::date);
    INSERT INTO sen_status (pupil_id, sen_provision) VALUES (p_id, p_provision);
    RETURN true;
END $$;

-- Somebody else's record too: a worker, or a carer of a pupil who is not on this school's roll. What they are called
-- and how they are reached is then not this school's alone to say.
CREATE FUNCTION known_elsewhere(p_person uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM membership m WHERE m.person_id = p_person)
        OR EXISTS (SELECT FROM carer k WHERE k.person_id = p_person AND NOT keeps_pupil(k.pupil_id, 'pupil:keep'))
$$;

-- A carer as the school that keeps the pupil corrects them: also how they are reached, which no other page shows.
-- `fixed`: name, e-mail and telephone are not the school's to change; `signs_in`: name and e-mail are their own.
CREATE FUNCTION carer_card(p_carer uuid, p_proof bytea)
RETURNS TABLE (id uuid, pupil_id uuid, version int, name text, email text, phone text, phone_verified_at timestamptz,
               phone_changed_at timestamptz, relationship text, has_parental_responsibility boolean,
               authority_verified boolean, language text, needs_interpreter boolean, format text,
               fixed boolean, signs_in boolean, barred boolean, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('carer-card|' || p_carer, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT k.id, k.pupil_id, k.version, n.name, n.email, n.phone, n.phone_verified_at, n.phone_changed_at,
        k.relationship, k.has_parental_responsibility, k.authority_verified_at IS NOT NULL, k.language,
        k.needs_interpreter, k.format, known_elsewhere(n.id), EXISTS (SELECT FROM credential c WHERE c.person_id = n.id),
        EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = n.id
                AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)), app_now()
        FROM carer k JOIN person n ON n.id = k.person_id WHERE k.id = p_carer AND keeps_pupil(k.pupil_id, 'pupil:keep');
END $$;

-- A new person who cares for a pupil of this school. An address that a carer of another pupil here has is that carer;
-- one that anybody else has is refused by the unique index. Responsibility is only a claim.
CREATE FUNCTION add_carer(p_id uuid, p_person uuid, p_pupil uuid, p_name text, p_email text, p_phone text,
                          p_relationship text, p_responsible boolean, p_language text, p_interpreter boolean, p_format text)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE who uuid := p_person;
BEGIN
    IF NOT keeps_pupil(p_pupil, 'pupil:keep') THEN RETURN false; END IF;
    SELECT n.id INTO who FROM person n WHERE n.email = p_email AND n.name = p_name AND NOT known_elsewhere(n.id)
        AND EXISTS (SELECT FROM carer k WHERE k.person_id = n.id);
    IF NOT FOUND THEN
        who := p_person;
        INSERT INTO person (id, name, email, phone) VALUES (p_person, p_name, p_email, p_phone);
    END IF;
    INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, language, needs_interpreter, format)
        VALUES (p_id, p_pupil, who, p_relationship, p_responsible, p_language, p_interpreter, p_format);
    RETURN true;
END $$;

-- Correct a carer. A number that changes is unverified, and says since when it is another: consent is not asked over it
-- for 14 days (ecm/accounts/rules.py). A claim of responsibility that is taken back takes its proof with it.
CREATE FUNCTION change_carer(p_carer uuid, p_version int, p_name text, p_email text, p_phone text, p_relationship text,
                             p_responsible boolean, p_language text, p_interpreter boolean, p_format text)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    k carer;
    n person;
BEGIN
    SELECT * INTO k FROM carer WHERE id = p_carer AND version = p_version FOR UPDATE;
    IF NOT FOUND OR NOT keeps_pupil(k.pupil_id, 'pupil:keep') THEN RETURN false; END IF;
    SELECT * INTO n FROM person WHERE id = k.person_id FOR UPDATE;
    IF ((n.name, n.email, n.phone) IS DISTINCT FROM (p_name, p_email, p_phone) AND known_elsewhere(n.id))
       OR ((n.name, n.email) IS DISTINCT FROM (p_name, p_email) AND EXISTS (SELECT FROM credential c WHERE c.person_id = n.id)) THEN
        RAISE EXCEPTION 'not the school''s to change' USING ERRCODE = 'check_violation', CONSTRAINT = 'carer_of_their_own';
    END IF;
    UPDATE person SET name = p_name, email = p_email, phone = p_phone,
        phone_verified_at = CASE WHEN phone IS NOT DISTINCT FROM p_phone THEN phone_verified_at END,
        phone_changed_at = CASE WHEN phone IS NOT DISTINCT FROM p_phone THEN phone_changed_at ELSE app_now() END
        WHERE id = n.id;
    UPDATE carer SET relationship = p_relationship, has_parental_responsibility = p_responsible, language = p_language,
        needs_interpreter = p_interpreter, format = p_format, version = version + 1,
        authority_seen = CASE WHEN p_responsible THEN authority_seen END,
        authority_verified_at = CASE WHEN p_responsible THEN authority_verified_at END WHERE id = p_carer;
    RETURN true;
END $$;

-- A worker has rung or called this number with the carer beside them. It does not shorten the 14 days.
CREATE FUNCTION verify_phone(p_carer uuid, p_phone text) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE person n SET phone_verified_at = app_now() FROM carer k WHERE k.id = p_carer AND n.id = k.person_id
        AND n.phone = p_phone AND keeps_pupil(k.pupil_id, 'carer:admit') AND NOT known_elsewhere(n.id);
    RETURN FOUND;
END $$;

GRANT EXECUTE ON FUNCTION own_classes(), keeps_pupil(uuid, text), on_my_roll(uuid, text[]), add_pupil(uuid, uuid, text[], text, date, boolean, text, text, text, text),
    carer_card(uuid, bytea), verify_phone(uuid, text),
    add_carer(uuid, uuid, uuid, text, text, text, text, boolean, text, boolean, text),
    change_carer(uuid, int, text, text, text, text, boolean, text, boolean, text) TO ecm_app;
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
GRANT UPDATE ON carer, pupil TO ecm_policy;
GRANT UPDATE (first_name, last_name, preferred_name, pronouns, date_of_birth, date_of_birth_known, search_key, version)
    ON pupil TO ecm_app;
GRANT UPDATE (upn, year_group, class_name) ON enrolment TO ecm_app;
GRANT UPDATE (sen_provision) ON sen_status TO ecm_app;

-- A school corrects the record of a pupil who is on its roll now, and its own line of the roll.
CREATE POLICY pupil_kept_by_school ON pupil FOR UPDATE TO ecm_app
    USING (keeps_pupil(id, 'pupil:keep')) WITH CHECK (keeps_pupil(id, 'pupil:keep'));
CREATE POLICY enrolment_kept_by_school ON enrolment FOR UPDATE TO ecm_app USING (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND keeps_pupil(pupil_id, 'pupil:keep')
    AND (to_on IS NULL OR app_now() < london_midnight(to_on + 1)));
CREATE POLICY sen_status_kept_by_school ON sen_status FOR UPDATE TO ecm_app USING (keeps_pupil(pupil_id, 'pupil:keep'));

-- On roll now at the school the reader acts for.
CREATE POLICY enrolment_at_my_school ON enrolment FOR SELECT TO ecm_app USING (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND pupil_id <> ALL ((SELECT closed_pupils())::uuid[])
    AND (to_on IS NULL OR app_now() < london_midnight(to_on + 1))
    AND ((SELECT context() -> 'verbs' ? 'pupil:look_up')
         OR ((SELECT context() -> 'verbs' ? 'pupil:look_up_class')
             AND class_name = ANY ((SELECT own_classes())::text[]))));
CREATE POLICY enrolment_by_case ON enrolment FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = enrolment.pupil_id AND a.category = 'education' AND a.basis <> 'own_record'));

-- On the reader's roll, or with a case. What is asked of the roll is a function here and below: a policy that asks a table
-- with policies has all of those made ready with every statement, also where a case decides already (docs/performance.md).
CREATE POLICY pupil_at_my_school ON pupil FOR SELECT TO ecm_app USING (
    ((SELECT context() -> 'verbs' ? 'pupil:look_up') AND on_my_roll(id))
    OR ((SELECT context() -> 'verbs' ? 'pupil:look_up_class') AND on_my_roll(id, (SELECT own_classes())::text[])));
CREATE POLICY pupil_by_case ON pupil FOR SELECT TO ecm_app USING (
    EXISTS (SELECT FROM support_case c WHERE c.pupil_id = pupil.id));

CREATE POLICY sen_status_at_my_school ON sen_status FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'pupil:look_up') AND on_my_roll(pupil_id));
CREATE POLICY sen_status_by_case ON sen_status FOR SELECT TO ecm_app USING (
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = sen_status.pupil_id AND a.category = 'education' AND a.basis <> 'own_record'));

-- Carers: the school's own leads, readers of the family's information, and each carer their own row.
CREATE POLICY carer_at_my_school ON carer FOR SELECT TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'pupil:look_up') AND on_my_roll(pupil_id));
CREATE POLICY carer_by_case ON carer FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NOT NULL AND
    EXISTS (SELECT 1 FROM support_case c JOIN case_access a ON a.case_id = c.id
            WHERE c.pupil_id = carer.pupil_id AND a.category = 'family' AND a.basis <> 'own_record'));
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
    (SELECT context() -> 'verbs' ? 'contact:bar') AND on_my_roll(pupil_id));
CREATE POLICY contact_bar_by_school ON contact_bar FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'contact:bar')
    AND set_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = contact_bar.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
                AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))));
CREATE POLICY contact_bar_lifted_by_school ON contact_bar FOR UPDATE TO ecm_app USING (
    (SELECT context() -> 'verbs' ? 'contact:bar')
    AND EXISTS (SELECT 1 FROM enrolment e WHERE e.pupil_id = contact_bar.pupil_id
                AND e.school_id = (SELECT (context() ->> 'agency')::uuid)
                AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1))));
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE OF until_at ON contact_bar FOR EACH ROW EXECUTE FUNCTION stamp_contact_bar();
RESET ROLE;
