-- When somebody was last at a case, so that what is new since then can be marked.
CREATE TABLE case_visit (
    id UUID PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    membership_id UUID REFERENCES membership (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    seen_at TIMESTAMPTZ NOT NULL,
    UNIQUE NULLS NOT DISTINCT (person_id, membership_id, case_id)
);
CREATE INDEX case_visit_case ON case_visit (case_id);

-- What an action said before and after each change, and who changed it: its row keeps only how it stands now.
CREATE TABLE action_change (
    id UUID PRIMARY KEY,
    action_id UUID NOT NULL REFERENCES action (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    by_membership_id UUID REFERENCES membership (id),
    status_before TEXT NOT NULL,
    status TEXT NOT NULL,
    due_before DATE NOT NULL,
    due_on DATE NOT NULL,
    progress TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX action_change_case ON action_change (case_id, at);
CREATE INDEX action_change_action ON action_change (action_id);
