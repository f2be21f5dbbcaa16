-- Pupils out of a file: what a school is called outside, numbers a pupil has beside the UPN, files and their rows.
ALTER TABLE agency ADD COLUMN laestab TEXT;
ALTER TABLE agency ADD CONSTRAINT agency_laestab CHECK (laestab ~ '^[0-9]{7}$');
CREATE UNIQUE INDEX agency_laestab_once ON agency (laestab) WHERE laestab IS NOT NULL;
CREATE UNIQUE INDEX agency_urn_once ON agency (urn) WHERE urn IS NOT NULL;

-- What the last approved file said of each field; null: never imported. What differs from it was corrected by hand.
ALTER TABLE enrolment ADD COLUMN imported JSONB;

CREATE TABLE pupil_identifier (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    school_id UUID NOT NULL REFERENCES agency (id),
    kind TEXT NOT NULL,
    value TEXT NOT NULL
);
ALTER TABLE pupil_identifier ADD CHECK (kind IN ('former_upn', 'uln', 'nhs_number'));
CREATE UNIQUE INDEX pupil_identifier_once ON pupil_identifier (school_id, kind, value) WHERE kind <> 'former_upn';
CREATE INDEX pupil_identifier_pupil ON pupil_identifier (pupil_id, kind);

-- A file a school has sent. It stays, with its numbers only; its rows go within a day.
CREATE TABLE pupil_import (
    id UUID PRIMARY KEY,
    school_id UUID NOT NULL REFERENCES agency (id),
    membership_id UUID REFERENCES membership (id),
    made_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL,
    sha256 TEXT,
    format TEXT,
    head JSONB NOT NULL DEFAULT '{}',
    counts JSONB NOT NULL DEFAULT '{}',
    warnings JSONB NOT NULL DEFAULT '[]',
    sentence TEXT,
    roll_print TEXT,
    ended_at TIMESTAMPTZ,
    ended_by_membership_id UUID REFERENCES membership (id),
    version INTEGER NOT NULL DEFAULT 1
);
ALTER TABLE pupil_import ADD CHECK (status IN ('reading', 'ready', 'approved', 'cancelled', 'failed'));
CREATE INDEX pupil_import_school ON pupil_import (school_id, made_at DESC, id DESC);
CREATE INDEX pupil_import_approved ON pupil_import (school_id, sha256) WHERE status = 'approved';

-- One row of it, as it was read and as it compares with the roll. `row` is its number in the file; leavers, who are on
-- the roll and not in the file, are numbered by name.
CREATE TABLE import_row (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    import_id UUID NOT NULL REFERENCES pupil_import (id),
    row INTEGER NOT NULL,
    kind TEXT NOT NULL,
    pupil_id UUID,
    said JSONB NOT NULL DEFAULT '{}',
    search_key TEXT NOT NULL DEFAULT '',
    carers JSONB NOT NULL DEFAULT '[]',
    raw_codes JSONB NOT NULL DEFAULT '{}',
    changes JSONB NOT NULL DEFAULT '[]',
    kept JSONB NOT NULL DEFAULT '[]',
    problems JSONB NOT NULL DEFAULT '[]',
    conflicts JSONB NOT NULL DEFAULT '[]',
    warnings JSONB NOT NULL DEFAULT '[]'
);
ALTER TABLE import_row ADD CHECK (kind IN ('read', 'new', 'changed', 'unchanged', 'rejected', 'leaver'));
CREATE INDEX import_row_file ON import_row (import_id, kind, row);
CREATE INDEX import_row_kept ON import_row (import_id, row) WHERE kept <> '[]';
CREATE INDEX import_row_warned ON import_row (import_id, row) WHERE warnings <> '[]';
