-- Who ended the work of an agency, or took its invitation back; null where that was before this version.
ALTER TABLE involvement ADD COLUMN ended_by_membership_id UUID REFERENCES membership (id);
