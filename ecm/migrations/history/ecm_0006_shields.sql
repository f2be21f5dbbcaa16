-- Where a pupil at risk is: in a table of its own, for named people only.
CREATE TABLE shielded_fact (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    set_by_membership_id UUID NOT NULL REFERENCES membership (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
ALTER TABLE shielded_fact ADD CHECK (kind IN ('address', 'placement', 'telephone', 'other'));
CREATE INDEX shielded_fact_pupil ON shielded_fact (pupil_id);

CREATE TABLE shielded_reader (
    id UUID PRIMARY KEY,
    fact_id UUID NOT NULL REFERENCES shielded_fact (id),
    membership_id UUID NOT NULL REFERENCES membership (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX one_live_shield ON shielded_reader (fact_id, membership_id) WHERE ended_at IS NULL;
CREATE INDEX shielded_reader_membership ON shielded_reader (membership_id);
