"""Writing the day's reminders: once for each worker and day, however many processes try and wherever one stops."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import acting_for, outside_the_log, proof
from ecm.notifications.letters import Reminders
from ecm.notifications.outbox import write_to_worker
from ecm.reminders.rules import Work, letter_for, next_run, run_day

log = logging.getLogger(__name__)

KINDS = ("overdue", "due_soon", "reviews", "unanswered", "invitations", "handovers")
LOOK_AGAIN = timedelta(minutes=5)  # a machine that slept, or a clock put right


async def keep_reminding(stop: asyncio.Event) -> None:
    """Write every working day's reminders at seven in London, or as soon after it as somebody is there to."""
    while not stop.is_set():
        async with outside_the_log("reminders") as act:
            now = await act.value("SELECT app_now()")
        if day := run_day(now):
            await remind(day)
        rest = min(next_run(now) - now, LOOK_AGAIN)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rest.total_seconds())


async def remind(day: date) -> int:
    """Write to every worker who is to be reminded on this day and has not been; how many letters that was.

    Records reminder:written for each worker and reminders:finished for the day. A day that is finished stays so.
    """
    async with outside_the_log("reminders") as act:
        last = await act.value("SELECT max(day) FROM reminder_run")
        if last is not None and last >= day:
            return 0
        rows = await act.rows("SELECT * FROM outstanding_work($1)", proof("outstanding_work"))
    works: dict[UUID, list[Work]] = defaultdict(list)
    for row in rows:
        works[row["membership_id"]].append(Work(*(row[k] for k in ("kind", *Work.__slots__[1:]))))
    after = last or day - timedelta(days=1)
    letters = {who: counts for who, each in works.items() if (counts := letter_for(each, after, day))}
    written = sum([await _write(who, day, counts) for who, counts in sorted(letters.items())])
    await _finish(day, written)
    return written


async def _write(membership_id: UUID, day: date, counts: dict[str, int]) -> bool:
    """One worker's letter of this day; False when it is written already, or there is nowhere to write to."""
    try:
        async with acting_for("reminders", "remind") as act:
            await act.run(
                "INSERT INTO reminder (id, membership_id, day, at) VALUES ($1, $2, $3, app_now())",
                new_id(), membership_id, day,
            )  # fmt: skip
            numbers: dict[str, Any] = {kind: min(counts.get(kind, 0), 9999) for kind in KINDS}
            sent = await write_to_worker(act, membership_id, lambda address: Reminders(address, **numbers))
            act.record(
                Event.REMINDER_WRITTEN, subject=membership_id, outcome="done" if sent else "denied", **numbers
            )  # fmt: skip
            return sent
    except asyncpg.UniqueViolationError:
        return False


async def _finish(day: date, written: int) -> None:
    with contextlib.suppress(asyncpg.UniqueViolationError):
        async with acting_for("reminders", "remind") as act:
            await act.run("INSERT INTO reminder_run (day, finished_at) VALUES ($1, app_now())", day)
            act.record(Event.REMINDERS_FINISHED, count=written)
