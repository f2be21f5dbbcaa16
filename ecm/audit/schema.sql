-- The log. Rows are only ever added; nobody reads them from here, but through the functions in policies.sql.
-- Piccolo cannot say generated columns, and no Python touches these rows, so they are made here.

-- One event. The bytes that are hashed are those of `entry::text`: printable ASCII without a backslash, so that the
-- cast to bytea (the only immutable one) takes them as they are. What can be searched by is taken out of the entry by
-- the database itself, so that no column can say anything else than the entry does.
CREATE TABLE audit_event (
    id      uuid  PRIMARY KEY,
    entry   jsonb NOT NULL,
    leaf    bytea NOT NULL GENERATED ALWAYS AS (sha256('\x00'::bytea || entry::text::bytea)) STORED,
    event   text  NOT NULL GENERATED ALWAYS AS (entry ->> 'event') STORED,
    actor   uuid  GENERATED ALWAYS AS ((entry ->> 'actor')::uuid) STORED,
    agency  uuid  GENERATED ALWAYS AS ((entry ->> 'agency')::uuid) STORED,
    case_id uuid  GENERATED ALWAYS AS ((entry ->> 'case')::uuid) STORED,
    CHECK (id = (entry ->> 'id')::uuid),
    CHECK (entry::text COLLATE "C" ~ '^[ -\[\]-~]+$')
);
CREATE INDEX audit_event_event ON audit_event (event, id);
CREATE INDEX audit_event_actor ON audit_event (actor, id);
CREATE INDEX audit_event_agency ON audit_event (agency, id);
CREATE INDEX audit_event_case ON audit_event (case_id, id);

-- The pupils an event showed or touched: one row each, so that "who saw this pupil" finds lists and searches too.
CREATE TABLE audit_event_pupil (
    pupil_id uuid NOT NULL,
    event_id uuid NOT NULL REFERENCES audit_event (id),
    PRIMARY KEY (pupil_id, event_id)
);

-- Events not yet in the tree. Not "every id above the last": that would pass over a transaction that started earlier
-- and committed later.
CREATE TABLE audit_inbox (
    event_id uuid PRIMARY KEY REFERENCES audit_event (id)
);

-- The tree: gapless positions, the seal of each, and the roots of complete subtrees of 256, 65,536, ... leaves
-- (levels 1, 2, ...: the hashes of a C2SP tile), which keep proofs short to compute.
CREATE TABLE audit_leaf (
    position bigint PRIMARY KEY CHECK (position >= 0),
    event_id uuid   NOT NULL UNIQUE REFERENCES audit_event (id)
);
CREATE TABLE audit_seal (
    position bigint PRIMARY KEY REFERENCES audit_leaf (position),
    seal     bytea  NOT NULL CHECK (length(seal) = 64)
);
CREATE TABLE audit_subtree (
    level  int    NOT NULL CHECK (level > 0),
    number bigint NOT NULL CHECK (number >= 0),
    hash   bytea  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
);
CREATE TABLE audit_checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    note text   NOT NULL
);
