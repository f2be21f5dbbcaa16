"""The proofs can fail: faults made from the policies, the functions and the grants of the database itself are noticed.

`make prove` tries all of them and prints a table; `make test` a few. Three judges notice a fault in what is seen, answered
or done. A world that people lived through, where anybody sees or may do anything else than without it: what they see
without it is what the model says (test_model.py, the same worlds). The shaken house (shaken.py), where every session uses
its eyes and hands on every table. And, for what these leave, the ordinary tests (suite.py). A wall taken down is noticed by
the lint without its hashes.

All are noticed but those of THE_SAME, which says why nothing can notice them.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from math import inf
from random import Random
from typing import Any

import asyncpg
import pytest

from ecm import connections
from ecm.access.lint import lint
from tests.access.cast import DAWN, Cast, gather_cast
from tests.access.hands import HANDS
from tests.access.hunt import DEEP, Hunt, by_place
from tests.access.law import read_law
from tests.access.looking import living, open_eyes, verbs_of
from tests.access.mutants import Mutant, function_mutants, policy_mutants, wall_mutants
from tests.access.shaken import open_house
from tests.access.steps import World
from tests.access.suite import left_by_the_suite, line_of
from tests.access.watching import ARGUMENTS, WATCH, Watch
from tests.access.worlds import draw_worlds
from tests.client import application
from tests.conftest import fresh_database
from tests.house.examples import build

LONG = bool(os.environ.get("ECM_LONG"))
# Faults that change nothing anybody could see: what they touch is there to save work, or to be read.
THE_SAME = {
    "function enter | comparison flipped | k_up_class' = ANY => <>": "who may look up no class teaches none",
    "function enter | condition dropped | ver c WHERE c.covering_membership_id = m.id) TH => true": "covered_by asks it again",
    "function enter | condition dropped | est x WHERE x.person_id = s.person_id) TH => true": "too_close_to asks it again",
    "function derive_roll | condition dropped | upil_id AND c.school_id = m.school_id ORD => true": "derives what has not changed",
    "function stated_reasons | condition dropped | WHERE a.kind = 'given' AND => true": "a refusal closes its own scope, below",
    "function seat_in_search | condition dropped | upil_id AND NOT n.seated <@ f.seated => true": "writes what stands there",
    "function must_be_open | comparison flipped | IF TG_OP = 'IN => <>": "a lock, which test_races.py tries",
}
TIDIES, RELOADS = "ALTER SYSTEM SET autovacuum = {}", "SELECT pg_reload_conf()"
DRAWN, EVENTFUL, WORLDS = 300, 22, 60
FEW, LEAST = 10, 150
PATIENCE = 40
NO_SQL = (
    asyncpg.PostgresSyntaxError, asyncpg.UndefinedFunctionError, asyncpg.DatatypeMismatchError, asyncpg.UndefinedColumnError,
)  # fmt: skip
# What the model knows: the tables it says who is shown rows of, and what decides over them.
SHOWN = {
    "support_case", "case_brief", "identified_barrier", "note", "action", "review", "review_contribution", "case_turn",
    "involvement", "involvement_message", "kept_brief", "outcome", "measurement", "provision", "case_view", "case_access",
    "health_alert", "shielded_fact", "case_seat",
}  # fmt: skip
# Of which there is something in every world: for `make test`, which lives through until all of its few are noticed.
OFTEN, SELDOM = {"support_case", "note", "case_access"}, "emergency"
DECIDES = {
    "case_reasons", "stated_reasons", "on_roll", "desk", "birthday", "reads", "holds_case", "knows_of", "may_write",
    "kept_by", "not_barred", "principals",
}  # fmt: skip


@pytest.mark.timeout(3 * 3600)
async def test_faults_in_what_decides_are_noticed(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecm.consent.links.ANSWER_SECONDS", 0.01)
    async with fresh_database(cluster) as db, db.admin() as admin:
        faults = await policy_mutants(admin) + await function_mutants(admin)
    assert set(THE_SAME) <= {line_of(f) for f in faults}
    faults = [f for f in faults if line_of(f) not in THE_SAME]
    assert len(faults) >= LEAST
    often = [f for f in faults if f.table in OFTEN and _decides(f) and SELDOM not in f.near]
    tried = faults if LONG else often[:: len(often) // FEW]
    left = await _left_in_the_house(cluster, tried, DEEP, PATIENCE) if LONG else tried
    left = await _left_in_worlds(cluster, [f for f in left if _decides(f)]) + [f for f in left if not _decides(f)]
    left = left_by_the_suite(left) if LONG else left
    left = await _left_in_the_house(cluster, left, 5 * DEEP, inf) if left and LONG else left
    _print_table(tried, left)
    assert not left


async def _left_in_the_house(cluster: str, faults: list[Mutant], deep: int, patience: float) -> list[Mutant]:
    """Those that nobody meets in the house, however long they look: `deep` rounds for each, `patience` seconds a place."""
    left = []
    async with _built(cluster) as admin:
        house, law = await open_house(admin), await read_law(admin)
        for place, those in by_place(house, law, faults):
            found = await Hunt(house, law, place).left(those, deep, patience)
            await admin.execute("VACUUM")
            print(f"{place.name}: {len(those)} made, {len(found)} left", flush=True)
            left += found
    return left


@asynccontextmanager
async def _built(cluster: str) -> AsyncIterator[asyncpg.Connection]:
    """The world of the routes (tests/house/examples.py) in a copy of the seeded database, and its administrator. Nothing
    is tidied up while a fault is looked at: autovacuum and a fault's ALTER TABLE would wait for each other."""
    async with fresh_database(cluster) as db:
        async with application() as client:
            await build(client)
        admin = await asyncpg.connect(db.admin_url, server_settings=connections.PLAN_ONCE)
        await admin.execute(HANDS)
        await admin.execute(TIDIES.format("off"))
        await admin.execute(RELOADS)
        yield admin
        await admin.execute(TIDIES.format("on"))
        await admin.execute(RELOADS)
        await admin.close()


async def test_walls_taken_down_are_noticed(db: Any) -> None:
    async with db.admin() as admin:
        made = await wall_mutants(admin)
        tried = made if LONG else made[:: len(made) // FEW]
        before = set(await lint(admin))
        left = [f for f in tried if not await _noticed_by_lint(admin, f, before)]
    _print_table(tried, left)
    assert not left


def _decides(fault: Mutant) -> bool:
    kind, _, name = fault.place.partition(" ")
    return name in DECIDES if kind == "function" else (fault.table in SHOWN and fault.command == "SELECT")


async def _left_in_worlds(cluster: str, faults: list[Mutant]) -> list[Mutant]:
    """Those that no world shows."""
    async with fresh_database(cluster) as db:
        await open_eyes(db)
        async with db.admin() as admin:
            await admin.execute(WATCH)
        return await _left(await gather_cast(db, 2), faults)


async def _left(cast: Cast, faults: list[Mutant]) -> list[Mutant]:
    left = list(faults)
    for world in _eventful():
        if not left:
            break
        noticed = await _noticed_in(cast, world, left)
        left = [f for f in left if f not in noticed]
        print(len(left), end=" ", flush=True)
    return left


def _eventful() -> list[World]:
    """Worlds in which much happens, out of those that the model is tried in."""
    many = [world for world in _without_covers() if len(world.steps) >= EVENTFUL]
    return Random(1).sample(many, min(len(many), WORLDS))


@cache
def _fullest() -> World:
    return max(_without_covers(), key=lambda world: len(world.steps))


def _without_covers() -> list[World]:
    """Two are lived at a time, one inside the other: a cover, which is of people, would wait for ever for the other one."""
    return [world for world in draw_worlds(DRAWN) if "cover" not in verbs_of(world)]


async def _noticed_in(cast: Cast, world: World, faults: Iterable[Mutant]) -> set[Mutant]:
    """Also those that are no SQL, and so no faults. Another case is there as well, of which others see other things."""
    noticed = set()
    async with living(_fullest(), cast, 1), living(world, cast, 0) as (act, at, _):
        types = {r[0]: r[1] for r in await act.rows(ARGUMENTS)}
        edges = [e for e in await act.value("SELECT edges($1)", at.case) if e > DAWN] or [DAWN]
        edge = edges[int(world.look * (len(edges) - 1))]
        instants = [DAWN + timedelta(days=world.steps[-1].day), edge - timedelta(microseconds=1), edge]
        watch = Watch(act, at.case, [s.actor.token_hash for s in cast.seats.values()], instants, types)
        for fault in faults:
            try:
                noticed |= {fault} if await watch.notices(fault) else set()
            except NO_SQL:
                noticed.add(fault)
    return noticed


async def _noticed_by_lint(admin: asyncpg.Connection, fault: Mutant, before: set[str]) -> bool:
    """By a rule, or by the reviewed list, hashes left out."""
    change = admin.transaction()
    await change.start()
    try:
        await admin.execute(fault.sql)
        return any(not only_a_hash(each) for each in set(await lint(admin)) - before)
    finally:
        await change.rollback()


def only_a_hash(finding: str) -> bool:
    """Whether the lint found nothing but another hash."""
    was, _, now = finding.partition("), is now (")
    return finding.startswith("Changed") and _bare(was.partition("reviewed as (")[2]) == _bare(now)


def _bare(words: str) -> str:
    return words.partition("sha256")[0]


def _print_table(tried: list[Mutant], left: list[Mutant]) -> None:
    made, unnoticed = Counter(f.kind for f in tried), Counter(f.kind for f in left)
    print(f"\n{'fault':<24}{'made':>8}{'noticed':>9}")
    for kind, many in sorted(made.items()):
        print(f"{kind:<24}{many:>8}{many - unnoticed[kind]:>9}")
    for fault in left:
        print("unnoticed:", line_of(fault))
