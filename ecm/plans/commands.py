"""Making a plan: what the maker may see, frozen and drawn."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.cases.queries import read_case
from ecm.cases.rules import DEFAULT_FOR_CARERS
from ecm.clock import LONDON, new_id, today
from ecm.consent.queries import agreed_kinds
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.plans.document import PlanDocument, plan_document
from ecm.plans.pdf import Renderer, RenderFailed
from ecm.plans.queries import plan, read_plan
from ecm.plans.schemas import NewPlan

Row = dict[str, Any]

RENDERER = Renderer()


async def make_plan(actor: Actor, case_id: UUID, new: NewPlan) -> dict[str, Any]:
    """Make a numbered plan from what the maker may read now; the plan as a list shows it. Records plan:made.

    A plan for the family holds only what a carer sees by default. It is drawn between two transactions; if the
    maker's rights narrow meanwhile, it is never finished and nobody can open it.
    Raises: NotFound; NotAllowed.
    """
    plan_id = new_id()
    async with acting_as(actor, "make_plan") as act:
        case = await read_case(act, case_id)
        if not act.who.may("plan:make"):
            raise NotAllowed
        await act.run("SELECT lock_case($1)", case_id)
        document = await _insert(act, plan_id, case, new)
        act.record(Event.PLAN_MADE, case=case_id, subject=plan_id, pupils=[case["pupil"]["id"]], audience=new.audience)
    try:
        drawn = await RENDERER.render(document)
    except RenderFailed:
        return await _finish(actor, plan_id, "failed", None)
    return await _finish(actor, plan_id, "ready", drawn)


async def _insert(act: Act, plan_id: UUID, case: dict[str, Any], new: NewPlan) -> PlanDocument:
    """Insert the plan's row, numbered among plans of just its categories; what is to be drawn."""
    document = await _document(act, case, new, number=0)
    categories = sorted(document.categories)
    number = await act.value("SELECT next_plan_number($1, $2, $3)", case["id"], new.audience, categories)
    await act.run(
        """INSERT INTO plan (id, case_id, number, plan_type, audience, categories, made_by_membership_id, made_at, status)
           VALUES ($1, $2, $3, $4, $5, $6, $7, app_now(), 'preparing')""",
        plan_id, case["id"], number, new.plan_type, new.audience, categories, act.who.membership_id,
    )  # fmt: skip
    return await _document(act, case, new, number)


async def _document(act: Act, case: dict[str, Any], new: NewPlan, number: int) -> PlanDocument:
    """The rows of categories the maker has a reason to read (not merely wrote in), in the plan's words."""
    seen = {each["category"] for each in case["sharing"] if each["basis"] != "own_record"}
    if new.audience == "family":
        seen &= set(DEFAULT_FOR_CARERS)
    # What one parent agreed to is not the other's to read, and a family's plan is for both.
    agreed = await agreed_kinds(act, case["id"]) if new.audience == "professionals" else {}
    helping = [each for each in _within(seen, case["involvements"]) if each["status"] == "active"]
    return plan_document(
        _head(case, "education" in seen),
        barriers=_within(seen, case["barriers"]),
        actions=[_action(each) for each in _within(seen, case["actions"])],
        involvements=[_involvement(each) for each in helping],
        notes=[_note(each) for each in _within(seen, case["notes"])],
        sharing=[_sharing(each, agreed) for each in helping if each["agency"]["id"] in agreed],
        number=number,
        made_on=today(),
        audience=new.audience,
    )


def _within(seen: set[str], rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["category"] in seen]


def _head(case: Row, with_words: bool) -> Row:
    return {
        "reference": case["reference"],
        "pupil": case["pupil"]["name"],
        "school": case["pupil"]["school"]["name"],
        "lead_name": case["lead_practitioner"]["name"],
        "lead_role": case["lead_practitioner"]["role"],
        "reason": case["reason"] if with_words else None,
        "strengths": case["strengths"] if with_words else None,
        "next_review_on": case["next_review_on"],
    }


def _action(row: Row) -> Row:
    return row | {"owner_agency": row["owner_agency"]["name"], "assignee": _worker(row)}


def _involvement(row: Row) -> Row:
    words = {"agency": row["agency"]["name"], "worker": _worker(row)}
    return words | {key: row[key] for key in ("category", "reason_code")}


def _note(row: Row) -> Row:
    words = {"author": row["author"]["name"], "written_on": row["written_at"].astimezone(LONDON).date()}
    return words | {key: row[key] for key in ("category", "text")}


def _sharing(row: Row, agreed: dict[UUID, list[str]]) -> Row:
    return {"category": row["category"], "agency": row["agency"]["name"], "kinds": agreed[row["agency"]["id"]]}


def _worker(row: Row) -> str | None:
    return row["assignee"]["name"] if row["assignee"] else None


async def _finish(actor: Actor, plan_id: UUID, status: str, drawn: bytes | None) -> dict[str, Any]:
    async with acting_as(actor, "make_plan") as act:
        digest = sha256(drawn).hexdigest() if drawn else None
        if not await act.run(
            "UPDATE plan SET status = $2, document = $3, sha256 = $4 WHERE id = $1 AND status = 'preparing'",
            plan_id,
            status,
            drawn,
            digest,
        ):
            raise NotFound
        row = await read_plan(act, plan_id)
        act.record(Event.PLAN_FINISHED, case=row["case_id"], subject=plan_id, state=status, sha256=digest)
        return plan(row)
