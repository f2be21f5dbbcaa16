"""Model against database: 300 worlds in which model = relation = rows that each person is really shown."""

import os
from typing import Any

import pytest

from tests.access import model
from tests.access.cast import gather_cast
from tests.access.compare import DENIALS, LANES, OTHER_DENIALS, RULES, Tally, try_worlds
from tests.access.looking import facts_of, living, open_eyes, relation_of
from tests.access.worlds import World, draw_worlds

WORLDS = 3000 if os.environ.get("ECM_LONG") else 300
FEW = 5
YES, ENDED, CARED = (
    "coalesce(a.until_at, 'infinity')",
    "coalesce(i.ended_at, 'infinity')",
    "coalesce(d.ended_at, 'infinity')",
)
# Faults put into `case_reasons`, one at a time: (its words, the fault).
FAULTS = (
    ("- coalesce((SELECT b.spans FROM bar b WHERE b.person_id = d.person_id), '{}')", ""),
    ("coalesce(b.until_at, 'infinity')", "'infinity'"),
    ("AND n.kind <> 'given'", "AND n.kind = 'refused'"),
    ("AND n.kind <> 'given'", "AND n.kind = 'withdrawn'"),
    ("AND n.kind <> 'given'", "AND n.kind <> 'given' AND n.person_id = a.person_id"),
    ("AND n.purpose = a.purpose", ""),
    ("person_id, number DESC", "person_id, number"),
    ("DISTINCT ON (agency_id, category, purpose, person_id)", "DISTINCT ON (agency_id, category, purpose)"),
    (YES, "'infinity'"),
    ("p.date_of_birth, 16", "p.date_of_birth, 17"),
    ("p.date_of_birth, 18", "p.date_of_birth, 16"),
    ("london_midnight(birthday(p.date_of_birth, 16))", "birthday(p.date_of_birth, 16)::timestamp AT TIME ZONE 'UTC'"),
    ("birthday(p.date_of_birth, 18)", "(p.date_of_birth + interval '18 years')::date"),
    (ENDED, "'infinity'"),
    ("('accepted', 'ended')", "('accepted', 'ended', 'declined')"),
    ("tstzrange(i.answered_at,", "tstzrange(i.invited_at,"),
    ("a.spans * t.spans", "a.spans"),
    ("a.spans * t.spans", "t.spans"),
    ("desk(agency_id, category), category, 'consent'", "agency_id, category, 'consent'"),
    ("SELECT agency_id, 'core', 'consent'", "SELECT desk(agency_id, 'safeguarding'), 'core', 'consent'"),
    ("SELECT safeguarding_desk_id, 'core'", "SELECT safeguarding_desk_id, 'safeguarding'"),
    (
        REASONS,
        "'family']) k\n    UNION ALL\n    SELECT safeguarding",
        "'family','health']) k\n    UNION ALL\n    SELECT safeguarding",
    ),
    (CARED, "'infinity'"),
    ("w.since_at", "'-infinity'"),
)
# Facts whose trigger is silenced: (table, on, the step that then goes unnoticed).
SILENCED = (
    ("support_case", "insert", "open_case"), ("support_case", "update", "hand_over"), ("involvement", "update", "accept"),
    ("consent_event", "insert", "say"), ("carer_admission", "insert", "admit"), ("carer_admission", "update", "dismiss"),
    ("contact_bar", "insert", "bar"), ("contact_bar", "update", "lift"), ("case_author", "insert", "write"),
    ("pupil", "update", "correct_birth"),
)  # fmt: skip


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return draw_worlds(WORLDS)


@pytest.mark.timeout(1200)
async def test_model_relation_and_rows_shown_are_the_same(db: Any, worlds: list[World]) -> None:
    tally, cast = Tally(), await gather_cast(db, LANES)
    await open_eyes(db)
    wrong = await try_worlds(cast, worlds, tally)
    print(f"{len(worlds)} worlds,", tally.report())
    assert not wrong, "\n".join([str(wrong[0][0]), *wrong[0][1], f"and {len(wrong) - 1} more worlds"])
    assert len(worlds) >= WORLDS
    assert tally.filled >= 0.4 * tally.cells
    assert {name for name in RULES if tally.allowed[name] < FEW} == set()
    assert {name for name in (*DENIALS, *OTHER_DENIALS) if tally.refused[name] < FEW} == set()


async def test_every_fault_of_the_function_is_found(db: Any, worlds: list[World]) -> None:
    cast = await gather_cast(db, LANES)
    await open_eyes(db)
    async with db.admin() as admin:
        for number, (words, fault) in enumerate(FAULTS):
            await admin.execute(await _faulty(admin, words, fault, number))
    left = dict(enumerate(FAULTS))
    for tried, world in enumerate(worlds):
        async with living(world, cast) as (act, at, _):
            why = model.reasons(facts_of(json.loads(await act.value("SELECT look($1)", at.case)), cast))
            for number in list(left):
                rows = await act.rows(f"{REASONS_GIVEN} FROM fault_{number}($1) r, unnest(r.spans) span", at.case)
                if relation_of(rows) != why:
                    print(tried, left[number])
                    del left[number]
        if not left:
            break
    assert left == {}


REASONS_GIVEN = """SELECT principal::text, category, basis, to_jsonb(lower(span)) #>> '{}' AS valid_from,
                          to_jsonb(upper(span)) #>> '{}' AS valid_until"""


async def _faulty(admin: asyncpg.Connection, words: str, fault: str, number: int) -> str:
    """`case_reasons` with a fault, under a name of its own; what it calls is written into it first."""
    source: str = await admin.fetchval("SELECT pg_get_functiondef('case_reasons(uuid)'::regprocedure)")
    assert words in source
    return source.replace("public.case_reasons", f"public.fault_{number}").replace(words, fault)


@pytest.mark.parametrize(("table", "event", "verb"), SILENCED)
async def test_every_silenced_trigger_is_found(db: Any, worlds: list[World], table: str, event: str, verb: str) -> None:
    cast = await gather_cast(db, LANES)
    await open_eyes(db)
    async with db.admin() as admin:
        await admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER z_derive_{event}")
    for tried, world in enumerate(worlds):
        places = [place for place, step in enumerate(world.steps, start=1) if step.verb == verb]
        async with living(replace(world, steps=world.steps[: max(places, default=0)]), cast) as (act, at, taken):
            if not taken:
                continue
            found = json.loads(await act.value("SELECT look($1)", at.case))
        if relation_of(found["case_access"]) != model.reasons(facts_of(found, cast)):
            print(tried, table, event)
            return
    pytest.fail("nobody noticed")
