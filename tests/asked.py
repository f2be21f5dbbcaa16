"""The same question to the database again and again, each time after one thing in it was changed and then changed back:
on what an answer depends, and on what it does not. Milliseconds a question.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from ecm.database import Actor

Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def asking(db: Any, question: str, *given: object, after: str = "", walled: bool = False) -> AsyncIterator[Ask]:
    """Yields `ask(actor, change, *given)`: what the question answers them afterwards, or which rule refuses it. The change
    is written past all triggers; the question is asked past all policies, so that one rule is tried and no wall before it,
    or with `walled` behind them, as the application asks. `after`: another question, about what the first one did.
    """
    async with db.admin() as admin:

        async def ask(actor: Actor, change: str = "", *instead: object) -> Any:
            state = admin.transaction()
            await state.start()
            try:
                await admin.execute(f"SET LOCAL session_replication_role = replica; {change}")
                await admin.execute("SET LOCAL session_replication_role = origin")
                await admin.execute("SELECT FROM enter($1, 'test')", actor.token_hash)
                await admin.execute(f"SET LOCAL ROLE {'ecm_app' if walled else 'NONE'}")
                answer = await admin.fetchval(question, *(instead or given))
                await admin.execute("SET LOCAL ROLE NONE")
                return await admin.fetchval(after) if after else answer
            except asyncpg.CheckViolationError as refused:
                return refused.constraint_name
            except asyncpg.InsufficientPrivilegeError:
                return "not allowed"
            finally:
                await state.rollback()

        yield ask


LONG_AGO, AHEAD = "app_now() - interval '1 year'", "app_now() + interval '1 year'"


def bars(person: UUID, pupil: UUID, others: tuple[UUID, UUID]) -> dict[str, bool]:
    """Changes that keep somebody from a pupil now, and such as do not: ended, to come, of somebody else, from another."""
    row = """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at)
             VALUES (gen_random_uuid(), '{}', '{}', 'court_order', {}, {});"""
    return {
        "": False,
        row.format(pupil, person, LONG_AGO, "NULL"): True,
        row.format(pupil, person, LONG_AGO, AHEAD): True,
        row.format(pupil, person, "app_now()", "NULL"): True,
        row.format(pupil, person, LONG_AGO, "app_now()"): False,
        row.format(pupil, person, AHEAD, "NULL"): False,
        row.format(pupil, others[0], LONG_AGO, "NULL"): False,
        row.format(others[1], person, LONG_AGO, "NULL"): False,
    }
