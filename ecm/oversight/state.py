"""Where the log stands, as the database says it; whether it is true, only a check from outside can say."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ecm.audit.queries import auditors_only
from ecm.database import Act
from ecm.oversight.rules import stopped


@dataclass(frozen=True, slots=True)
class LogState:
    """`size` entries are sealed, the last of which happened at `sealed_at`; `waiting` are not yet.

    `stopped`: they have waited for so long that nothing seals them. `checked`: the last check from outside that somebody
    recorded here (at, by, verdict, size), or None.
    """

    checkpoint: str
    size: int
    sealed_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    stopped: bool
    checked: dict[str, Any] | None


async def read_state(act: Act) -> LogState:
    """Where the log stands now. Raises: NotAllowed to anybody but an auditor."""
    with auditors_only():
        row = await act.row("SELECT *, app_now() AS now FROM audit_log_state()")
    assert row is not None  # the function answers with one row
    note = row["checkpoint"] or ""
    size = int(note.split("\n")[1]) if note else 0
    late = stopped(row["waiting_since"], row["now"])
    checked = await _checked(act, json.loads(row["checked"])) if row["checked"] else None
    return LogState(note, size, row["sealed_at"], row["waiting"], row["waiting_since"], late, checked)


async def _checked(act: Act, entry: dict[str, Any]) -> dict[str, Any]:
    by = await act.value("SELECT name FROM person WHERE id = $1", UUID(entry["actor"]))
    return {"at": datetime.fromisoformat(entry["at"]), "by": by, **entry["detail"]}
