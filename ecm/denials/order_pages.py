"""Pages on which the school records an order of a court, and that it has ended."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.cases.head import show_head
from ecm.cases.queries import carers_of
from ecm.database import Actor
from ecm.denials.orders import discharge_order, record_order
from ecm.denials.rules import ORDER_LABELS
from ecm.denials.schemas import NewOrder, Nothing, OrderPage
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


@get("/cases/{reference:str}/carers/{carer_id:uuid}/order")
async def new_order(
    actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]
) -> Response[bytes]:
    """What is asked about an order, and what it does."""
    return await _order_page(actor, reference, carer_id, Form())


async def _order_page(actor: Actor, reference: str, carer_id: UUID, form: Form[Any]) -> Response[bytes]:
    head = await show_head(actor, reference, "carers")
    if actor.standing is None or not actor.standing.may("order:record"):
        raise NotAllowed
    for each in await carers_of(actor, head.id):
        if each["id"] == carer_id:
            return page(
                "denials/order.html", actor, status=form.status, form=form, head=head, carer=each, kinds=ORDER_LABELS
            )
    raise NotFound


@post("/cases/{reference:str}/carers/{carer_id:uuid}/order", status_code=303)
async def send_order(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]
) -> Response[Any]:
    """Record it."""
    head = await show_head(actor, reference)
    form = await submit(
        request,
        OrderPage,
        lambda typed: record_order(actor, head.pupil_id, NewOrder(carer_id=carer_id, **typed.model_dump())),
    )
    if not form.ok:
        return await _order_page(actor, reference, carer_id, form)
    barred = " They see nothing about this pupil from now on." if form.result["contact_bar_id"] else ""
    return redirect(f"/cases/{head.reference}/carers", f"The court order is recorded.{barred}")


@post("/cases/{reference:str}/carers/orders/{order_id:uuid}/discharge", status_code=303)
async def send_discharge(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], order_id: FromPath[UUID]
) -> Response[Any]:
    """The order has ended."""
    head = await show_head(actor, reference)
    form = await submit(request, Nothing, lambda _: discharge_order(actor, head.pupil_id, order_id))
    if not form.ok:
        raise Refused(form.problems)
    return redirect(
        f"/cases/{head.reference}/carers", "The court order has ended. If it barred somebody, that has ended too."
    )


routes = [new_order, send_order, send_discharge]
