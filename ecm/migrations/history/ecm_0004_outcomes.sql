-- What a case is to change, whether it does, what is done for it, and what pupil and family say in their own words.
CREATE TABLE outcome (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    measure TEXT,
    baseline NUMERIC,
    target NUMERIC,
    due_on DATE,
    status TEXT NOT NULL DEFAULT 'working',
    settled_at TIMESTAMPTZ,
    settled_by_membership_id UUID REFERENCES membership (id),
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE measurement (
    id UUID PRIMARY KEY,
    outcome_id UUID NOT NULL REFERENCES outcome (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    measured_on DATE NOT NULL,
    value NUMERIC NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE provision (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    who TEXT NOT NULL,
    how_often TEXT NOT NULL,
    minutes INTEGER,
    weeks INTEGER,
    starts_on DATE NOT NULL,
    ended_on DATE,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE case_view (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    whose TEXT NOT NULL,
    text TEXT NOT NULL,
    how TEXT NOT NULL DEFAULT '',
    given_on DATE NOT NULL,
    author_agency_id UUID REFERENCES agency (id),
    author_membership_id UUID REFERENCES membership (id),
    author_desk_id UUID,
    author_person_id UUID REFERENCES person (id),
    written_at TIMESTAMPTZ NOT NULL
);

-- Constraints and indexes that Piccolo's columns cannot say.
ALTER TABLE outcome ADD UNIQUE (id, case_id, category);
ALTER TABLE outcome ADD CHECK (category IN ('classroom','education','health','social_care','family','safeguarding'));
ALTER TABLE outcome ADD CHECK (status IN ('working','met','partly_met','not_met','stopped'));
ALTER TABLE outcome ADD CHECK ((settled_at IS NULL) = (status = 'working'));
ALTER TABLE outcome ADD CHECK (measure IS NOT NULL OR (baseline IS NULL AND target IS NULL));
ALTER TABLE outcome ADD CHECK (baseline BETWEEN -9999 AND 9999 AND baseline = round(baseline, 2));
ALTER TABLE outcome ADD CHECK (target BETWEEN -9999 AND 9999 AND target = round(target, 2));
CREATE INDEX outcome_case ON outcome (case_id);
ALTER TABLE measurement ADD FOREIGN KEY (outcome_id, case_id, category) REFERENCES outcome (id, case_id, category);
ALTER TABLE measurement ADD CHECK (value BETWEEN -9999 AND 9999 AND value = round(value, 2));
CREATE INDEX measurement_case ON measurement (case_id);
CREATE INDEX measurement_outcome ON measurement (outcome_id);
ALTER TABLE provision ADD CHECK (category IN ('classroom','education','health','social_care','family','safeguarding'));
ALTER TABLE provision ADD CHECK (minutes BETWEEN 1 AND 600);
ALTER TABLE provision ADD CHECK (weeks BETWEEN 1 AND 156);
ALTER TABLE provision ADD CHECK (ended_on >= starts_on);
CREATE INDEX provision_case ON provision (case_id);
ALTER TABLE case_view ADD CHECK (category IN ('classroom','education','health','social_care','family','safeguarding'));
ALTER TABLE case_view ADD CHECK (whose IN ('pupil','family'));
-- Written by a worker for an agency, or by a carer who speaks for nobody else.
ALTER TABLE case_view ADD CHECK ((author_person_id IS NULL) <> (author_membership_id IS NULL));
ALTER TABLE case_view ADD CHECK ((author_membership_id IS NULL) = (author_agency_id IS NULL));
ALTER TABLE case_view ADD CHECK ((author_membership_id IS NULL) = (author_desk_id IS NULL));
ALTER TABLE case_view ADD CHECK (author_person_id IS NULL OR category = 'family');
CREATE INDEX case_view_case ON case_view (case_id);
