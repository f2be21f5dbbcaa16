"""Who withdraws gets an answer; whatever is asked after that answer carries not one byte of what was withdrawn.

Requests to the running application on a real database are taken apart into steps (tests/access/schedules.py) and merged by
chance. In each schedule somebody withdraws (a yes, a service, a law, an organisation's work; by a restriction, a conflict
or a bar), ten requests of those who lose by it read through every door there is, half of them begun after the answer to the
withdrawal, and other people go on working, a plan is drawn and a letter is delivered. The secret words of the case stand in
every kind of text, in its finished plans and in the pupil's name.

What is counted as an interleaving is one request that reads, with the withdrawal of its schedule, when at least one third
operation was under way at the same time as one of the two. A plan goes through every step (freezing, drawing, storing, the
check at each download) wherever it is made; the drawing itself is left out except in one schedule of 100, because it takes
ten times as long as all the rest: its place is taken by the page that would be drawn, which has every word of it.
"""

import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from ecm.cases import queries
from ecm.database import Act
from tests.access.races import BATCH, Stage, play, staged, tell

# Each piece has a database of its own, so that several processes share the work.
PIECES, WANTED = (20, 5_000) if os.environ.get("ECM_LONG") else (1, 200)
# Doors that say nothing of a pupil: a plan's number and state, questions that wait, who looked.
NOTHING_SECRET = {"making a plan", "plans", "questions", "who looked"}
# One schedule again: the number that a failure names.
AGAIN = os.environ.get("ECM_RACE")


@pytest.mark.timeout(0)
@pytest.mark.parametrize("piece", range(PIECES))
async def test_whoever_asks_after_a_withdrawal_gets_nothing_of_it(db: Any, piece: int) -> None:
    async with staged(db) as stage:
        begun, number = time.perf_counter(), piece * WANTED
        while stage.counted["interleavings"] < WANTED and not AGAIN:
            await play(stage, range(number, number + BATCH))
            number += BATCH
        if AGAIN:
            await play(stage, [int(AGAIN)])
        tell(stage, time.perf_counter() - begun)
    assert not stage.found, "\n".join(stage.found + stage.orders)
    if PIECES > 1 and not AGAIN:
        assert {name for name, door in stage.doors.items() if not door["before, with the secret"]} <= NOTHING_SECRET


async def test_a_fault_in_any_of_the_walls_is_found(db: Any) -> None:
    """Each fault is looked for in schedules where it could show, and found; without it the same schedules find nothing."""
    async with staged(db) as stage:
        for name, fault in FAULTS.items():
            async with fault.planted(stage):
                tried = await _until_found(stage, fault)
            assert stage.found, name
            assert all(fault.where in each for each in stage.found), stage.found
            print(f"{name}: found in schedule {tried}, {len(stage.found)} answers")
            stage.found.clear()
            await play(stage, range(fault.first, fault.first + 10 * tried, 10), fault.only)
            assert not stage.found, name


async def _until_found(stage: Stage, fault: "Fault") -> int:
    for tried in range(MOST_TRIED):
        await play(stage, [fault.first + 10 * tried], fault.only)
        if stage.found:
            return tried + 1
    return MOST_TRIED


Planting = Callable[[Stage], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """How it is planted, in which schedules (from this one every tenth), what is done there beside, where bytes come out."""

    planted: Planting
    first: int
    only: str = ""
    where: str = ""


@asynccontextmanager
async def _no_derivation(stage: Stage) -> AsyncIterator[None]:
    await stage.admin.execute("ALTER TABLE consent_event DISABLE TRIGGER z_derive_insert")
    yield
    await stage.admin.execute("ALTER TABLE consent_event ENABLE TRIGGER z_derive_insert")


@asynccontextmanager
async def _open_plans(stage: Stage) -> AsyncIterator[None]:
    was = await stage.admin.fetchval(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'plan_by_every_category'"
    )
    await stage.admin.execute("ALTER POLICY plan_by_every_category ON plan USING (true)")
    yield
    await stage.admin.execute(f"ALTER POLICY plan_by_every_category ON plan USING ({was})")


@asynccontextmanager
async def _no_lock(stage: Stage) -> AsyncIterator[None]:
    functions = ("derive_case(uuid)", "refresh_seats(uuid)", "lock_case(uuid)")
    sources = [await stage.admin.fetchval("SELECT pg_get_functiondef($1::regprocedure)", each) for each in functions]
    for source in sources:
        await stage.admin.execute(re.sub(r"pg_advisory_xact_lock\(.*?, 0\)\)", "1", source))
    yield
    for source in sources:
        await stage.admin.execute(source)


@asynccontextmanager
async def _remembered(_: Stage) -> AsyncIterator[None]:
    """What a reader was shown once is shown to them again."""
    shown: dict[Any, Any] = {}

    async def remembering(act: Act, key: Any) -> dict[str, Any]:
        if (act.who.person_id, key) not in shown:
            shown[act.who.person_id, key] = await queries.read_case(act, key)
        return shown[act.who.person_id, key]

    with patch("ecm.plans.commands.read_case", remembering):
        yield


MOST_TRIED = 40
FAULTS = {
    "what a case was made of is remembered": Fault(_remembered, 85, where="copy of today"),
    "a plan is not asked about when it is opened": Fault(_open_plans, 0, where="plan"),
    "nothing is derived from an answer": Fault(_no_derivation, 2),
    "two changes of a case do not wait for each other": Fault(_no_lock, 80, "gives it to another"),
}
