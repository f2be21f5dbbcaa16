"""Looking for a state of the house, and a try, that tells a database with a fault from one without."""

import re
from collections.abc import Iterable, Sequence
from math import inf
from random import Random
from time import monotonic

import asyncpg

from tests.access.hands import Try, answers_to
from tests.access.law import Law, Place, place_of_function, place_of_policy, quoted
from tests.access.mutants import Mutant
from tests.access.shaken import House, shake
from tests.access.stories import tell
from tests.access.tries import tries_at

MOST = 50  # tries in a round
EXPLORED, TURNS, MANY = 3, 3, 400  # states and tries before
LOOKS = 2  # looking takes less than trying
WIDE, DEEP, AT_ONCE = 4, 24, 6  # rounds for all; for each that is left, and how many are tried in one
TOLD = 0.7  # of the states have a story
# Triggers that only carry on what happened: where a fault is elsewhere they are left out, because they take long.
CARRY_ON = re.compile(r"^[zd]_")
NOTHING = re.compile(r"out|nothing|(?!2350[35])[0-9A-Z]{5}|0 0|f\b|\{f\}|\{\}|\{NULL\}|\{\"\{\}\"\}|$")


class Hunt:
    """The faults of one place."""

    def __init__(self, house: House, law: Law, place: Place) -> None:
        self.house, self.law, self.place = house, law, place
        self.telling: dict[Try, None] = {}  # tries that were let through somewhere
        self.rounds = 0
        self.bare = False
        self.aim: set[str] = set()  # what columns the fault is about that is looked for

    async def left(self, faults: list[Mutant], deep: int = DEEP, patience: float = inf) -> list[Mutant]:
        """Those that are not told apart. `patience`: seconds, after which no more is looked for than in every place."""
        left, begun = list(faults), monotonic()
        for turn in range(EXPLORED):
            await self._explore(Random(f"explore {self.place.name} {turn}"), turn > 0)
        for turn in range(WIDE):
            focus = self.place.about(self.law, self.place.text)
            left = await self._round(
                left, left, focus if turn else set(), self.place.literals, Random(f"{self.place.name} {turn}")
            )
        turns = dict.fromkeys(left, deep * LOOKS if self.place.name.startswith("SELECT ") else deep)
        while left:
            target = max(left, key=lambda f: turns[f])
            if turns[target] <= 0 or monotonic() - begun > patience:
                break
            some = Random(f"{self.place.name} {target.change} {turns[target]}")
            focus, self.aim = self.place.about(self.law, target.near), self.place.about(self.law, target.change)
            words = [*quoted(target.near), *some.sample(self.place.literals, min(2, len(self.place.literals)))]
            near = [f for f in left if f is not target and not focus.isdisjoint(self.place.about(self.law, f.near))]
            near = [target, *some.sample(near, min(len(near), AT_ONCE - 1))]
            for f in near:
                turns[f] -= 1
            left = await self._round(left, near, focus, words, some)
        return left

    async def _explore(self, some: Random, otherwise: bool) -> None:
        """Find tries that are let through."""
        state = self.house.admin.transaction()
        await state.start()
        try:
            focus = self.place.about(self.law, self.place.text) if otherwise else set()
            await self._change(focus, self.place.literals, some)
            for _ in range(TURNS):
                tries = sorted(
                    set(
                        await tries_at(
                            self.house, self.law, self.place, self.bare, set(), self.place.literals, MANY, some
                        )
                    )
                )
                self._tell(tries, await answers_to(self.house.admin, tries, self.place.touched))
        finally:
            await state.rollback()

    def _tell(self, tries: list[Try], answers: list[str]) -> None:
        self.telling |= {t: None for t, answer in zip(tries, answers, strict=True) if not NOTHING.match(answer)}

    async def _round(
        self, left: list[Mutant], faults: list[Mutant], focus: set[str], words: Sequence[str], some: Random
    ) -> list[Mutant]:
        self.rounds += 1
        admin = self.house.admin
        state = admin.transaction()
        await state.start()
        try:
            await self._change(focus, words, some)
            tries = await self._tries(focus, words, some)
            sound = await answers_to(admin, tries, self.place.touched)
            again = await answers_to(admin, tries, self.place.touched)
            expected = [one if one == other else None for one, other in zip(sound, again, strict=True)]
            self._tell(tries, sound)
            noticed = [f for f in faults if await self._notices(f, tries, expected)]
            return [f for f in left if f not in noticed]
        finally:
            await state.rollback()

    async def _change(self, focus: set[str], words: Sequence[str], some: Random) -> None:
        admin, place = self.house.admin, self.place
        await admin.execute(f"SET LOCAL session_replication_role = replica; SELECT setseed({some.random()})")
        chance = min(0.6, 8 / max(1, sum(c.name in focus for c in place.shaken)))
        columns = [c for c in place.shaken if some.random() < (chance if c.name in focus else 0.06)] if focus else []
        await shake(self.house, columns, words, some)
        self.house.story = None
        if some.random() < TOLD:
            await tell(self.house, self.law, place, focus, self.aim, words, some)
        await admin.execute("SET LOCAL session_replication_role = origin")
        await self._stand_alone(some.random() < 0.5)

    async def _stand_alone(self, bare: bool) -> None:
        """Let nothing else stand before what is tried, or beside it: at a trigger, policies and other triggers; at a policy,
        if bare, all triggers, the grants for columns, other policies by which the same may be done, and those
        that hide a row which is to be changed. What only carries
        on what happened is in nobody's way and takes long.
        """
        execute = self.house.admin.execute
        self.bare = bare or self.place.fired
        for table in sorted({table for table, _ in self.place.tables}):
            triggers = [name for name, calls in self.law.triggers.get(table, ()) if calls != self.place.name]
            if self.bare:
                await execute(f"GRANT ALL ON {table} TO ecm_app")
            if self.place.fired:
                await execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            elif not bare:
                triggers = [name for name in triggers if CARRY_ON.match(name)]
            for name in triggers:
                await execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            for name in self.place.beside if bare else ():
                await execute(f"DROP POLICY {name} ON {table}")
            if bare and (table, "UPDATE") in self.place.tables and not self.place.fired and len(self.place.tables) == 1:
                await execute(f"CREATE POLICY every_row ON {table} FOR SELECT TO ecm_app USING (true)")

    async def _tries(self, focus: set[str], words: Sequence[str], some: Random) -> list[Try]:
        fresh = await tries_at(self.house, self.law, self.place, self.bare, focus, words, MOST, some)
        told = list(self.telling)
        near = [t for t in told if any(f"SET {name} " in t.plan for name in focus)]
        told = [*some.sample(told, min(len(told), MOST // 3)), *some.sample(near, min(len(near), MOST // 3))]
        return sorted({*told, *fresh[: MOST - len(told)]})

    async def _notices(self, fault: Mutant, tries: list[Try], expected: list[str | None]) -> bool:
        admin = self.house.admin
        change = admin.transaction()
        await change.start()
        try:
            await admin.execute(fault.sql)
            answers = await answers_to(admin, tries, self.place.touched, expected)
            return any(e is not None and a != e for a, e in zip(answers, expected, strict=False))
        except asyncpg.PostgresError:
            return True  # so is everybody told who asks; or it is no SQL, and so no fault
        finally:
            await change.rollback()


def by_place(house: House, law: Law, faults: Iterable[Mutant]) -> list[tuple[Place, list[Mutant]]]:
    """Faults by where they are."""
    found: dict[tuple[str, str, str], list[Mutant]] = {}
    for f in faults:
        found.setdefault((f.table, f.command, f.place.partition(" ")[2]), []).append(f)
    return [
        (place_of_policy(house, law, table, how, name) if table else place_of_function(house, law, name), those)
        for (table, how, name), those in found.items()
    ]
