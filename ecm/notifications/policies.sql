-- Messages go in; only the delivering worker (and, in the demonstration, the outbox page) reads them.

SET ROLE ecm_owner;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
GRANT INSERT ON outbox TO ecm_app;
GRANT SELECT ON outbox TO ecm_policy;
CREATE POLICY outbox_takes ON outbox FOR INSERT TO ecm_app WITH CHECK (sent_at IS NULL AND (SELECT context()) IS NOT NULL);
RESET ROLE;

SET ROLE ecm_policy;
CREATE FUNCTION read_outbox(p_limit int, p_proof bytea)
RETURNS TABLE (recipient text, channel text, subject text, text text, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('outbox', p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT o.recipient, o.channel, o.subject, o.text, o.at FROM outbox o ORDER BY o.at DESC, o.id DESC LIMIT p_limit;
END $$;
GRANT EXECUTE ON FUNCTION read_outbox(int, bytea) TO ecm_app;
RESET ROLE;
