"""The log, for an auditor's programs."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ecm.audit.queries import Filter
from ecm.clock import midnight
from ecm.database import Actor
from ecm.oversight.queries import checkpoint, event_proof, search_events
from ecm.oversight.rules import within_reach
from ecm.oversight.schemas import Outcome
from ecm.paging import LAST_ID, Page, cursor_of, page_of


@get("/audit/events")
async def get_events(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    case_id: FromQuery[UUID | None] = None,
    actor_id: FromQuery[UUID | None] = None,
    agency_id: FromQuery[UUID | None] = None,
    pupil_id: FromQuery[UUID | None] = None,
    event: FromQuery[str | None] = None,
    outcome: FromQuery[Outcome | None] = None,
    from_on: Annotated[date | None, QueryParameter(name="from")] = None,
    to_on: Annotated[date | None, QueryParameter(name="to")] = None,
) -> dict[str, Any]:
    """Events, newest first; `from` and `to` are days in London, both included.

    `pupil_id`: whatever showed or touched this pupil, was about a case of theirs, or was a refused attempt at either.
    """
    wanted = Filter(
        case=case_id, actor=actor_id, event=event or None, agency=agency_id, pupil=pupil_id, outcome=outcome,
        from_at=midnight(within_reach(from_on)) if from_on else None,
        until_at=midnight(within_reach(to_on) + timedelta(days=1)) if to_on else None,
    )  # fmt: skip
    (after,) = page_wanted.after(LAST_ID)
    rows = await search_events(actor, wanted, after, page_wanted.limit + 1)
    shown, more = page_of(rows, page_wanted.limit)
    return {"items": list(shown), "next": cursor_of(shown[-1]["id"]) if more else None}


@get("/audit/checkpoint")
async def get_checkpoint(actor: NamedDependency[Actor]) -> Response[str]:
    """The newest signed checkpoint, as text, to be kept."""
    return Response(await checkpoint(actor), media_type="text/plain; charset=utf-8")


@get("/audit/events/{event_id:uuid}/proof")
async def get_proof(actor: NamedDependency[Actor], event_id: FromPath[UUID]) -> Response[str]:
    """A proof that this event is in the log, to be checked offline."""
    return Response(await event_proof(actor, event_id), media_type="text/plain; charset=utf-8")


routes = [get_events, get_checkpoint, get_proof]
