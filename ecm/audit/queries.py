"""What auditors may read of the log. Who may ask, and how far they see, the database decides.

Each of these is itself an event: the caller records it, `audit:searched` or `audit:proved`, and `access:denied` when
NotAllowed is raised.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.tree import proof_text
from ecm.database import Act
from ecm.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted; None leaves a question open. `until_at` is excluded."""

    case: UUID | None = None
    actor: UUID | None = None
    event: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event: ids and codes. `position` is None until it has its place in the tree, within seconds."""

    id: UUID
    at: datetime
    event: str
    outcome: str
    position: int | None
    entry: dict[str, Any]


async def events_for_auditor(
    act: Act, wanted: Filter, before: UUID | None = None, limit: int = 50
) -> list[LoggedEvent]:
    """Events, newest first, from before the event `before`; at most `limit` of them (1 to 1,000).

    The partnership's auditor sees all, another agency's auditor that agency's. Raises: NotAllowed to anybody else.
    """
    with _auditors_only():
        rows = await act.rows(
            "SELECT * FROM audit_events_for_auditor($1, $2, $3, $4, $5, $6, $7)",
            wanted.case, wanted.actor, wanted.event, wanted.from_at, wanted.until_at, before, limit,
        )  # fmt: skip
    return [_logged(row) for row in rows]


async def latest_checkpoint(act: Act) -> str:
    """The newest signed checkpoint, as text. Raises: NotFound while nothing has been sealed."""
    note = await act.value("SELECT audit_checkpoint_latest()")
    if note is None:
        raise NotFound
    return str(note)


async def proof_of_event(act: Act, event_id: UUID) -> str:
    """A proof that this event is in the log of the newest checkpoint, to be checked offline (c2sp.org/tlog-proof).

    Raises: NotAllowed as above; NotFound for an event that is not this auditor's, is absent or is not yet sealed.
    """
    with _auditors_only():
        position = await act.value("SELECT audit_position_for_auditor($1)", event_id)
    if position is None:
        raise NotFound
    return await proof_text(act.connection, position, await latest_checkpoint(act))


def _logged(row: asyncpg.Record) -> LoggedEvent:
    entry = json.loads(row["entry"])
    return LoggedEvent(
        row["id"], datetime.fromisoformat(entry["at"]), entry["event"], entry["outcome"], row["position"], entry
    )


@contextmanager
def _auditors_only() -> Iterator[None]:
    try:
        yield
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
