-- Oversight: what an auditor looks for again and again, what the log was counted to, and what denied attempts are found by.

CREATE TABLE saved_query (
    id UUID PRIMARY KEY,
    membership_id UUID NOT NULL REFERENCES membership (id),
    name TEXT NOT NULL,
    filter JSONB NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX saved_query_name ON saved_query (membership_id, lower(name));

-- How many events of each sort a day in London had, by organisation. Filled day by day, when the day is over.
CREATE TABLE audit_count (
    id UUID PRIMARY KEY,
    day DATE NOT NULL,
    agency_id UUID REFERENCES agency (id),
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX audit_count_day ON audit_count (day);
-- A day that was counted has one such row, whatever else it has.
CREATE UNIQUE INDEX audit_count_once ON audit_count (day) WHERE kind = 'all';

-- Of a million events few are refusals, so these two cost next to nothing when an event is recorded. What else an auditor
-- filters by has an index since the first version, and together they answer every other question (docs/audit-log.md, tests/bench/oversight.py).
CREATE INDEX audit_event_denied ON audit_event (id) WHERE entry ->> 'outcome' = 'denied';
CREATE INDEX audit_event_denied_subject ON audit_event ((entry ->> 'subject')) WHERE entry ->> 'outcome' = 'denied';
-- Without it the database takes every outcome for a rare one, and sorts where it could read in order.
CREATE STATISTICS audit_event_outcome ON (entry ->> 'outcome') FROM audit_event;
