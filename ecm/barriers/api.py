"""The catalogue of barriers to learning, for programs."""

from dataclasses import asdict
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from ecm.audit.events import Event
from ecm.barriers.catalogue import search
from ecm.database import Actor, acting_as


@get("/barriers")
async def list_barriers(actor: NamedDependency[Actor], q: FromQuery[str] = "") -> dict[str, Any]:
    """Barriers whose label, area or strategies have these words; all without words."""
    async with acting_as(actor, "catalogue") as act:
        act.record(Event.DIRECTORY_LISTED, outcome="shown")
    return {"items": [asdict(each) for each in search(q[:200])]}


routes = [list_barriers]
