"""What a manager or a data protection officer looks after: sharing that rests on no consent, or that ends soon."""

from typing import Any

from ecm.audit.events import Event
from ecm.database import Actor, acting_as
from ecm.emergencies.queries import to_review
from ecm.errors import NotAllowed

SOON = 30
CONFLICTS = "SELECT count(*) FROM conflict_of_interest WHERE ended_at IS NULL"


async def sharing_to_look_after(actor: Actor) -> dict[str, Any]:
    """How many emergency accesses wait for the reader's review and how many conflicts are declared here; and what some
    organisation will not see any more within 30 days. Records sharing:overseen. Raises: NotAllowed.
    """
    async with acting_as(actor, "oversee_sharing") as act:
        if not act.who.may("sharing:oversee"):
            raise NotAllowed
        waiting = await to_review(act)
        declared = await act.value(CONFLICTS)
        ending = [dict(row) for row in await act.rows("SELECT * FROM sharing_ending($1)", SOON)]
        act.record(Event.SHARING_OVERSEEN, outcome="shown", count=len(ending))
    return {"waiting": waiting, "conflicts": declared, "ending": ending}
