-- People: links that set a password, cover for absence, when a membership is to end, whom to ring.
ALTER TABLE agency ADD COLUMN telephone TEXT;
