"""Who opened a case, for programs."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.casefile.access_log import Wanted, access_log
from ecm.casefile.why import why
from ecm.database import Actor
from ecm.paging import Page


@get("/cases/{case_id:uuid}/access-log")
async def get_access_log(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    case_id: FromPath[UUID],
    agency_id: FromQuery[UUID | None] = None,
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
) -> dict[str, Any]:
    """Who opened the case, in what role, why they could, and when; as far as the reader may be told."""
    found = await access_log(actor, case_id, page_wanted, Wanted(agency_id, from_on, to_on))
    return {"items": found.items, "next": found.next}


@get("/cases/{case_id:uuid}/access")
async def get_access(
    actor: NamedDependency[Actor], case_id: FromPath[UUID], worker_id: FromQuery[UUID]
) -> dict[str, Any]:
    """Why a worker, a membership, can or cannot see each kind of information now."""
    answer = await why(actor, case_id, worker_id)
    worker = answer.worker
    return {
        "worker": {name: worker[name] for name in ("id", "name", "role")}
        | {"agency": {"id": worker["agency_id"], "name": worker["agency_name"]}},
        "categories": [
            {
                "category": each.category,
                "sees": bool(each.reasons),
                "reasons": [asdict(one) for one in each.reasons],
                "missing": each.missing,
                "sentence": each.sentence,
            }
            for each in answer.categories
        ],
    }


routes = [get_access_log, get_access]
