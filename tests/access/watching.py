"""What everybody sees in a world, table by table, and what functions answer them, so that a fault is noticed.

`mutate` puts a fault into a test's database from inside the transaction a world is lived in; a savepoint takes it out
again. `seen_in` runs as whoever calls it, the application's login, and puts on one session after another.
"""

from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from ecm.database import Act
from tests.access.mutants import Mutant

WATCH = """
CREATE FUNCTION mutate(p_sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE p_sql; END $$;

CREATE FUNCTION has_rows(p_table text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE answer boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', p_table) INTO answer;
    RETURN answer;
END $$;

-- The relation as its function would make it now.
CREATE FUNCTION reasons_now(p_case uuid) RETURNS text[] LANGUAGE sql SECURITY DEFINER AS $$
    SELECT ARRAY(SELECT concat_ws(' ', principal, category, basis, basis_id, span) FROM case_reasons(p_case), unnest(spans) span ORDER BY 1)
$$;

CREATE FUNCTION rights(p_table text, p_right text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = p_table::regclass AND a.attnum > 0
                 AND NOT a.attisdropped AND has_column_privilege('ecm_app', a.attrelid, a.attnum, p_right) ORDER BY a.attnum)
$$;

-- What each session sees at each instant: of a table, or of what functions answer. Planned once: a fault makes every plan
-- anew, and planning is most of the work.
CREATE FUNCTION seen_in(p_sql text, p_tokens bytea[], p_instants timestamptz[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    seen text[] := '{}';
    answer text;
    one bytea;
    instant timestamptz;
BEGIN
    EXECUTE 'PREPARE seen_here AS ' || p_sql;
    FOREACH instant IN ARRAY p_instants LOOP
        PERFORM set_config('ecm.test_clock', extract(epoch FROM instant - now()) || ' seconds', true);
        FOREACH one IN ARRAY p_tokens LOOP
            PERFORM FROM enter(one, 'look');
            answer := 'out';
            IF FOUND THEN EXECUTE 'EXECUTE seen_here' INTO answer; END IF;
            seen := seen || answer;
        END LOOP;
    END LOOP;
    DEALLOCATE seen_here;
    RETURN seen;
END $$;

-- What a table shows, as one statement; NULL when the application reads nothing there.
CREATE FUNCTION showing(p_table text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('SELECT count(*) || '' '' || coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0) FROM %I',
                  (SELECT string_agg(quote_ident(c), ', ') FROM unnest(rights(p_table, 'SELECT')) c), p_table)
$$;

-- Keys worth asking a function about.
CREATE FUNCTION known_here(p_case uuid) RETURNS uuid[] LANGUAGE sql SECURITY DEFINER AS $$
    SELECT ARRAY[c.id, c.pupil_id, c.lead_membership_id, c.school_id]
        || ARRAY(SELECT i.agency_id FROM involvement i WHERE i.case_id = c.id ORDER BY i.id LIMIT 2)
        || ARRAY(SELECT h.pupil_before_id FROM case_handover h WHERE h.case_id = c.id LIMIT 1)
    FROM support_case c WHERE c.id = p_case
$$;
CREATE FUNCTION edges(p_case uuid) RETURNS timestamptz[] LANGUAGE sql SECURITY DEFINER AS $$
    SELECT ARRAY(SELECT DISTINCT t FROM case_access, unnest(ARRAY[valid_from, valid_until]) t
                 WHERE case_id = p_case AND isfinite(t) ORDER BY 1)
$$;
"""

FORGET = """DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'seen_here') THEN DEALLOCATE seen_here; END IF;
END $$"""
# Functions that only the relation asks: what they answer is in the relation.
OF_THE_RELATION = ("stated_reasons", "case_reasons", "on_roll", "desk", "birthday")
CATEGORIES = ("core", "classroom", "education", "health", "social_care", "family", "safeguarding")
# Of all ways to call a function, as many.
CALLS = 60
WORDS = (*CATEGORIES, "draft", "going", "note", "action", "outcome", "case", "handover", "pupil")
MOMENTS = ("app_now()", "app_now() - interval '40 days'", "app_now() + interval '40 days'")
ARGUMENTS = """SELECT p.proname, ARRAY(SELECT t::regtype::text FROM unnest(p.proargtypes::oid[]) t) AS types FROM pg_proc p
               WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'"""


class Watch:
    """One world, watched: what everybody sees there as it is, and again with a fault in it."""

    def __init__(
        self, act: Act, case: UUID, tokens: list[bytes], instants: list[Any], types: dict[str, list[str]]
    ) -> None:
        self.act, self.case, self.tokens, self.instants, self.types = act, case, tokens, instants, types
        self.sound: dict[tuple[str, str], Any] = {}

    async def notices(self, mutant: Mutant) -> bool:
        """Whether a fault shows. Raises: asyncpg.PostgresError when it is no SQL."""
        look = looked_at(mutant)
        if look not in self.sound:
            self.sound[look] = await self._look(*look)
        if self.sound[look] is None:
            return False
        await self.act.connection.execute("SAVEPOINT fault")
        try:
            await self.act.value("SELECT mutate($1)", mutant.sql)
            return bool(await self._look(*look) != self.sound[look])
        finally:
            await self.act.connection.execute("ROLLBACK TO fault; RELEASE fault")

    async def _look(self, what: str, place: str) -> Any:
        await self.act.connection.execute("SAVEPOINT look")
        try:
            return await self._looked(what, place)
        except asyncpg.PostgresError as error:
            await self.act.connection.execute("ROLLBACK TO look")
            await self.act.connection.execute(FORGET)
            return type(error).__name__
        finally:
            await self.act.connection.execute("RELEASE look")

    async def _looked(self, what: str, place: str) -> Any:
        if what == "relation":
            return await self.act.value("SELECT reasons_now($1)", self.case)
        if what == "answers":
            sql = f"SELECT ARRAY[{', '.join(await self._calls(place))}]::text"
        elif not await self.act.value("SELECT has_rows($1)", place):
            return None
        else:
            sql = await self.act.value("SELECT showing($1)", place)
        return await self.act.value("SELECT seen_in($1, $2, $3)", sql, self.tokens, self.instants)

    async def _calls(self, function: str) -> list[str]:
        known = [f"'{key}'::uuid" for key in await self.act.value("SELECT known_here($1)", self.case) if key]
        choices = {"uuid": known, "text": [f"'{w}'" for w in WORDS], "timestamp with time zone": MOMENTS,
                   "date": ["school_day()"], "text[]": ["ARRAY['core', 'health']", "ARRAY['core']"]}  # fmt: skip
        every = list(product(*(choices[each] for each in self.types[function])))
        some = Random(function).sample(every, min(len(every), CALLS))
        return [f"{function}({', '.join(each)})::text" for each in some]


def looked_at(mutant: Mutant) -> tuple[str, str]:
    """Where a fault would show: in the rows of a table, in the relation, in what a function answers."""
    kind, _, name = mutant.place.partition(" ")
    if kind == "policy":
        return "rows", mutant.table
    return ("relation", "") if name in OF_THE_RELATION else ("answers", name)
