-- Work lists: each is read along an index in the order in which it is shown, so that it costs what it shows.
DROP INDEX action_owner;
DROP INDEX action_assignee;
CREATE INDEX action_desk_open ON action (owner_desk_id, due_on, case_id, id) WHERE status IN ('todo','doing');
CREATE INDEX action_desk_free ON action (owner_desk_id, due_on, case_id, id)
    WHERE status IN ('todo','doing') AND assignee_membership_id IS NULL;
CREATE INDEX action_desk_ended ON action (owner_desk_id, updated_at, case_id, id) WHERE status IN ('done','cancelled');
CREATE INDEX action_assignee_open ON action (assignee_membership_id, due_on, case_id, id) WHERE status IN ('todo','doing');
CREATE INDEX action_assignee_ended ON action (assignee_membership_id, updated_at, case_id, id) WHERE status IN ('done','cancelled');
CREATE INDEX case_seat_due ON case_seat (principal, (coalesce(due_next, date '9999-12-30')), case_id);
CREATE INDEX support_case_lead ON support_case (lead_membership_id, next_review_on, id) WHERE status = 'open';
CREATE INDEX consent_request_unanswered ON consent_request (asked_by_membership_id, asked_at, id) WHERE answered_at IS NULL;
CREATE INDEX involvement_free ON involvement (agency_id, answered_at) WHERE status = 'accepted' AND assignee_membership_id IS NULL;
