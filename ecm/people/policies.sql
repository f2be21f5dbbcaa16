-- Who works in an agency, and what becomes of their work. An administrator reads no case: these functions tell references
-- and numbers, and move work only to who may hold it. What lies at a desk of its own (a school's safeguarding desk) is
-- neither listed nor counted, so nothing here says whether it exists; it stays with that desk. Source: ADR 0016.

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['account_link', 'colleague_invitation', 'cover'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO ecm_policy', t);
    END LOOP;
END $$;
GRANT UPDATE ON membership, agency TO ecm_policy;
RESET ROLE;

SET ROLE ecm_policy;

-- The agency whose people the reader looks after. Everybody else is refused.
CREATE FUNCTION my_people() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me jsonb := context();
BEGIN
    IF NOT coalesce(me -> 'verbs' ? 'people:manage', false) OR me ->> 'agency' IS NULL THEN
        RAISE EXCEPTION 'looks after nobody' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (me ->> 'agency')::uuid;
END $$;

-- An agency is never left without an administrator: the last one who has no end date keeps the role. One change at a
-- time, so that two who remove each other at the same moment do not both find the other one there.
CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.role <> 'agency_admin' OR OLD.ended_at IS NOT NULL
       OR (NEW.role = OLD.role AND NEW.agency_id = OLD.agency_id AND NEW.ended_at IS NULL) THEN RETURN NEW; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || OLD.agency_id, 0));
    IF NOT EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person_id WHERE m.agency_id = OLD.agency_id
            AND m.role = 'agency_admin' AND m.id <> OLD.id AND m.ended_at IS NULL AND m.started_at <= app_now()
            AND p.left_at IS NULL) THEN
        RAISE EXCEPTION 'the last administrator' USING ERRCODE = 'check_violation', CONSTRAINT = 'last_administrator';
    END IF;
    RETURN NEW;
END $$;

-- A membership of the reader's own agency, locked; null for any other.
CREATE FUNCTION own_member(p_membership uuid) RETURNS membership LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m FROM membership m WHERE m.id = p_membership AND m.agency_id = (context() ->> 'agency')::uuid FOR UPDATE
$$;

-- Colleagues of the reader, by name; `p_one` of them, also when their work here is over or has not begun. Addresses and
-- when somebody was last here are for who looks after people.
CREATE FUNCTION colleagues(p_one uuid, p_proof bytea)
RETURNS TABLE (id uuid, name text, email text, role text, class_names text[], telephone text, temporary boolean,
               started_at timestamptz, ended_at timestamptz, is_current boolean, over boolean, last_day date, last_seen_on date,
               cover_id uuid, from_on date, until_on date, away boolean, covering_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    me jsonb := context();
    mine uuid := (me ->> 'agency')::uuid;
    manages boolean := coalesce(me -> 'verbs' ? 'people:manage', false);
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'colleagues', me ->> 'membership', p_one), p_proof);
    RETURN QUERY SELECT m.id, p.name, CASE WHEN manages THEN p.email END, m.role, m.class_names, m.telephone, m.temporary,
        m.started_at, m.ended_at, m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now()),
        coalesce(m.ended_at <= app_now(), false), ((m.ended_at - interval '1 microsecond') AT TIME ZONE 'Europe/London')::date,
        CASE WHEN manages THEN (SELECT (max(s.seen_at) AT TIME ZONE 'Europe/London')::date FROM session s
            WHERE s.person_id = p.id AND s.membership_id = m.id) END,
        c.id, c.from_on, c.until_on, coalesce(app_now() >= london_midnight(c.from_on), false), w.name
    FROM membership m JOIN person p ON p.id = m.person_id
    LEFT JOIN LATERAL (SELECT * FROM cover x WHERE x.absent_membership_id = m.id AND x.ended_at IS NULL
        AND app_now() < london_midnight(x.until_on + 1) ORDER BY x.from_on, x.id LIMIT 1) c ON true
    LEFT JOIN membership k ON k.id = c.covering_membership_id LEFT JOIN person w ON w.id = k.person_id
    WHERE m.agency_id = mine AND CASE WHEN p_one IS NOT NULL THEN m.id = p_one AND (manages OR m.id = (me ->> 'membership')::uuid)
        ELSE (manages OR m.started_at <= app_now()) AND (m.ended_at IS NULL OR m.ended_at > app_now()) END
    ORDER BY p.name, m.role, m.id;
END $$;

-- ------------------------------------------------------------------------------------------------------ invitations

CREATE FUNCTION invite_colleague(p_id uuid, p_token bytea, p_email text, p_said jsonb, p_lifetime interval, p_proof bytea)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'invite', mine, p_email, encode(p_token, 'hex')), p_proof);
    PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || mine, 0));
    IF NOT EXISTS (SELECT FROM permission r JOIN agency g ON g.kind = r.kind WHERE g.id = mine AND r.role = p_said ->> 'role') THEN
        RAISE EXCEPTION 'no such role here' USING ERRCODE = 'check_violation', CONSTRAINT = 'role_of_agency';
    END IF;
    -- Whoever works here in this role already is on the list that the administrator sees.
    IF EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person_id WHERE m.agency_id = mine AND p.email = p_email
               AND m.role = p_said ->> 'role' AND (m.ended_at IS NULL OR m.ended_at > app_now()))
       OR EXISTS (SELECT FROM colleague_invitation i WHERE i.agency_id = mine AND i.email = p_email
                  AND i.role = p_said ->> 'role' AND i.accepted_at IS NULL AND i.cancelled_at IS NULL) THEN
        RAISE EXCEPTION 'here already' USING ERRCODE = 'check_violation', CONSTRAINT = 'colleague_already';
    END IF;
    INSERT INTO colleague_invitation (id, agency_id, invited_by_membership_id, name, email, role, class_names, temporary,
                                      starts_on, ends_on, token_hash, sent_at, expires_at)
    VALUES (p_id, mine, (context() ->> 'membership')::uuid, p_said ->> 'name', p_email, p_said ->> 'role',
            ARRAY(SELECT jsonb_array_elements_text(p_said -> 'class_names')), (p_said ->> 'temporary')::boolean,
            (p_said ->> 'starts_on')::date, (p_said ->> 'ends_on')::date, p_token, app_now(), app_now() + p_lifetime);
END $$;

CREATE FUNCTION colleague_invitations(p_proof bytea)
RETURNS TABLE (id uuid, name text, email text, role text, starts_on date, ends_on date, sent_at timestamptz, expires_at timestamptz,
               expired boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved('invitations|' || mine, p_proof);
    RETURN QUERY SELECT i.id, i.name, i.email, i.role, i.starts_on, i.ends_on, i.sent_at, i.expires_at, i.expires_at <= app_now()
        FROM colleague_invitation i WHERE i.agency_id = mine AND i.accepted_at IS NULL AND i.cancelled_at IS NULL
        ORDER BY i.sent_at DESC, i.id;
END $$;

-- Send it again with a new link; the old one works no longer. Null: there is no such open invitation here.
CREATE FUNCTION renew_colleague_invitation(p_id uuid, p_token bytea, p_lifetime interval, p_proof bytea) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine uuid := my_people();
    sent_to text;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'renew', p_id, encode(p_token, 'hex')), p_proof);
    UPDATE colleague_invitation SET token_hash = p_token, sent_at = app_now(), expires_at = app_now() + p_lifetime
        WHERE id = p_id AND agency_id = mine AND accepted_at IS NULL AND cancelled_at IS NULL RETURNING email INTO sent_to;
    RETURN sent_to;
END $$;

CREATE FUNCTION cancel_colleague_invitation(p_id uuid, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved('cancel|' || p_id, p_proof);
    UPDATE colleague_invitation SET cancelled_at = app_now()
        WHERE id = p_id AND agency_id = mine AND accepted_at IS NULL AND cancelled_at IS NULL;
    RETURN FOUND;
END $$;

-- An invitation whose link still works. `account`: none; known (they sign in here already); closed (the address belongs
-- to somebody who never proved it, so this link may not become their sign-in).
CREATE FUNCTION invitation_of(p_token bytea)
RETURNS TABLE (id uuid, name text, email text, agency text, role text, starts_on date, ends_on date, account text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.id, i.name, i.email, g.name, i.role, i.starts_on, i.ends_on,
        CASE WHEN p.id IS NULL THEN 'none'
             WHEN (p.left_at IS NULL OR p.left_at > app_now()) AND EXISTS (SELECT FROM credential c WHERE c.person_id = p.id)
             THEN 'known' ELSE 'closed' END
    FROM colleague_invitation i JOIN agency g ON g.id = i.agency_id LEFT JOIN person p ON p.email = i.email
    WHERE i.token_hash = p_token AND i.accepted_at IS NULL AND i.cancelled_at IS NULL AND i.expires_at > app_now()
      AND (i.ends_on IS NULL OR app_now() < london_midnight(i.ends_on + 1))
$$;

-- What its holder is told. Looking uses nothing up.
CREATE FUNCTION live_colleague_invitation(p_token bytea, p_proof bytea)
RETURNS TABLE (id uuid, name text, email text, agency text, role text, starts_on date, ends_on date, account text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM must_be_proved('joining|' || encode(p_token, 'hex'), p_proof);
    RETURN QUERY SELECT * FROM invitation_of(p_token);
END $$;

-- Follow an invitation, once: a membership, and for a newcomer a person with this password. No row: it does not work
-- (any more), which includes that an account came to be or went since the page was shown.
CREATE FUNCTION join_agency(p_token bytea, p_person uuid, p_membership uuid, p_name text, p_hash text, p_proof bytea)
RETURNS TABLE (person_id uuid, agency_id uuid) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    i record;
    whose uuid := p_person;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'join', encode(p_token, 'hex'), p_person, p_membership, p_hash), p_proof);
    PERFORM FROM colleague_invitation x WHERE x.token_hash = p_token FOR UPDATE;
    SELECT x.*, f.account INTO i FROM colleague_invitation x JOIN invitation_of(p_token) f ON f.id = x.id;
    IF NOT FOUND OR i.account = 'closed' OR (i.account = 'none') <> (p_hash IS NOT NULL) THEN RETURN; END IF;
    IF i.account = 'none' THEN
        INSERT INTO person (id, name, email) VALUES (p_person, p_name, i.email);
        INSERT INTO credential (person_id, password_hash) VALUES (p_person, p_hash);
    ELSE
        SELECT p.id INTO whose FROM person p WHERE p.email = i.email;
    END IF;
    UPDATE colleague_invitation x SET accepted_at = app_now() WHERE x.id = i.id;
    IF NOT EXISTS (SELECT FROM membership m WHERE m.person_id = whose AND m.agency_id = i.agency_id AND m.role = i.role
                   AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        INSERT INTO membership (id, person_id, agency_id, role, class_names, temporary, started_at, ended_at)
        VALUES (p_membership, whose, i.agency_id, i.role, i.class_names, i.temporary,
                greatest(london_midnight(i.starts_on), app_now()), london_midnight(i.ends_on + 1));
    END IF;
    RETURN QUERY SELECT whose, i.agency_id;
END $$;

-- ------------------------------------------------------------------------------------------------- roles and endings

-- The old membership ends and another begins in the same instant: what was seen in one role is not there in the other.
CREATE FUNCTION change_role(p_membership uuid, p_new uuid, p_role text, p_classes text[], p_temporary boolean, p_until date,
                            p_proof bytea) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine uuid := my_people();
    old membership;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'role', p_membership, p_new, p_role), p_proof);
    PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || mine, 0));
    old := own_member(p_membership);
    IF old.id IS NULL OR old.ended_at <= app_now() OR old.started_at > app_now() THEN RETURN false; END IF;
    IF NOT EXISTS (SELECT FROM permission r JOIN agency g ON g.kind = r.kind WHERE g.id = mine AND r.role = p_role) THEN
        RAISE EXCEPTION 'no such role here' USING ERRCODE = 'check_violation', CONSTRAINT = 'role_of_agency';
    END IF;
    IF EXISTS (SELECT FROM membership m WHERE m.person_id = old.person_id AND m.agency_id = mine AND m.role = p_role
               AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'here already' USING ERRCODE = 'check_violation', CONSTRAINT = 'colleague_already';
    END IF;
    UPDATE membership SET ended_at = app_now() WHERE id = old.id;
    INSERT INTO membership (id, person_id, agency_id, role, class_names, temporary, telephone, started_at, ended_at)
    VALUES (p_new, old.person_id, mine, p_role, p_classes, p_temporary, old.telephone, app_now(), london_midnight(p_until + 1));
    RETURN true;
END $$;

-- A membership ends now (null) or after a day; an end that was set can be moved while it has not come. False: not here.
CREATE FUNCTION end_membership(p_membership uuid, p_until date, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine uuid := my_people();
    old membership;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'end', p_membership, p_until), p_proof);
    PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || mine, 0));
    old := own_member(p_membership);
    IF old.id IS NULL OR old.ended_at <= app_now() THEN RETURN false; END IF;
    UPDATE membership SET ended_at = coalesce(london_midnight(p_until + 1), app_now()),
        started_at = least(started_at, app_now()) WHERE id = old.id;
    RETURN true;
END $$;

-- -------------------------------------------------------------------------------------------------------- hand-over

-- The person behind this membership may not work on this case: they are the pupil's carer, barred, or have a
-- conflict of interest.
CREATE FUNCTION conflicted(p_membership uuid, p_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM membership m JOIN support_case c ON c.id = p_case WHERE m.id = p_membership AND (
        EXISTS (SELECT FROM carer k WHERE k.pupil_id = c.pupil_id AND k.person_id = m.person_id)
        OR c.pupil_id = ANY (too_close_to(m.person_id))
        OR EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = c.pupil_id AND b.person_id = m.person_id
                   AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at))))
$$;

-- An open action of this category on this case can be this worker's: they would see it.
CREATE FUNCTION may_take_action(p_membership uuid, p_case uuid, p_category text) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m JOIN agency g ON g.id = m.agency_id
        JOIN LATERAL (SELECT array_agg(verb) AS verbs FROM permission WHERE kind = g.kind AND role = m.role) r ON true
        JOIN case_access a ON a.case_id = p_case AND a.category = 'core' AND a.basis <> 'own_record'
             AND app_now() >= a.valid_from AND app_now() < a.valid_until
             AND (a.principal = m.id OR (a.principal = g.id AND 'desk:general' = ANY (r.verbs))
                  OR (a.principal = g.safeguarding_desk_id AND 'desk:safeguarding' = ANY (r.verbs)))
        WHERE m.id = p_membership AND 'action:change' = ANY (r.verbs)
          AND (desk(g.id, p_category) = g.id OR 'desk:safeguarding' = ANY (r.verbs)))
      AND NOT conflicted(p_membership, p_case)
$$;

-- What somebody leads and does: open cases by reference, involvements (by reference where the agency may know it), and
-- how many open actions, without those of a desk of its own.
CREATE FUNCTION work_of(p_membership uuid, p_agency uuid) RETURNS TABLE (kind text, id uuid, reference text, number int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT 'lead', c.id, c.reference, 1 FROM support_case c
        WHERE c.lead_membership_id = p_membership AND c.school_id = p_agency AND c.status = 'open'
    UNION ALL
    SELECT 'involvement', i.id, CASE WHEN EXISTS (SELECT FROM case_access a WHERE a.case_id = i.case_id AND a.principal = p_agency
            AND a.category = 'core' AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until)
        THEN c.reference END, 1
    FROM involvement i JOIN support_case c ON c.id = i.case_id
        WHERE i.assignee_membership_id = p_membership AND i.agency_id = p_agency AND i.status = 'accepted'
    UNION ALL
    SELECT 'action', NULL, NULL, count(*)::int FROM action t
        WHERE t.assignee_membership_id = p_membership AND t.owner_agency_id = p_agency AND t.owner_desk_id = p_agency
          AND t.status IN ('todo', 'doing') HAVING count(*) > 0
$$;

CREATE FUNCTION work_to_hand_over(p_membership uuid, p_proof bytea) RETURNS TABLE (kind text, id uuid, reference text, number int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'work', mine, p_membership), p_proof);
    RETURN QUERY SELECT w.* FROM work_of(p_membership, mine) w
        WHERE EXISTS (SELECT FROM membership m WHERE m.id = p_membership AND m.agency_id = mine) ORDER BY w.kind, w.reference, w.id;
END $$;

-- Whose membership has ended with work left: what needs somebody new.
CREATE FUNCTION work_left_behind(p_proof bytea)
RETURNS TABLE (id uuid, name text, role text, ended_at timestamptz, leads text[], involvements int, actions int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved('left_behind|' || mine, p_proof);
    RETURN QUERY SELECT m.id, p.name, m.role, m.ended_at,
        coalesce(array_agg(w.reference ORDER BY w.reference) FILTER (WHERE w.kind = 'lead'), '{}'),
        (count(*) FILTER (WHERE w.kind = 'involvement'))::int, (coalesce(sum(w.number) FILTER (WHERE w.kind = 'action'), 0))::int
    FROM membership m JOIN person p ON p.id = m.person_id CROSS JOIN LATERAL work_of(m.id, mine) w
    WHERE m.agency_id = mine AND m.ended_at <= app_now() GROUP BY m.id, p.name, m.role, m.ended_at ORDER BY p.name, m.id;
END $$;

-- Give work to colleagues who may hold it: a list of {kind, id, to}. A case goes to who acts for the whole school; an
-- involvement or the open actions also to nobody in particular (null), which is the desk. What a receiver may not hold
-- stays (a case, an involvement) or goes to the desk it belongs to (an action). Answers what moved.
CREATE FUNCTION hand_over(p_from uuid, p_moves text, p_proof bytea) RETURNS TABLE (kind text, case_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mine uuid := my_people();
    each_case uuid;
    move record;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'hand_over', p_from, p_moves), p_proof);
    IF NOT EXISTS (SELECT FROM membership m WHERE m.id = p_from AND m.agency_id = mine) THEN RETURN; END IF;
    IF EXISTS (SELECT FROM jsonb_to_recordset(p_moves::jsonb) AS x (kind text, id uuid, "to" uuid)
        WHERE x."to" = p_from OR (x."to" IS NULL AND x.kind = 'lead') OR (x."to" IS NOT NULL AND NOT EXISTS (
            SELECT FROM membership m JOIN agency g ON g.id = m.agency_id
            JOIN permission r ON r.kind = g.kind AND r.role = m.role AND r.verb = CASE x.kind WHEN 'lead' THEN 'case:change'
                WHEN 'action' THEN 'action:change' ELSE CASE g.kind WHEN 'school' THEN 'desk:general' ELSE 'involvement:answer' END END
            WHERE m.id = x."to" AND m.agency_id = mine AND m.started_at <= app_now()
              AND (m.ended_at IS NULL OR m.ended_at > app_now())))) THEN
        RAISE EXCEPTION 'may not hold it' USING ERRCODE = 'check_violation', CONSTRAINT = 'handover_receiver';
    END IF;
    -- Every case concerned, in one order, before anything is read that decides.
    FOR each_case IN
        SELECT c.id FROM support_case c WHERE c.lead_membership_id = p_from AND c.school_id = mine
        UNION SELECT i.case_id FROM involvement i WHERE i.assignee_membership_id = p_from AND i.agency_id = mine
        UNION SELECT t.case_id FROM action t WHERE t.assignee_membership_id = p_from AND t.owner_agency_id = mine
        ORDER BY 1
    LOOP PERFORM lock_case(each_case); END LOOP;
    FOR move IN SELECT * FROM jsonb_to_recordset(p_moves::jsonb) AS x (kind text, id uuid, "to" uuid)
        ORDER BY array_position(ARRAY['lead', 'involvement', 'action'], x.kind), x.id
    LOOP
        IF move.kind = 'lead' THEN
            RETURN QUERY UPDATE support_case c SET lead_membership_id = move."to", updated_at = app_now(), version = c.version + 1
                WHERE c.id = move.id AND c.lead_membership_id = p_from AND c.school_id = mine AND c.status = 'open'
                  AND NOT conflicted(move."to", c.id) RETURNING 'lead', c.id;
        ELSIF move.kind = 'involvement' THEN
            RETURN QUERY UPDATE involvement i SET assignee_membership_id = move."to", updated_at = app_now(), version = i.version + 1
                WHERE i.id = move.id AND i.assignee_membership_id = p_from AND i.agency_id = mine AND i.status = 'accepted'
                  AND (move."to" IS NULL OR NOT conflicted(move."to", i.case_id)) RETURNING 'involvement', i.case_id;
        ELSE
            -- What moved at a desk of its own is not answered, so that no entry of the case's log tells of it.
            RETURN QUERY WITH gone AS (
                UPDATE action t SET updated_at = app_now(), version = t.version + 1, assignee_membership_id =
                        CASE WHEN may_take_action(move."to", t.case_id, t.category) THEN move."to" END
                    WHERE t.assignee_membership_id = p_from AND t.owner_agency_id = mine AND t.status IN ('todo', 'doing')
                    RETURNING t.case_id, t.owner_desk_id)
                SELECT 'action', g.case_id FROM gone g WHERE g.owner_desk_id = mine;
        END IF;
    END LOOP;
END $$;

-- ------------------------------------------------------------------------------------------------------------ cover

-- Set by who looks after people, or by who will be away. Null: not a membership of this agency, or over.
CREATE FUNCTION set_cover(p_id uuid, p_absent uuid, p_covering uuid, p_from date, p_until date, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    absent membership;
    covering membership;
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'cover', p_id, p_absent, p_covering, p_from, p_until), p_proof);
    IF p_absent IS DISTINCT FROM (me ->> 'membership')::uuid THEN PERFORM my_people(); END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('people of ' || (me ->> 'agency'), 0));
    absent := own_member(p_absent);
    covering := own_member(p_covering);
    IF absent.id IS NULL OR absent.ended_at <= app_now() THEN RETURN false; END IF;
    IF covering.id IS NULL OR covering.ended_at <= app_now() OR covering.person_id = absent.person_id
       OR may_cover(absent.agency_id, absent.role, covering.role) IS NOT TRUE
       OR EXISTS (SELECT FROM contact_bar b WHERE b.person_id = covering.person_id
                  AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at))
       OR EXISTS (SELECT FROM carer k JOIN support_case s ON s.pupil_id = k.pupil_id
                  JOIN case_access a ON a.case_id = s.id AND a.principal = ANY (absent.id || class_desks(ARRAY[absent.id]))
                  WHERE k.person_id = covering.person_id) THEN
        RAISE EXCEPTION 'may not cover' USING ERRCODE = 'check_violation', CONSTRAINT = 'cover_receiver';
    END IF;
    IF EXISTS (SELECT FROM cover c WHERE c.absent_membership_id = p_absent AND c.ended_at IS NULL
               AND c.from_on <= p_until AND p_from <= c.until_on AND app_now() < london_midnight(c.until_on + 1)) THEN
        RAISE EXCEPTION 'covered already' USING ERRCODE = 'check_violation', CONSTRAINT = 'cover_once';
    END IF;
    INSERT INTO cover (id, absent_membership_id, covering_membership_id, from_on, until_on, set_by_membership_id, set_at)
        VALUES (p_id, p_absent, p_covering, p_from, p_until, (me ->> 'membership')::uuid, app_now());
    RETURN true;
END $$;

CREATE FUNCTION end_cover(p_id uuid, p_proof bytea) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    whose uuid;
BEGIN
    PERFORM must_be_proved('end_cover|' || p_id, p_proof);
    UPDATE cover c SET ended_at = app_now() FROM membership m WHERE c.id = p_id AND m.id = c.absent_membership_id
        AND m.agency_id = (me ->> 'agency')::uuid AND c.ended_at IS NULL AND app_now() < london_midnight(c.until_on + 1)
        AND (me -> 'verbs' ? 'people:manage' OR m.id = (me ->> 'membership')::uuid) RETURNING m.id INTO whose;
    RETURN whose;
END $$;

CREATE FUNCTION set_agency_telephone(p_telephone text, p_proof bytea) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid := my_people();
BEGIN
    PERFORM must_be_proved(concat_ws('|', 'telephone', mine, p_telephone), p_proof);
    UPDATE agency SET telephone = p_telephone WHERE id = mine;
END $$;

GRANT EXECUTE ON FUNCTION colleagues(uuid, bytea), invite_colleague(uuid, bytea, text, jsonb, interval, bytea),
    colleague_invitations(bytea), renew_colleague_invitation(uuid, bytea, interval, bytea),
    cancel_colleague_invitation(uuid, bytea), live_colleague_invitation(bytea, bytea),
    join_agency(bytea, uuid, uuid, text, text, bytea), change_role(uuid, uuid, text, text[], boolean, date, bytea),
    end_membership(uuid, date, bytea), work_to_hand_over(uuid, bytea), work_left_behind(bytea), hand_over(uuid, text, bytea),
    set_cover(uuid, uuid, uuid, date, date, bytea), end_cover(uuid, bytea), set_agency_telephone(text, bytea) TO ecm_app;
GRANT EXECUTE ON FUNCTION keep_an_administrator() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
CREATE TRIGGER keep_an_administrator BEFORE UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION keep_an_administrator();
RESET ROLE;
