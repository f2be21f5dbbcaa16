"""Pupils, for programs."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.database import Actor
from ecm.pupils.commands import bar_contact, lift_contact_bar
from ecm.pupils.queries import find_pupils, show_pupil
from ecm.pupils.schemas import NewContactBar


@get("/pupils")
async def list_pupils(actor: NamedDependency[Actor], q: FromQuery[str] = "") -> dict[str, Any]:
    """Pupils the reader may look up, by words of their names or by UPN; at most 50."""
    return {"items": await find_pupils(actor, q[:100]), "next": None}


@get("/pupils/{pupil_id:uuid}")
async def get_pupil(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> dict[str, Any]:
    """One pupil."""
    return await show_pupil(actor, pupil_id)


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


routes = [list_pupils, get_pupil, post_contact_bar, delete_contact_bar]
