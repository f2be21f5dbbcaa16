"""When the reader was last at a case: a visit is the overview or the timeline opened."""

from datetime import datetime
from uuid import UUID

from ecm.clock import new_id
from ecm.database import Act

VISIT = """
INSERT INTO case_visit (id, person_id, membership_id, case_id, seen_at) VALUES ($1, $2, $3, $4, app_now())
ON CONFLICT (person_id, membership_id, case_id) DO UPDATE SET seen_at = app_now()
"""


async def last_visit(act: Act, case_id: UUID) -> datetime | None:
    """When the reader, in this role, was last at this case; None before the first visit."""
    return await act.value("SELECT seen_at FROM case_visit WHERE case_id = $1", case_id)  # type: ignore[no-any-return]


async def visited(act: Act, case_id: UUID) -> None:
    """The reader is at this case now."""
    await act.run(VISIT, new_id(), act.who.person_id, act.who.membership_id, case_id)
