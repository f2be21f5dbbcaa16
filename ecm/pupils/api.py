"""Pupils, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.database import Actor
from ecm.idempotency import once
from ecm.pupils.commands import bar_contact, lift_contact_bar
from ecm.pupils.queries import find_pupils, show_carer, show_pupil
from ecm.pupils.records import add_carer, add_pupil, change_pupil
from ecm.pupils.schemas import NewCarer, NewContactBar, NewPupil, PupilChange


@get("/pupils")
async def list_pupils(actor: NamedDependency[Actor], q: FromQuery[str] = "") -> dict[str, Any]:
    """Pupils the reader may look up, by names (mistyped ones too) or by UPN, the closest first; at most 25."""
    return {"items": await find_pupils(actor, q[:100]), "next": None}


@get("/pupils/{pupil_id:uuid}")
async def get_pupil(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> dict[str, Any]:
    """One pupil."""
    return await show_pupil(actor, pupil_id)


@post("/pupils")
async def post_pupil(
    request: Request[Any, Any, Any], data: JSONBody[NewPupil], actor: NamedDependency[Actor]
) -> dict[str, Any]:
    """A pupil comes to the roll of the acting school."""
    return await once(request, actor, lambda: add_pupil(actor, data), lambda made: show_pupil(actor, made))


@patch("/pupils/{pupil_id:uuid}")
async def patch_pupil(
    data: JSONBody[PupilChange], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """Correct a pupil's record."""
    return await change_pupil(actor, pupil_id, data)


@post("/pupils/{pupil_id:uuid}/carers")
async def post_carer(
    request: Request[Any, Any, Any], data: JSONBody[NewCarer], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """Somebody who cares for a pupil; nothing is granted by it."""
    return await once(request, actor, lambda: add_carer(actor, pupil_id, data), lambda made: show_carer(actor, made))


@post("/pupils/{pupil_id:uuid}/contact-bars")
async def post_contact_bar(
    data: JSONBody[NewContactBar], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """A carer must see nothing of this pupil, from now on."""
    return await bar_contact(actor, pupil_id, data)


@delete("/pupils/{pupil_id:uuid}/contact-bars/{bar_id:uuid}")
async def delete_contact_bar(actor: NamedDependency[Actor], pupil_id: FromPath[UUID], bar_id: FromPath[UUID]) -> None:
    """End a contact bar now."""
    await lift_contact_bar(actor, pupil_id, bar_id)


routes = [list_pupils, post_pupil, get_pupil, patch_pupil, post_carer, post_contact_bar, delete_contact_bar]
