-- The first migration. History: never edited once released. Tables as `ecm/*/tables.py` declare them (a house test holds the
-- two against each other), then what Piccolo cannot say: constraints, indexes, the relation and the log.

CREATE TABLE person (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT UNIQUE,
    phone TEXT,
    phone_verified_at TIMESTAMPTZ,
    phone_changed_at TIMESTAMPTZ,
    left_at TIMESTAMPTZ
);

CREATE TABLE credential (
    person_id UUID PRIMARY KEY REFERENCES person (id),
    password_hash TEXT NOT NULL
);

CREATE TABLE session (
    id UUID PRIMARY KEY,
    token_hash BYTEA UNIQUE NOT NULL,
    kind TEXT NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    membership_id UUID,
    request_id UUID,
    opened_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

CREATE TABLE sign_in_attempt (
    id UUID PRIMARY KEY,
    account_key BYTEA NOT NULL,
    address_key BYTEA NOT NULL,
    device_key BYTEA,
    succeeded INTEGER NOT NULL DEFAULT 0,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE context_key (
    name TEXT PRIMARY KEY,
    key BYTEA NOT NULL
);

CREATE TABLE idempotency_key (
    id UUID PRIMARY KEY,
    principal UUID NOT NULL,
    key_hash BYTEA NOT NULL,
    call_hash BYTEA NOT NULL,
    made_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE agency (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    offers TEXT[] NOT NULL DEFAULT '{}',
    involvement_category TEXT NOT NULL DEFAULT 'core',
    safeguarding_desk_id UUID UNIQUE NOT NULL,
    urn TEXT
);

CREATE TABLE membership (
    id UUID PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    role TEXT NOT NULL,
    class_names TEXT[] NOT NULL DEFAULT '{}',
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

CREATE TABLE permission (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    verb TEXT NOT NULL
);

CREATE TABLE pupil (
    id UUID PRIMARY KEY,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    preferred_name TEXT,
    pronouns TEXT,
    date_of_birth DATE,
    date_of_birth_known BOOLEAN NOT NULL DEFAULT true,
    search_key TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE enrolment (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    school_id UUID NOT NULL REFERENCES agency (id),
    upn TEXT,
    year_group TEXT NOT NULL,
    class_name TEXT,
    from_on DATE NOT NULL,
    to_on DATE
);

CREATE TABLE sen_status (
    pupil_id UUID PRIMARY KEY REFERENCES pupil (id),
    sen_provision TEXT NOT NULL,
    needs JSONB NOT NULL DEFAULT '[]'
);

CREATE TABLE carer (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    person_id UUID NOT NULL REFERENCES person (id),
    relationship TEXT NOT NULL,
    has_parental_responsibility BOOLEAN NOT NULL DEFAULT false,
    authority_seen TEXT,
    authority_verified_at TIMESTAMPTZ
);

CREATE TABLE contact_bar (
    id UUID PRIMARY KEY,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    person_id UUID NOT NULL REFERENCES person (id),
    reason_code TEXT NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    set_by_membership_id UUID REFERENCES membership (id)
);

CREATE TABLE support_case (
    id UUID PRIMARY KEY,
    reference TEXT UNIQUE NOT NULL,
    pupil_id UUID NOT NULL REFERENCES pupil (id),
    school_id UUID NOT NULL REFERENCES agency (id),
    lead_membership_id UUID NOT NULL REFERENCES membership (id),
    status TEXT NOT NULL DEFAULT 'open',
    next_review_on DATE,
    opened_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE case_brief (
    case_id UUID PRIMARY KEY REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'education',
    reason TEXT NOT NULL,
    strengths TEXT NOT NULL,
    level TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE identified_barrier (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    code TEXT NOT NULL,
    how_identified TEXT NOT NULL,
    detail TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE involvement (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    agency_id UUID NOT NULL REFERENCES agency (id),
    invited_by_agency_id UUID NOT NULL REFERENCES agency (id),
    invited_by_membership_id UUID NOT NULL REFERENCES membership (id),
    reason_code TEXT NOT NULL,
    offered_categories TEXT[] NOT NULL DEFAULT '{}',
    status TEXT NOT NULL DEFAULT 'invited',
    invited_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    answer_reason TEXT,
    answer_message TEXT,
    assignee_membership_id UUID REFERENCES membership (id),
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE involvement_message (
    involvement_id UUID PRIMARY KEY REFERENCES involvement (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL DEFAULT 'core',
    text TEXT NOT NULL
);

CREATE TABLE action (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    owner_agency_id UUID NOT NULL REFERENCES agency (id),
    owner_desk_id UUID NOT NULL,
    assignee_membership_id UUID REFERENCES membership (id),
    due_on DATE NOT NULL,
    status TEXT NOT NULL DEFAULT 'todo',
    progress TEXT NOT NULL DEFAULT '',
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE note (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    category TEXT NOT NULL,
    text TEXT NOT NULL,
    author_agency_id UUID NOT NULL REFERENCES agency (id),
    author_membership_id UUID NOT NULL REFERENCES membership (id),
    author_desk_id UUID NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE case_author (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    principal UUID NOT NULL DEFAULT gen_random_uuid(),
    category TEXT NOT NULL,
    since_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE carer_admission (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    carer_id UUID NOT NULL REFERENCES carer (id),
    person_id UUID NOT NULL REFERENCES person (id),
    categories TEXT[] NOT NULL DEFAULT '{}',
    authority_seen TEXT NOT NULL,
    admitted_by_membership_id UUID NOT NULL REFERENCES membership (id),
    admitted_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

CREATE TABLE consent_request (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    carer_id UUID NOT NULL REFERENCES carer (id),
    person_id UUID NOT NULL REFERENCES person (id),
    language TEXT NOT NULL DEFAULT 'en',
    wording_version TEXT NOT NULL,
    wording_hash BYTEA NOT NULL,
    asked_by_membership_id UUID NOT NULL REFERENCES membership (id),
    asked_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ
);

CREATE TABLE consent_proposal (
    id UUID PRIMARY KEY,
    request_id UUID NOT NULL REFERENCES consent_request (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    person_id UUID NOT NULL REFERENCES person (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    category TEXT NOT NULL,
    purpose TEXT NOT NULL
);

CREATE TABLE consent_event (
    id UUID PRIMARY KEY,
    proposal_id UUID NOT NULL REFERENCES consent_proposal (id),
    case_id UUID NOT NULL REFERENCES support_case (id),
    person_id UUID NOT NULL REFERENCES person (id),
    agency_id UUID NOT NULL REFERENCES agency (id),
    category TEXT NOT NULL,
    purpose TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT,
    witness TEXT,
    given_by TEXT,
    reason TEXT,
    recorded_by_membership_id UUID REFERENCES membership (id),
    wording_version TEXT NOT NULL,
    wording_hash BYTEA NOT NULL,
    language TEXT NOT NULL DEFAULT 'en',
    at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    number BIGINT NOT NULL
);

CREATE TABLE consent_link (
    request_id UUID PRIMARY KEY REFERENCES consent_request (id),
    token_hash BYTEA UNIQUE NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    browser_hash BYTEA,
    code_hash BYTEA,
    code_sent_at TIMESTAMPTZ,
    codes_sent INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    offered_categories TEXT[] NOT NULL DEFAULT '{}'
);

CREATE TABLE plan (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES support_case (id),
    number INTEGER NOT NULL DEFAULT 0,
    plan_type TEXT NOT NULL,
    audience TEXT NOT NULL,
    categories TEXT[] NOT NULL DEFAULT '{}',
    made_by_membership_id UUID NOT NULL REFERENCES membership (id),
    made_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL DEFAULT 'preparing',
    sha256 TEXT,
    document BYTEA
);

CREATE TABLE outbox (
    id UUID PRIMARY KEY,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    letter TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ
);

-- Constraints and indexes of the first migration that Piccolo's columns cannot say.
ALTER TABLE agency ADD CHECK (kind IN ('school','social_care','health','family_support','local_authority','voluntary','partnership'));
ALTER TABLE membership ADD CHECK (role IN ('senco','headteacher','dsl','teacher','practitioner','manager','case_officer','agency_admin','auditor','data_protection_officer','system_admin'));
CREATE INDEX membership_agency ON membership (agency_id);
CREATE INDEX membership_person ON membership (person_id);
ALTER TABLE permission ADD UNIQUE (kind, role, verb);
CREATE INDEX sign_in_attempt_account ON sign_in_attempt (account_key, at);
CREATE INDEX sign_in_attempt_address ON sign_in_attempt (address_key, at);
ALTER TABLE session ADD CHECK (kind IN ('browser','api','link'));
ALTER TABLE idempotency_key ADD UNIQUE (principal, key_hash);

ALTER TABLE enrolment ADD UNIQUE (school_id, upn);
CREATE INDEX enrolment_pupil ON enrolment (pupil_id);
CREATE INDEX enrolment_school ON enrolment (school_id, class_name) WHERE to_on IS NULL;
ALTER TABLE enrolment ADD CHECK (to_on IS NULL OR to_on >= from_on);
ALTER TABLE sen_status ADD CHECK (sen_provision IN ('N','K','E'));
ALTER TABLE carer ADD UNIQUE (pupil_id, person_id);
CREATE INDEX carer_person ON carer (person_id);
CREATE INDEX contact_bar_pupil ON contact_bar (pupil_id);
CREATE INDEX contact_bar_person ON contact_bar (person_id);

ALTER TABLE support_case ADD CHECK (status IN ('open','closed','voided'));
CREATE INDEX support_case_pupil ON support_case (pupil_id);
CREATE UNIQUE INDEX one_open_case ON support_case (pupil_id, school_id) WHERE status = 'open';
ALTER TABLE case_brief ADD CHECK (level IN ('1','2','3','4'));
ALTER TABLE case_brief ADD CHECK (category = 'education');
CREATE INDEX identified_barrier_case ON identified_barrier (case_id);
ALTER TABLE involvement ADD CHECK (status IN ('invited','accepted','declined','withdrawn','ended'));
CREATE INDEX involvement_case ON involvement (case_id);
CREATE INDEX involvement_agency ON involvement (agency_id, status);
CREATE UNIQUE INDEX one_live_involvement ON involvement (case_id, agency_id) WHERE status IN ('invited','accepted');
ALTER TABLE action ADD CHECK (status IN ('todo','doing','done','cancelled'));
CREATE INDEX action_case ON action (case_id);
CREATE INDEX action_owner ON action (owner_desk_id, due_on) WHERE status IN ('todo','doing');
CREATE INDEX action_assignee ON action (assignee_membership_id, due_on) WHERE status IN ('todo','doing');
CREATE INDEX note_case ON note (case_id, written_at);
ALTER TABLE case_author ADD UNIQUE (case_id, principal, category);
CREATE INDEX carer_admission_case ON carer_admission (case_id);
CREATE INDEX carer_admission_person ON carer_admission (person_id);
CREATE UNIQUE INDEX one_live_admission ON carer_admission (case_id, carer_id) WHERE ended_at IS NULL;

CREATE INDEX consent_request_case ON consent_request (case_id);
CREATE INDEX consent_request_person ON consent_request (person_id);
CREATE INDEX consent_proposal_request ON consent_proposal (request_id);
CREATE INDEX consent_proposal_case ON consent_proposal (case_id);
ALTER TABLE consent_event ADD CHECK (kind IN ('requested','given','refused','withdrawn'));
CREATE INDEX consent_event_case ON consent_event (case_id, agency_id, category, purpose, person_id, number);
CREATE INDEX consent_event_proposal ON consent_event (proposal_id, number);
CREATE SEQUENCE consent_event_number;

ALTER TABLE plan ADD UNIQUE (case_id, audience, categories, number);
CREATE INDEX outbox_newest ON outbox (at DESC);

-- Who may see what, and why. Written by `derive_case` alone, read by every policy; Piccolo has no composite keys,
-- and no Python touches these rows, so they are made here.
CREATE TABLE case_access (
    case_id     uuid        NOT NULL REFERENCES support_case (id),
    principal   uuid        NOT NULL,
    category    text        NOT NULL,
    basis       text        NOT NULL,
    basis_id    uuid        NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (case_id, principal, category, basis, basis_id, valid_from),
    CHECK (valid_from < valid_until)
);

-- The worklist, one row per reader and case, made only from rows that reader can see. At `stale_at` the reader's
-- view changes by the clock alone, so the seat is made again before it is read.
CREATE TABLE case_seat (
    principal        uuid        NOT NULL,
    case_id          uuid        NOT NULL REFERENCES support_case (id),
    status           text        NOT NULL,
    due_next         date,
    last_activity_at timestamptz NOT NULL,
    stale_at         timestamptz NOT NULL,
    PRIMARY KEY (principal, case_id)
);
CREATE INDEX case_seat_newest ON case_seat (principal, last_activity_at DESC, case_id DESC);
CREATE INDEX case_seat_stale ON case_seat (principal, stale_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['case_brief','identified_barrier','involvement','involvement_message','action','note','case_author','consent_proposal','consent_event','case_access'] LOOP
        EXECUTE format('ALTER TABLE %I ADD CHECK (category IN (''core'',''classroom'',''education'',''health'',''social_care'',''family'',''safeguarding''))', t);
    END LOOP;
END $$;
