-- Moves: who left a school, and cases that are handed over to the next one.

-- Since when the school that has a case now keeps it; null: since it was opened.
ALTER TABLE support_case ADD COLUMN kept_since TIMESTAMPTZ;

-- A pupil who has left, or will: the name as it was then is what a school still knows of them afterwards.
CREATE TABLE departure (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    school_id UUID NOT NULL REFERENCES agency (id),
    enrolment_id UUID NOT NULL REFERENCES enrolment (id),
    name TEXT NOT NULL,
    last_on DATE NOT NULL,
    destination TEXT NOT NULL,
    next_school_id UUID REFERENCES agency (id),
    by_membership_id UUID NOT NULL REFERENCES membership (id),
    at TIMESTAMPTZ NOT NULL,
    stayed_at TIMESTAMPTZ,
    stayed_by_membership_id UUID REFERENCES membership (id)
);
ALTER TABLE departure ADD CHECK (destination IN ('school', 'elsewhere', 'home', 'unknown'));
ALTER TABLE departure ADD CHECK ((next_school_id IS NOT NULL) = (destination = 'school'));
CREATE UNIQUE INDEX departure_once ON departure (enrolment_id) WHERE stayed_at IS NULL;
CREATE INDEX departure_school ON departure (school_id, last_on DESC, id DESC) WHERE stayed_at IS NULL;
CREATE INDEX departure_pupil ON departure (pupil_id);

-- A case offered to another school, in codes only, and what became of the offer.
CREATE TABLE case_handover (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    from_school_id UUID NOT NULL REFERENCES agency (id),
    to_school_id UUID NOT NULL REFERENCES agency (id),
    reason_code TEXT NOT NULL,
    wishes TEXT[] NOT NULL DEFAULT '{}',
    joins_on DATE NOT NULL,
    family_told TEXT NOT NULL,
    offered_by_membership_id UUID NOT NULL REFERENCES membership (id),
    offered_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL DEFAULT 'offered',
    answered_by_membership_id UUID REFERENCES membership (id),
    answered_at TIMESTAMPTZ,
    refusal_code TEXT,
    lead_membership_id UUID REFERENCES membership (id),
    pupil_before_id UUID REFERENCES pupil (id)
);
ALTER TABLE case_handover ADD CHECK (from_school_id <> to_school_id);
ALTER TABLE case_handover ADD CHECK (status IN ('offered', 'accepted', 'refused', 'withdrawn'));
ALTER TABLE case_handover ADD CHECK ((status = 'refused') = (refusal_code IS NOT NULL));
ALTER TABLE case_handover ADD CHECK ((status = 'accepted') = (lead_membership_id IS NOT NULL AND pupil_before_id IS NOT NULL));
CREATE UNIQUE INDEX one_offer ON case_handover (case_id) WHERE status = 'offered';
CREATE INDEX case_handover_case ON case_handover (case_id, offered_at);
CREATE INDEX case_handover_to ON case_handover (to_school_id, offered_at) WHERE status = 'offered';
CREATE INDEX case_handover_from ON case_handover (from_school_id, offered_at);

-- What a school wrote of a case as a whole, as it stood when the case was handed over.
CREATE TABLE kept_brief (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'education',
    reason TEXT NOT NULL,
    strengths TEXT NOT NULL,
    level TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);
ALTER TABLE kept_brief ADD CHECK (category = 'education');
CREATE INDEX kept_brief_case ON kept_brief (case_id);

-- A number is one pupil's among those on a school's roll. Who left keeps it in the record, and may come back with it.
ALTER TABLE enrolment DROP CONSTRAINT enrolment_school_id_upn_key;
CREATE UNIQUE INDEX enrolment_school_id_upn_key ON enrolment (school_id, upn) WHERE to_on IS NULL;
CREATE INDEX enrolment_left ON enrolment (school_id, to_on) WHERE to_on IS NOT NULL;
-- Everybody by name, a page at a time.
CREATE INDEX pupil_name ON pupil (last_name, first_name, id);
-- The seats of one case, which every change of it looks through.
CREATE INDEX case_seat_case ON case_seat (case_id);
