-- The names that stand in what a carer was asked, as they were then: the text can be made again exactly, whoever is called
-- otherwise since. Null where it was asked before this version. The agency's name is with the question about it, because
-- not everybody who may see a request may know of every agency in it.
ALTER TABLE consent_request ADD COLUMN school_name TEXT;
ALTER TABLE consent_request ADD COLUMN pupil_name TEXT;
ALTER TABLE consent_request ADD COLUMN asker_name TEXT;
ALTER TABLE consent_request ADD COLUMN asker_role TEXT;
ALTER TABLE consent_proposal ADD COLUMN agency_name TEXT;
