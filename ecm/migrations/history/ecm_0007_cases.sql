-- The invitations that wait are counted with every request of a service (ecm/accounts/policies.sql); in a large area
-- there are thousands of them, and the index of all involvements had them gathered before a hundred were counted.
CREATE INDEX involvement_invited ON involvement (agency_id, case_id) WHERE status = 'invited';
