-- What organisations have agreed is open to whoever works here. It opens nothing: an invitation asks it, and no reader.

SET ROLE ecm_owner;
ALTER TABLE sharing_agreement ENABLE ROW LEVEL SECURITY;
ALTER TABLE sharing_agreement FORCE ROW LEVEL SECURITY;
ALTER TABLE agreement_party ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_party FORCE ROW LEVEL SECURITY;
ALTER TABLE agreement_clause ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_clause FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON sharing_agreement, agreement_party, agreement_clause TO ecm_app, ecm_policy;
GRANT UPDATE (approved_by_membership_id, approved_at, ended_at) ON sharing_agreement TO ecm_app;
GRANT UPDATE (left_at) ON agreement_party TO ecm_app;
GRANT DELETE ON agreement_clause TO ecm_app;
RESET ROLE;

SET ROLE ecm_policy;

-- Before it is approved it is a draft, whose clauses change; afterwards they stand, and organisations come and go.
CREATE FUNCTION agreement_is(p_agreement uuid, p_state text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM sharing_agreement s WHERE s.id = p_agreement AND s.ended_at IS NULL
                   AND (p_state = 'going' OR s.approved_at IS NULL))
$$;

-- Whether both organisations have signed something, in force now, that covers each of these categories for this purpose.
-- `core` goes with every clause. Source: design 4, "is a precondition for inviting, never a basis"; ADR 0028.
CREATE FUNCTION agreement_covers(p_from uuid, p_to uuid, p_categories text[], p_purpose text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH clause AS (
        SELECT c.categories FROM agreement_clause c JOIN sharing_agreement s ON s.id = c.agreement_id
        WHERE p_purpose = ANY (c.purposes) AND s.approved_at IS NOT NULL AND s.ended_at IS NULL
          AND app_now() >= london_midnight(s.from_on) AND app_now() < london_midnight(s.until_on + 1)
          AND 2 = (SELECT count(*) FROM agreement_party p WHERE p.agreement_id = s.id AND p.agency_id IN (p_from, p_to)
                   AND p.left_at IS NULL))
    SELECT EXISTS (SELECT FROM clause) AND NOT EXISTS (
        SELECT FROM unnest(p_categories) k WHERE k <> 'core' AND NOT EXISTS (SELECT FROM clause c WHERE k = ANY (c.categories)))
$$;

-- Whether a school could invite anybody by any agreement today. Asked by `ecm doctor`, for nobody in particular.
CREATE FUNCTION anybody_to_invite() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM agency s JOIN agreement_party p ON p.agency_id = s.id AND p.left_at IS NULL
        JOIN agreement_party o ON o.agreement_id = p.agreement_id AND o.agency_id <> s.id AND o.left_at IS NULL
        JOIN agreement_clause c ON c.agreement_id = p.agreement_id
        WHERE s.kind = 'school' AND agreement_covers(s.id, o.agency_id, '{}', c.purposes[1]))
$$;

CREATE FUNCTION stamp_agreement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := (context() ->> 'membership')::uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.made_by_membership_id := me;
        NEW.made_at := app_now();
        NEW.approved_at := NULL;
        NEW.approved_by_membership_id := NULL;
        NEW.ended_at := NULL;
    ELSE
        NEW.approved_at := CASE WHEN NEW.approved_at IS NULL OR OLD.approved_at IS NOT NULL THEN OLD.approved_at ELSE app_now() END;
        NEW.approved_by_membership_id := CASE WHEN OLD.approved_at IS NOT NULL THEN OLD.approved_by_membership_id
                                              WHEN NEW.approved_at IS NOT NULL THEN me END;
        NEW.ended_at := CASE WHEN NEW.ended_at IS NULL OR OLD.ended_at IS NOT NULL THEN OLD.ended_at ELSE app_now() END;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION stamp_party() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN NEW.joined_at := app_now(); NEW.left_at := NULL;
    ELSE NEW.left_at := coalesce(OLD.left_at, app_now()); END IF;
    RETURN NEW;
END $$;

GRANT EXECUTE ON FUNCTION agreement_is(uuid, text), agreement_covers(uuid, uuid, text[], text), anybody_to_invite() TO ecm_app;
GRANT EXECUTE ON FUNCTION stamp_agreement(), stamp_party() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['sharing_agreement', 'agreement_party', 'agreement_clause'] LOOP
        EXECUTE format('CREATE POLICY %1$s_for_workers ON %1$I FOR SELECT TO ecm_app
            USING ((SELECT context() ->> ''membership'') IS NOT NULL)', t);
    END LOOP;
END $$;
CREATE POLICY sharing_agreement_made ON sharing_agreement FOR INSERT TO ecm_app
    WITH CHECK ((SELECT context() -> 'verbs' ? 'agreement:manage'));
CREATE POLICY sharing_agreement_moved_on ON sharing_agreement FOR UPDATE TO ecm_app
    USING ((SELECT context() -> 'verbs' ? 'agreement:manage') AND ended_at IS NULL)
    WITH CHECK (approved_at IS NOT NULL OR ended_at IS NOT NULL);
CREATE POLICY agreement_party_joins ON agreement_party FOR INSERT TO ecm_app
    WITH CHECK ((SELECT context() -> 'verbs' ? 'agreement:manage') AND agreement_is(agreement_id, 'going'));
CREATE POLICY agreement_party_leaves ON agreement_party FOR UPDATE TO ecm_app
    USING ((SELECT context() -> 'verbs' ? 'agreement:manage') AND left_at IS NULL AND agreement_is(agreement_id, 'going'))
    WITH CHECK (left_at IS NOT NULL);
CREATE POLICY agreement_clause_drafted ON agreement_clause FOR INSERT TO ecm_app
    WITH CHECK ((SELECT context() -> 'verbs' ? 'agreement:manage') AND agreement_is(agreement_id, 'draft'));
CREATE POLICY agreement_clause_dropped ON agreement_clause FOR DELETE TO ecm_app
    USING ((SELECT context() -> 'verbs' ? 'agreement:manage') AND agreement_is(agreement_id, 'draft'));
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON sharing_agreement FOR EACH ROW
    WHEN (current_user = 'ecm_app') EXECUTE FUNCTION stamp_agreement();
CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON agreement_party FOR EACH ROW
    WHEN (current_user = 'ecm_app') EXECUTE FUNCTION stamp_party();
RESET ROLE;
