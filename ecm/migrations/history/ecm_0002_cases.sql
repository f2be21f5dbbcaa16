-- Reviews, how cases end and begin again, what was entered in error.
CREATE TABLE review (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'core',
    held_on DATE NOT NULL,
    next_review_on DATE,
    held_by_membership_id UUID NOT NULL REFERENCES membership (id),
    written_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE review_contribution (
    id UUID PRIMARY KEY,
    review_id UUID NOT NULL REFERENCES review (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    text TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE case_turn (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'education',
    kind TEXT NOT NULL,
    outcome TEXT,
    reason TEXT NOT NULL DEFAULT '',
    died_on DATE,
    by_membership_id UUID NOT NULL REFERENCES membership (id),
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE correction (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject_id UUID NOT NULL DEFAULT gen_random_uuid(),
    reason TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    by_membership_id UUID NOT NULL REFERENCES membership (id),
    at TIMESTAMPTZ NOT NULL
);

ALTER TABLE note ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE action ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE involvement ADD COLUMN read_at TIMESTAMPTZ;
ALTER TABLE consent_event ADD COLUMN corrects_event_id UUID REFERENCES consent_event (id);

-- Constraints and indexes that Piccolo's columns cannot say.
ALTER TABLE review ADD UNIQUE (id, case_id);
ALTER TABLE review ADD CHECK (category = 'core');
ALTER TABLE review_contribution ADD FOREIGN KEY (review_id, case_id) REFERENCES review (id, case_id);
ALTER TABLE review_contribution ADD CHECK (category IN ('classroom','education','health','social_care','family','safeguarding'));
CREATE INDEX review_case ON review (case_id, held_on);
CREATE INDEX review_contribution_case ON review_contribution (case_id);
CREATE INDEX review_contribution_review ON review_contribution (review_id);
ALTER TABLE case_turn ADD CHECK (category = 'education');
ALTER TABLE case_turn ADD CHECK (kind IN ('closed','reopened','voided','died','died_in_error'));
ALTER TABLE case_turn ADD CHECK (outcome IN ('outcomes_met','stepped_up','stepped_down','moved','declined_by_family','no_longer_needed','other'));
ALTER TABLE case_turn ADD CHECK ((outcome IS NOT NULL) = (kind IN ('closed', 'died')));
ALTER TABLE case_turn ADD CHECK ((died_on IS NOT NULL) = (kind = 'died'));
CREATE INDEX case_turn_case ON case_turn (case_id, at);
ALTER TABLE correction ADD CHECK (kind IN ('note','action'));
ALTER TABLE correction ADD UNIQUE (subject_id);
CREATE INDEX correction_case ON correction (case_id);
CREATE INDEX correction_author ON correction (author_membership_id, id);
CREATE INDEX correction_agency ON correction (author_agency_id, id);
CREATE UNIQUE INDEX consent_event_corrects ON consent_event (corrects_event_id);
ALTER TABLE consent_event DROP CONSTRAINT consent_event_kind_check;
ALTER TABLE consent_event ADD CHECK (kind IN ('requested','given','refused','withdrawn','entered_in_error'));
ALTER TABLE consent_event ADD CHECK ((corrects_event_id IS NOT NULL) = (kind = 'entered_in_error'));
