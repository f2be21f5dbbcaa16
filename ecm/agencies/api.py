"""The directory, for programs."""

from typing import Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from ecm.agencies.queries import agencies, workers
from ecm.database import Actor


@get("/agencies")
async def list_agencies(actor: NamedDependency[Actor]) -> dict[str, Any]:
    """Organisations and what they offer."""
    return {"items": await agencies(actor)}


@get("/workers")
async def list_workers(actor: NamedDependency[Actor], agency_id: FromQuery[UUID | None] = None) -> dict[str, Any]:
    """Names and roles in the own or an involved agency."""
    return {"items": await workers(actor, agency_id)}


routes = [list_agencies, list_workers]
