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
from ecm.errors import Refused
from ecm.oversight.queries import checkpoint, event_proof, search_events
from ecm.paging import Page, cursor_of, page_of

ZERO = UUID(int=0)


@get("/audit/events")
async def get_events(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    case_id: FromQuery[UUID | None] = None,
    actor_id: FromQuery[UUID | None] = None,
    event: FromQuery[str | None] = None,
    from_on: Annotated[date | None, QueryParameter(name="from")] = None,
    to_on: Annotated[date | None, QueryParameter(name="to")] = None,
) -> dict[str, Any]:
    """Events, newest first; `from` and `to` are days in London, both included."""
    wanted = wanted_events(case_id, actor_id, event, from_on, to_on)
    rows = await search_events(actor, wanted, before(page_wanted), page_wanted.limit + 1)
    shown, more = page_of(rows, page_wanted.limit)
    return {"items": list(shown), "next": cursor_of(shown[-1]["id"]) if more else None}


def wanted_events(
    case_id: UUID | None, actor_id: UUID | None, event: str | None, from_on: date | None, to_on: date | None
) -> Filter:
    """A search, with days in London turned into instants. Raises: Refused for a day out of range."""
    try:
        from_at = midnight(from_on) if from_on else None
        until_at = midnight(to_on + timedelta(days=1)) if to_on else None
    except OverflowError:
        raise Refused({"to": "Choose a day of this century."}) from None
    return Filter(case_id, actor_id, event or None, from_at, until_at)


def before(page: Page) -> UUID | None:
    """The event after which the page goes on; None for the first page. Raises: Refused."""
    (last,) = page.after(ZERO)
    return last if last != ZERO else None


@get("/audit/checkpoint")
async def get_checkpoint(actor: NamedDependency[Actor]) -> Response[str]:
    """The newest signed checkpoint, as text, to be kept."""
    return Response(await checkpoint(actor), media_type="text/plain; charset=utf-8")


@get("/audit/events/{event_id:uuid}/proof")
async def get_proof(actor: NamedDependency[Actor], event_id: FromPath[UUID]) -> Response[str]:
    """A proof that this event is in the log, to be checked offline."""
    return Response(await event_proof(actor, event_id), media_type="text/plain; charset=utf-8")


routes = [get_events, get_checkpoint, get_proof]
