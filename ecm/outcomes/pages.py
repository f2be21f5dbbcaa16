"""Pages of outcomes, provision and views for workers: adding one, looking at one, changing it, measuring."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import (
    CATEGORY_LABELS,
    CATEGORY_READERS,
    OUTCOME_STATUS_LABELS,
    TRAJECTORY_LABELS,
    WHOSE_LABELS,
)
from ecm.clock import today
from ecm.database import Actor
from ecm.outcomes.commands import add_outcome, change_outcome, measure_outcome, record_view
from ecm.outcomes.provisions import add_provision, change_provision
from ecm.outcomes.queries import show_form, show_outcome, show_provision
from ecm.outcomes.schemas import NewMeasurement, NewOutcome, NewProvision, NewView, PageOutcome, PageProvision
from ecm.web.charts import outcome_chart
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "readers": CATEGORY_READERS,
    "outcomes": OUTCOME_STATUS_LABELS,
    "trajectories": TRAJECTORY_LABELS,
    "whose": WHOSE_LABELS,
}
MEASURED = "The number is saved. The chart has it now."


@get("/cases/{reference:str}/outcomes/add")
async def new_outcome(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What is to be different, and how that is measured."""
    return await _new_page(actor, reference, "outcomes/new_outcome.html", "outcome:add", Form())


@post("/cases/{reference:str}/outcomes/add", status_code=303)
async def send_new_outcome(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Add it."""
    head = (await show_form(actor, reference, "outcome:add"))["head"]
    form = await submit(request, NewOutcome, lambda new: add_outcome(actor, head.id, new))
    if not form.ok:
        return await _new_page(actor, reference, "outcomes/new_outcome.html", "outcome:add", form)
    following = "Next: write down numbers as they are measured." if form.result["measure"] else ""
    return redirect(f"/cases/{head.reference}#outcomes", f"The outcome is added. {following}".strip())


async def _new_page(actor: Actor, reference: str, template: str, verb: str, form: Form[Any]) -> Response[bytes]:
    shown = await show_form(actor, reference, verb)
    return page(template, actor, status=form.status, form=form, words=WORDS, **shown)


@get("/outcomes/{outcome_id:uuid}")
async def get_outcome(actor: NamedDependency[Actor], outcome_id: FromPath[UUID]) -> Response[bytes]:
    """One outcome with its chart, and forms to measure and to change it."""
    return await _outcome_page(actor, outcome_id, Form())


async def _outcome_page(actor: Actor, outcome_id: UUID, form: Form[Any]) -> Response[bytes]:
    """The forms show what was typed, and where nothing was, what the outcome says now."""
    shown = await show_outcome(actor, outcome_id)
    now = shown["outcome"]
    held = {name: now[name] for name in ("version", "title", "measure", "baseline", "target", "due_on", "status")}
    form = Form(filled(**held, measured_on=today()).typed | form.typed, form.problems, stale=form.stale)
    chart = outcome_chart(now)
    return page("outcomes/outcome.html", actor, status=form.status, form=form, chart=chart, words=WORDS, **shown)


@post("/outcomes/{outcome_id:uuid}", status_code=303)
async def send_outcome(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], outcome_id: FromPath[UUID]
) -> Response[Any]:
    """Say how it went, or put right what it says."""
    form = await submit(request, PageOutcome, lambda typed: change_outcome(actor, outcome_id, _whole(typed)))
    if not form.ok:
        return await _outcome_page(actor, outcome_id, form)
    return redirect(f"/outcomes/{outcome_id}", "Your change is saved. Everybody who can see the outcome sees it now.")


def _whole(typed: PageOutcome) -> PageOutcome:
    """On a page an empty box is empty: everything is said."""
    return PageOutcome.model_validate(typed.model_dump())


@post("/outcomes/{outcome_id:uuid}/measurements", status_code=303)
async def send_measurement(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], outcome_id: FromPath[UUID]
) -> Response[Any]:
    """Write down a number: one box and one click, from the case or from the outcome's own page."""
    form = await submit(request, NewMeasurement, lambda new: measure_outcome(actor, outcome_id, new))
    if not form.ok:
        return await _outcome_page(actor, outcome_id, form)
    return redirect(f"/outcomes/{outcome_id}", MEASURED)


@get("/cases/{reference:str}/provisions/add")
async def new_provision(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What the pupil gets."""
    return await _new_page(actor, reference, "outcomes/new_provision.html", "outcome:add", filled(starts_on=today()))


@post("/cases/{reference:str}/provisions/add", status_code=303)
async def send_new_provision(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Add it."""
    head = (await show_form(actor, reference, "outcome:add"))["head"]
    form = await submit(request, NewProvision, lambda new: add_provision(actor, head.id, new))
    if not form.ok:
        return await _new_page(actor, reference, "outcomes/new_provision.html", "outcome:add", form)
    return redirect(f"/cases/{head.reference}#provision", "The provision is added. It is in the next plan you make.")


@get("/provisions/{provision_id:uuid}")
async def get_provision(actor: NamedDependency[Actor], provision_id: FromPath[UUID]) -> Response[bytes]:
    """One provision, and the form to change or end it."""
    return await _provision_page(actor, provision_id, Form())


async def _provision_page(actor: Actor, provision_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_provision(actor, provision_id)
    now = shown["provision"]
    held = {name: now[name] for name in ("version", "title", "who", "how_often", "minutes", "weeks", "ended_on")}
    form = Form(filled(**held).typed | form.typed, form.problems, stale=form.stale)
    return page("outcomes/provision.html", actor, status=form.status, form=form, words=WORDS, **shown)


@post("/provisions/{provision_id:uuid}", status_code=303)
async def send_provision(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], provision_id: FromPath[UUID]
) -> Response[Any]:
    """Change what the pupil gets, or say when it ended."""

    async def change(typed: PageProvision) -> dict[str, Any]:
        return await change_provision(actor, provision_id, PageProvision.model_validate(typed.model_dump()))

    form = await submit(request, PageProvision, change)
    if not form.ok:
        return await _provision_page(actor, provision_id, form)
    return redirect(
        f"/provisions/{provision_id}", "Your change is saved. Everybody who can see the provision sees it now."
    )


@get("/cases/{reference:str}/views/add")
async def new_view(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What pupil or family say, to be written down in their own words."""
    return await _new_page(actor, reference, "outcomes/new_view.html", "note:write", filled(given_on=today()))


@post("/cases/{reference:str}/views/add", status_code=303)
async def send_view(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Write it down."""
    head = (await show_form(actor, reference, "note:write"))["head"]
    form = await submit(request, NewView, lambda new: record_view(actor, head.id, new))
    if not form.ok:
        return await _new_page(actor, reference, "outcomes/new_view.html", "note:write", form)
    return redirect(f"/cases/{head.reference}#views", "Their words are saved, apart from ours.")


routes = [
    new_outcome, send_new_outcome, get_outcome, send_outcome, send_measurement, new_provision, send_new_provision,
    get_provision, send_provision, new_view, send_view,
]  # fmt: skip
