-- Pupils: found despite typing errors; how a carer likes to be told; who has died.
ALTER TABLE pupil ADD COLUMN died_on DATE;
ALTER TABLE carer ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE carer ADD COLUMN needs_interpreter BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE carer ADD COLUMN format TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE carer ADD CHECK (format IN ('standard', 'large_print', 'telephone'));
ALTER TABLE carer ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- What a pupil is looked up by; a trigger makes it from search_key (ecm/pupils/policies.sql).
ALTER TABLE pupil ADD COLUMN search_marks TEXT[] NOT NULL DEFAULT '{}';
CREATE INDEX pupil_marks ON pupil USING gin (search_marks) WITH (fastupdate = off);
CREATE INDEX enrolment_upn ON enrolment (upn) WHERE upn IS NOT NULL;
