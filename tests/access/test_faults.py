"""The comparison with the model can fail: every fault put into the derivation is found in a few worlds."""

import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from tests.access import model
from tests.access.cast import Cast, gather_cast
from tests.access.looking import facts_of, living, open_eyes, relation_of
from tests.access.steps import World
from tests.access.worlds import draw_worlds

WORLDS = 300
SCHOOL = "'family']) k\n    UNION ALL\n    SELECT safeguarding_desk_id"
# Faults for `stated_reasons`: (its words, the fault).
FAULTS = (
    # the school, the lead practitioner
    (SCHOOL, SCHOOL.replace("'family'", "'family','health'")),
    ("SELECT safeguarding_desk_id, 'core'", "SELECT safeguarding_desk_id, 'safeguarding'"),
    (
        "SELECT lead_membership_id, k, 'assignment', id, kept_span",
        "SELECT lead_membership_id, k, 'assignment', id, '{}'",
    ),
    # since when, and how long, the school keeps it
    (" * on_roll(c.pupil_id, c.school_id)", ""),
    (
        "on_roll(c.pupil_id, c.school_id)",
        "on_roll(c.pupil_id, (SELECT e.school_id FROM enrolment e WHERE e.pupil_id = c.pupil_id ORDER BY e.from_on LIMIT 1))",
    ),
    ("coalesce(c.kept_since, c.opened_at)", "c.opened_at"),
    ("AS assignee, kept_span", "AS assignee, tstzmultirange(tstzrange('-infinity', 'infinity'))"),
    # who is at the table
    ("('accepted', 'ended')", "('accepted', 'ended', 'declined')"),
    ("tstzrange(i.answered_at, ", "tstzrange(i.invited_at, "),
    ("coalesce(i.ended_at, 'infinity')", "'infinity'"),
    ("a.spans * t.spans", "a.spans"),
    ("a.spans * t.spans", "t.spans"),
    # what was agreed
    ("n.kind <> 'given'", "n.kind = 'refused'"),
    ("n.kind <> 'given'", "n.kind = 'withdrawn'"),
    ("n.kind <> 'given'", "n.kind <> 'given' AND n.person_id = a.person_id"),
    ("AND n.purpose = a.purpose", ""),
    ("AND n.category = a.category", ""),
    ("person_id, number DESC", "person_id, number"),
    ("DISTINCT ON (agency_id, category, purpose, person_id)", "DISTINCT ON (agency_id, category, purpose)"),
    ("coalesce(a.until_at, 'infinity')", "'infinity'"),
    ("birthday(p.date_of_birth, 16)", "birthday(p.date_of_birth, 17)"),
    ("desk(agency_id, category), category, basis", "agency_id, category, basis"),
    ("SELECT agency_id, 'core', basis", "SELECT desk(agency_id, 'safeguarding'), 'core', basis"),
    ("assignee IS NOT NULL AND category <> 'core'", "assignee IS NOT NULL AND category <> 'health'"),
    # the carers
    ("- coalesce((SELECT b.spans FROM bar b WHERE b.person_id = d.person_id), '{}')", ""),
    ("SELECT b.spans FROM bar b WHERE b.person_id = d.person_id", "SELECT range_agg(s) FROM bar b, unnest(b.spans) s"),
    ("coalesce(b.until_at, 'infinity')", "'infinity'"),
    ("coalesce(d.ended_at, 'infinity')", "'infinity'"),
    ("birthday(p.date_of_birth, 18)", "birthday(p.date_of_birth, 19)"),
    ("birthday(p.date_of_birth, 18)", "(p.date_of_birth + interval '18 years')::date"),
    ("london_midnight(birthday(p.date_of_birth, 18))", "birthday(p.date_of_birth, 18)::timestamp AT TIME ZONE 'UTC'"),
    # those who wrote
    ("w.since_at", "'-infinity'"),
    ("SELECT w.principal, w.category", "SELECT w.principal, 'core'"),
)
# Facts whose trigger is taken away: (table, on, the step that then goes unnoticed).
UNNOTICED = (
    ("support_case", "insert", "open_case"), ("support_case", "update", "hand_over"), ("involvement", "update", "end"),
    ("consent_event", "insert", "say"), ("carer_admission", "insert", "admit"), ("carer_admission", "update", "dismiss"),
    ("contact_bar", "insert", "bar"), ("contact_bar", "update", "lift"), ("case_author", "insert", "write"),
    ("pupil", "update", "correct_birth"), ("enrolment", "update", "go"), ("enrolment", "update", "stay"),
    ("enrolment", "insert", "enrol"), ("support_case", "update", "take"),
)  # fmt: skip
GIVEN = """SELECT principal::text, category, basis, to_jsonb(lower(span)) #>> '{}' AS valid_from,
                  to_jsonb(upper(span)) #>> '{}' AS valid_until FROM"""


async def test_every_fault_of_the_function_is_found(db: Any) -> None:
    cast = await _stage(db)
    async with db.admin() as admin:
        for number, (words, fault) in enumerate(FAULTS):
            await admin.execute(await _faulty(admin, number, words, fault))
    unfound = dict(enumerate(FAULTS))
    for tried, world in enumerate(draw_worlds(WORLDS), start=1):
        async with living(world, cast) as (act, at, _):
            why = model.reasons(facts_of(json.loads(await act.value("SELECT look($1)", at.case)), cast))
            for number in list(unfound):
                rows = await act.rows(f"{GIVEN} fault_{number}($1) r, unnest(r.spans) span", at.case)
                if relation_of(rows) != why:
                    print(f"found in world {tried}:", *unfound.pop(number), sep="\n    ")
        if not unfound:
            break
    assert not unfound


@pytest.mark.parametrize(("table", "event", "verb"), UNNOTICED)
async def test_every_fact_that_goes_unnoticed_is_found(db: Any, table: str, event: str, verb: str) -> None:
    cast = await _stage(db)
    async with db.admin() as admin:
        await admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER z_derive_{event}")
    for tried, world in enumerate(_ending_with(verb), start=1):
        async with living(world, cast) as (act, at, _):
            found = json.loads(await act.value("SELECT look($1)", at.case))
        if relation_of(found["case_access"]) != model.reasons(facts_of(found, cast)):
            print(f"found in world {tried}: {verb}")
            return
    pytest.fail("no world noticed")


async def _stage(db: Any) -> Cast:
    await open_eyes(db)
    return await gather_cast(db, 1)


async def _faulty(admin: asyncpg.Connection, number: int, words: str, fault: str) -> str:
    """`case_reasons` over `stated_reasons` with a fault, each under a name of its own."""
    stated, whole = [
        await admin.fetchval("SELECT pg_get_functiondef(to_regprocedure($1))", f"{name}(uuid)")
        for name in ("stated_reasons", "case_reasons")
    ]
    assert words in stated, f"stated_reasons no longer says: {words}"
    stated = stated.replace("stated_reasons", f"stated_{number}").replace(words, fault)
    whole = whole.replace("stated_reasons", f"stated_{number}").replace("public.case_reasons", f"public.fault_{number}")
    return f"{stated};\n{whole}"


def _ending_with(verb: str) -> list[World]:
    """Worlds that stop at the last step of a kind, so that no later fact makes good what it left undone."""
    worlds = []
    for world in draw_worlds(WORLDS):
        places = [place for place, step in enumerate(world.steps, start=1) if step.verb == verb]
        worlds += [replace(world, steps=world.steps[: places[-1]])] if places else []
    return worlds
