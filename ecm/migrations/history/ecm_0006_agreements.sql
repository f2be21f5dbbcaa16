-- What organisations have signed with each other: without it nobody is invited. It opens nothing by itself.
CREATE TABLE sharing_agreement (
    id UUID PRIMARY KEY,
    title TEXT NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE NOT NULL,
    made_by_membership_id UUID REFERENCES membership (id),
    made_at TIMESTAMPTZ NOT NULL,
    approved_by_membership_id UUID REFERENCES membership (id),
    approved_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ
);
ALTER TABLE sharing_agreement ADD CHECK (until_on > from_on);

CREATE TABLE agreement_party (
    id UUID PRIMARY KEY,
    agreement_id UUID NOT NULL REFERENCES sharing_agreement (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    joined_at TIMESTAMPTZ NOT NULL,
    left_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX one_party ON agreement_party (agreement_id, agency_id) WHERE left_at IS NULL;
CREATE INDEX agreement_party_agency ON agreement_party (agency_id) WHERE left_at IS NULL;

CREATE TABLE agreement_clause (
    id UUID PRIMARY KEY,
    agreement_id UUID NOT NULL REFERENCES sharing_agreement (id),
    number TEXT NOT NULL,
    categories TEXT[] NOT NULL,
    purposes TEXT[] NOT NULL
);
CREATE UNIQUE INDEX one_clause ON agreement_clause (agreement_id, number);
ALTER TABLE agreement_clause ADD CHECK (cardinality(categories) > 0 AND cardinality(purposes) > 0);
