-- Why something is shared that does not rest on consent: the family's yes to a service, a law, a safeguarding override.
CREATE TABLE sharing_ground (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    basis TEXT NOT NULL,
    code TEXT NOT NULL,
    categories TEXT[] NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    consulted TEXT NOT NULL DEFAULT '',
    agreed_by_person_id UUID REFERENCES person (id),
    channel TEXT,
    family_told_on DATE,
    told_person_ids UUID[] NOT NULL DEFAULT '{}',
    not_told_code TEXT,
    revisit_on DATE,
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    ended_by_person_id UUID REFERENCES person (id),
    end_reason TEXT NOT NULL DEFAULT '',
    renews_id UUID REFERENCES sharing_ground (id),
    recorded_by_membership_id UUID NOT NULL REFERENCES membership (id),
    version INTEGER NOT NULL DEFAULT 1
);
ALTER TABLE sharing_ground ADD CHECK (basis IN ('service_agreement', 'statutory', 'override'));
ALTER TABLE sharing_ground ADD CHECK (cardinality(categories) BETWEEN 1 AND 6
    AND categories <@ ARRAY['classroom', 'education', 'health', 'social_care', 'family', 'safeguarding']);
ALTER TABLE sharing_ground ADD CHECK (until_at IS NULL OR until_at > from_at);
ALTER TABLE sharing_ground ADD CONSTRAINT override_is_short
    CHECK (basis <> 'override' OR (until_at IS NOT NULL AND until_at <= from_at + interval '14 days' AND length(reason) >= 20));
ALTER TABLE sharing_ground ADD CONSTRAINT told_or_why_not CHECK (family_told_on IS NOT NULL OR not_told_code IS NOT NULL);
ALTER TABLE sharing_ground ADD CHECK ((basis = 'service_agreement') = (agreed_by_person_id IS NOT NULL));
CREATE INDEX sharing_ground_case ON sharing_ground (case_id);
CREATE INDEX sharing_ground_agency ON sharing_ground (agency_id);
CREATE INDEX sharing_ground_until ON sharing_ground (until_at) WHERE ended_at IS NULL AND until_at IS NOT NULL;
CREATE INDEX sharing_ground_revisit ON sharing_ground (recorded_by_membership_id, revisit_on) WHERE revisit_on IS NOT NULL;
CREATE INDEX sharing_ground_agreed ON sharing_ground (agreed_by_person_id) WHERE agreed_by_person_id IS NOT NULL;
CREATE INDEX sharing_ground_override ON sharing_ground (id) WHERE basis = 'override';

-- A family that is told can say that it should not be.
CREATE TABLE ground_objection (
    id UUID PRIMARY KEY,
    ground_id UUID NOT NULL REFERENCES sharing_ground (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    person_id UUID NOT NULL REFERENCES person (id),
    text TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    answer TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ,
    answered_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE ground_objection ADD CHECK ((answered_at IS NULL) = (answer = ''));
CREATE INDEX ground_objection_ground ON ground_objection (ground_id);
CREATE INDEX ground_objection_open ON ground_objection (case_id) WHERE answered_at IS NULL;
