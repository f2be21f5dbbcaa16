"""What is needed to hold a review, or to add to one. Row-level security decides what each reader gets of it."""

from typing import Any
from uuid import UUID

from ecm.actions.rules import is_open
from ecm.audit.events import Event
from ecm.cases.queries import read_case
from ecm.cases.rules import writable
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.involvements.queries import kept_case


async def show_review_form(actor: Actor, reference: str) -> dict[str, Any]:
    """A case the actor keeps: its last review, its open actions, and the kinds of information the actor may write.

    Records case:shown. Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "show_case") as act:
        head = await kept_case(act, reference, "case:change")
        case = await read_case(act, head.id)
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown")
        return {
            "case": case,
            "last": case["reviews"][0] if case["reviews"] else None,
            "open": [each for each in case["actions"] if is_open(each["status"])],
            "kinds": kinds(act, case),
        }


async def show_contribution_form(actor: Actor, review_id: UUID) -> dict[str, Any]:
    """A review of a case the actor is on, and the kinds of information the actor may add to it.

    Records case:shown. Raises: NotFound; NotAllowed for a role that writes nothing.
    """
    async with acting_as(actor, "show_case") as act:
        case, review = await read_review(act, review_id)
        if not act.who.may("note:write"):
            raise NotAllowed
        act.record(Event.CASE_SHOWN, case=case["id"], pupils=[case["pupil"]["id"]], outcome="shown")
        return {"case": case, "review": review, "kinds": kinds(act, case)}


async def read_review(act: Act, review_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case and one review of it, within a transaction. Raises: NotFound."""
    case_id = await act.value("SELECT case_id FROM review WHERE id = $1", review_id)
    if case_id is None:
        raise NotFound
    case = await read_case(act, case_id)
    return case, next(each for each in case["reviews"] if each["id"] == review_id)


def kinds(act: Act, case: dict[str, Any]) -> list[str]:
    """The kinds of information the actor may write in this case, in their order."""
    return writable(act.who.may, {each["category"] for each in case["sharing"] if each["basis"] != "own_record"})
