"""Two changes of one case at once: whichever way they meet, the relation then says what the facts say.

Every pair meets over two real connections: one holds its COMMIT back until the other waits for it (each taking the
lock of the case first, as the commands do, or leaving that to the triggers), and both together. Each meeting has a
case of its own, a copy of one that real sessions made.
"""

import asyncio
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from ecm.clock import new_id
from ecm.database import acting_as
from tests.access import model
from tests.access.cast import Cast, gather_cast
from tests.access.looking import facts_of, is_refusal, open_eyes, relation_of
from tests.access.steps import Scene, Scope, Step

CARE: Scope = ("care", "health", "support")
CLINIC: Scope = ("clinic", "health", "support")
BASE = (
    Step(0, "oak senco", "open_case", ("oak teacher",)),
    Step(0, "oak senco", "ask", ((CARE, CLINIC),)),
    Step(0, "oak senco", "invite", ("care",)),
    Step(0, "oak senco", "invite", ("clinic",)),
    Step(0, "care manager", "accept", ("care", None)),
    Step(0, "mother", "say", ("mother", CARE, "given")),
    Step(0, "mother", "say", ("mother", CLINIC, "given")),
    Step(0, "oak senco", "admit", ("mother", ("core", "education"))),
    Step(0, "care manager", "write", ("action", "health", "care")),
)
CHANGES = {
    "invite": Step(0, "oak senco", "invite", ("hill",)),
    "accept": Step(0, "clinic manager", "accept", ("clinic", "clinic worker")),
    "end": Step(0, "oak senco", "end", ("care",)),
    "give": Step(0, "father", "say", ("father", CARE, "given")),
    "withdraw": Step(0, "mother", "say", ("mother", CARE, "withdrawn")),
    "bar": Step(0, "oak dsl", "bar", ("father",)),
    "assign": Step(0, "care manager", "assign", ("care", "care worker")),
    "hand over": Step(0, "oak dsl", "hand_over", ("oak mentor",)),
    "admit": Step(0, "oak senco", "admit", ("father", ("core", "education"))),
    "leave": Step(0, "care worker", "leave"),
}
# What ends a case or takes something out of it, against what is done in it meanwhile: each side first.
ENDINGS = {
    "close": Step(0, "oak senco", "turn", ("closed",)),
    "void": Step(0, "oak dsl", "turn", ("voided",)),
    "write": Step(0, "care manager", "write", ("note", "health", "care")),
    "say": Step(0, "oak dsl", "say", ("father", CARE, "given")),
    "unsay": Step(0, "oak dsl", "unsay", ("mother",)),
    "correct": Step(0, "care manager", "correct", ("action",)),
}
# A case that is offered to the next school, against what is done in it, and in the two schools, meanwhile.
MOVES = {
    "take": Step(0, "hill senco", "take", ("hill dsl", False)),
    "take with own": Step(0, "hill dsl", "take", ("hill senco", True)),
    "take back": Step(0, "oak dsl", "take_offer_back"),
    "go": Step(0, "oak senco", "go", (-1,)),
    "stay": Step(0, "oak dsl", "stay"),
}
STEPS = CHANGES | ENDINGS | MOVES
MOVING_PAIRS = [
    *product(("take", "take with own", "go"), ("write", "admit", "bar", "close", "hand over", "withdraw", "accept")),
    *product(("take", "take with own", "take back", "stay"), ("take", "take back", "go")), ("stay", "stay"),
]  # fmt: skip
NEVER_AFTER = {"accept", "give", "write", "say", "admit", "invite"}
ENDING_PAIRS = [
    *product(("close", "void"), (*NEVER_AFTER, "withdraw", "end", "assign", "correct", "unsay", "hand over")),
    ("close", "void"), ("close", "close"), ("unsay", "withdraw"), ("unsay", "accept"), ("unsay", "unsay"),
    ("correct", "withdraw"), ("correct", "end"), ("correct", "correct"),
]  # fmt: skip
# All that a case consists of, and the column that leads to it.
PARTS = {
    "pupil": "id", "enrolment": "pupil_id", "carer": "pupil_id", "departure": "pupil_id", "support_case": "pupil_id",
    **dict.fromkeys(("involvement", "involvement_message", "consent_request", "consent_proposal", "consent_event",
                     "carer_admission", "case_author", "action", "case_handover", "case_access", "case_seat"), "case_id"),
}  # fmt: skip
TOGETHER, HELD = "together", "held"
REPETITIONS = 20 if os.environ.get("ECM_LONG") else 2


@dataclass
class Stage:
    """Where changes meet, and what came of them."""

    db: Any
    admin: asyncpg.Connection
    cast: Cast
    base: Scene
    outcomes: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def _stage(db: Any, *more: Step) -> AsyncIterator[Stage]:
    cast = await gather_cast(db, 1)
    await open_eyes(db)
    base = Scene(cast, cast.pupils[0, None], new_id(), cast.twins[0, None])
    for step in (*BASE, *more):
        async with acting_as(cast.seats[step.who].actor, "test") as act:
            assert await step.take(act, base)
            act.record("case:changed", case=base.case)
    async with db.admin() as admin:
        yield Stage(db, admin, cast, base)


async def test_whichever_way_two_changes_meet_the_relation_follows_the_facts(db: Any) -> None:
    held = [(first, second, HELD, lock) for first, second, lock in product(CHANGES, CHANGES, (True, False))]
    pairs = list(combinations_with_replacement(CHANGES, 2)) * REPETITIONS
    together = [(first, second, TOGETHER, lock) for (first, second), lock in product(pairs, (True, False))]
    async with _stage(db) as stage:
        cases = await _copies(stage, len(held) + len(together))
        for meeting, at in zip(held + together, cases, strict=True):
            await _meet(stage, at, *meeting)
            assert await _agree(stage, at), meeting
    print(f"\n{len(cases)} meetings: {dict(stage.outcomes)}")
    assert stage.outcomes["waited"] >= len(held) * 0.8
    assert stage.outcomes["made"] >= len(cases)


async def test_what_ends_a_case_meets_whatever_is_done_in_it_and_nothing_is_left_open(db: Any) -> None:
    both_ways = [pair for one, other in ENDING_PAIRS for pair in {(one, other), (other, one)}]
    meetings = [(*pair, way) for pair in sorted(both_ways) for way in (HELD, TOGETHER)]
    async with _stage(db, Step(0, "oak dsl", "say", ("mother", CARE, "given"))) as stage:
        for (first, second, way), at in zip(meetings, await _copies(stage, len(meetings)), strict=True):
            before = stage.outcomes["made"]
            await _meet(stage, at, first, second, way, True)
            assert await _agree(stage, at), (first, second, way)
            assert await stage.admin.fetchval(NOTHING_LEFT_OPEN, at.case), (first, second, way)
            if way == HELD and first in ("close", "void") and second in NEVER_AFTER:
                assert stage.outcomes["made"] == before + 1, (first, second)
    print(f"\n{len(meetings)} meetings: {dict(stage.outcomes)}")


async def test_what_moves_a_pupil_or_a_case_meets_whatever_is_done_meanwhile(db: Any) -> None:
    both_ways = {pair for one, other in MOVING_PAIRS for pair in {(one, other), (other, one)}}
    meetings = [(*pair, way) for pair in sorted(both_ways) for way in (HELD, TOGETHER)]
    more = (Step(0, "oak senco", "offer", ("hill",)), Step(0, "oak senco", "go", (5,)))
    async with _stage(db, *more) as stage:
        for (first, second, way), at in zip(meetings, await _copies(stage, len(meetings)), strict=True):
            before = stage.outcomes["made"]
            await _meet(stage, at, first, second, way, True)
            assert await _agree(stage, at), (first, second, way)
            told = await stage.admin.fetchrow(ONE_SCHOOL_HAS_IT, at.case)
            assert told["one"], (first, second, way)
            if {first, second} <= {"take", "take with own", "take back"}:
                assert stage.outcomes["made"] == before + 1, (first, second)
            # The one record of the next school serves every meeting.
            await stage.admin.execute("UPDATE support_case SET status = 'closed' WHERE id = $1", at.case)
    print(f"\n{len(meetings)} meetings: {dict(stage.outcomes)}")


# The school that has the case is the one that took it, if one did, and its lead works there.
ONE_SCHOOL_HAS_IT = """
SELECT c.school_id = coalesce(h.to_school_id, c.school_id) AND m.agency_id = c.school_id
       AND NOT EXISTS (SELECT FROM case_access a JOIN agency g ON g.id = a.principal AND g.kind = 'school'
                       WHERE a.case_id = c.id AND a.basis = 'opened_by' AND a.principal <> c.school_id) AS one
FROM support_case c JOIN membership m ON m.id = c.lead_membership_id
LEFT JOIN case_handover h ON h.case_id = c.id AND h.status = 'accepted' WHERE c.id = $1
"""

NOTHING_LEFT_OPEN = """
SELECT status = 'open' OR (
    NOT EXISTS (SELECT FROM involvement WHERE case_id = $1 AND status IN ('invited', 'accepted'))
    AND NOT EXISTS (SELECT FROM action WHERE case_id = $1 AND status IN ('todo', 'doing') AND NOT in_error)
    AND NOT (status = 'voided' AND EXISTS (SELECT FROM carer_admission WHERE case_id = $1 AND ended_at IS NULL)))
FROM support_case WHERE id = $1
"""


async def test_without_the_lock_it_goes_wrong(db: Any) -> None:
    pairs = [("withdraw", "accept"), ("withdraw", "assign"), ("end", "give"), ("bar", "admit"), ("hand over", "invite")]
    async with _stage(db) as stage:
        for function in ("derive_case(uuid)", "refresh_seats(uuid)", "lock_case(uuid)"):
            source = await stage.admin.fetchval("SELECT pg_get_functiondef($1::regprocedure)", function)
            await stage.admin.execute(re.sub(r"pg_advisory_xact_lock\(.*?, 0\)\)", "1", source))
        for pair, at in zip(pairs, await _copies(stage, len(pairs)), strict=True):
            await _meet(stage, at, *pair, HELD, True)
            assert not await _agree(stage, at), pair


async def _agree(stage: Stage, at: Scene) -> bool:
    """Whether the relation is what the model makes of the facts as stored."""
    found = json.loads(await stage.admin.fetchval("SELECT look($1)", at.case))
    return relation_of(found["case_access"]) == model.reasons(facts_of(found, stage.cast))


async def _meet(stage: Stage, at: Scene, first: str, second: str, way: str, lock: bool) -> None:
    reached, go, free = asyncio.Event(), asyncio.Event(), asyncio.Event()
    free.set()
    one = asyncio.create_task(_change(stage, at, STEPS[first], lock, reached, free if way == TOGETHER else go))
    if way == HELD:
        await reached.wait()
    two = asyncio.create_task(_change(stage, at, STEPS[second], lock, asyncio.Event(), free))
    if way == HELD:
        await _until_waiting(stage, two)
        go.set()
    await asyncio.gather(one, two)
    await stage.admin.execute("UPDATE membership SET ended_at = NULL WHERE id = $1", at.seat(CHANGES["leave"].who))


async def _change(stage: Stage, at: Scene, step: Step, lock: bool, reached: asyncio.Event, go: asyncio.Event) -> None:
    """Make a change; when all but COMMIT is done, say so, and wait to be let go."""
    try:
        if step.verb == "leave":
            async with stage.db.admin() as aside, aside.transaction():
                await aside.execute("UPDATE membership SET ended_at = now() WHERE id = $1", at.seat(step.who))
                reached.set()
                await go.wait()
            return
        async with acting_as(stage.cast.seats[step.who].actor, "test") as act:
            if lock:
                await act.run("SELECT lock_case($1)", at.case)
            taken = await step.take(act, at)
            act.record("case:changed", case=at.case)
            reached.set()
            await go.wait()
        stage.outcomes["made" if taken else "found nothing"] += 1
    except Exception as error:
        if not is_refusal(error):
            raise
        stage.outcomes["refused"] += 1
    finally:
        reached.set()


async def _until_waiting(stage: Stage, task: asyncio.Task[None]) -> None:
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    while not task.done():
        if await stage.admin.fetchval(waiting):
            stage.outcomes["waited"] += 1
            return
        await asyncio.sleep(0.001)


async def _copies(stage: Stage, number: int) -> list[Scene]:
    """So many copies of the base case, each with ids of its own: as a restored dump would write them."""
    base = stage.base
    parts: dict[str, list[dict[str, Any]]] = {}
    for table, column in PARTS.items():
        rows = f"SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM {table} t WHERE {column} = $1"
        parts[table] = json.loads(await stage.admin.fetchval(rows, base.case if column == "case_id" else base.pupil))
    ids = "|".join(row["id"] for part in parts.values() for row in part if "id" in row)
    scenes = []
    copies: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for copy in range(number):
        for table, part in json.loads(_renamed(json.dumps(parts), ids, str(copy))).items():
            copies[table] += [row | {"upn": None} if table == "enrolment" else row for row in part]
        scenes.append(Scene(stage.cast, uuid5(base.pupil, str(copy)), uuid5(base.case, str(copy))))
    async with stage.admin.transaction():
        await stage.admin.execute("SET LOCAL session_replication_role = replica")
        for table, part in copies.items():
            insert = f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)"
            await stage.admin.execute(insert, json.dumps(part))
    return scenes


def _renamed(text: str, ids: str, copy: str) -> str:
    return re.sub(ids, lambda found: str(uuid5(UUID(found[0]), copy)), text)
