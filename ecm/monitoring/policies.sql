-- How the installation is doing, in numbers that say nothing about anybody.
SET ROLE ecm_policy;
CREATE FUNCTION vital_signs(p_proof bytea)
RETURNS TABLE (messages_waiting int, oldest_message_seconds float, messages_in_trouble int, entries_unsealed int,
               jobs_waiting int, live_sessions int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('vital_signs', p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT
        (SELECT count(*)::int FROM outbox WHERE state = 'waiting'),
        (SELECT coalesce(extract(epoch FROM app_now() - min(waiting_since)), 0)::float FROM outbox WHERE state = 'waiting'),
        (SELECT count(*)::int FROM outbox WHERE state IN ('refused', 'failed', 'bounced') AND at > app_now() - interval '8 days'),
        (SELECT count(*)::int FROM audit_inbox),
        (SELECT count(*)::int FROM pgqueuer WHERE status = 'queued'),
        (SELECT count(*)::int FROM session WHERE ended_at IS NULL AND expires_at > app_now());
END $$;
GRANT EXECUTE ON FUNCTION vital_signs(bytea) TO ecm_app;
RESET ROLE;
