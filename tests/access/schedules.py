"""Requests to the running application taken apart into steps, and merged in an order drawn by chance.

A step ends before each statement for the database (BEGIN and COMMIT too; in READ COMMITTED every statement sees what was
committed before it began, so no finer step would tell more), before a plan is drawn, before a letter is handed over, and
before an answer leaves. One step is taken at a time, so the same chance gives the same order again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from random import Random
from typing import Any
from unittest.mock import patch

import asyncpg

from ecm.connections import END_IF_TAMPERED_WITH

WAITS_FOR_LOCK = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = $1)"
# Longer than nearly every statement: after that it is asked whether it waits for a lock.
LONG_SECONDS = 0.01
STUCK_SECONDS = 60
AT_ONCE = 5
STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")


@dataclass(eq=False)
class Operation:
    """Something that is done in steps. `begun` and `ended` are places in the order; `result` is what came of it."""

    name: str
    call: Callable[[], Awaitable[Any]]
    pace: float = 1.0
    follows: "Operation | None" = None  # it begins only when that one has ended
    begun: int = 0
    ended: int = 0
    result: Any = None
    task: asyncio.Task[None] | None = None
    step: asyncio.Future[None] | None = None  # the step being taken
    gate: asyncio.Future[None] | None = None  # what it stands at, before the next one
    backend: int = 0  # the process of its connection
    next: str = ""  # the statement it stands before; none before an answer, or when it has ended

    @property
    def going(self) -> bool:
        return bool(self.begun and not self.ended)

    @property
    def ready(self) -> bool:
        """Whether a step of it can be taken now."""
        if not self.begun:
            return self.follows is None or bool(self.follows.ended)
        return self.gate is not None and not self.ended


@dataclass
class Schedule:
    """The order in which steps were taken, and how often one had to wait for a lock of another."""

    random: Random
    aside: asyncpg.Connection
    order: list[str] = field(default_factory=list)
    waits: int = 0

    async def play(self, operations: list[Operation]) -> None:
        """Take every step of all operations, a few under way, whichever comes next by chance and pace."""
        try:
            while left := [each for each in operations if not each.ended]:
                await self._go_on(left)
        finally:
            tasks = [each.task for each in operations if each.task]
            for task in tasks:
                task.cancel()  # only after a failure is there one that has not ended
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            task.result()

    async def _go_on(self, left: list[Operation]) -> None:
        room = AT_ONCE - sum(each.going for each in left)
        new = [each for each in left if not each.begun and each.ready][:room]
        ready = [each for each in left if each.going and each.ready] + new
        if not ready:
            await self._see_who_waits(left)
            return
        one = self.random.choices(ready, [each.pace for each in ready])[0]
        commits = one.next == "COMMIT"
        await self._take(one)
        if commits or not one.next:
            await self._see_who_waits(left)

    async def _see_who_waits(self, left: list[Operation]) -> None:
        """A transaction has ended: whoever got the lock that they waited for stands before their next step again."""
        for each in left:
            if each.going and not each.ready:
                await self._arrive(each, 0)

    async def _take(self, one: Operation) -> None:
        self.order.append(one.name)
        one.step = asyncio.get_running_loop().create_future()
        if one.task is None:
            one.begun = len(self.order)
            one.task = asyncio.create_task(_run(one))
        elif one.gate is not None:
            gate, one.gate = one.gate, None
            gate.set_result(None)
        await self._arrive(one)

    async def _arrive(self, one: Operation, patience: float = LONG_SECONDS) -> None:
        """Until the step has been taken, or is seen to wait for a lock of another."""
        assert one.step is not None
        async with asyncio.timeout(STUCK_SECONDS):
            while not one.step.done():
                await asyncio.wait([one.step], timeout=patience)
                if not one.step.done() and await self.aside.fetchval(WAITS_FOR_LOCK, one.backend):
                    self.waits += bool(patience)
                    return
                patience = LONG_SECONDS
        if one.gate is None:
            one.ended, one.next = len(self.order), ""


_operation: ContextVar[Operation | None] = ContextVar("operation", default=None)


async def _run(one: Operation) -> None:
    _operation.set(one)
    try:
        one.result = await one.call()
    finally:
        assert one.step is not None
        one.step.set_result(None)


async def stand(backend: int = 0, statement: str = "") -> None:
    """A step of the operation that this is part of ends here; nothing for anybody else."""
    one = _operation.get()
    if one is None:
        return
    one.backend, one.next = backend or one.backend, statement
    one.gate = gate = asyncio.get_running_loop().create_future()
    assert one.step is not None
    one.step.set_result(None)
    await gate


@contextmanager
def in_steps() -> Iterator[None]:
    """Inside, every statement for the database is a step of the operation that sends it."""
    with ExitStack() as stack:
        for name in STATEMENTS:
            stack.enter_context(patch.object(asyncpg.Connection, name, _stepped(name)))
        yield


def _stepped(name: str) -> Callable[..., Awaitable[Any]]:
    statement = getattr(asyncpg.Connection, name)

    @wraps(statement)
    async def stepped(self: asyncpg.Connection, query: str, *args: Any, **more: Any) -> Any:
        # What the pool does between two transactions is nobody's step, and a ROLLBACK may not be kept waiting.
        if not query.endswith(END_IF_TAMPERED_WITH) and query != "ROLLBACK":
            await stand(self.get_server_pid(), query)
        return await statement(self, query, *args, **more)

    return stepped


def answering_in_steps(app: Any) -> Any:
    """The application, except that an answer that is ready waits for a step before it leaves."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                await stand()
            await send(message)

        await app(scope, receive, answer)

    return asked
