-- Only the seats that the clock alone will change: with all of a reader's seats in it this index was taken for the
-- worklist, which then read every seat of a reader instead of a page (measured by tests/bench/scale.py).
DROP INDEX case_seat_stale;
CREATE INDEX case_seat_stale ON case_seat (principal, stale_at) WHERE stale_at < 'infinity';
