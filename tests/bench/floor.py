"""The bare floor: the least Litestar that does the same work in the same database.

The same policies, the same login, the same statements in the same order, the same audit call with the same events; the
rows go out as JSON as they are. What is missing is everything else: tokens and cookies, the forgery check, headers,
checked input, errors, words, pages.

    python -m tests.bench.floor PORT
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar, Request, get, patch

from ecm.actions.queries import ONE
from ecm.casefile.overview import CORRECTABLE, SIBLINGS
from ecm.casefile.timeline import NEW
from ecm.casefile.visits import VISIT
from ecm.cases.head import HEAD
from ecm.cases.queries import ACTIONS, BARRIERS, CASE, INVOLVEMENTS, NOTES, SHARING, WORKLIST
from ecm.cases.reviews import REVIEWS
from ecm.clock import new_id
from ecm.closures.queries import TURNS
from ecm.config import settings
from ecm.connections import PLAN_ONCE

START = (datetime(9999, 12, 31, tzinfo=UTC), UUID("ffffffff-ffff-ffff-ffff-ffffffffffff"))
PARTS = {
    "barriers": BARRIERS,
    "involvements": INVOLVEMENTS,
    "actions": ACTIONS,
    "notes": NOTES,
    "sharing": SHARING,
    "reviews": REVIEWS,
}
Row = dict[str, Any]


@asynccontextmanager
async def entered(request: Request[Any, Any, Any], purpose: str) -> AsyncIterator[tuple[asyncpg.Connection, list[Row]]]:
    """One transaction of the session in X-Session; the events that were put in the list are written before COMMIT."""
    events: list[Row] = []
    async with request.app.state.pool.acquire() as connection:
        await connection.execute("BEGIN")
        try:
            request.state.me = await connection.fetchrow(
                "SELECT * FROM enter($1, $2)", bytes.fromhex(request.headers["x-session"]), purpose
            )
            yield connection, events
            await connection.execute("SELECT audit_record_all($1::jsonb)", json.dumps(events, default=str))
            await connection.execute("COMMIT")
        except BaseException:
            await connection.execute("ROLLBACK")
            raise


def event(name: str, outcome: str, pupils: list[UUID], **more: Any) -> Row:
    """An event as `Act.record` queues it."""
    return {"event": name, "outcome": outcome, "case": None, "subject": None, "detail": {}, "pupils": pupils} | more


@get("/api/v1/cases")
async def worklist(request: Request[Any, Any, Any]) -> Row:
    """The first 25 cases."""
    async with entered(request, "list_cases") as (connection, events):
        await connection.execute("SELECT refresh_my_stale_seats()")
        rows = await connection.fetch(WORKLIST, None, *START, 26)
        detail = {"count": len(rows[:25])}
        events.append(event("cases:listed", "shown", [r["pupil_id"] for r in rows[:25]], detail=detail))
    return {"items": [dict(r) for r in rows[:25]]}


@get("/api/v1/cases/{key:uuid}")
async def case(request: Request[Any, Any, Any], key: UUID) -> Row:
    """A case with all its parts, by id."""
    return await _case(request, f"{CASE}WHERE c.id = $1", key)


@get("/cases/{key:str}")
async def case_of_page(request: Request[Any, Any, Any], key: str) -> Row:
    """The overview, by reference, with everything its page asks for."""
    async with entered(request, "show_case") as (connection, events):
        head, me = await connection.fetchrow(f"{HEAD} WHERE c.reference = $1", key), request.state.me
        since = await connection.fetchval("SELECT seen_at FROM case_visit WHERE case_id = $1", head["id"])
        if since:
            await connection.fetchval(NEW, head["id"], me["membership_id"], me["agency_id"], None, since)
        await connection.execute(VISIT, new_id(), me["person_id"], me["membership_id"], head["id"])
        row = await connection.fetchrow(f"{CASE}WHERE c.id = $1", head["id"])
        asked = PARTS | {"turns": TURNS, "correctable": CORRECTABLE, "siblings": SIBLINGS}
        parts = {name: await connection.fetch(sql, row["id"]) for name, sql in asked.items()}
        events.append(event("case:shown", "shown", [row["pupil_id"]], case=row["id"], detail={"part": "overview"}))
    return dict(row) | {name: [dict(r) for r in rows] for name, rows in parts.items()}


async def _case(request: Request[Any, Any, Any], sql: str, key: UUID | str) -> Row:
    async with entered(request, "show_case") as (connection, events):
        row = await connection.fetchrow(sql, key)
        parts = {name: await connection.fetch(sql, row["id"]) for name, sql in PARTS.items()}
        events.append(event("case:shown", "shown", [row["pupil_id"]], case=row["id"]))
    return dict(row) | {name: [dict(r) for r in rows] for name, rows in parts.items()}


@patch("/api/v1/actions/{key:uuid}")
async def action(request: Request[Any, Any, Any], key: UUID) -> Row:
    """Move an action on."""
    asked = await request.json()
    async with entered(request, "change_action") as (connection, events):
        await connection.execute("SELECT lock_case(case_id) FROM action WHERE id = $1", key)
        now = await connection.fetchrow(ONE, key)
        await connection.execute(
            """UPDATE action SET title = $2, due_on = $3, status = $4, progress = $5, assignee_membership_id = $6,
               updated_at = app_now(), version = version + 1 WHERE id = $1""",
            key, now["title"], now["due_on"], asked["status"], asked["progress"], now["assignee_id"],
        )  # fmt: skip
        changed = {"status": asked["status"], "progress": True}
        events.append(
            event("action:updated", "done", [now["pupil_id"]], case=now["case_id"], subject=key, detail=changed)
        )
        return dict(await connection.fetchrow(ONE, key))


@get("/health")
async def health() -> Row:
    """That it answers."""
    return {}


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(
        settings().database_url, min_size=1, max_size=settings().pool_size, server_settings=PLAN_ONCE, timeout=5,
        command_timeout=10,
    )  # fmt: skip
    yield
    await app.state.pool.close()


def create_app() -> Litestar:
    """The floor."""
    return Litestar(
        [worklist, case, case_of_page, action, health], lifespan=[_lifespan], openapi_config=None, logging_config=None
    )


if __name__ == "__main__":
    # As `ecm serve` starts its own.
    Granian(
        "tests.bench.floor:create_app", factory=True, address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.ASGI,
        workers=1, log_access=False, websockets=False, respawn_failed_workers=True, workers_kill_timeout=5,
    ).serve()  # fmt: skip
