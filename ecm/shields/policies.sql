-- Shielded facts have readers of their own; no policy of anything else reaches them.

SET ROLE ecm_policy;

-- The reader works with this pupil: a worker with a reason on one of the pupil's cases that is neither an emergency nor
-- having written there, and with no conflict of interest.
CREATE FUNCTION works_with(p_pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT context() ->> 'membership' IS NOT NULL AND p_pupil <> ALL (closed_pupils()) AND EXISTS (
        SELECT FROM support_case c JOIN case_access a ON a.case_id = c.id WHERE c.pupil_id = p_pupil
        AND a.principal = ANY (principals()) AND a.category = 'core' AND a.basis NOT IN ('own_record', 'emergency')
        AND app_now() >= a.valid_from AND app_now() < a.valid_until AND (a.principal <> ALL (covered()) OR stands_in(c.id)))
$$;

-- The fact stands, the reader is named on it in this very membership, and works with the pupil still.
CREATE FUNCTION reads_shielded(p_fact uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM shielded_fact f JOIN shielded_reader r ON r.fact_id = f.id
        WHERE f.id = p_fact AND f.ended_at IS NULL AND r.ended_at IS NULL
        AND r.membership_id = (context() ->> 'membership')::uuid AND works_with(f.pupil_id))
$$;

-- Who else reads a fact is told to its readers, as far as they may know that this organisation is there.
CREATE FUNCTION knows_reader(p_fact uuid, p_membership uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT reads_shielded(p_fact) AND EXISTS (SELECT FROM shielded_fact f JOIN support_case c ON c.pupil_id = f.pupil_id
        JOIN membership m ON m.id = p_membership WHERE f.id = p_fact AND reads(c.id, 'core') AND knows_of(c.id, m.agency_id))
$$;

-- All that a worker on a case of the pupil learns who is not named: that there is something not to be given out.
CREATE FUNCTION is_shielded(p_pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM shielded_fact f WHERE f.pupil_id = p_pupil AND f.ended_at IS NULL)
       AND context() ->> 'membership' IS NOT NULL
       AND EXISTS (SELECT FROM support_case c WHERE c.pupil_id = p_pupil AND reads(c.id, 'core'))
$$;

-- Whoever shields a fact is its first reader. False: not theirs to do.
CREATE FUNCTION shield_fact(p_id uuid, p_pupil uuid, p_kind text, p_text text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid := (context() ->> 'membership')::uuid;
BEGIN
    IF NOT context() -> 'verbs' ? 'shield:set' OR NOT works_with(p_pupil) THEN RETURN false; END IF;
    INSERT INTO shielded_fact (id, pupil_id, kind, text, set_by_membership_id, from_at)
        VALUES (p_id, p_pupil, p_kind, p_text, mine, app_now());
    INSERT INTO shielded_reader (id, fact_id, membership_id, from_at) VALUES (audit_id(app_now(), 0), p_id, mine, app_now());
    RETURN true;
END $$;

-- The fact, taken, if whoever asks may say who reads it: one of its readers, in a role that shields.
CREATE FUNCTION take_shielded(p_fact uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT context() -> 'verbs' ? 'shield:set' THEN RETURN false; END IF;
    PERFORM FROM shielded_fact f WHERE f.id = p_fact FOR UPDATE;
    RETURN reads_shielded(p_fact);
END $$;

-- Only a worker who is on a case of the pupil that the one who names is on, too.
CREATE FUNCTION name_shield_reader(p_id uuid, p_fact uuid, p_membership uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT take_shielded(p_fact) THEN RETURN false; END IF;
    IF NOT EXISTS (SELECT FROM shielded_fact f JOIN support_case c ON c.pupil_id = f.pupil_id, workers_on_case(c.id) w
                   WHERE f.id = p_fact AND w = p_membership) THEN
        RAISE EXCEPTION 'not on the case' USING ERRCODE = 'check_violation', CONSTRAINT = 'named_on_case';
    END IF;
    INSERT INTO shielded_reader (id, fact_id, membership_id, from_at) VALUES (p_id, p_fact, p_membership, app_now())
        ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- Somebody who can name readers must be left, or nobody could read it or end it any more.
CREATE FUNCTION drop_shield_reader(p_fact uuid, p_membership uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT take_shielded(p_fact) OR NOT knows_reader(p_fact, p_membership) THEN RETURN false; END IF;
    UPDATE shielded_reader SET ended_at = app_now() WHERE fact_id = p_fact AND membership_id = p_membership AND ended_at IS NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    IF NOT EXISTS (SELECT FROM shielded_reader r JOIN membership m ON m.id = r.membership_id JOIN agency g ON g.id = m.agency_id
                   JOIN permission p ON (p.kind, p.role, p.verb) = (g.kind, m.role, 'shield:set')
                   WHERE r.fact_id = p_fact AND r.ended_at IS NULL
                   AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())) THEN
        RAISE EXCEPTION 'nobody could name readers' USING ERRCODE = 'check_violation', CONSTRAINT = 'shield_keeper';
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION end_shield(p_fact uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT take_shielded(p_fact) THEN RETURN false; END IF;
    UPDATE shielded_fact SET ended_at = app_now() WHERE id = p_fact;
    RETURN true;
END $$;

-- The case goes on with another record of the same pupil: what is shielded goes along, to the same readers. For take_case
-- (ecm/moves) alone.
CREATE FUNCTION carry_shields(p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    f shielded_fact;
    copy uuid;
BEGIN
    FOR f IN SELECT * FROM shielded_fact x WHERE x.pupil_id = p_from AND x.ended_at IS NULL ORDER BY x.id LOOP
        copy := audit_id(app_now(), 0);
        INSERT INTO shielded_fact (id, pupil_id, kind, text, set_by_membership_id, from_at)
            VALUES (copy, p_to, f.kind, f.text, f.set_by_membership_id, app_now());
        INSERT INTO shielded_reader (id, fact_id, membership_id, from_at)
            SELECT audit_id(app_now(), 0), copy, r.membership_id, app_now() FROM shielded_reader r
            WHERE r.fact_id = f.id AND r.ended_at IS NULL;
    END LOOP;
END $$;

-- Two records of one pupil become one. For merge_pupils (ecm/duplicates) alone.
CREATE FUNCTION join_shields(p_gone uuid, p_kept uuid) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE shielded_fact SET pupil_id = p_kept WHERE pupil_id = p_gone
$$;

GRANT EXECUTE ON FUNCTION works_with(uuid), reads_shielded(uuid), knows_reader(uuid, uuid), is_shielded(uuid),
    shield_fact(uuid, uuid, text, text), name_shield_reader(uuid, uuid, uuid), drop_shield_reader(uuid, uuid),
    end_shield(uuid) TO ecm_app;
RESET ROLE;

SET ROLE ecm_owner;
ALTER TABLE shielded_fact ENABLE ROW LEVEL SECURITY;
ALTER TABLE shielded_fact FORCE ROW LEVEL SECURITY;
ALTER TABLE shielded_reader ENABLE ROW LEVEL SECURITY;
ALTER TABLE shielded_reader FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON shielded_fact, shielded_reader TO ecm_policy;
GRANT SELECT ON shielded_fact, shielded_reader TO ecm_app;
CREATE POLICY shielded_fact_to_its_readers ON shielded_fact FOR SELECT TO ecm_app USING (reads_shielded(id));
CREATE POLICY shielded_reader_to_its_readers ON shielded_reader FOR SELECT TO ecm_app USING (
    ended_at IS NULL AND knows_reader(fact_id, membership_id));
RESET ROLE;
