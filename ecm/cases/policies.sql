-- Who may reach a row of a case. Every read asks the relation `case_access` on its primary key: a current row for one
-- of the reader's principals, in the row's own category. `own_record` opens only what that principal wrote.

SET ROLE ecm_policy;

-- The case is for named people only, and this worker is not one of them.
CREATE FUNCTION shut_out(p_membership uuid, p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM case_restriction r WHERE r.case_id = p_case AND r.ended_at IS NULL)
       AND NOT EXISTS (SELECT FROM named_reader n WHERE n.case_id = p_case AND n.membership_id = p_membership AND n.ended_at IS NULL)
       AND NOT EXISTS (SELECT FROM support_case c WHERE c.id = p_case AND c.lead_membership_id = p_membership)
$$;

-- Whoever covers reads for the absent colleague here: being named on a case is not passed on. Source: ADR 0028.
CREATE FUNCTION stands_in(p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT shut_out((context() ->> 'membership')::uuid, p_case)
$$;

-- The reader keeps this case: works in the school that has it, in a role that acts for the whole school, or leads it;
-- and that school's own reason still holds, which ends with the pupil's enrolment (ecm/access).
CREATE FUNCTION holds_case(p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_case <> ALL (closed_cases()) AND EXISTS (SELECT FROM support_case c JOIN case_access a ON a.case_id = c.id
        WHERE c.id = p_case AND c.school_id = (context() ->> 'agency')::uuid
        -- For the whole school: its own principal, or somebody named on a restricted case who acts for it. Or the lead.
        AND a.principal = ANY (principals()) AND a.category = 'core' AND app_now() >= a.valid_from AND app_now() < a.valid_until
        AND ((a.basis = 'opened_by' AND (a.principal = c.school_id OR (context() -> 'verbs' ? 'desk:general' AND a.principal = (context() ->> 'membership')::uuid)))
             OR (a.basis = 'assignment' AND a.principal = c.lead_membership_id))
        AND (a.principal <> ALL (covered()) OR stands_in(p_case)))
$$;

-- The reader has a reason of this category now, other than having written there, and nothing closes the case to them.
CREATE FUNCTION reads(p_case uuid, p_category text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_case <> ALL (closed_cases()) AND EXISTS (SELECT FROM case_access a
        WHERE a.case_id = p_case AND a.principal = ANY (principals())
        AND a.category = p_category AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until
        AND (a.basis <> 'emergency' OR a.principal = emergency_reader())
        AND (a.principal <> ALL (covered()) OR stands_in(p_case)))
$$;

-- The reader has such a reason to work here: what is open in an emergency is open to be read. Source: ADR 0028.
CREATE FUNCTION works_in(p_case uuid, p_category text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_case <> ALL (closed_cases()) AND EXISTS (SELECT FROM case_access a
        WHERE a.case_id = p_case AND a.principal = ANY (principals()) AND a.category = p_category
        AND a.basis NOT IN ('own_record', 'emergency') AND app_now() >= a.valid_from AND app_now() < a.valid_until
        AND (a.principal <> ALL (covered()) OR stands_in(p_case)))
$$;

CREATE FUNCTION may_open_case(p_pupil uuid, p_lead uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() -> 'verbs' ? 'case:open' AND p_pupil <> ALL (closed_pupils())
       AND EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = p_pupil AND e.school_id = (context() ->> 'agency')::uuid
                   AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1)))
       AND NOT EXISTS (SELECT FROM pupil u WHERE u.id = p_pupil AND u.died_on IS NOT NULL)
       AND EXISTS (SELECT FROM membership m WHERE m.id = p_lead AND m.agency_id = (context() ->> 'agency')::uuid
                   AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now()))
$$;

-- The school that wrote here keeps the case still, so what it wrote of the case as a whole was changed by nobody else.
CREATE FUNCTION kept_by(p_case uuid, p_agency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM support_case c WHERE c.id = p_case AND c.school_id = p_agency)
$$;

-- The reader has a reason other than having written there.
CREATE FUNCTION on_case(p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT reads(p_case, 'core')
$$;

-- The open cases of the pupils in the reader's classes of which something may be told to whoever teaches them: one for each
-- pupil, the own school's first. A class teacher sees no case; from here they have its id, for what helps in class.
CREATE FUNCTION taught_cases() RETURNS TABLE (case_id uuid, pupil_id uuid, opened_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT ON (c.pupil_id) c.id, c.pupil_id, (c.opened_at AT TIME ZONE 'Europe/London')::date
    FROM unnest(own_roll()) u (id) JOIN support_case c ON c.pupil_id = u.id
    WHERE c.status = 'open' AND (on_case(c.id) OR reads(c.id, 'classroom'))
    ORDER BY c.pupil_id, c.school_id <> (context() ->> 'agency')::uuid, c.opened_at, c.id
$$;

-- That some services are involved at all is itself sensitive (a refuge, a clinic). The reader may know of this agency
-- here: nothing is sensitive about it, it is the reader's own, the reader's desk is the one that may have asked it, or
-- the reader has the category that being involved with it belongs to.
CREATE FUNCTION knows_of(p_case uuid, p_agency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.involvement_category = 'core' OR g.id = (context() ->> 'agency')::uuid
        OR (holds_case(p_case) AND desk((context() ->> 'agency')::uuid, g.involvement_category) = ANY (principals()))
        OR reads(p_case, g.involvement_category)
    FROM agency g WHERE g.id = p_agency
$$;

-- Whether an agency can learn of actions here, told to who is on the case too and may know of it; else false. A parent or
-- carer does not learn by it of what they were not told (ecm/grounds).
CREATE FUNCTION agency_on_case(p_case uuid, p_agency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT reads(p_case, 'core') AND knows_of(p_case, p_agency) AND EXISTS (
        SELECT FROM case_access a LEFT JOIN membership m ON m.id = a.principal
        WHERE a.case_id = p_case AND p_agency IN (a.principal, m.agency_id) AND a.category = 'core'
          AND a.basis NOT IN ('own_record', 'emergency') AND app_now() >= a.valid_from AND app_now() < a.valid_until
          AND ((SELECT context() ->> 'membership') IS NOT NULL OR (a.principal = p_agency AND (a.basis NOT IN ('statutory', 'override')
               OR EXISTS (SELECT FROM sharing_ground g WHERE g.id = a.basis_id
                          AND (context() ->> 'person')::uuid = ANY (g.told_person_ids))))))
$$;

-- Take the case before touching its rows: every change of a case happens in one order.
CREATE FUNCTION lock_case(p_case uuid) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_case::text, 0)) FROM context()
$$;

-- On the case for another reason than an emergency; a category you can read, or one your role may author; safeguarding
-- only by its authors. A sensitive agency signs what it writes, so it writes only where its being involved may be known.
-- Source: design 4, "Writing".
CREATE FUNCTION may_write(p_case uuid, p_category text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (works_in(p_case, 'core') OR works_in(p_case, p_category))
       AND EXISTS (SELECT FROM agency g WHERE g.id = (context() ->> 'agency')::uuid
                   AND g.involvement_category IN ('core', p_category))
       AND (context() -> 'verbs' ? ('write:' || p_category) OR (p_category <> 'safeguarding' AND works_in(p_case, p_category)))
$$;

-- May this worker write in this category here? Yes: record the fact, so that the row will be theirs. No: false. Who is not
-- on the case but reads the category (a class teacher) may claim it; what they may then write there, the policies say.
CREATE FUNCTION claim_authorship(p_id uuid, p_desk_row uuid, p_case uuid, p_category text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF me ->> 'membership' IS NULL THEN RETURN false; END IF;
    PERFORM lock_case(p_case);
    IF NOT may_write(p_case, p_category) THEN RETURN false; END IF;
    INSERT INTO case_author (id, case_id, principal, category, since_at)
        VALUES (p_id, p_case, (me ->> 'membership')::uuid, p_category, app_now()) ON CONFLICT DO NOTHING;
    INSERT INTO case_author (id, case_id, principal, category, since_at)
        VALUES (p_desk_row, p_case, desk((me ->> 'agency')::uuid, p_category), p_category, app_now())
        ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- A case that is closed, or was opened in error, stays as it is. What still moves: who leads it, a carer's access that
-- ends, a yes taken back, and what was entered in error. Source: docs/states.md.
CREATE FUNCTION must_be_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN PERFORM pg_advisory_xact_lock(hashtextextended(NEW.case_id::text, 0)); END IF;
    IF EXISTS (SELECT FROM support_case c WHERE c.id = NEW.case_id AND c.status <> 'open')
       AND NOT (TG_OP = 'UPDATE' AND coalesce((to_jsonb(NEW) ->> 'in_error')::boolean, false)) THEN
        RAISE EXCEPTION 'the case is not open' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_is_open';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_author() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    NEW.author_agency_id := (me ->> 'agency')::uuid;
    NEW.author_membership_id := (me ->> 'membership')::uuid;
    NEW.author_desk_id := desk(NEW.author_agency_id, NEW.category);
    RETURN NEW;
END $$;

-- Times are the database's, whatever was sent. A row that is made gets its column TG_ARGV[0] (if it has another than
-- updated_at), a row that is changed keeps it.
CREATE FUNCTION stamp_times() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE stamps jsonb := '{}';
BEGIN
    IF TG_ARGV[0] <> '' THEN
        stamps := jsonb_build_object(TG_ARGV[0], CASE WHEN TG_OP = 'INSERT' THEN to_jsonb(app_now()) ELSE to_jsonb(OLD) -> TG_ARGV[0] END);
    END IF;
    IF to_jsonb(NEW) ? 'updated_at' THEN stamps := stamps || jsonb_build_object('updated_at', app_now()); END IF;
    NEW := jsonb_populate_record(NEW, stamps);
    RETURN NEW;
END $$;

-- An action's owner must be on the case, and its worker must belong to the owner. The desk follows from both.
CREATE FUNCTION check_action_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.owner_desk_id := desk(NEW.owner_agency_id, NEW.category);
    IF TG_OP = 'INSERT' AND NOT agency_on_case(NEW.case_id, NEW.owner_agency_id) THEN
        RAISE EXCEPTION 'owner is not on the case' USING ERRCODE = 'check_violation', CONSTRAINT = 'action_owner_on_case';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM agency g WHERE g.id = NEW.owner_agency_id
            AND g.involvement_category IN ('core', NEW.category)) THEN
        RAISE EXCEPTION 'the owner is sensitive' USING ERRCODE = 'check_violation', CONSTRAINT = 'action_owner_sensitive';
    END IF;
    -- Of a new action OLD is null: then any is another than before.
    IF NEW.assignee_membership_id IS NOT NULL AND NEW.assignee_membership_id IS DISTINCT FROM OLD.assignee_membership_id AND NOT EXISTS (
            SELECT FROM membership m WHERE m.id = NEW.assignee_membership_id AND m.agency_id = NEW.owner_agency_id
            AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'worker is not of the owner' USING ERRCODE = 'check_violation', CONSTRAINT = 'action_assignee_of_owner';
    END IF;
    RETURN NEW;
END $$;

-- What is sensitive about being involved at all follows the agency; who may move an involvement on follows its state.
-- Source: docs/states.md.
CREATE FUNCTION check_involvement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    ours boolean := NEW.agency_id = (me ->> 'agency')::uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.category := (SELECT involvement_category FROM agency WHERE id = NEW.agency_id);
        NEW.status := 'invited';
        NEW.answered_at := NULL;
        NEW.ended_at := NULL;
        NEW.ended_by_membership_id := NULL;
        NEW.assignee_membership_id := NULL;
        NEW.read_at := NULL;
        -- Who may not write of such a service may not ask it, nor learn by trying whether a colleague has.
        IF NEW.category <> 'core' AND NOT me -> 'verbs' ? ('write:' || NEW.category) THEN
            RAISE EXCEPTION 'not yours to ask' USING ERRCODE = 'check_violation', CONSTRAINT = 'involvement_category';
        END IF;
        IF NOT agreement_covers(NEW.invited_by_agency_id, NEW.agency_id, NEW.offered_categories, NEW.reason_code) THEN
            RAISE EXCEPTION 'not agreed' USING ERRCODE = 'check_violation', CONSTRAINT = 'involvement_agreement';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND NOT (
           (OLD.status = 'invited' AND NEW.status IN ('accepted', 'declined') AND ours)
        OR (OLD.status = 'invited' AND NEW.status = 'withdrawn' AND holds_case(NEW.case_id))
        OR (OLD.status = 'accepted' AND NEW.status = 'ended' AND (ours OR holds_case(NEW.case_id)))) THEN
        RAISE EXCEPTION 'not a move' USING ERRCODE = 'check_violation', CONSTRAINT = 'involvement_move';
    END IF;
    -- When it was answered, when it ended and by whom follows from the move, whatever was sent.
    NEW.answered_at := CASE WHEN NEW.status <> OLD.status AND NEW.status IN ('accepted', 'declined') THEN app_now()
                            ELSE OLD.answered_at END;
    NEW.ended_at := OLD.ended_at;
    NEW.ended_by_membership_id := OLD.ended_by_membership_id;
    IF NEW.status <> OLD.status AND NEW.status IN ('withdrawn', 'ended') THEN
        NEW.ended_at := app_now();
        NEW.ended_by_membership_id := (me ->> 'membership')::uuid;
    END IF;
    -- An invitation is read when somebody of the agency first looks at it, and stays read.
    NEW.read_at := coalesce(OLD.read_at, CASE WHEN ours AND NEW.read_at IS NOT NULL THEN app_now() END);
    IF NEW.assignee_membership_id IS DISTINCT FROM OLD.assignee_membership_id AND NEW.assignee_membership_id IS NOT NULL
       AND NOT (ours AND EXISTS (SELECT FROM membership m WHERE m.id = NEW.assignee_membership_id
                AND m.agency_id = NEW.agency_id AND (m.ended_at IS NULL OR m.ended_at > app_now()))) THEN
        RAISE EXCEPTION 'worker is not of the agency' USING ERRCODE = 'check_violation', CONSTRAINT = 'involvement_assignee';
    END IF;
    RETURN NEW;
END $$;

-- A carer is admitted only as the carer of this very pupil, and never through a contact bar.
CREATE FUNCTION check_admission() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT k.person_id INTO NEW.person_id FROM carer k JOIN support_case c ON c.pupil_id = k.pupil_id
        WHERE k.id = NEW.carer_id AND c.id = NEW.case_id;
    IF NOT FOUND OR NOT NEW.categories <@ ARRAY['core', 'classroom', 'education'] OR EXISTS (
            SELECT FROM contact_bar b JOIN support_case c ON c.pupil_id = b.pupil_id
            WHERE c.id = NEW.case_id AND b.person_id = NEW.person_id
            AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) THEN
        RAISE EXCEPTION 'not to be admitted' USING ERRCODE = 'check_violation', CONSTRAINT = 'admission_of_own_carer';
    END IF;
    NEW.ended_at := NULL;
    RETURN NEW;
END $$;

-- An admission is ended once, now.
CREATE FUNCTION end_admission() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.ended_at := coalesce(OLD.ended_at, app_now());
    RETURN NEW;
END $$;

-- Who leads a case works now in the school that keeps it.
CREATE FUNCTION check_lead() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.lead_membership_id IS DISTINCT FROM OLD.lead_membership_id AND NOT EXISTS (
            SELECT FROM membership m WHERE m.id = NEW.lead_membership_id AND m.agency_id = NEW.school_id
            AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'the lead is not of the school' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_lead_of_school';
    END IF;
    IF OLD.status <> 'open' AND NEW.status = OLD.status AND NEW.next_review_on IS DISTINCT FROM OLD.next_review_on THEN
        RAISE EXCEPTION 'the case is not open' USING ERRCODE = 'check_violation', CONSTRAINT = 'case_is_open';
    END IF;
    RETURN NEW;
END $$;

GRANT EXECUTE ON FUNCTION stands_in(uuid), may_write(uuid, text), kept_by(uuid, uuid), on_case(uuid), taught_cases(), knows_of(uuid, uuid), holds_case(uuid), reads(uuid, text), works_in(uuid, text), may_open_case(uuid, uuid), agency_on_case(uuid, uuid), lock_case(uuid),
    claim_authorship(uuid, uuid, uuid, text) TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_author(), check_action_owner(), check_involvement(), check_admission(), end_admission(),
    check_lead(), must_be_open(), stamp_times() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;

-- The clause every table of text shares; {own} is true where a row has no author columns to match.
DO $$
DECLARE
    t text;
    can_see text := $sql$ EXISTS (
        SELECT 1 FROM case_access a
        WHERE a.case_id = %1$I.case_id AND a.category = %1$I.category AND (a.basis <> 'own_record'%2$s)) $sql$;
    is_mine text := ' OR (a.principal IN (%1$I.author_membership_id, %1$I.author_desk_id)%2$s)';
    -- As on_case() says it, here in place: a call for each row costs ten times as much.
    on_the_case text := $sql$EXISTS (
        SELECT 1 FROM case_access b
        WHERE b.case_id = %1$I.case_id AND b.category = 'core' AND b.basis <> 'own_record')$sql$;
BEGIN
    FOREACH t IN ARRAY ARRAY['support_case','case_brief','identified_barrier','involvement','involvement_message',
                             'action','note','review_contribution','case_author','carer_admission',
                             'outcome','measurement','provision','case_view'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ecm_app', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO ecm_policy', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['case_brief','identified_barrier','action','note','review_contribution',
                             'outcome','measurement','provision','case_view'] LOOP
        -- What changes after it was written is not one's own record any more: an action is, only while on the case, and so
        -- is an outcome with what was measured, and a provision.
        EXECUTE format('CREATE POLICY %1$s_by_reason ON %1$I FOR SELECT TO ecm_app USING (' ||
                       format(can_see, t, format(is_mine, t,
                           CASE WHEN t IN ('action', 'outcome', 'measurement', 'provision') THEN ' AND ' || format(on_the_case, t)
                                -- A school that handed the case over reads the brief as it left it: ecm/moves.
                                WHEN t = 'case_brief' THEN ' AND (' || format(on_the_case, t) || ' OR kept_by(case_id, author_agency_id))'
                                ELSE '' END)) ||
                       CASE WHEN t NOT IN ('case_brief', 'identified_barrier') THEN ' AND NOT in_error' ELSE '' END || ')', t);
        -- Authors come from the sealed context (trigger stamp_author); the claim was checked by claim_authorship. A number
        -- may be written down by whoever reads what is measured: a class teacher is not on the case.
        EXECUTE format('CREATE POLICY %1$s_by_author ON %1$I FOR INSERT TO ecm_app WITH CHECK (
            EXISTS (SELECT 1 FROM case_author w WHERE w.case_id = %1$I.case_id
                        AND w.principal = %1$I.author_membership_id AND w.category = %1$I.category)
            AND may_write(case_id, category)' ||
            CASE WHEN t = 'measurement' THEN '' ELSE ' AND works_in(case_id, ''core'')' END || ')', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['involvement','involvement_message'] LOOP
        EXECUTE format('CREATE POLICY %1$s_by_reason ON %1$I FOR SELECT TO ecm_app USING (' ||
                       format(can_see, t, '') || ')', t);
    END LOOP;
END $$;

CREATE POLICY support_case_by_reason ON support_case FOR SELECT TO ecm_app USING (EXISTS (
    SELECT 1 FROM case_access a
    WHERE a.case_id = support_case.id AND a.category = 'core' AND a.basis <> 'own_record'));
CREATE POLICY support_case_by_school ON support_case FOR INSERT TO ecm_app WITH CHECK (
    school_id = (SELECT (context() ->> 'agency')::uuid) AND status = 'open' AND may_open_case(pupil_id, lead_membership_id));
CREATE POLICY support_case_kept_by_school ON support_case FOR UPDATE TO ecm_app USING (holds_case(id))
    WITH CHECK (holds_case(id));
GRANT UPDATE (lead_membership_id, next_review_on, updated_at, version) ON support_case TO ecm_app;

CREATE POLICY case_brief_kept_by_school ON case_brief FOR UPDATE TO ecm_app USING (holds_case(case_id))
    WITH CHECK (holds_case(case_id));
GRANT UPDATE (reason, strengths, level, updated_at, version) ON case_brief TO ecm_app;

-- The owner of an action learns of it, while the owner's agency has a basis on the case.
CREATE POLICY action_by_owner ON action FOR SELECT TO ecm_app USING (
    NOT in_error AND (owner_desk_id = ANY ((SELECT principals())::uuid[]) OR assignee_membership_id = ANY ((SELECT principals())::uuid[]))
    AND EXISTS (SELECT 1 FROM case_access a
                WHERE a.case_id = action.case_id AND a.category = 'core' AND a.basis <> 'own_record'));
CREATE POLICY action_moved_on ON action FOR UPDATE TO ecm_app USING (
    NOT in_error AND (owner_desk_id = ANY ((SELECT principals())::uuid[])
                      OR assignee_membership_id = ANY ((SELECT principals())::uuid[])
                      OR author_membership_id = ANY ((SELECT principals())::uuid[])
                      OR holds_case(case_id))
    -- A class teacher sees it without being on the case; in an emergency it is only read.
    AND works_in(case_id, 'core'));
GRANT UPDATE (title, due_on, status, progress, assignee_membership_id, updated_at, version) ON action TO ecm_app;

-- An invited agency sees that it is asked and why (coded), before it may know whom for.
CREATE POLICY involvement_of_my_agency ON involvement FOR SELECT TO ecm_app USING (
    agency_id = (SELECT (context() ->> 'agency')::uuid) AND case_id <> ALL ((SELECT closed_cases())::uuid[])
    AND (agency_id = ANY ((SELECT principals())::uuid[])
         OR assignee_membership_id = ANY ((SELECT principals())::uuid[])
         OR (status IN ('invited', 'declined') AND (SELECT context() -> 'verbs' ? 'involvement:answer'))));
CREATE POLICY involvement_of_my_case ON involvement FOR SELECT TO ecm_app
    USING (holds_case(case_id) AND knows_of(case_id, agency_id));
CREATE POLICY involvement_by_school ON involvement FOR INSERT TO ecm_app WITH CHECK (
    invited_by_membership_id = (SELECT (context() ->> 'membership')::uuid)
    AND invited_by_agency_id = (SELECT (context() ->> 'agency')::uuid)
    AND (SELECT context() -> 'verbs' ? 'involvement:invite') AND holds_case(case_id));
CREATE POLICY involvement_moved_on ON involvement FOR UPDATE TO ecm_app USING (
    holds_case(case_id)
    OR (agency_id = (SELECT (context() ->> 'agency')::uuid)
        AND (agency_id = ANY ((SELECT principals())::uuid[])
             OR assignee_membership_id = ANY ((SELECT principals())::uuid[])
             OR (SELECT context() -> 'verbs' ? 'involvement:answer'))))
    WITH CHECK (holds_case(case_id) OR agency_id = (SELECT (context() ->> 'agency')::uuid));
GRANT UPDATE (status, answered_at, answer_reason, answer_message, ended_at, assignee_membership_id, read_at, updated_at,
    version) ON involvement TO ecm_app;
CREATE POLICY involvement_message_by_school ON involvement_message FOR INSERT TO ecm_app
    WITH CHECK (category = 'core' AND holds_case(case_id));

CREATE POLICY case_author_is_mine ON case_author FOR SELECT TO ecm_app
    USING (principal = ANY ((SELECT principals())::uuid[]));
REVOKE INSERT ON case_author FROM ecm_app;

CREATE POLICY carer_admission_by_school ON carer_admission FOR SELECT TO ecm_app USING (holds_case(case_id));
CREATE POLICY carer_admission_is_mine ON carer_admission FOR SELECT TO ecm_app USING (
    (SELECT context() ->> 'membership') IS NULL AND person_id = (SELECT (context() ->> 'person')::uuid)
    AND EXISTS (SELECT 1 FROM case_access a WHERE a.case_id = carer_admission.case_id AND a.category = 'core'));
CREATE POLICY carer_admitted_by_school ON carer_admission FOR INSERT TO ecm_app WITH CHECK (
    (SELECT context() -> 'verbs' ? 'carer:admit') AND holds_case(case_id)
    AND admitted_by_membership_id = (SELECT (context() ->> 'membership')::uuid));
CREATE POLICY carer_admission_ended ON carer_admission FOR UPDATE TO ecm_app
    USING ((SELECT context() -> 'verbs' ? 'carer:admit') AND holds_case(case_id));
GRANT UPDATE (ended_at) ON carer_admission TO ecm_app;
RESET ROLE;

SET ROLE ecm_owner;
CREATE TRIGGER a_stamp_author BEFORE INSERT ON case_brief FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER a_stamp_author BEFORE INSERT ON identified_barrier FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER a_stamp_author BEFORE INSERT ON action FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER a_stamp_author BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION stamp_author();
CREATE TRIGGER b_check_owner BEFORE INSERT OR UPDATE OF assignee_membership_id ON action
    FOR EACH ROW EXECUTE FUNCTION check_action_owner();
CREATE TRIGGER a_check_involvement BEFORE INSERT OR UPDATE ON involvement
    FOR EACH ROW EXECUTE FUNCTION check_involvement();
CREATE TRIGGER a_check_admission BEFORE INSERT ON carer_admission FOR EACH ROW EXECUTE FUNCTION check_admission();
CREATE TRIGGER a_end_admission BEFORE UPDATE OF ended_at ON carer_admission FOR EACH ROW EXECUTE FUNCTION end_admission();
CREATE TRIGGER a_check_lead BEFORE UPDATE ON support_case FOR EACH ROW EXECUTE FUNCTION check_lead();
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON support_case FOR EACH ROW EXECUTE FUNCTION stamp_times('opened_at');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON case_brief FOR EACH ROW EXECUTE FUNCTION stamp_times('');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON identified_barrier FOR EACH ROW EXECUTE FUNCTION stamp_times('');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON action FOR EACH ROW EXECUTE FUNCTION stamp_times('added_at');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON note FOR EACH ROW EXECUTE FUNCTION stamp_times('written_at');
-- That it was read is not news of the case, so it moves no time.
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE OF status, answered_at, answer_reason, answer_message, ended_at,
    assignee_membership_id, updated_at, version ON involvement FOR EACH ROW EXECUTE FUNCTION stamp_times('invited_at');
CREATE TRIGGER c_stamp_times BEFORE INSERT OR UPDATE ON carer_admission FOR EACH ROW EXECUTE FUNCTION stamp_times('admitted_at');
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['case_brief','identified_barrier','involvement','involvement_message','action','note',
                             'carer_admission','consent_request','consent_proposal','review','review_contribution',
                             'outcome','measurement','provision','case_view'] LOOP
        EXECUTE format('CREATE TRIGGER b_must_be_open BEFORE INSERT%s ON %I FOR EACH ROW EXECUTE FUNCTION must_be_open()',
                       CASE WHEN t IN ('case_brief', 'involvement', 'action', 'outcome', 'provision') THEN ' OR UPDATE' ELSE '' END, t);
    END LOOP;
END $$;
RESET ROLE;
