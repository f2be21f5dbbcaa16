"""Holding a review, and adding to one. Each is one transaction and one audit event."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.cases.commands import claim, must_be_open
from ecm.cases.queries import read_case
from ecm.clock import LONDON, new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, Refused
from ecm.involvements.queries import kept_case
from ecm.reviews.queries import read_review
from ecm.reviews.rules import held_problem, next_problem
from ecm.reviews.schemas import NewContribution, NewReview

CORE = "Choose another kind of information: everybody on the case reads this one."


async def hold_review(actor: Actor, case_id: UUID, new: NewReview) -> dict[str, Any]:
    """Write down a review of a case the actor keeps; the case's next review is on the day it says. Records review:held.

    Raises: NotFound; NotAllowed; Refused for a closed case, a day that makes no sense, or a kind of information that is
    not the actor's to write.
    """
    async with acting_as(actor, "hold_review") as act:
        head = await kept_case(act, case_id, "case:change")
        await must_be_open(act, case_id)
        await _check_days(act, case_id, new)
        review_id = new_id()
        await act.run(
            "INSERT INTO review (id, case_id, held_on, next_review_on) VALUES ($1, $2, $3, $4)",
            review_id, case_id, new.held_on, new.next_review_on,
        )  # fmt: skip
        await _insert(act, review_id, case_id, new.contributions)
        await act.run(
            "UPDATE support_case SET next_review_on = $2, updated_at = app_now(), version = version + 1 WHERE id = $1",
            case_id, new.next_review_on,
        )  # fmt: skip
        act.record(
            Event.REVIEW_HELD, case=case_id, subject=review_id, pupils=[head.pupil_id], count=len(new.contributions)
        )
        return (await read_review(act, review_id))[1]


async def join_review(actor: Actor, review_id: UUID, said: Iterable[NewContribution]) -> dict[str, Any]:
    """Add one's own words to a review of a case one works on. Records review:joined.

    Raises: NotFound; NotAllowed for a role that writes nothing; Refused as `hold_review` does.
    """
    async with acting_as(actor, "join_review") as act:
        case, _ = await read_review(act, review_id)
        if not act.who.may("note:write"):
            raise NotAllowed
        contributions = list(said)
        await _insert(act, review_id, case["id"], contributions)
        act.record(
            Event.REVIEW_JOINED, case=case["id"], subject=review_id, pupils=[case["pupil"]["id"]],
            count=len(contributions),
        )  # fmt: skip
        return (await read_review(act, review_id))[1]


async def check_review(actor: Actor, case_id: UUID, new: NewReview) -> None:
    """Whether this review could be written down as it is. Records case:shown. Raises: as `hold_review`."""
    async with acting_as(actor, "hold_review") as act:
        head = await kept_case(act, case_id, "case:change")
        await must_be_open(act, case_id)
        await _check_days(act, case_id, new)
        act.record(Event.CASE_SHOWN, case=case_id, pupils=[head.pupil_id], outcome="shown")


async def _check_days(act: Act, case_id: UUID, new: NewReview) -> None:
    opened_on = (await read_case(act, case_id))["opened_at"].astimezone(LONDON).date()
    problems = {"held_on": held_problem(new.held_on, opened_on, today())}
    if new.next_review_on:
        problems["next_review_on"] = next_problem(new.next_review_on, today())
    if found := {field: problem for field, problem in problems.items() if problem}:
        raise Refused(found)


async def _insert(act: Act, review_id: UUID, case_id: UUID, contributions: list[NewContribution]) -> None:
    for place, each in enumerate(contributions):
        field = f"contributions.{place}.category"
        if each.category == "core":
            raise Refused({field: CORE})
        await claim(act, case_id, each.category, field)
        await act.run(
            "INSERT INTO review_contribution (id, review_id, case_id, category, text) VALUES ($1, $2, $3, $4, $5)",
            new_id(), review_id, case_id, each.category, each.text,
        )  # fmt: skip
