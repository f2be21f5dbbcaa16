"""A review that nobody wrote in time goes to the partnership. Whoever opens records is never held up by that."""

import asyncio
import contextlib
from datetime import timedelta

from ecm.database import acting_for, outside_the_log, proof
from ecm.emergencies.commands import escalate
from ecm.errors import NotFound

LOOK_AGAIN = timedelta(minutes=5)


async def keep_escalating(stop: asyncio.Event) -> None:
    """Every five minutes."""
    while not stop.is_set():
        await escalate_late()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_AGAIN.total_seconds())


async def escalate_late() -> int:
    """Hand on every review that is late, each in a transaction of its own; how many. Records emergency:escalated."""
    async with outside_the_log("emergencies") as act:
        late = [row[0] for row in await act.rows("SELECT * FROM late_emergencies($1)", proof("late_emergencies"))]
    done = 0
    for each in late:
        with contextlib.suppress(NotFound):
            async with acting_for("emergencies", "escalate") as act:
                if not await escalate(act, each):
                    raise NotFound  # another process was there first
                done += 1
    return done
