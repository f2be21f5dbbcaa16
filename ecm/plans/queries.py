"""Plans the reader may see: those of which they may now read every category."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.queries import pupil_of
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound

PLANS = """
SELECT p.id, p.case_id, p.number, p.plan_type, p.audience, p.status, p.categories, p.sha256, p.made_at,
       c.reference, w.name AS made_by
FROM plan p JOIN support_case c ON c.id = p.case_id
JOIN membership m ON m.id = p.made_by_membership_id JOIN person w ON w.id = m.person_id
"""


async def list_plans(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """The plans of a case, newest first; empty if none. Records plan:shown. Raises: NotFound for a hidden case."""
    async with acting_as(actor, "list_plans") as act:
        pupil_id = await pupil_of(act, case_id)
        if pupil_id is None:
            raise NotFound
        rows = await act.rows(PLANS + "WHERE p.case_id = $1 ORDER BY p.made_at DESC, p.id DESC", case_id)
        act.record(Event.PLAN_SHOWN, case=case_id, pupils=[pupil_id], outcome="shown", count=len(rows))
    return [plan(row) for row in rows]


async def show_plan(actor: Actor, plan_id: UUID) -> dict[str, Any]:
    """A plan's state and the SHA-256 of its document. Records plan:shown. Raises: NotFound."""
    async with acting_as(actor, "show_plan") as act:
        row = await read_plan(act, plan_id)
        act.record(
            Event.PLAN_SHOWN,
            case=row["case_id"],
            subject=plan_id,
            pupils=[await pupil_of(act, row["case_id"])],
            outcome="shown",
        )
    return plan(row)


async def read_plan(act: Act, plan_id: UUID) -> Record:
    """The row of a plan. Raises: NotFound."""
    row = await act.row(PLANS + "WHERE p.id = $1", plan_id)
    if row is None:
        raise NotFound
    return row


async def download_plan(actor: Actor, plan_id: UUID) -> tuple[str, bytes]:
    """File name and bytes of a finished plan: the right to every category in it is asked for again, now.

    Records plan:downloaded. Raises: NotFound, also when it is not finished.
    """
    async with acting_as(actor, "download_plan") as act:
        row = await read_plan(act, plan_id)
        document = await act.value("SELECT document FROM plan WHERE id = $1 AND status = 'ready'", plan_id)
        if document is None:
            raise NotFound
        act.record(
            Event.PLAN_DOWNLOADED,
            case=row["case_id"], subject=plan_id, pupils=[await pupil_of(act, row["case_id"])], outcome="shown", sha256=row["sha256"],
        )  # fmt: skip
    return f"support-plan-{row['reference']}-{row['audience']}-{row['number']}.pdf", document


def plan(row: Record) -> dict[str, Any]:
    """A plan as the contract words it."""
    keys = (
        "id",
        "case_id",
        "reference",
        "number",
        "plan_type",
        "audience",
        "status",
        "categories",
        "sha256",
        "made_at",
        "made_by",
    )
    return {key: row[key] for key in keys}
