-- With every request of somebody who has a conflict of interest (too_close_to in ecm/denials/policies.sql).
CREATE INDEX case_handover_before ON case_handover (pupil_before_id) WHERE pupil_before_id IS NOT NULL;
