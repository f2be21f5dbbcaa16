"""A parent or carer ends a service they agreed to, or objects to what is shared by law."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS
from ecm.database import Actor
from ecm.errors import NotFound
from ecm.grounds.commands import end_ground, object_to_ground
from ecm.grounds.queries import family_ground
from ecm.grounds.schemas import Ending, Objecting
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


@get("/family/grounds/{ground_id:uuid}/ending")
async def show_own_ending(actor: NamedDependency[Actor], ground_id: FromPath[UUID]) -> Response[bytes]:
    """What happens when a yes to a service is taken back."""
    return await _own_page(actor, ground_id, Form(), "ending")


async def _own_page(actor: Actor, ground_id: UUID, form: Form[Any], what: str) -> Response[bytes]:
    """Raises: NotFound, also for one of which the other page is."""
    it = await family_ground(actor, ground_id)
    if (it["basis"] == "service_agreement") != (what == "ending") or (what == "ending" and it["over"]):
        raise NotFound
    sees = [CATEGORY_LABELS[each] for each in it["categories"]]
    return page(f"family/{what}.html", actor, status=form.status, form=form, it=it, sees=sees)


@post("/family/grounds/{ground_id:uuid}/ending", status_code=303)
async def send_own_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> Response[Any]:
    """Take it back."""
    form = await submit(request, Ending, lambda said: end_ground(actor, ground_id, said))
    if not form.ok:
        return await _own_page(actor, ground_id, form, "ending")
    return redirect("/family", "It has ended. That works at once.")


@get("/family/grounds/{ground_id:uuid}/objection")
async def show_objection(actor: NamedDependency[Actor], ground_id: FromPath[UUID]) -> Response[bytes]:
    """How to object, and what then happens."""
    return await _own_page(actor, ground_id, Form(), "objection")


@post("/family/grounds/{ground_id:uuid}/objection", status_code=303)
async def send_objection(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> Response[Any]:
    """Object."""
    form = await submit(request, Objecting, lambda said: object_to_ground(actor, ground_id, said))
    if not form.ok:
        return await _own_page(actor, ground_id, form, "objection")
    return redirect("/family", "Thank you. The school has been told that you object.")


routes = [show_own_ending, send_own_ending, show_objection, send_objection]
