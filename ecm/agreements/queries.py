"""Sharing agreements as workers read them."""

from typing import Any
from uuid import UUID

from ecm.agreements.rules import Clause
from ecm.audit.events import Event
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound

AGREEMENT = """
SELECT s.id, s.title, s.from_on, s.until_on, s.approved_at, s.ended_at, p.name AS approved_by,
       (SELECT count(*) FROM agreement_party x WHERE x.agreement_id = s.id AND x.left_at IS NULL) AS parties
FROM sharing_agreement s LEFT JOIN membership m ON m.id = s.approved_by_membership_id LEFT JOIN person p ON p.id = m.person_id
"""
PARTIES = """
SELECT x.id, g.name, x.joined_at, x.left_at FROM agreement_party x JOIN agency g ON g.id = x.agency_id
WHERE x.agreement_id = $1 ORDER BY x.left_at IS NOT NULL, g.name, x.id
"""
BETWEEN = """
SELECT s.title, c.number, c.categories, c.purposes
FROM agreement_clause c JOIN sharing_agreement s ON s.id = c.agreement_id
WHERE s.approved_at IS NOT NULL AND s.ended_at IS NULL
  AND app_now() >= london_midnight(s.from_on) AND app_now() < london_midnight(s.until_on + 1)
  AND 2 = (SELECT count(*) FROM agreement_party p WHERE p.agreement_id = s.id AND p.agency_id IN ($1, $2) AND p.left_at IS NULL)
ORDER BY s.title, c.number
"""


async def clauses_between(act: Act, agency_id: UUID, other_id: UUID) -> list[Clause]:
    """The clauses of every agreement in force that both have signed."""
    rows = await act.rows(BETWEEN, agency_id, other_id)
    return [Clause(r["title"], r["number"], frozenset(r["categories"]), frozenset(r["purposes"])) for r in rows]


async def list_agreements(actor: Actor) -> list[dict[str, Any]]:
    """Every agreement, those in force first. Records agreements:listed. Raises: NotAllowed for who works nowhere."""
    async with acting_as(actor, "list_agreements") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        rows = await act.rows(AGREEMENT + "ORDER BY s.ended_at IS NOT NULL, s.until_on DESC, s.title, s.id")
        act.record(Event.AGREEMENTS_LISTED, outcome="shown", count=len(rows))
    return [_agreement(row) for row in rows]


async def show_agreement(actor: Actor, agreement_id: UUID) -> dict[str, Any]:
    """One agreement with its organisations and clauses, and who could still sign. Records agreement:shown.

    Raises: NotAllowed; NotFound.
    """
    async with acting_as(actor, "show_agreement") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        row = await act.row(AGREEMENT + "WHERE s.id = $1", agreement_id)
        if row is None:
            raise NotFound
        found = _agreement(row) | {
            "signed": [dict(r) for r in await act.rows(PARTIES, agreement_id)],
            "clauses": [dict(r) for r in await act.rows(
                "SELECT id, number, categories, purposes FROM agreement_clause WHERE agreement_id = $1 ORDER BY number, id",
                agreement_id)],
            "others": [dict(r) for r in await act.rows(
                """SELECT g.id, g.name FROM agency g WHERE g.kind <> 'partnership' AND NOT EXISTS (
                       SELECT FROM agreement_party x WHERE x.agency_id = g.id AND x.agreement_id = $1 AND x.left_at IS NULL)
                   ORDER BY g.name""", agreement_id)],
        }  # fmt: skip
        act.record(Event.AGREEMENT_SHOWN, outcome="shown", subject=agreement_id)
    return found


def _agreement(row: Any) -> dict[str, Any]:
    """With `state`: draft, coming, in_force, over or ended; `days_left` of one in force."""
    day = today()
    state = (
        "ended" if row["ended_at"] else "draft" if row["approved_at"] is None
        else "coming" if day < row["from_on"] else "over" if day > row["until_on"] else "in_force"
    )  # fmt: skip
    return dict(row) | {"state": state, "days_left": (row["until_on"] - day).days}
