"""Parents and carers of the pupil: who of them sees the case, and who must see nothing."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.casefile.pages import need
from ecm.cases.commands import admit_carer
from ecm.cases.head import show_head
from ecm.cases.queries import carers_of
from ecm.cases.schemas import Admission
from ecm.database import Actor
from ecm.denials.orders import orders
from ecm.denials.rules import ORDER_LABELS
from ecm.errors import NotFound
from ecm.pupils.commands import bar_contact, lift_contact_bar
from ecm.pupils.schemas import NewContactBar
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


@get("/cases/{reference:str}/carers")
async def list_carers(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Parents and carers, and who of them can see the case."""
    return await _carers_page(actor, reference, Form())


async def _carers_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    head = await show_head(actor, reference, "carers")
    need(actor, "carer:admit")
    carers, ordered = await carers_of(actor, head.id), await orders(actor, head.pupil_id)
    return page(
        "casefile/carers.html", actor, status=form.status, form=form, head=head, carers=carers, orders=ordered,
        kinds=ORDER_LABELS, by_order={each["contact_bar_id"] for each in ordered},
    )  # fmt: skip


@post("/cases/{reference:str}/carers", status_code=303)
async def send_carer(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Let a carer see the case."""
    head = await show_head(actor, reference)
    form = await submit(request, Admission, lambda admission: admit_carer(actor, head.id, admission))
    if not form.ok:
        return await _carers_page(actor, reference, form)
    return redirect(f"/cases/{head.reference}/carers", "The parent or carer can see the case now.")


@get("/cases/{reference:str}/carers/{carer_id:uuid}/bar")
async def new_bar(actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]) -> Response[bytes]:
    """What a contact bar does, before it is set."""
    return await _bar_page(actor, reference, carer_id, Form())


async def _bar_page(actor: Actor, reference: str, carer_id: UUID, form: Form[Any]) -> Response[bytes]:
    head = await show_head(actor, reference, "carers")
    carer = await _carer(actor, head.id, carer_id)
    return page("casefile/bar.html", actor, status=form.status, form=form, head=head, carer=carer)


async def _carer(actor: Actor, case_id: UUID, carer_id: UUID) -> dict[str, Any]:
    """Raises: NotFound, NotAllowed."""
    need(actor, "contact:bar")
    for each in await carers_of(actor, case_id):
        if each["id"] == carer_id:
            return each
    raise NotFound


@post("/cases/{reference:str}/carers/{carer_id:uuid}/bar", status_code=303)
async def send_bar(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]
) -> Response[Any]:
    """Set a contact bar."""
    head = await show_head(actor, reference)
    await _carer(actor, head.id, carer_id)
    form = await submit(
        request,
        NewContactBar,
        lambda new: bar_contact(actor, head.pupil_id, new.model_copy(update={"carer_id": carer_id})),
    )
    if not form.ok:
        return await _bar_page(actor, reference, carer_id, form)
    return redirect(f"/cases/{head.reference}/carers", "The contact bar is in force.")


@post("/cases/{reference:str}/carers/bars/{bar_id:uuid}/lifting", status_code=303)
async def send_lifting(
    actor: NamedDependency[Actor], reference: FromPath[str], bar_id: FromPath[UUID]
) -> Response[Any]:
    """End a contact bar."""
    head = await show_head(actor, reference)
    await lift_contact_bar(actor, head.pupil_id, bar_id)
    return redirect(f"/cases/{head.reference}/carers", "The contact bar has ended.")


routes = [list_carers, send_carer, new_bar, send_bar, send_lifting]
