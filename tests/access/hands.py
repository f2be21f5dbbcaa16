"""What each session can do in a database in which something is as it should be, or not: its eyes and its hands.

A *try* is one statement by one session at one instant: reading a table, writing a cell of a row, putting a row there,
taking one away, calling a function. It leaves nothing behind. Its answer is what it gave or how it was refused, and
what the rows that it may touch look like afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

# Runs as ecm_app; what that may not know is asked of functions that belong to the administrator.
HANDS = """
-- What the rows of these tables look like, whatever their ids and what a sequence numbered; or which rows they are.
CREATE FUNCTION state_of(p_tables text[], p_rows boolean) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    each text;
    one numeric;
    every text := '';
    what text := CASE WHEN p_rows THEN 'ctid::text || xmin' ELSE '(to_jsonb(t) - ''id'' - ''number'')::text' END;
BEGIN
    FOREACH each IN ARRAY p_tables LOOP
        EXECUTE format('SELECT sum(hashtextextended(%s, 0)) FROM %I t', what, each) INTO one;
        every := concat_ws(' ', every, one);
    END LOOP;
    RETURN every;
END $$;

-- What a function answers that the application may not call itself, or does in somebody's name.
CREATE FUNCTION asked_inside(p_sql text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE answer text;
BEGIN
    EXECUTE p_sql INTO answer;
    RETURN answer;
END $$;

-- The context of a service, without its proof; of nobody, when it has no name.
CREATE FUNCTION stand_in_for(p_service text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    SELECT set_context(jsonb_build_object('service', p_service, 'purpose', 'look', 'verbs', '[]'::jsonb, 'barred', '[]'::jsonb,
                                          'closed_pupils', '[]'::jsonb), '{}', '{}', '{}') WHERE p_service <> ''
$$;

-- Tries that one session makes at one instant come together, so that it enters once. Statements are planned once: a fault
-- makes every plan anew, and planning is most of the work. The first answer that is not as expected is the last.
CREATE FUNCTION answers_to(p_prepare text[], p_when interval[], p_who bytea[], p_what text[], p_touched text[], p_expected text[])
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    answers text[] := '{}';
    answer text;
    after text;
    hit text;
    standing text;
    before text := state_of(p_touched, true);
BEGIN
    FOR hit IN SELECT name FROM pg_prepared_statements WHERE from_sql LOOP EXECUTE 'DEALLOCATE ' || hit; END LOOP;
    PERFORM set_config('role', 'ecm_app', true);
    FOR i IN 1 .. cardinality(p_prepare) LOOP EXECUTE p_prepare[i]; END LOOP;
    FOR i IN 1 .. cardinality(p_what) LOOP
        IF i = 1 OR p_who[i] <> p_who[i - 1] OR p_when[i] <> p_when[i - 1] THEN
            PERFORM set_config('ecm.test_clock', p_when[i]::text, true);
            PERFORM set_config('ecm.context', '', true), set_config('ecm.reach', '', true);
            BEGIN
                IF get_byte(p_who[i] || ' ', 0) = 32 THEN
                    PERFORM stand_in_for(substr(convert_from(p_who[i], 'UTF8'), 2));
                    standing := 'in';
                ELSE
                    PERFORM FROM enter(p_who[i], 'look');
                    standing := CASE WHEN FOUND THEN 'in' ELSE 'out' END;
                END IF;
            EXCEPTION WHEN OTHERS THEN standing := SQLSTATE;
            END;
        END IF;
        IF standing <> 'in' THEN
            answers := answers || standing;
            CONTINUE;
        END IF;
        after := '';
        BEGIN
            IF p_what[i] LIKE 'GIVES %' THEN
                EXECUTE substr(p_what[i], 7) INTO answer;
            ELSE
                EXECUTE p_what[i];
                answer := 'nothing';
            END IF;
            IF state_of(p_touched, true) <> before THEN
                answer := replace(answer, 'nothing', 'done');
                after := state_of(p_touched, false);
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'ZZ001';
        EXCEPTION
            WHEN SQLSTATE 'ZZ001' THEN NULL;
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS hit = CONSTRAINT_NAME;
                answer := SQLSTATE || hit;
        END;
        answers := answers || concat_ws(' ', answer, after);
        EXIT WHEN answers[i] <> p_expected[i];
    END LOOP;
    PERFORM set_config('role', 'none', true);
    PERFORM set_config('ecm.test_clock', '', true);
    RETURN answers;
END $$;
"""


@dataclass(frozen=True, order=True)
class Try:
    """One statement by one session (the hash of its token), so long from now: planned, and what it is given."""

    when: str
    who: bytes  # or a space, and the name of a service, or none: then it is nobody
    plan: str  # (types) AS statement; nothing for a call, which `given` is then whole
    given: str

    @property
    def gives(self) -> bool:
        return not self.plan or self.plan.startswith("AS SELECT")


async def answers_to(
    admin: asyncpg.Connection, tries: list[Try], touched: Sequence[str], expected: Sequence[str | None] = ()
) -> list[str]:
    """What each try (sorted) answers, up to the first that is not as expected; all is then as it was.

    Raises: asyncpg.PostgresError when a statement to plan is no SQL (any more).
    """
    plans = sorted({t.plan for t in tries if t.plan})
    what = ["GIVES " * t.gives + (f"EXECUTE try_{plans.index(t.plan)}{t.given}" if t.plan else t.given) for t in tries]
    undone = admin.transaction()
    await undone.start()
    try:
        answers: list[str] = await admin.fetchval(
            "SELECT answers_to($1, $2::text[]::interval[], $3, $4, $5, $6)",
            [f"PREPARE try_{n} {plan}" for n, plan in enumerate(plans)],
            [t.when for t in tries], [t.who for t in tries], what, list(touched), list(expected),
        )  # fmt: skip
    finally:
        await undone.rollback()
    return answers
