-- Messages go in with the transaction that causes them; a trigger puts a job beside each. Only the delivering worker
-- reads them (and, in the demonstration, the outbox page): by functions that want the app's proof.

SET ROLE ecm_owner;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['outbox', 'pgqueuer', 'pgqueuer_log', 'pgqueuer_statistics'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
END $$;
GRANT INSERT (id, recipient, channel, letter, subject, text, at, waiting_since, useful_until, about) ON outbox TO ecm_app;
GRANT SELECT, UPDATE ON outbox TO ecm_policy;
CREATE POLICY outbox_takes ON outbox FOR INSERT TO ecm_app WITH CHECK (
    state = 'waiting' AND (SELECT context()) IS NOT NULL
    AND (about IS NULL OR EXISTS (SELECT FROM consent_request r WHERE r.id = about)));
-- Who sees a request sees what became of the message about it; never where it went or what it says.
GRANT SELECT (id, about, letter, channel, at, state, sent_at, opened_at) ON outbox TO ecm_app;
CREATE POLICY outbox_about_what_is_seen ON outbox FOR SELECT TO ecm_app USING (
    about IS NOT NULL AND EXISTS (SELECT FROM consent_request r WHERE r.id = about));

-- The queue. A job holds the id of a message and nothing else; PgQueuer's statements run in the name of the post.
GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer, pgqueuer_log TO ecm_policy;
GRANT USAGE ON SEQUENCE pgqueuer_id_seq TO ecm_policy;
GRANT SELECT, DELETE, UPDATE (status, updated, heartbeat, execute_after, attempts, queue_manager_id, slot) ON pgqueuer TO ecm_app;
GRANT INSERT ON pgqueuer_log TO ecm_app;
GRANT SELECT ON pgqueuer_log, pgqueuer_statistics TO ecm_app;
CREATE POLICY pgqueuer_for_the_post ON pgqueuer TO ecm_app
    USING ((SELECT context() ->> 'service') = 'post') WITH CHECK ((SELECT context() ->> 'service') = 'post');
CREATE POLICY pgqueuer_log_for_the_post ON pgqueuer_log TO ecm_app
    USING ((SELECT context() ->> 'service') = 'post') WITH CHECK ((SELECT context() ->> 'service') = 'post');
CREATE POLICY pgqueuer_statistics_for_the_post ON pgqueuer_statistics FOR SELECT TO ecm_app
    USING ((SELECT context() ->> 'service') = 'post');

-- As PgQueuer 1.6.0 installs it, except that it is of one operation each. Looking for work is an UPDATE, also of no row:
-- a worker that was told of those would wake itself for ever.
CREATE FUNCTION fn_pgqueuer_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('ch_pgqueuer', json_build_object(
        'channel', 'ch_pgqueuer', 'operation', lower(TG_OP), 'sent_at', now(), 'table', TG_TABLE_NAME,
        'type', 'table_changed_event')::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR TRUNCATE ON pgqueuer
    EXECUTE FUNCTION fn_pgqueuer_changed();
RESET ROLE;

SET ROLE ecm_policy;

-- The only way into the queue. A code is waited for at a screen, so it goes before everything else.
-- One job for each message: a second is left out while the first is there.
CREATE FUNCTION put_in_queue(p_messages uuid[]) RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH job AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, headers, status)
        SELECT CASE WHEN o.letter = 'link_code' THEN 10 ELSE 0 END, 'message', convert_to(o.id::text, 'UTF8'),
               o.id::text, 'null', 'queued'
        FROM outbox o WHERE o.id = ANY (p_messages) AND o.state = 'waiting' ORDER BY o.id
        ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING
        RETURNING id, entrypoint, priority),
    logged AS (
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'queued', entrypoint, priority FROM job)
    SELECT count(*)::int FROM job
$$;

CREATE FUNCTION enqueue_message() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM put_in_queue(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

-- The post takes a message to try it. No row: it does not wait any more, so there is nothing to do.
CREATE FUNCTION take_message(p_id uuid, p_proof bytea)
RETURNS TABLE (recipient text, channel text, letter text, subject text, text text, tries int, at timestamptz,
               waiting_since timestamptz, useful_until timestamptz, now timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT proved('post|take|' || p_id, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY UPDATE outbox o SET tries = o.tries + 1, tried_at = app_now() WHERE o.id = p_id AND o.state = 'waiting'
        RETURNING o.recipient, o.channel, o.letter, o.subject, o.text, o.tries, o.at, o.waiting_since, o.useful_until, app_now();
END $$;

-- What became of a try. Of what has left nothing is kept but that it left: a link or a code is nobody's to read later.
CREATE FUNCTION settle_message(p_id uuid, p_state text, p_trouble text, p_keep_text boolean, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved(concat_ws('|', 'post', 'settle', p_id, p_state), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE outbox SET state = p_state, trouble = p_trouble,
        sent_at = CASE WHEN p_state = 'sent' THEN app_now() END,
        text = CASE WHEN p_state = 'sent' AND NOT p_keep_text THEN '' ELSE text END
        WHERE id = p_id AND state = 'waiting';
    RETURN FOUND;
END $$;

-- A report says that a message which left did not arrive.
CREATE FUNCTION bounce_message(p_id uuid, p_trouble text, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('post|bounce|' || p_id, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE outbox SET state = 'bounced', trouble = p_trouble WHERE id = p_id AND state = 'sent';
    RETURN FOUND;
END $$;

-- Messages that wait without a job, as after a lost queue, get one again. How many; and the queue's log is kept short.
CREATE FUNCTION sweep_post(p_proof bytea) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('post|sweep', p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM pgqueuer_log WHERE created < now() - interval '7 days';
    RETURN put_in_queue(ARRAY(SELECT o.id FROM outbox o WHERE o.state = 'waiting' AND NOT EXISTS (
        SELECT FROM pgqueuer j WHERE j.dedupe_key = o.id::text AND j.status IN ('queued', 'picked'))));
END $$;

-- The linked page was looked at: the message of this link, if nobody has looked before.
CREATE FUNCTION unopened_message(p_token bytea, p_proof bytea) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('unopened|' || encode(p_token, 'hex'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT o.id FROM consent_link l JOIN outbox o ON o.about = l.request_id
            WHERE l.token_hash = p_token AND o.letter = 'carer_link' AND o.opened_at IS NULL LIMIT 1);
END $$;

CREATE FUNCTION open_message(p_id uuid, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('opened|' || p_id, p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE outbox SET opened_at = app_now() WHERE id = p_id AND opened_at IS NULL;
    RETURN FOUND;
END $$;

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

-- Where to write to a worker, for a letter and for nothing else. No row: not there any more, without an address, or the
-- letter is about a case (p_case) whose pupil this person is too close to. `may_name`: such a letter may name the case.
CREATE FUNCTION worker_address(p_membership uuid, p_case uuid, p_proof bytea) RETURNS TABLE (address text, may_name boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT proved('worker_address|' || p_membership || '|' || coalesce(p_case::text, ''), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT p.email, p_case IS NOT NULL AND NOT shut_out(p_membership, p_case)
        FROM membership m JOIN person p ON p.id = m.person_id
        WHERE m.id = p_membership AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
          AND p.email IS NOT NULL AND (p.left_at IS NULL OR p.left_at > app_now())
          AND (p_case IS NULL OR NOT too_close(p.id, p_case));
END $$;

-- For who keeps the post going: what is in trouble, where it was to go hidden but for what finds a wrong domain.
CREATE FUNCTION hidden_address(p_address text) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN strpos(p_address, '@') > 0 THEN left(p_address, 1) || '…@' || split_part(p_address, '@', 2)
                ELSE '…' || right(p_address, 3) END
$$;

CREATE FUNCTION may_be_sent_again(p_text text, p_useful_until timestamptz) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT p_text <> '' AND p_useful_until > app_now() $$;

CREATE FUNCTION post_troubles(p_too_long interval, p_shown interval, p_limit int)
RETURNS TABLE (id uuid, letter text, channel text, hidden_to text, at timestamptz, state text, tries int,
               tried_at timestamptz, trouble text, again boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT context() -> 'verbs' ? 'post:manage' THEN RETURN; END IF;
    RETURN QUERY SELECT o.id, o.letter, o.channel, hidden_address(o.recipient), o.at, o.state, o.tries, o.tried_at, o.trouble,
        may_be_sent_again(o.text, o.useful_until)
        FROM outbox o
        WHERE (o.state = 'waiting' AND o.waiting_since < app_now() - p_too_long)
           OR (o.state IN ('refused', 'failed', 'bounced') AND o.at > app_now() - p_shown AND o.trouble IS DISTINCT FROM 'not_wanted')
        ORDER BY o.at DESC, o.id DESC LIMIT p_limit;
END $$;

CREATE FUNCTION post_counts() RETURNS TABLE (waiting int, oldest_at timestamptz, sent_today int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT context() -> 'verbs' ? 'post:manage' THEN RETURN; END IF;
    RETURN QUERY SELECT (count(*) FILTER (WHERE o.state = 'waiting'))::int,
        min(o.waiting_since) FILTER (WHERE o.state = 'waiting'),
        (count(*) FILTER (WHERE o.sent_at >= london_midnight((app_now() AT TIME ZONE 'Europe/London')::date)))::int
        FROM outbox o WHERE o.state = 'waiting' OR o.at > app_now() - interval '8 days';
END $$;

-- Try one again, or all (null): at once, and as long as at first. How many that was.
CREATE FUNCTION send_again(p_id uuid) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE chosen uuid[];
BEGIN
    IF NOT context() -> 'verbs' ? 'post:manage' THEN RETURN 0; END IF;
    WITH again AS (
        UPDATE outbox o SET state = 'waiting', trouble = NULL, tries = 0, waiting_since = app_now(), sent_at = NULL
        WHERE (p_id IS NULL OR o.id = p_id) AND o.state <> 'sent' AND may_be_sent_again(o.text, o.useful_until)
          AND (o.state <> 'waiting' OR o.tries > 0)
        RETURNING o.id)
    SELECT array_agg(id) INTO chosen FROM again;
    UPDATE pgqueuer SET execute_after = now() WHERE dedupe_key = ANY (chosen::text[]) AND status = 'queued';
    PERFORM put_in_queue(chosen);
    RETURN coalesce(cardinality(chosen), 0);
END $$;

GRANT EXECUTE ON FUNCTION take_message(uuid, bytea), settle_message(uuid, text, text, boolean, bytea),
    bounce_message(uuid, text, bytea), sweep_post(bytea), unopened_message(bytea, bytea), open_message(uuid, bytea),
    read_outbox(int, bytea), worker_address(uuid, uuid, bytea), post_troubles(interval, interval, int), post_counts(),
    send_again(uuid) TO ecm_app;
GRANT EXECUTE ON FUNCTION enqueue_message() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
CREATE TRIGGER z_enqueue AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION enqueue_message();
RESET ROLE;
