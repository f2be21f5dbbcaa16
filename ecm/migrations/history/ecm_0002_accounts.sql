-- People: links that set a password, cover for absence, when a membership is to end, whom to ring.
ALTER TABLE agency ADD COLUMN telephone TEXT;
ALTER TABLE membership ADD COLUMN temporary BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE membership ADD COLUMN telephone TEXT;
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- A link that was sent to somebody with an account: to set a new password, or to confirm a new address.
CREATE TABLE account_link (
    id UUID PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL,
    token_hash BYTEA UNIQUE NOT NULL,
    email TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE TABLE colleague_invitation (
    id UUID PRIMARY KEY,
    agency_id UUID NOT NULL REFERENCES agency (id),
    invited_by_membership_id UUID NOT NULL REFERENCES membership (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    class_names TEXT[] NOT NULL DEFAULT '{}',
    temporary BOOLEAN NOT NULL DEFAULT false,
    starts_on DATE NOT NULL,
    ends_on DATE,
    token_hash BYTEA UNIQUE NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    accepted_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ
);

CREATE TABLE cover (
    id UUID PRIMARY KEY,
    absent_membership_id UUID NOT NULL REFERENCES membership (id),
    covering_membership_id UUID NOT NULL REFERENCES membership (id),
    from_on DATE NOT NULL,
    until_on DATE NOT NULL,
    set_by_membership_id UUID NOT NULL REFERENCES membership (id),
    set_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

-- Somebody whose work lasts for a while says from the start how long. Source: issue 3, point 6.
ALTER TABLE membership ADD CONSTRAINT temporary_membership_ends CHECK (NOT temporary OR ended_at IS NOT NULL);
ALTER TABLE account_link ADD CHECK (purpose IN ('password', 'email'));
ALTER TABLE colleague_invitation ADD CHECK (NOT temporary OR ends_on IS NOT NULL);
ALTER TABLE colleague_invitation ADD CHECK (ends_on >= starts_on);
ALTER TABLE cover ADD CHECK (until_on >= from_on);
ALTER TABLE cover ADD CHECK (absent_membership_id <> covering_membership_id);
CREATE INDEX membership_administrator ON membership (agency_id) WHERE role = 'agency_admin';
CREATE INDEX session_person ON session (person_id, opened_at);
CREATE INDEX account_link_person ON account_link (person_id, purpose, made_at);
CREATE INDEX colleague_invitation_agency ON colleague_invitation (agency_id) WHERE accepted_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX cover_covering ON cover (covering_membership_id) WHERE ended_at IS NULL;
CREATE INDEX cover_absent ON cover (absent_membership_id) WHERE ended_at IS NULL;
CREATE INDEX involvement_assignee ON involvement (assignee_membership_id) WHERE status IN ('invited', 'accepted');
-- What happened at a sign-in is recorded by the service that does it: by whom it was tried, or for whom.
CREATE INDEX audit_event_sign_in ON audit_event ((coalesce(entry #>> '{detail,account}', entry ->> 'subject')), id)
    WHERE event IN ('session:opened', 'session:refused', 'password:reset');
