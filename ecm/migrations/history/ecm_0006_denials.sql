-- What closes, whatever opens: a worker's own conflict of interest, a case for named people only, an order of a court.
CREATE TABLE conflict_of_interest (
    id UUID PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    kind TEXT NOT NULL,
    declared_by_membership_id UUID NOT NULL REFERENCES membership (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE conflict_of_interest ADD CHECK (kind IN ('own_family', 'close_friend', 'neighbour', 'other'));
-- Each organisation has its own: whether another one knows of a conflict is not to be learnt by recording one.
CREATE UNIQUE INDEX one_live_conflict ON conflict_of_interest (person_id, pupil_id, agency_id) WHERE ended_at IS NULL;
CREATE INDEX conflict_of_interest_agency ON conflict_of_interest (agency_id);
CREATE INDEX conflict_of_interest_pupil ON conflict_of_interest (pupil_id);

CREATE TABLE case_restriction (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    reason_code TEXT NOT NULL,
    set_by_membership_id UUID NOT NULL REFERENCES membership (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE case_restriction ADD CHECK (reason_code IN ('staff_family', 'publicity', 'at_risk', 'other'));
CREATE UNIQUE INDEX one_live_restriction ON case_restriction (case_id) WHERE ended_at IS NULL;
CREATE INDEX case_restriction_case ON case_restriction (case_id);

CREATE TABLE named_reader (
    id UUID PRIMARY KEY,
    restriction_id UUID NOT NULL REFERENCES case_restriction (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    membership_id UUID NOT NULL REFERENCES membership (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX one_live_naming ON named_reader (restriction_id, membership_id) WHERE ended_at IS NULL;
CREATE INDEX named_reader_case ON named_reader (case_id);

CREATE TABLE court_order (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    person_id UUID NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    made_on DATE NOT NULL,
    until_on DATE,
    contact_bar_id UUID REFERENCES contact_bar (id),
    recorded_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    recorded_by_membership_id UUID NOT NULL REFERENCES membership (id)
);
ALTER TABLE court_order ADD CHECK (kind IN ('child_arrangements', 'prohibited_steps', 'specific_issue', 'non_molestation', 'special_guardianship', 'care', 'other'));
ALTER TABLE court_order ADD CHECK (until_on IS NULL OR until_on >= made_on);
CREATE INDEX court_order_pupil ON court_order (pupil_id);
CREATE INDEX court_order_person ON court_order (person_id);
