-- What a plan said, as data: from it the next version says what has changed. `content` is the SHA-256 of what it says
-- without number, date and history, so that the same words are not drawn twice. Plans of before have neither.
ALTER TABLE plan ADD COLUMN snapshot JSONB;
ALTER TABLE plan ADD COLUMN content TEXT;
CREATE INDEX plan_case ON plan (case_id, plan_type, audience, made_at);
