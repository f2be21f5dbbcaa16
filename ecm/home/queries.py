"""What needs whoever signs in today."""

from typing import Any

from ecm.actions.queries import MINE, ON_MY_CASES
from ecm.actions.rules import is_overdue
from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.clock import today
from ecm.database import Actor, acting_as

MOST_SHOWN = 10
WAITING = f"""
SELECT t.id, t.title, t.due_on, t.status, c.reference, c.pupil_id, u.first_name, u.last_name, u.preferred_name
FROM action t JOIN support_case c ON c.id = t.case_id JOIN pupil u ON u.id = c.pupil_id
WHERE {ON_MY_CASES} AND {MINE} AND t.status IN ('todo', 'doing') ORDER BY t.due_on, t.id LIMIT {MOST_SHOWN}
"""


async def home(actor: Actor) -> list[dict[str, Any]]:
    """Up to ten open actions of this person, the most urgent first; empty for somebody outside agencies.

    Records home:shown.
    """
    async with acting_as(actor, "home") as act:
        await act.run("SELECT refresh_my_stale_seats()")
        rows = await act.rows(WAITING) if act.who.membership_id else []
        act.record(Event.HOME_SHOWN, pupils={r["pupil_id"] for r in rows}, outcome="shown", count=len(rows))
    return [dict(r) | {"pupil": display(r), "overdue": is_overdue(r["status"], r["due_on"], today())} for r in rows]
