-- Drafts: a case being opened, kept at each step.
CREATE TABLE case_draft (
    id UUID PRIMARY KEY,
    membership_id UUID NOT NULL REFERENCES membership (id),
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    answers JSONB NOT NULL DEFAULT '{}',
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);
ALTER TABLE case_draft ADD UNIQUE (membership_id, pupil_id);
CREATE INDEX case_draft_oldest ON case_draft (updated_at);
