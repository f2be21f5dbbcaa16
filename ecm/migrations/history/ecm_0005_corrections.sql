-- What was entered in error: outcomes and what was measured, provision, views and what was said at a review, too.
ALTER TABLE outcome ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE measurement ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE provision ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE case_view ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE review_contribution ADD COLUMN in_error BOOLEAN NOT NULL DEFAULT false;

-- A carer takes back what they wrote themselves: then there is no membership, and the school that keeps the case answers for it.
ALTER TABLE correction ALTER COLUMN author_membership_id DROP NOT NULL;
ALTER TABLE correction ALTER COLUMN by_membership_id DROP NOT NULL;
ALTER TABLE correction ADD COLUMN author_person_id UUID REFERENCES person (id);
ALTER TABLE correction ADD CHECK ((author_membership_id IS NULL) = (author_person_id IS NOT NULL));
ALTER TABLE correction ADD CHECK ((by_membership_id IS NULL) = (author_person_id IS NOT NULL));
ALTER TABLE correction DROP CONSTRAINT correction_kind_check;
ALTER TABLE correction ADD CHECK (
    kind IN ('note','action','outcome','measurement','provision','view','contribution'));
ALTER TABLE correction ADD CHECK (author_person_id IS NULL OR kind = 'view');
CREATE INDEX correction_person ON correction (author_person_id, id) WHERE author_person_id IS NOT NULL;

-- What was measured last and first, of many outcomes at once: Home, a teacher's class.
DROP INDEX measurement_outcome;
CREATE INDEX measurement_latest ON measurement (outcome_id, measured_on, written_at, id);
