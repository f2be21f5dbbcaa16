-- Finding a pupil by name: what a name is found by, and whom a reader may find.

SET ROLE ecm_owner;
ALTER TABLE pupil_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupil_search FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON pupil_search TO ecm_policy;
RESET ROLE;

SET ROLE ecm_policy;
-- A name is found by its marks: the word itself, its beginnings (written ^b, ^ba), and the word with
-- any one letter left out. Two words that differ by one wrong, missing, extra or swapped letter share a mark, so one
-- look into one index finds exact, begun and mistyped names alike.

CREATE FUNCTION without_one_letter(p_word text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN length(p_word) < 3 THEN '{}' ELSE
        ARRAY(SELECT left(p_word, i - 1) || substr(p_word, i + 1) FROM generate_series(1, length(p_word)) i) END
$$;

-- What a typed word is looked up by.
CREATE FUNCTION word_marks(p_word text) RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY[p_word, '^' || p_word] || without_one_letter(p_word)
$$;

-- What the words of a key are found by.
CREATE FUNCTION key_marks(p_key text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    marks text[] := '{}';
    w text;
    n int;
BEGIN
    -- Loops, because a query for each of the 50,000 names of a file takes seven times as long.
    FOREACH w IN ARRAY string_to_array(p_key, ' ') LOOP
        n := length(w);
        CONTINUE WHEN n = 0;
        marks := marks || w;
        FOR i IN 1 .. n - 1 LOOP marks := marks || ('^' || left(w, i)); END LOOP;
        FOR i IN 1 .. n LOOP
            -- Of two equal letters in a row it does not matter which is left out.
            CONTINUE WHEN n < 3 OR substr(w, i, 1) = substr(w, i + 1, 1);
            marks := marks || (left(w, i - 1) || substr(w, i + 1));
        END LOOP;
    END LOOP;
    RETURN marks;
END $$;

-- Beside the marks stands who has, or ever had, a seat at a case of the pupil, so that one look finds the reader's own
-- namesakes among all of a country. It only grows, because two transactions must not undo each other's; whether the
-- reader may see the pupil now is asked of each one found. In a table of its own that nobody reads: who sits at a case
-- is not for everybody who sees the pupil.
CREATE FUNCTION note_names() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- A seat is given with its case locked: in the same order here, or the two would wait for each other.
        PERFORM pg_advisory_xact_lock(hashtextextended(c.id::text, 0))
            FROM (SELECT id FROM support_case WHERE pupil_id = NEW.id ORDER BY id) c;
    END IF;
    INSERT INTO pupil_search (pupil_id, search_key, last_name, first_name, marks)
        VALUES (NEW.id, NEW.search_key, NEW.last_name, NEW.first_name, key_marks(NEW.search_key))
        ON CONFLICT (pupil_id) DO UPDATE SET search_key = EXCLUDED.search_key, last_name = EXCLUDED.last_name,
            first_name = EXCLUDED.first_name, marks = EXCLUDED.marks;
    RETURN NULL;
END $$;

-- OFFSET 0: the seats of each case by themselves. A plan made while nobody has a seat would read all seats, and is kept.
CREATE FUNCTION seat_in_search(p_cases uuid[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE pupil_search f SET seated = ARRAY(SELECT DISTINCT unnest(f.seated || n.seated))
    FROM (SELECT c.pupil_id, array_agg(s.principal) AS seated FROM support_case c
          CROSS JOIN LATERAL (SELECT x.principal FROM case_seat x WHERE x.case_id = c.id OFFSET 0) s
          WHERE c.id = ANY (p_cases) GROUP BY 1) n
    WHERE f.pupil_id = n.pupil_id AND NOT n.seated <@ f.seated
$$;
CREATE FUNCTION note_seats() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN PERFORM seat_in_search(ARRAY(SELECT DISTINCT case_id FROM changed)); END IF;
    RETURN NULL;
END $$;
-- A case comes to another pupil with all who sit at it: two lines of one child become one, or the child moves.
CREATE FUNCTION note_pupil() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM seat_in_search(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

-- How well a key answers all words: 3 each is one of its words, 2 each begins one, 1 some are only like one. Written out
-- for the eight words there can be (MOST_WORDS in rules.py), so that it becomes part of the query instead of a call.
CREATE FUNCTION word_closeness(p_key text, p_word text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_word IS NULL THEN NULL WHEN position(' ' || p_word || ' ' IN ' ' || p_key || ' ') > 0 THEN 3
                WHEN position(' ' || p_word IN ' ' || p_key) > 0 THEN 2 ELSE 1 END
$$;
CREATE FUNCTION closeness(p_key text, p_words text[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT least(word_closeness(p_key, p_words[1]), word_closeness(p_key, p_words[2]), word_closeness(p_key, p_words[3]),
                 word_closeness(p_key, p_words[4]), word_closeness(p_key, p_words[5]), word_closeness(p_key, p_words[6]),
                 word_closeness(p_key, p_words[7]), word_closeness(p_key, p_words[8]))
$$;

-- Everybody of these pupils, or at whose cases one of these principals sits, whose names answer one of these phrases, once
-- for each that they answer or more. The two longest words are looked up; the others are looked at afterwards.
CREATE FUNCTION pupils_named(p_phrases text[], p_among uuid[], p_principals uuid[])
RETURNS TABLE (id uuid, near int, last_name text, first_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    phrase text;
    words text[];
    longest text[];
    second text[];
BEGIN
    FOREACH phrase IN ARRAY p_phrases LOOP
        words := ARRAY(SELECT w FROM unnest(string_to_array(phrase, ' ')) w ORDER BY length(w) DESC);
        longest := word_marks(words[1]);
        second := CASE WHEN cardinality(words) > 1 THEN word_marks(words[2]) ELSE longest END;
        RETURN QUERY
        SELECT f.pupil_id, closeness(f.search_key, words), f.last_name, f.first_name FROM pupil_search f
            WHERE f.marks && longest AND f.marks && second AND f.seated && p_principals
            AND NOT EXISTS (SELECT FROM unnest(words[3:]) w WHERE NOT f.marks && word_marks(w))
        UNION ALL
        -- OFFSET 0: each by its id. The planner would read the index of all names and throw most of it away.
        SELECT f.pupil_id, closeness(f.search_key, words), f.last_name, f.first_name
            FROM unnest(p_among) m (id) CROSS JOIN LATERAL (SELECT * FROM pupil_search x WHERE x.pupil_id = m.id OFFSET 0) f
            WHERE f.marks && longest AND f.marks && second
            AND NOT EXISTS (SELECT FROM unnest(words[3:]) w WHERE NOT f.marks && word_marks(w));
    END LOOP;
END $$;

-- The pupils on roll now at the school the reader acts for; of a teacher, those of the own classes.
CREATE FUNCTION own_roll() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me jsonb := context();
    school uuid := (me ->> 'agency')::uuid;
    all_classes boolean := me -> 'verbs' ? 'pupil:look_up';
    classes text[] := '{}';
    closed uuid[] := closed_pupils();
BEGIN
    IF NOT all_classes AND NOT me -> 'verbs' ? 'pupil:look_up_class' THEN RETURN '{}'; END IF;
    IF NOT all_classes THEN classes := own_classes(); END IF;
    -- Two questions, each with an index of its own. On the last day a pupil is still on roll.
    RETURN ARRAY(
        SELECT e.pupil_id FROM enrolment e
            WHERE e.school_id = school AND e.to_on IS NULL AND (all_classes OR e.class_name = ANY (classes))
              AND e.pupil_id <> ALL (closed)
        UNION
        SELECT e.pupil_id FROM enrolment e
            WHERE e.school_id = school AND e.to_on >= (app_now() AT TIME ZONE 'Europe/London')::date
              AND (all_classes OR e.class_name = ANY (classes)) AND e.pupil_id <> ALL (closed));
END $$;

-- The first of these pupils whom the reader may look up, in their order: of the own roll, or with a case whose core the
-- reader sees, as the two policies on `pupil` say it; a test holds both against each other. No more are looked at than
-- are shown.
CREATE FUNCTION first_seen(p_pupils uuid[], p_own uuid[], p_most int) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    seats uuid[] := principals();
    covering uuid[] := covered();
    closed uuid[] := closed_pupils();
BEGIN
    RETURN ARRAY(SELECT n.id FROM unnest(p_pupils) n (id) LEFT JOIN LATERAL (
        SELECT true AS yes FROM support_case c JOIN case_access a ON a.case_id = c.id
        WHERE c.pupil_id = n.id AND n.id <> ALL (closed) AND a.principal = ANY (seats) AND a.category = 'core'
        AND a.basis <> 'own_record' AND app_now() >= a.valid_from AND app_now() < a.valid_until
        AND (a.principal <> ALL (covering) OR stands_in(c.id)) LIMIT 1) c ON true
        WHERE c.yes OR n.id = ANY (p_own) LIMIT p_most);
END $$;

-- The pupils the reader may look up whose names answer one of these phrases (keys of words, spaces between), the
-- closest first; without a phrase all of them, by name. Without p_roll only those with a case the reader sees. A definer, because row-level security would read every pupil
-- before the index. A seat is there for everybody who can see a case now or later (ecm/access/policies.sql). The
-- caller reads the rows themselves through the policies.
CREATE FUNCTION matching_pupils(p_phrases text[], p_most int, p_roll boolean) RETURNS TABLE (pupil_id uuid, near int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    seats uuid[] := principals();
    own uuid[] := CASE WHEN p_roll THEN own_roll() ELSE '{}' END;
    mine uuid[];  -- of a reader of few cases: all who can be meant, looked at one by one
    named uuid[];
    nears int[];
    seen uuid[];
BEGIN
    IF 2000 >= (SELECT count(*) FROM (SELECT FROM case_seat s WHERE s.principal = ANY (seats) LIMIT 2001) x) THEN
        mine := ARRAY(
            SELECT unnest(own) UNION
            SELECT c.pupil_id FROM case_seat s CROSS JOIN LATERAL (SELECT x.pupil_id FROM support_case x WHERE x.id = s.case_id OFFSET 0) c
            WHERE s.principal = ANY (seats));
    END IF;
    IF cardinality(p_phrases) > 0 THEN
        SELECT array_agg(x.id), array_agg(x.near) INTO named, nears FROM (
            SELECT n.id, max(n.near) AS near
            FROM pupils_named(p_phrases, coalesce(mine, own), CASE WHEN mine IS NULL THEN seats ELSE '{}' END) n
            GROUP BY n.id, n.last_name, n.first_name ORDER BY max(n.near) DESC, n.last_name, n.first_name, n.id) x;
        seen := first_seen(named, own, p_most);
        RETURN QUERY SELECT x.id, x.near FROM unnest(named, nears) x (id, near) WHERE x.id = ANY (seen);
        RETURN;
    END IF;
    IF mine IS NULL THEN
        -- The first of the country's names, unless too few of them are the reader's.
        seen := first_seen(ARRAY(SELECT u.id FROM pupil u ORDER BY u.last_name, u.first_name, u.id LIMIT 4000), own, p_most);
        IF cardinality(seen) < p_most THEN
            mine := ARRAY(SELECT unnest(own) UNION SELECT f.pupil_id FROM pupil_search f WHERE f.seated && seats);
        END IF;
    END IF;
    IF mine IS NOT NULL THEN
        seen := first_seen(ARRAY(SELECT f.pupil_id FROM pupil_search f JOIN unnest(mine) m (id) ON m.id = f.pupil_id
                                 ORDER BY f.last_name, f.first_name, f.pupil_id), own, p_most);
    END IF;
    RETURN QUERY SELECT x.id, 0 FROM unnest(seen) x (id);
END $$;

GRANT EXECUTE ON FUNCTION word_marks(text), without_one_letter(text), matching_pupils(text[], int, boolean) TO ecm_app;
GRANT EXECUTE ON FUNCTION note_names(), note_seats(), note_pupil() TO ecm_owner;
RESET ROLE;

SET ROLE ecm_owner;
CREATE TRIGGER z_search_insert AFTER INSERT ON pupil FOR EACH ROW EXECUTE FUNCTION note_names();
CREATE TRIGGER z_search_update AFTER UPDATE ON pupil FOR EACH ROW
    WHEN ((OLD.search_key, OLD.last_name, OLD.first_name) IS DISTINCT FROM (NEW.search_key, NEW.last_name, NEW.first_name)) EXECUTE FUNCTION note_names();
CREATE TRIGGER z_search_insert AFTER INSERT ON case_seat REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_seats();
CREATE TRIGGER z_search_update AFTER UPDATE ON support_case FOR EACH ROW
    WHEN (OLD.pupil_id IS DISTINCT FROM NEW.pupil_id) EXECUTE FUNCTION note_pupil();
RESET ROLE;

-- Pupils of an earlier version are noted once.
SET ROLE ecm_policy;
INSERT INTO pupil_search (pupil_id, search_key, last_name, first_name, marks, seated)
    SELECT u.id, u.search_key, u.last_name, u.first_name, key_marks(u.search_key), coalesce(n.seated, '{}') FROM pupil u LEFT JOIN (
        SELECT c.pupil_id, array_agg(DISTINCT s.principal) AS seated FROM support_case c JOIN case_seat s ON s.case_id = c.id GROUP BY 1
    ) n ON n.pupil_id = u.id WHERE NOT EXISTS (SELECT FROM pupil_search f WHERE f.pupil_id = u.id);
-- Until 22 November 2026 a beginning had two letters or more.
UPDATE pupil_search SET marks = key_marks(search_key)
    WHERE NOT marks && ARRAY(SELECT '^' || left(w, 1) FROM string_to_table(search_key, ' ') w WHERE length(w) > 1);
RESET ROLE;
SET ROLE ecm_owner;
SELECT gin_clean_pending_list('pupil_search_found');
ANALYZE pupil_search;
RESET ROLE;
