"""Pages of a review: holding one, checking it before it is saved, adding to it afterwards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import ACTION_STATUS_LABELS, CATEGORY_LABELS, CATEGORY_READERS, ROLE_LABELS, Category
from ecm.clock import today
from ecm.database import Actor
from ecm.errors import Refused
from ecm.reviews.commands import check_review, hold_review, join_review
from ecm.reviews.queries import show_contribution_form, show_review_form
from ecm.reviews.schemas import NewContribution, NewReview, PageContributions, PageReview
from ecm.web.dates import long_date
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "readers": CATEGORY_READERS,
    "roles": ROLE_LABELS,
    "statuses": ACTION_STATUS_LABELS,
}
NOTHING_SAID = "Write down what was said about at least one kind of information."
NEXT_DATE = "Enter the date of the next review, or say that the case will close."
NOT_BOTH = "Leave the date of the next review empty, or do not say that the case will close."


@get("/cases/{reference:str}/review")
async def show_review(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What was agreed last time, what is open, and a box for each kind of information."""
    return _review_page(actor, await show_review_form(actor, reference), filled(held_on=today()))


def _review_page(actor: Actor, shown: dict[str, Any], form: Form[Any]) -> Response[bytes]:
    return page("reviews/review.html", actor, status=form.status, form=form, words=WORDS, **shown)


@post("/cases/{reference:str}/review/check", status_code=200)
async def check(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[bytes]:
    """The review as it will be saved, and who will read which part."""
    shown = await show_review_form(actor, reference)
    case_id = shown["case"]["id"]
    form = await submit(request, PageReview, lambda typed: _checked(actor, case_id, typed, shown["kinds"]))
    if not form.ok or form.text("change"):
        return _review_page(actor, shown, form)
    return page("reviews/check.html", actor, form=form, new=form.result, words=WORDS, **shown)


async def _checked(actor: Actor, case_id: UUID, typed: PageReview, kinds: list[str]) -> NewReview:
    new = _new(typed, kinds)
    await check_review(actor, case_id, new)
    return new


@post("/cases/{reference:str}/review", status_code=303)
async def send_review(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Save the review."""
    shown = await show_review_form(actor, reference)
    case = shown["case"]
    form = await submit(request, PageReview, lambda typed: hold_review(actor, case["id"], _new(typed, shown["kinds"])))
    if not form.ok:
        return _review_page(actor, shown, form)
    if following := form.result["next_review_on"]:
        return redirect(
            f"/cases/{case['reference']}", f"The review is saved. The next one is on {long_date(following)}."
        )
    return redirect(f"/cases/{case['reference']}/close", "The review is saved. Next: close the case.")


def _new(typed: PageReview, kinds: list[str]) -> NewReview:
    """The review that a page means. Raises: Refused, as the page names its boxes."""
    said, problems = _said(typed.texts, kinds)
    if typed.next_review_on is None and not typed.ends:
        problems["next_review_on"] = NEXT_DATE
    if typed.next_review_on and typed.ends:
        problems["ends"] = NOT_BOTH
    if problems:
        raise Refused(problems)
    return NewReview(held_on=typed.held_on, contributions=said, next_review_on=typed.next_review_on)


def _said(texts: Mapping[Category, str], kinds: list[str]) -> tuple[list[NewContribution], dict[str, str]]:
    """What was typed, and what is wrong with it."""
    foreign = [each for each in texts if each not in kinds]
    problems = {f"texts.{each}": "Your role cannot write this kind of information here." for each in foreign}
    said = [NewContribution(category=category, text=text) for category, text in texts.items() if text]
    if not said and kinds:
        problems[f"texts.{kinds[0]}"] = NOTHING_SAID
    return said, problems


@get("/reviews/{review_id:uuid}/contribute")
async def show_contribute(actor: NamedDependency[Actor], review_id: FromPath[UUID]) -> Response[bytes]:
    """A review, and boxes to add to it."""
    return await _contribute_page(actor, review_id, Form())


async def _contribute_page(actor: Actor, review_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_contribution_form(actor, review_id)
    return page("reviews/contribute.html", actor, status=form.status, form=form, words=WORDS, **shown)


@post("/reviews/{review_id:uuid}/contribute", status_code=303)
async def send_contribute(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], review_id: FromPath[UUID]
) -> Response[Any]:
    """Add to the review."""
    shown = await show_contribution_form(actor, review_id)
    form = await submit(request, PageContributions, lambda typed: _join(actor, review_id, typed, shown["kinds"]))
    if not form.ok:
        return await _contribute_page(actor, review_id, form)
    return redirect(f"/cases/{shown['case']['reference']}", "Your part of the review is saved.")


async def _join(actor: Actor, review_id: UUID, typed: PageContributions, kinds: list[str]) -> dict[str, Any]:
    said, problems = _said(typed.texts, kinds)
    if problems:
        raise Refused(problems)
    return await join_review(actor, review_id, said)


routes = [show_review, check, send_review, show_contribute, send_contribute]
