"""Plans, for people."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS
from ecm.cases.head import show_head
from ecm.database import Actor
from ecm.plans import words
from ecm.plans.api import pdf
from ecm.plans.commands import copy_plan, make_plan
from ecm.plans.queries import download_plan, list_plans
from ecm.plans.schemas import NewCopy, NewPlan
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect


@get("/cases/{reference:str}/plans")
async def plans_of_case(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The plans of a case, and a button to make one, or to get a copy."""
    return await _plans_page(actor, reference, filled(plan_type="sen_support"))


async def _plans_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    head = await show_head(actor, reference)
    plans = await list_plans(actor, head.id)
    may_make = actor.standing is not None and actor.standing.may("plan:make")
    return page(
        "plans/list.html",
        actor,
        status=form.status,
        form=form,
        head=head,
        plans=plans,
        may_make=may_make,
        words=words,
        categories=CATEGORY_LABELS,
    )


@post("/cases/{reference:str}/plans", status_code=303)
async def send_plan(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Make a plan."""
    head = await show_head(actor, reference)
    form = await submit(request, NewPlan, lambda new: make_plan(actor, head.id, new))
    if not form.ok:
        return await _plans_page(actor, reference, form)
    return redirect(f"/cases/{head.reference}/plans", _said(form.result))


def _said(made: dict[str, Any]) -> str:
    name, number = words.TYPE_LABELS[made["plan_type"]], made["number"]
    if made["unchanged"]:
        return f"Nothing has changed since version {number}, so it is still the newest. Nothing new was made."
    if made["status"] != "ready":
        return f"Version {number} of the {name} could not be drawn. Make it again; if it fails again, tell whoever runs ECM."
    return f"The {name} is ready to download: version {number}."


@post("/cases/{reference:str}/plans/copy", status_code=200)
async def send_copy(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Get a copy of what the reader may see today."""
    head = await show_head(actor, reference)
    form = await submit(request, NewCopy, lambda new: copy_plan(actor, head.id, new))
    return pdf(*form.result) if form.ok else await _plans_page(actor, reference, form)


@get("/plans/{plan_id:uuid}")
async def get_document(actor: NamedDependency[Actor], plan_id: FromPath[UUID]) -> Response[bytes]:
    """Download a plan."""
    return pdf(*await download_plan(actor, plan_id))


routes = [plans_of_case, send_plan, send_copy, get_document]
