"""Pupils, for programs."""

from typing import Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.database import Actor
from ecm.pupils.queries import find_pupils, show_pupil


@get("/pupils")
async def list_pupils(actor: NamedDependency[Actor], q: FromQuery[str] = "") -> dict[str, Any]:
    """Pupils the reader may look up, by words of their names or by UPN; at most 50."""
    return {"items": await find_pupils(actor, q[:100]), "next": None}


@get("/pupils/{pupil_id:uuid}")
async def get_pupil(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> dict[str, Any]:
    """One pupil."""
    return await show_pupil(actor, pupil_id)


routes = [list_pupils, get_pupil]
