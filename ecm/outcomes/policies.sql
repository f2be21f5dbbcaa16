-- Outcomes, measurements, provision and views are read and written like the other tables of text (those policies are in
-- ecm/cases/policies.sql). Here: who may change an outcome or a provision, and what a carer writes.

SET ROLE ecm_policy;

-- A worker writes for an agency; a carer for themselves.
CREATE FUNCTION stamp_view() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    NEW.author_membership_id := (me ->> 'membership')::uuid;
    NEW.author_agency_id := CASE WHEN NEW.author_membership_id IS NOT NULL THEN (me ->> 'agency')::uuid END;
    NEW.author_desk_id := CASE WHEN NEW.author_membership_id IS NOT NULL THEN desk(NEW.author_agency_id, NEW.category) END;
    NEW.author_person_id := CASE WHEN NEW.author_membership_id IS NULL THEN (me ->> 'person')::uuid END;
    RETURN NEW;
END $$;

-- When an outcome was settled, and by whom, follows from its status, whatever was sent.
CREATE FUNCTION settle_outcome() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.status := 'working';
        NEW.settled_at := NULL;
        NEW.settled_by_membership_id := NULL;
    ELSIF NEW.status <> OLD.status THEN
        NEW.settled_at := CASE WHEN NEW.status <> 'working' THEN app_now() END;
        NEW.settled_by_membership_id := CASE WHEN NEW.status <> 'working' THEN (context() ->> 'membership')::uuid END;
    END IF;
    RETURN NEW;
END $$;

-- What is measured for an outcome that was entered in error meanwhile was measured in error. Runs under the lock of the
-- case (b_must_be_open), which a correction takes, too.
CREATE FUNCTION stamp_measurement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.in_error := EXISTS (SELECT FROM outcome o WHERE o.id = NEW.outcome_id AND o.in_error);
    RETURN NEW;
END $$;

GRANT EXECUTE ON FUNCTION stamp_view(), settle_outcome(), stamp_measurement() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
-- Changed by whoever wrote it, the desk they wrote it for, and the school that keeps the case; and only what they see.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['outcome', 'provision'] LOOP
        EXECUTE format('CREATE POLICY %1$s_changed ON %1$I FOR UPDATE TO ecm_app USING (
            NOT in_error AND (author_membership_id = ANY ((SELECT principals())::uuid[])
                             OR author_desk_id = ANY ((SELECT principals())::uuid[]) OR holds_case(case_id)) AND works_in(case_id, ''core''))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['outcome', 'provision', 'measurement'] LOOP
        EXECUTE format('CREATE TRIGGER a_stamp_author BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION stamp_author()', t);
    END LOOP;
END $$;
GRANT UPDATE (title, measure, baseline, target, due_on, status, updated_at, version) ON outcome TO ecm_app;
GRANT UPDATE (title, who, how_often, minutes, weeks, ended_on, updated_at, version) ON provision TO ecm_app;

-- A carer reads what they wrote themselves while they are let in to the case. No other carer does: what carers write is
-- family information, which no carer is let in to. Two carers have two separate views. Source: design 4.
CREATE POLICY case_view_is_mine ON case_view FOR SELECT TO ecm_app USING (
    NOT in_error AND (SELECT context() ->> 'membership') IS NULL AND author_person_id = (SELECT (context() ->> 'person')::uuid)
    AND EXISTS (SELECT 1 FROM case_access a WHERE a.case_id = case_view.case_id
                AND a.category = 'core' AND a.basis = 'own_child'));
CREATE POLICY case_view_by_carer ON case_view FOR INSERT TO ecm_app WITH CHECK (
    author_person_id = (SELECT (context() ->> 'person')::uuid) AND category = 'family'
    AND EXISTS (SELECT 1 FROM case_access a WHERE a.case_id = case_view.case_id
                AND a.category = 'core' AND a.basis = 'own_child'));

CREATE TRIGGER a_stamp_view BEFORE INSERT ON case_view FOR EACH ROW EXECUTE FUNCTION stamp_view();
CREATE TRIGGER a_settle BEFORE INSERT OR UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION settle_outcome();
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION stamp_times('added_at');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON provision FOR EACH ROW EXECUTE FUNCTION stamp_times('added_at');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON measurement FOR EACH ROW EXECUTE FUNCTION stamp_times('written_at');
CREATE TRIGGER d_of_outcome BEFORE INSERT ON measurement FOR EACH ROW EXECUTE FUNCTION stamp_measurement();
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON case_view FOR EACH ROW EXECUTE FUNCTION stamp_times('written_at');
RESET ROLE;
