-- Duplicates: pairs that are two pupils after all, what was merged, and pupils who may be on two schools' rolls.
CREATE TABLE dismissed_pair (
    id UUID PRIMARY KEY,
    school_id UUID NOT NULL REFERENCES agency (id),
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    other_pupil_id UUID NOT NULL REFERENCES pupil (id),
    by_membership_id UUID NOT NULL REFERENCES membership (id),
    at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ,
    undone_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE dismissed_pair ADD CHECK (pupil_id < other_pupil_id);
CREATE UNIQUE INDEX dismissed_pair_once ON dismissed_pair (pupil_id, other_pupil_id) WHERE undone_at IS NULL;
CREATE INDEX dismissed_pair_other ON dismissed_pair (other_pupil_id);
CREATE INDEX dismissed_pair_school ON dismissed_pair (school_id, at DESC);

-- One record was put into another. `pupil_id` is whoever holds it now; `gone_id` is found nowhere else but in the log.
CREATE TABLE pupil_merge (
    id UUID PRIMARY KEY,
    school_id UUID NOT NULL REFERENCES agency (id),
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    gone_id UUID NOT NULL,
    by_membership_id UUID NOT NULL REFERENCES membership (id),
    at TIMESTAMPTZ NOT NULL,
    reason TEXT NOT NULL,
    moved JSONB NOT NULL DEFAULT '{}',
    before JSONB NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX pupil_merge_gone ON pupil_merge (gone_id);
CREATE INDEX pupil_merge_pupil ON pupil_merge (pupil_id);
CREATE INDEX pupil_merge_school ON pupil_merge (school_id, at DESC, id DESC);

-- A pupil of a school who may be on the roll of another: which school, and by which of the own numbers. Nothing of the
-- other record is here, so that nothing of it can be read from here.
CREATE TABLE school_match (
    id UUID PRIMARY KEY,
    school_id UUID NOT NULL REFERENCES agency (id),
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    other_school_id UUID NOT NULL REFERENCES agency (id),
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    outcome TEXT,
    settled_at TIMESTAMPTZ,
    settled_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE school_match ADD CHECK (kind IN ('upn', 'uln'));
ALTER TABLE school_match ADD CHECK (outcome IN ('moved', 'dual_registration', 'mistyped', 'not_same'));
ALTER TABLE school_match ADD CHECK ((outcome IS NULL) = (settled_at IS NULL));
ALTER TABLE school_match ADD UNIQUE (pupil_id, other_school_id, number);
CREATE INDEX school_match_school ON school_match (school_id, found_at DESC, id);
CREATE INDEX school_match_waiting ON school_match (school_id) WHERE outcome IS NULL;
CREATE INDEX pupil_identifier_uln ON pupil_identifier (value) WHERE kind = 'uln';

-- Pupils whose number or roll has changed since the matching service last looked. Written by triggers, so that nobody
-- who types a number waits for an answer, or learns one.
CREATE TABLE match_mark (
    pupil_id UUID PRIMARY KEY
);
