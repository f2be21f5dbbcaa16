"""The post: takes jobs from PgQueuer's queue, one for each message, and hands the messages over.

    job → take the message → hand it over → write down that it left → the job is done

A crash after any step is made good: the job of a dead worker goes to the next one, and a message that left is no longer
waiting. Between handing over and writing down a message may leave a second time, with the same Message-ID.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings

from ecm.audit.events import Event
from ecm.connections import ENGINE
from ecm.database import acting_for, outside_the_log, proof
from ecm.post.rules import PACE, Pace, next_try, wait_before_next
from ecm.post.senders import Message, NotTaken, Sender

log = logging.getLogger(__name__)

AT_ONCE = 5
NAMES = DBSettings(db_schema="public")  # the app's search path begins with pg_catalog
EVENTS = {"sent": Event.MESSAGE_SENT, "refused": Event.MESSAGE_REFUSED, "failed": Event.MESSAGE_FAILED}


class InTheNameOfThePost(AsyncpgPoolDriver):
    """PgQueuer's driver, each statement in a transaction that the queue's policies know as the post's."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """All rows of a statement."""
        async with outside_the_log("post") as act:
            return [dict(row) for row in await act.rows(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; its status."""
        async with outside_the_log("post") as act:
            return str(await act.connection.execute(query, *args))


def queue_of_jobs() -> Queries:
    """PgQueuer's queries on this process's pool."""
    return Queries(InTheNameOfThePost(ENGINE.pool), qbe=QueryBuilderEnvironment(NAMES), qbq=QueryQueueBuilder(NAMES))


async def carry(stop: asyncio.Event, ways: Mapping[str, Sender], pace: Pace = PACE) -> None:
    """Deliver what waits, until told to stop. Raises what the database raises: who calls begins again."""
    manager = QueueManager(queue_of_jobs())

    @manager.entrypoint("message")
    async def _message(job: Job) -> None:
        await deliver(UUID((job.payload or b"").decode()), ways, pace)

    async def until_told() -> None:
        await stop.wait()
        manager.shutdown.set()

    helpers = [asyncio.create_task(until_told()), asyncio.create_task(_keep_sweeping(stop, pace))]
    try:
        await manager.run(
            batch_size=AT_ONCE, max_concurrent_tasks=2 * AT_ONCE, heartbeat_timeout=pace.stale,
            dequeue_timeout=pace.stale, log_aggregation_interval=timedelta(0), shutdown_on_listener_failure=True,
        )  # fmt: skip
    finally:
        for each in helpers:
            each.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)


async def deliver(message_id: UUID, ways: Mapping[str, Sender], pace: Pace = PACE) -> None:
    """Try one message, if it still waits. Records message:sent, message:refused or message:failed.

    Raises: RetryRequested when it is to be tried again.
    """
    async with outside_the_log("post") as act:
        row = await act.row("SELECT * FROM take_message($1, $2)", message_id, proof("post", "take", message_id))
    if row is None:
        return
    way = ways[row["channel"]]
    try:
        await way.send(Message(message_id, *(row[k] for k in ("channel", "recipient", "subject", "text", "at"))))
    except NotTaken as trouble:
        await _not_taken(message_id, row, trouble, pace)
    except Exception:  # a bug of ours must not lose a message, nor try it for ever
        log.exception("a message could not be handed over")
        await _not_taken(message_id, row, NotTaken("error"), pace)
    else:
        await _settle(message_id, "sent", keep_text=way.keeps_text)


async def _not_taken(message_id: UUID, row: Mapping[str, Any], trouble: NotTaken, pace: Pace) -> None:
    wait = next_try(
        row["now"],
        row["waiting_since"],
        row["useful_until"],
        wait_before_next(row["tries"], random.random(), pace),
        pace,
    )
    if trouble.final or wait is None:
        await _settle(message_id, "refused" if trouble.final else "failed", trouble.trouble)
        return
    async with outside_the_log("post") as act:
        await _write_down(act.row, message_id, "waiting", trouble.trouble)
    raise RetryRequested(wait, trouble.trouble) from None


async def _settle(message_id: UUID, state: str, trouble: str | None = None, keep_text: bool = True) -> None:
    async with acting_for("post", "deliver") as act:
        await _write_down(act.row, message_id, state, trouble, keep_text)
        act.record(EVENTS[state], subject=message_id, trouble=trouble)


async def _write_down(
    ask: Any, message_id: UUID, state: str, trouble: str | None = None, keep_text: bool = True
) -> None:
    await ask(
        "SELECT settle_message($1, $2, $3, $4, $5)",
        message_id, state, trouble, keep_text, proof("post", "settle", message_id, state),
    )  # fmt: skip


async def sweep() -> int:
    """Give every message that waits without a job its job again; how many there were."""
    async with outside_the_log("post") as act:
        return int(await act.value("SELECT sweep_post($1)", proof("post", "sweep")))


async def _keep_sweeping(stop: asyncio.Event, pace: Pace) -> None:
    while not stop.is_set():
        try:
            if found := await sweep():
                log.warning("%s messages had no job and have one again", found)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
            log.warning("sweeping the post: %s; trying again", type(trouble).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pace.sweep_every.total_seconds())
