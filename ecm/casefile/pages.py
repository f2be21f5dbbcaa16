"""The first page of a case, and what is written there: notes and barriers."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import (
    ACTION_STATUS_LABELS,
    CATEGORY_LABELS,
    CATEGORY_READERS,
    HOW_LABELS,
    INVOLVEMENT_LABELS,
    LEVEL_LABELS,
    OUTCOME_LABELS,
    OUTCOME_STATUS_LABELS,
    REASON_LABELS,
    ROLE_LABELS,
    TRAJECTORY_LABELS,
    TURN_LABELS,
    WHOSE_LABELS,
)
from ecm.barriers.catalogue import catalogue
from ecm.casefile.links import since_query
from ecm.casefile.overview import LATEST_NOTES, Overview, overview
from ecm.casefile.rules import basis_label, reason
from ecm.cases.commands import add_barrier, write_note
from ecm.cases.head import show_head
from ecm.cases.queries import show_case
from ecm.cases.rules import writable
from ecm.cases.schemas import NewBarrier, NewNote
from ecm.clock import today
from ecm.database import Actor
from ecm.errors import NotAllowed
from ecm.web.charts import outcome_chart
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "roles": ROLE_LABELS,
    "reasons": REASON_LABELS,
    "levels": LEVEL_LABELS,
    "how": HOW_LABELS,
    "basis": basis_label,
    "statuses": ACTION_STATUS_LABELS,
    "involvements": INVOLVEMENT_LABELS,
    "turns": TURN_LABELS,
    "closings": OUTCOME_LABELS,
    "outcomes": OUTCOME_STATUS_LABELS,
    "trajectories": TRAJECTORY_LABELS,
    "whose": WHOSE_LABELS,
}


@get("/cases/{reference:str}")
async def get_case(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The case on one page, as far as the reader may see it."""
    return await _overview_page(actor, reference, Form())


async def _overview_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    found = await overview(actor, reference)
    case = found.case
    return page(
        "casefile/overview.html",
        actor,
        status=form.status,
        form=form,
        found=found,
        head=found.head,
        case=case,
        seen=_seen(case),
        why=_why(found),
        latest=case["notes"][:LATEST_NOTES],
        overdue=[each for each in case["actions"] if each["overdue"]],
        coming=[each for each in case["actions"] if each["status"] in ("todo", "doing") and not each["overdue"]],
        review_late=case["next_review_on"] is not None and case["next_review_on"] < today(),
        since=since_query(found.since),
        charts={each["id"]: outcome_chart(each) for each in case["outcomes"]},
        may=actor.standing.verbs if actor.standing else (),
        words=WORDS,
        **_kinds(actor, case),
    )


def _why(found: Overview) -> dict[str, str]:
    """The badge of each section: why the reader may see what is there."""
    case = found.case
    parts = ("barriers", "notes", "actions", "outcomes", "provisions", "views")
    kinds = {name: {each["category"] for each in case[name]} for name in parts}
    kinds["reviews"] = {each["category"] for review in case["reviews"][:1] for each in review["contributions"]} | {
        "core"
    }
    kinds |= {"brief": {"education"}, "people": {each["category"] for each in case["involvements"]} or {"core"}}
    return {name: reason(case["sharing"], categories) for name, categories in kinds.items()}


def _seen(case: dict[str, Any]) -> set[str]:
    return {each["category"] for each in case["sharing"] if each["basis"] != "own_record"}


def _kinds(actor: Actor, case: dict[str, Any]) -> dict[str, Any]:
    """The kinds of information to choose from when writing, and who reads each."""
    found = writable(lambda verb: may(actor, verb), _seen(case))
    return {
        "writes": found,
        "kinds": [(each, CATEGORY_LABELS[each]) for each in found],
        "read_by": [(CATEGORY_LABELS[each], CATEGORY_READERS[each]) for each in found],
    }


@post("/cases/{reference:str}/notes", status_code=303)
async def send_note(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Write a note."""
    head = await show_head(actor, reference)
    form = await submit(request, NewNote, lambda new: write_note(actor, head.id, new))
    if not form.ok:
        return await _overview_page(actor, reference, form)
    return redirect(f"/cases/{head.reference}#notes", "Your note is saved.")


@get("/cases/{reference:str}/barriers/add")
async def new_barrier(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Choose a barrier from the catalogue."""
    return await _barrier_page(actor, reference, Form())


async def _barrier_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    case = await show_case(actor, reference)
    need(actor, "barrier:add")
    head = await show_head(actor, reference)
    return page(
        "casefile/barrier.html",
        actor,
        status=form.status,
        form=form,
        head=head,
        catalogue=catalogue(),
        words=WORDS,
        **_kinds(actor, case),
    )


@post("/cases/{reference:str}/barriers/add", status_code=303)
async def send_barrier(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Add the barrier."""
    head = await show_head(actor, reference)
    form = await submit(request, NewBarrier, lambda new: add_barrier(actor, head.id, new))
    if not form.ok:
        return await _barrier_page(actor, reference, form)
    return redirect(f"/cases/{head.reference}#barriers", "The barrier is added.")


def need(actor: Actor, verb: str) -> None:
    """No form for what somebody may not do. Raises: NotAllowed."""
    if not may(actor, verb):
        raise NotAllowed


def may(actor: Actor, verb: str) -> bool:
    """Whether the reader's role has this verb."""
    return actor.standing is not None and actor.standing.may(verb)


routes = [get_case, send_note, new_barrier, send_barrier]
