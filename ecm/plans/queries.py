"""Plans the reader may see: those of which they may now read every category."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.queries import pupil_of
from ecm.clock import LONDON
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.plans.changes import changes
from ecm.plans.document import PlanDocument, content_hash, snapshot
from ecm.plans.history import Copy, History

# A newer one replaces it if this reader may open that, and if it has all that this one has.
PLANS = """
SELECT p.id, p.case_id, p.number, p.plan_type, p.audience, p.categories, p.sha256, p.made_at, c.reference, w.name AS made_by,
       CASE WHEN p.status = 'ready' AND EXISTS (
           SELECT FROM plan n WHERE n.case_id = p.case_id AND n.plan_type = p.plan_type AND n.audience = p.audience
           AND n.status = 'ready' AND n.categories @> p.categories AND (n.made_at, n.id) > (p.made_at, p.id))
       THEN 'superseded' ELSE plan_status(p.status, p.made_at) END AS status
FROM plan p JOIN support_case c ON c.id = p.case_id
JOIN membership m ON m.id = p.made_by_membership_id JOIN person w ON w.id = m.person_id
"""
WITHHELD = "SELECT *, NULL AS sha256, 'withheld' AS status FROM withheld_plans($1, $2)"
# The newest that every reader of a plan of these categories may open.
BEFORE = """
SELECT p.id, p.number, p.made_at, p.snapshot, p.content FROM plan p
WHERE p.case_id = $1 AND p.plan_type = $2 AND p.audience = $3 AND p.status = 'ready' AND p.categories <@ $4
ORDER BY p.made_at DESC, p.id DESC LIMIT 1
"""
COPIES = """
SELECT DISTINCT ON (x.agency_id) x.agency_name, p.number, x.last_at FROM plan_copies($1) x JOIN plan p ON p.id = x.plan_id
WHERE p.plan_type = $2 AND p.audience = $3 AND p.categories <@ $4 ORDER BY x.agency_id, p.made_at DESC, x.last_at DESC
"""


async def list_plans(actor: Actor, case_id: UUID) -> list[dict[str, Any]]:
    """The plans of a case, newest first; empty if none. Those that the reader has made or opened, and that are closed to
    them now, are `withheld`. Records plan:shown. Raises: NotFound for a hidden case."""
    async with acting_as(actor, "list_plans") as act:
        pupil_id = await pupil_of(act, case_id)
        if pupil_id is None:
            raise NotFound
        rows = await act.rows(PLANS + "WHERE p.case_id = $1", case_id)
        rows += await act.rows(WITHHELD, case_id, None)
        saved: dict[UUID, list[str]] = {}
        for row in await act.rows("SELECT plan_id, agency_name FROM plan_copies($1) ORDER BY agency_name", case_id):
            saved.setdefault(row["plan_id"], []).append(row["agency_name"])
        act.record(Event.PLAN_SHOWN, case=case_id, pupils=[pupil_id], outcome="shown", count=len(rows))
    found = [plan(row) | {"saved_by": saved.get(row["id"], [])} for row in rows]
    return sorted(found, key=lambda each: (each["made_at"], str(each["id"])), reverse=True)


async def show_plan(actor: Actor, plan_id: UUID) -> dict[str, Any]:
    """A plan's state and the SHA-256 of its document. Records plan:shown. Raises: NotFound."""
    async with acting_as(actor, "show_plan") as act:
        row = await _seen_plan(act, plan_id)
        act.record(
            Event.PLAN_SHOWN,
            case=row["case_id"],
            subject=plan_id,
            pupils=[await pupil_of(act, row["case_id"])],
            outcome="shown",
        )
    return plan(row)


async def read_plan(act: Act, plan_id: UUID) -> Record:
    """The row of a plan that the reader may open. Raises: NotFound."""
    row = await act.row(PLANS + "WHERE p.id = $1", plan_id)
    if row is None:
        raise NotFound
    return row


async def _seen_plan(act: Act, plan_id: UUID) -> Record:
    """The row of a plan that the reader may open, or that they know and that is withheld now. Raises: NotFound."""
    row = await act.row(PLANS + "WHERE p.id = $1", plan_id) or await act.row(WITHHELD, None, plan_id)
    if row is None:
        raise NotFound
    return row


async def download_plan(actor: Actor, plan_id: UUID) -> tuple[str, bytes]:
    """File name and bytes of a finished plan: the right to every category in it is asked for again, now.

    Records plan:downloaded. Raises: NotFound, also when it is not finished; NotAllowed when it is withheld.
    """
    async with acting_as(actor, "download_plan") as act:
        row = await _seen_plan(act, plan_id)
        if row["status"] == "withheld":
            raise NotAllowed
        document = await act.value("SELECT document FROM plan WHERE id = $1 AND status = 'ready'", plan_id)
        if document is None:
            raise NotFound
        act.record(
            Event.PLAN_DOWNLOADED,
            case=row["case_id"], subject=plan_id, pupils=[await pupil_of(act, row["case_id"])], outcome="shown", sha256=row["sha256"],
        )  # fmt: skip
    return file_name(row), document


async def same_plan(act: Act, case_id: UUID, content: PlanDocument) -> Record | None:
    """The newest version of this kind, if it says just what `content` does; else None."""
    row = await _before(act, case_id, content)
    return await read_plan(act, row["id"]) if row and row["content"] == content_hash(content) else None


async def history(act: Act, case_id: UUID, content: PlanDocument) -> History | None:
    """What came before: the version that every reader of the new one may open too, what has changed, who has saved what.

    Only organisations that the new one names anyway. None for the first version, and after plans that were not kept as data.
    """
    before = await _before(act, case_id, content)
    if before is None or before["snapshot"] is None:
        return None
    named = {content.school, *(each.agency for each in content.involvements)}
    copies = [
        Copy(row["agency_name"], row["number"], row["last_at"].astimezone(LONDON).date())
        for row in await act.rows(COPIES, case_id, *_kind(content))
        if row["agency_name"] in named
    ]
    return History(
        number=before["number"],
        made_on=before["made_at"].astimezone(LONDON).date(),
        changes=changes(json.loads(before["snapshot"]), snapshot(content)),
        copies=tuple(sorted(copies, key=lambda each: each.agency.casefold())),
    )


async def _before(act: Act, case_id: UUID, content: PlanDocument) -> Record | None:
    return await act.row(BEFORE, case_id, *_kind(content))


def _kind(content: PlanDocument) -> tuple[str, str, list[str]]:
    return content.plan_type, content.audience, sorted(content.categories)


def file_name(row: Mapping[str, Any] | Record) -> str:
    """What a document is saved as: the kind, the reference and the number, and nobody's name."""
    kind = row["plan_type"].replace("_", "-")
    return f"{kind}-{row['reference']}-{row['audience']}-{row['number']}.pdf"


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
