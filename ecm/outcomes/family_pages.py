"""“Tell us what you think”: a parent or carer writes for themselves, in their own words."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.database import Actor
from ecm.outcomes.commands import record_view
from ecm.outcomes.queries import show_own_views
from ecm.outcomes.schemas import FamilyView, NewView
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

HOW = "Written by a parent or carer"


@get("/family/views/{reference:str}")
async def show_views(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What this parent or carer has written so far, and a box for more."""
    return await _page(actor, reference, Form())


async def _page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    shown = await show_own_views(actor, reference)
    return page("family/views.html", actor, status=form.status, form=form, **shown)


@post("/family/views/{reference:str}", status_code=303)
async def send_views(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Keep it, and let the people who help read it."""
    head = (await show_own_views(actor, reference))["head"]

    async def write(said: FamilyView) -> dict[str, Any]:
        return await record_view(actor, head.id, NewView(whose=said.whose, text=said.text, how=HOW))

    form = await submit(request, FamilyView, write)
    if not form.ok:
        return await _page(actor, reference, form)
    return redirect(f"/family/views/{head.reference}", "Thank you. The school can read it now.")


routes = [show_views, send_views]
