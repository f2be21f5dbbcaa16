"""The page of what is shielded about a pupil: for the people who are named, one by one."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import ROLE_LABELS
from ecm.cases.head import show_head
from ecm.database import Actor
from ecm.shields.commands import drop_shield_reader, end_shield, name_shield_reader, set_shield, show_shields
from ecm.shields.rules import KIND_LABELS, LONGEST_FACT
from ecm.shields.schemas import NewShield, Nothing, OneReader
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {"kinds": KIND_LABELS, "roles": ROLE_LABELS}


@get("/cases/{reference:str}/shielded")
async def get_shields(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What is shielded, and who reads it."""
    return await _shields_page(actor, reference, Form())


async def _shields_page(actor: Actor, reference: str, form: Form[Any], chosen: UUID | None = None) -> Response[bytes]:
    """`chosen`: the fact whose readers the form was about."""
    found = await show_shields(actor, reference, chosen) | {"chosen": chosen, "most": LONGEST_FACT}
    return page("shields/show.html", actor, status=form.status, form=form, words=WORDS, **found)


@post("/cases/{reference:str}/shielded", status_code=303)
async def send_shield(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Shield a fact."""
    head = await show_head(actor, reference)
    form = await submit(request, NewShield, lambda new: set_shield(actor, head.id, new))
    if not form.ok:
        return await _shields_page(actor, reference, form)
    return redirect(f"/cases/{head.reference}/shielded", "It is shielded. Only you can read it until you name others.")


@post("/cases/{reference:str}/shielded/{fact_id:uuid}/readers", status_code=303)
async def send_shield_reader(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], fact_id: FromPath[UUID]
) -> Response[Any]:
    """Name a reader."""
    head = await show_head(actor, reference)
    form = await submit(request, OneReader, lambda one: name_shield_reader(actor, head.id, fact_id, one.worker_id))
    if not form.ok:
        return await _shields_page(actor, reference, form, fact_id)
    return redirect(f"/cases/{head.reference}/shielded", "They can read it now.")


@post("/cases/{reference:str}/shielded/{fact_id:uuid}/readers/{worker_id:uuid}/removal", status_code=303)
async def send_shield_removal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], fact_id: FromPath[UUID],
    worker_id: FromPath[UUID],
) -> Response[Any]:  # fmt: skip
    """Somebody reads it no more."""
    head = await show_head(actor, reference)
    form = await submit(request, Nothing, lambda _: drop_shield_reader(actor, head.id, fact_id, worker_id))
    if not form.ok:
        return await _shields_page(actor, reference, form, fact_id)
    return redirect(f"/cases/{head.reference}/shielded", "They cannot read it any more.")


@post("/cases/{reference:str}/shielded/{fact_id:uuid}/ending", status_code=303)
async def send_shield_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], fact_id: FromPath[UUID]
) -> Response[Any]:
    """It need not be shielded any more."""
    head = await show_head(actor, reference)
    form = await submit(request, Nothing, lambda _: end_shield(actor, head.id, fact_id))
    if not form.ok:
        return await _shields_page(actor, reference, form, fact_id)
    return redirect(f"/cases/{head.reference}/shielded", "It is not shielded any more, and nobody can read it here.")


routes = [get_shields, send_shield, send_shield_reader, send_shield_removal, send_shield_ending]
