"""A carer's own page, for programs."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency

from ecm.database import Actor
from ecm.home.family import family


@get("/family")
async def get_family(actor: NamedDependency[Actor]) -> dict[str, Any]:
    """A carer's cases in plain form, and what they have been asked and have said."""
    return await family(actor)


routes = [get_family]
