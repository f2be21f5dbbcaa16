"""The matching service: tells two schools that each has a pupil the other may have too, and never anybody who asks.

Triggers mark pupils whose number or roll changed (ecm/duplicates/policies.sql); this looks for the numbers of those.
A run is one transaction: marks are taken, lines written and letters queued together, or none of it.
"""

import asyncio
import contextlib
from uuid import UUID

from ecm.audit.events import Event
from ecm.database import acting_for, outside_the_log, proof
from ecm.notifications.letters import PupilMatched
from ecm.notifications.outbox import write_to_worker
from ecm.web.sheet import parts_of

LOOK_EVERY = 60.0  # seconds
AT_ONCE = 5000  # pupils looked for by one statement


async def keep_matching(stop: asyncio.Event) -> None:
    """Look for what has been marked, once a minute, until told to stop."""
    while not stop.is_set():
        await match()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY)


async def match() -> int:
    """Look for every pupil who is marked now, and write one letter to each lead concerned; how many letters that was.

    A pupil, another school and a number are told once. A school without a lead is not told, and the other is.
    Records matches:found, naming the pupils of both.
    """
    async with outside_the_log("matching") as act:
        if not await act.value("SELECT matches_to_look_for()"):
            return 0
    async with acting_for("matching", "match") as act:
        pupils: list[UUID] = []
        tell: set[UUID] = set()
        taken = AT_ONCE
        while taken == AT_ONCE:
            rows = await act.rows("SELECT * FROM find_matches($1, $2)", AT_ONCE, proof("find_matches", AT_ONCE))
            taken = rows[0]["taken"]
            pupils += [row["pupil_id"] for row in rows if row["pupil_id"]]
            tell.update(*(row["tell"] for row in rows if row["match_id"]))
        letters = sum([await write_to_worker(act, each, PupilMatched) for each in sorted(tell)])
        for part in parts_of(sorted(set(pupils))) or [[]]:
            act.record(Event.MATCHES_FOUND, pupils=part, count=len(part), letters=letters)
        return letters
