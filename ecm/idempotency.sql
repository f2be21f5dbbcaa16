-- What a creating call made, for whoever repeats it: the same person in the same membership, nobody else. Rows are
-- added and, a day later, taken away; never changed.

SET ROLE ecm_owner;
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON idempotency_key TO ecm_app;
CREATE POLICY idempotency_key_is_mine ON idempotency_key FOR ALL TO ecm_app
    USING (principal = (SELECT coalesce(context() ->> 'membership', context() ->> 'person')::uuid));
RESET ROLE;
