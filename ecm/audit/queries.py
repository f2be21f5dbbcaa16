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
    """Which events are wanted; None leaves a question open. `until_at` is excluded.

    `pupil`: whatever showed or touched them, was about a case of theirs, or was a refused attempt at either.
    `outcome`: done, shown or denied. `at_work`: only what people did in a role at an organisation.
    """

    case: UUID | None = None
    actor: UUID | None = None
    event: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    agency: UUID | None = None
    pupil: UUID | None = None
    outcome: str | None = None
    at_work: bool = False


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
    act: Act, wanted: Filter, after: UUID | None = None, limit: int = 50, *, upward: bool = False
) -> list[LoggedEvent]:
    """Events, newest first from before the event `after`, or `upward` from it; at most `limit` of them (1 to 1,000).

    The partnership's auditor sees all, another agency's auditor that agency's. Raises: NotAllowed to anybody else.
    """
    with auditors_only():
        rows = await act.rows(
            "SELECT * FROM audit_events_for_auditor($1, $2, $3, $4)", _said(wanted), after, upward, limit
        )
    return [_logged(row) for row in rows]


def _said(wanted: Filter) -> str:
    """The filter as the database reads it: only what is asked."""
    values = {
        "case": wanted.case, "actor": wanted.actor, "event": wanted.event, "agency": wanted.agency, "pupil": wanted.pupil,
        "outcome": wanted.outcome, "from": wanted.from_at, "until": wanted.until_at, "at_work": wanted.at_work or None,
    }  # fmt: skip
    return json.dumps({name: value for name, value in values.items() if value is not None}, default=str)


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
    with auditors_only():
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
def auditors_only() -> Iterator[None]:
    """Around questions that the database answers for auditors alone. Raises: NotAllowed."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
