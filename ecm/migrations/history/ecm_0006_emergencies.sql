-- One worker opens one record in an emergency, for hours; somebody else looks at it afterwards. A miss is kept too.
CREATE TABLE emergency_access (
    id UUID PRIMARY KEY,
    case_id UUID REFERENCES support_case (id),
    membership_id UUID NOT NULL REFERENCES membership (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    reason_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    review_by_at TIMESTAMPTZ NOT NULL,
    escalated_at TIMESTAMPTZ
);
ALTER TABLE emergency_access ADD CHECK (until_at > from_at AND until_at <= from_at + interval '4 hours');
ALTER TABLE emergency_access ADD CHECK (length(reason) >= 20);
ALTER TABLE emergency_access ADD CHECK (
    reason_code IN ('immediate_danger', 'missing', 'medical', 'disclosure', 'police', 'other'));
CREATE INDEX emergency_access_case ON emergency_access (case_id);
CREATE INDEX emergency_access_agency ON emergency_access (agency_id, from_at);
CREATE INDEX emergency_access_membership ON emergency_access (membership_id, from_at);

CREATE TABLE emergency_review (
    emergency_id UUID PRIMARY KEY REFERENCES emergency_access (id),
    reviewer_membership_id UUID NOT NULL REFERENCES membership (id),
    verdict TEXT NOT NULL,
    text TEXT NOT NULL,
    reviewed_at TIMESTAMPTZ NOT NULL
);
ALTER TABLE emergency_review ADD CHECK (verdict IN ('justified', 'not_justified', 'needs_follow_up'));

-- Who of an agency is on safeguarding duty: these may open a record in an emergency where their role alone may not.
CREATE TABLE safeguarding_duty (
    id UUID PRIMARY KEY,
    membership_id UUID NOT NULL REFERENCES membership (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    set_by_membership_id UUID NOT NULL REFERENCES membership (id),
    from_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX one_live_duty ON safeguarding_duty (membership_id) WHERE ended_at IS NULL;
CREATE INDEX safeguarding_duty_agency ON safeguarding_duty (agency_id);

-- What an ambulance crew would ask: an allergy, a medicine that is carried.
CREATE TABLE health_alert (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'health',
    text TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE health_alert ADD CHECK (category = 'health');
ALTER TABLE health_alert ADD CHECK (length(text) BETWEEN 1 AND 200);
CREATE INDEX health_alert_case ON health_alert (case_id);

-- A pupil is found by names and date of birth in an emergency.
CREATE INDEX pupil_born ON pupil (date_of_birth);
