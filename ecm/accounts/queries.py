"""Who I am, and the hats I may wear."""

from typing import Any

from ecm.audit.events import Event
from ecm.database import Actor, acting_as

MEMBERSHIPS = """
SELECT m.id, m.role, a.id AS agency_id, a.name AS agency_name, a.kind AS agency_kind
FROM membership m JOIN agency a ON a.id = m.agency_id
WHERE m.person_id = $1 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
ORDER BY a.name, m.role
"""
CARER_OF = """
SELECT u.id, coalesce(nullif(u.preferred_name, ''), u.first_name) AS first_name, c.relationship
FROM carer c LEFT JOIN pupil u ON u.id = c.pupil_id WHERE c.person_id = $1 AND u.id IS NOT NULL ORDER BY u.first_name
"""


async def me(actor: Actor) -> dict[str, Any]:
    """The contract's `GET /me`: id, name, memberships, the one acted in, and the pupils one cares for and may see."""
    async with acting_as(actor, "account") as act:
        who = act.who
        memberships = await act.rows(MEMBERSHIPS, who.person_id)
        carer_of = await act.rows(CARER_OF, who.person_id)
        act.record(Event.ACCOUNT_SHOWN, pupils=[c["id"] for c in carer_of], outcome="shown")
    return {
        "id": who.person_id,
        "name": who.person_name,
        "memberships": [
            {
                "id": m["id"],
                "agency": {"id": m["agency_id"], "name": m["agency_name"], "kind": m["agency_kind"]},
                "role": m["role"],
            }
            for m in memberships
        ],
        "acting_as": who.membership_id,
        "carer_of": [dict(c) for c in carer_of],
    }
