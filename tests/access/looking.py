"""Living through a world for real, and looking at what came of it: facts, relation, and what each person is shown.

A world is lived by real sessions in one transaction that is then undone. The test clock carries every step to its
instant, long past, so that no session expires meanwhile.
"""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from ecm.clock import new_id
from ecm.database import Act, acting_as, acting_together
from ecm.errors import NotSignedIn
from tests.access import model
from tests.access.cast import CARERS, DAWN, SPEAKERS, Cast, Seat
from tests.access.model import Facts, Reason
from tests.access.scene import Scene
from tests.access.steps import Step, World
from tests.access.stored import Item, facts_of, items_of, relation_of

# What a refusal by the database may be called; anything else is a mistake of this test or a fault of the walls.
REFUSALS = {
    "action_owner_on_case", "action_owner_sensitive", "admission_of_own_carer", "case_lead_of_school",
    "case_is_open", "case_turn_move", "consent_correction", "consent_of_own_carer", "correction_subject_id_key",
    "review_contribution_category_check", "outcome_category_check", "provision_category_check", "case_view_category_check", "involvement_assignee", "involvement_category", "involvement_move", "one_live_admission",
    "one_live_involvement", "case_brief_pkey",
    "next_school", "departure_accepted", "departure_over", "one_offer", "handover_pupil", "handover_open_case", "handover_upn",
    "restricted_already", "restriction_liftable", "named_on_case", "ground_is_over",
    "ground_of_own_carer", "bar_of_order", "shield_keeper", "cover_receiver", "cover_once",
}  # fmt: skip

LATEST = DAWN + timedelta(days=100)

# Test databases only. `look`: the facts and the relation of a case, whole. `seen_by`: what each session gets from
# row-level security at each instant; it runs as whoever calls it, so it shows nothing that the caller may not see.
EYES = """
CREATE FUNCTION look(p_case uuid) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    found jsonb := (SELECT to_jsonb(c) || jsonb_build_object('born_on', p.date_of_birth)
                    FROM support_case c JOIN pupil p ON p.id = c.pupil_id WHERE c.id = p_case);
    t text;
    rows jsonb;
BEGIN
    FOREACH t IN ARRAY ARRAY['involvement', 'involvement_message', 'consent_event', 'carer_admission', 'case_brief',
                             'identified_barrier', 'note', 'action', 'review', 'review_contribution', 'case_turn',
                             'kept_brief', 'case_handover', 'case_access',
                             'outcome', 'measurement', 'provision', 'case_view', 'health_alert',
                             'sharing_ground', 'emergency_access', 'case_restriction', 'named_reader'] LOOP
        EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(t)), ''[]'') FROM %I t WHERE case_id = $1', t)
            INTO rows USING p_case;
        found := found || jsonb_build_object(t, rows);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['contact_bar', 'court_order', 'enrolment', 'conflict_of_interest', 'shielded_fact'] LOOP
        EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(t)), ''[]'') FROM %I t WHERE pupil_id = ANY ($1)', t) INTO rows
            USING ARRAY(SELECT pupil_before_id FROM case_handover WHERE case_id = p_case) || (found ->> 'pupil_id')::uuid;
        found := found || jsonb_build_object(t, rows);
    END LOOP;
    RETURN found || jsonb_build_object('cover', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM cover c), 'shielded_reader', (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]')
        FROM shielded_reader r WHERE r.fact_id IN (SELECT (f ->> 'id')::uuid FROM jsonb_array_elements(found -> 'shielded_fact') f)));
END $$;
CREATE FUNCTION seen_by(p_case uuid, p_pupils uuid[], p_tokens bytea[], p_instants timestamptz[])
RETURNS TABLE (instant int, seat int, signed_in boolean, items text[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_instants) LOOP
        PERFORM set_config('ecm.test_clock', extract(epoch FROM p_instants[i] - now()) || ' seconds', true);
        FOR s IN 1 .. cardinality(p_tokens) LOOP
            PERFORM FROM enter(p_tokens[s], 'look');
            signed_in := FOUND;
            instant := i;
            seat := s;
            items := '{}';
            IF signed_in THEN
                items := ARRAY(
                    SELECT 'support_case ' || id FROM support_case WHERE id = p_case
                    UNION ALL SELECT 'case_brief ' || case_id FROM case_brief WHERE case_id = p_case
                    UNION ALL SELECT 'identified_barrier ' || id FROM identified_barrier WHERE case_id = p_case
                    UNION ALL SELECT 'note ' || id FROM note WHERE case_id = p_case
                    UNION ALL SELECT 'action ' || id FROM action WHERE case_id = p_case
                    UNION ALL SELECT 'review ' || id FROM review WHERE case_id = p_case
                    UNION ALL SELECT 'review_contribution ' || id FROM review_contribution WHERE case_id = p_case
                    UNION ALL SELECT 'case_turn ' || id FROM case_turn WHERE case_id = p_case
                    UNION ALL SELECT 'kept_brief ' || id FROM kept_brief WHERE case_id = p_case
                    UNION ALL SELECT 'outcome ' || id FROM outcome WHERE case_id = p_case
                    UNION ALL SELECT 'measurement ' || id FROM measurement WHERE case_id = p_case
                    UNION ALL SELECT 'provision ' || id FROM provision WHERE case_id = p_case
                    UNION ALL SELECT 'case_view ' || id FROM case_view WHERE case_id = p_case
                    UNION ALL SELECT 'health_alert ' || id FROM health_alert WHERE case_id = p_case
                    UNION ALL SELECT 'shielded_fact ' || id FROM shielded_fact WHERE pupil_id = ANY (p_pupils)
                    UNION ALL SELECT 'involvement ' || id FROM involvement WHERE case_id = p_case
                    UNION ALL SELECT 'involvement_message ' || involvement_id FROM involvement_message WHERE case_id = p_case);
            END IF;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;
-- No command corrects a date of birth yet, so no grant allows it: this stands in for one.
CREATE FUNCTION correct_birth(p_pupil uuid, p_born date) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE pupil SET date_of_birth = p_born WHERE id = p_pupil RETURNING true
$$;
-- A pupil comes to a school by an import; this is its row.
CREATE FUNCTION enrol(p_id uuid, p_pupil uuid, p_school uuid, p_from date) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) VALUES (p_id, p_pupil, p_school, '1', p_from) RETURNING true
$$;
-- A class changes with an import too.
CREATE FUNCTION move_class(p_pupil uuid, p_class text) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
    WITH moved AS (UPDATE enrolment SET class_name = p_class WHERE pupil_id = p_pupil AND to_on IS NULL RETURNING true)
    SELECT count(*) FROM moved
$$;
-- Which covers there are is read by nobody's own hand.
CREATE FUNCTION covers_for(p_absent uuid) RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER AS $$
    SELECT id FROM cover WHERE absent_membership_id = p_absent AND ended_at IS NULL
$$;
GRANT EXECUTE ON FUNCTION look(uuid), covers_for(uuid), move_class(uuid, text), correct_birth(uuid, date), enrol(uuid, uuid, uuid, date), seen_by(uuid, uuid[], bytea[], timestamptz[]) TO ecm_app;
"""


@dataclass(frozen=True)
class Lived:
    """What came of a world. `shown` is None for somebody who could not even sign in at that instant."""

    facts: Facts
    why: set[Reason]
    relation: set[Reason]
    items: list[Item]
    seats: list[Seat]
    instants: list[datetime]
    shown: dict[tuple[datetime, str], set[str] | None]
    taken: tuple[str, ...]


async def open_eyes(db: Any) -> None:
    """Give a test's database the functions above."""
    async with db.admin() as admin:
        await admin.execute(EYES)


class _Undone(Exception):
    """Rolls a world back."""


@asynccontextmanager
async def living(world: World, cast: Cast, lane: int = 0) -> AsyncIterator[tuple[Act, Scene, tuple[str, ...]]]:
    """Live through a world; inside, it has just happened (also which steps were taken), afterwards it never was.

    A lane keeps worlds lived at the same time apart.
    """
    at = Scene(cast, cast.pupils[lane, world.born_on], new_id(), cast.twins[lane, world.born_on])
    with suppress(_Undone):
        async with acting_together(cast.seats["oak senco"].actor, "test") as act:
            await act.connection.execute("SAVEPOINT step")
            yield act, at, tuple([step.verb for step in world.steps if await _taken(act, at, step)])
            raise _Undone


async def live(world: World, cast: Cast, lane: int = 0) -> Lived:
    """Live through a world, and look at all that came of it."""
    async with living(world, cast, lane) as (act, at, taken):
        found = json.loads(await act.value("SELECT look($1)", at.case))
        facts = facts_of(found, cast)
        why = model.reasons(facts)
        seats, instants = _people(world, cast), _instants(world, facts, why)
        tokens = [seat.actor.token_hash for seat in seats]
        rows = await act.rows("SELECT * FROM seen_by($1, $2, $3, $4)", at.case, [at.pupil, at.twin], tokens, instants)
    shown = {
        (instants[r["instant"] - 1], seats[r["seat"] - 1].name): set(r["items"]) if r["signed_in"] else None
        for r in rows
    }
    return Lived(facts, why, relation_of(found["case_access"]), items_of(found, cast), seats, instants, shown, taken)


async def _taken(act: Act, at: Scene, step: Step) -> bool:
    """Take a step on its day; whether it was done. A step refused leaves nothing behind."""
    day = DAWN + timedelta(days=step.day)
    await act.connection.execute(
        f"""RELEASE step; SAVEPOINT step; SELECT set_config('ecm.test_clock', extract(epoch FROM '{day}'::timestamptz - now()) || ' seconds', true)"""
    )
    try:
        async with acting_as(at.cast.seats[step.who].actor, "test") as own:
            return await step.take(own, at)
    except (NotSignedIn, asyncpg.PostgresError) as error:
        if not is_refusal(error):
            raise
        await act.connection.execute("ROLLBACK TO step")
        return False


def is_refusal(error: Exception) -> bool:
    """Whether an error is an answer that people may get, and no fault: not signed in (any more), or not allowed."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return error.constraint_name in REFUSALS
    row_level = isinstance(error, asyncpg.InsufficientPrivilegeError) and "row-level security" in str(error)
    return row_level or isinstance(error, NotSignedIn)


def _people(world: World, cast: Cast) -> list[Seat]:
    """Everybody who does something in a world or has something done to them, and safeguarding leads; in some also the
    class teachers that there may have been, and a stranger, who seldom see anything."""
    named = {name for step in world.steps for name in (step.who, *step.args)}
    verbs = verbs_of(world)
    if any(step.verb == "write" and step.args[1] == "classroom" for step in world.steps):
        named |= (
            {"oak teacher", "oak mentor"} if "move_class" in verbs else {"oak teacher"} if world.look > 0.75 else set()
        )
        named |= {"hill teacher"} if "take" in verbs and world.look > 0.5 else set()
    declared = {cast.seats[step.args[0]].person for step in world.steps if step.verb == "declare"}
    named |= {f"{name} dsl" for name in named} | {seat.name for seat in cast.seats.values() if seat.person in declared}
    stranger = next((n for n in SPEAKERS.values() if n not in named), "") if world.look < 0.03 else ""
    return [seat for seat in cast.seats.values() if seat.name in {*named, stranger, *CARERS}]


def _instants(world: World, facts: Facts, why: Iterable[Reason]) -> list[datetime]:
    """After the last step; then just before, or exactly at, a boundary of somebody's access; and of a cover."""
    edges = sorted({edge for *_, start, until in why for edge in (start, until) if DAWN < edge < LATEST}) or [DAWN]
    edge = edges[int(world.look * (len(edges) - 1))]
    a_bit = timedelta(microseconds=1)
    covers = (
        [(s.from_at, s.until_at) for spells in facts.covers.values() for s in spells]
        if "cover" in verbs_of(world)
        else []
    )
    turns = [
        turn for start, until in covers for turn in (start - a_bit, start, until - a_bit, until) if DAWN < turn < LATEST
    ]
    # While somebody who is away has the case open in an emergency, if anybody has.
    turns = [
        e.from_at for e in facts.emergencies if any(start <= e.from_at < until for start, until in covers)
    ] or turns
    turn = [turns[int(world.look * 997) % len(turns)]] if turns else []
    return [DAWN + timedelta(days=world.steps[-1].day), edge - len(world.steps) % 2 * a_bit, *turn]


def verbs_of(world: World) -> set[str]:
    return {step.verb for step in world.steps}
