-- Pupils: found despite typing errors; how a carer likes to be told; who has died.
ALTER TABLE pupil ADD COLUMN died_on DATE;
ALTER TABLE carer ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE carer ADD COLUMN needs_interpreter BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE carer ADD COLUMN format TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE carer ADD CHECK (format IN ('standard', 'large_print', 'telephone'));
