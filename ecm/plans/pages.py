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
from ecm.plans.api import pdf
from ecm.plans.commands import make_plan
from ecm.plans.queries import download_plan, list_plans
from ecm.plans.schemas import NewPlan
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


@get("/cases/{reference:str}/plans")
async def plans_of_case(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The plans of a case, and a button to make one."""
    return await _plans_page(actor, reference, Form())


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
    return redirect(f"/cases/{head.reference}/plans", "The support plan is ready to download.")


@get("/plans/{plan_id:uuid}")
async def get_document(actor: NamedDependency[Actor], plan_id: FromPath[UUID]) -> Response[bytes]:
    """Download a plan."""
    return pdf(*await download_plan(actor, plan_id))


routes = [plans_of_case, send_plan, get_document]
