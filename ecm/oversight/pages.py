"""The auditor's workplace: where the log stands, and what is in it."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ecm.accounts.current import page
from ecm.agencies.words import ROLE_LABELS
from ecm.audit.events import Event
from ecm.database import Actor
from ecm.oversight.api import before, wanted_events
from ecm.oversight.queries import log_state, search_events
from ecm.paging import Page, cursor_of, page_of
from ecm.web.forms import Form, checked
from ecm.web.text import MaybeLine

SHOWN = 50


def _an_id(typed: object) -> object:
    try:
        return UUID(str(typed).strip())
    except ValueError:
        raise ValueError("Enter the id as it stands in the list of events, or leave the box empty.") from None


Id = Annotated[UUID, BeforeValidator(_an_id)]


class Search(BaseModel):
    """What an auditor looks for; dates are days in London, both included."""

    model_config = ConfigDict(extra="ignore")
    case: Annotated[Id | None, Field(title="the case’s id")] = None
    person: Annotated[Id | None, Field(title="the person’s id")] = None
    event: Annotated[MaybeLine | None, Field(title="the kind of event")] = None
    since: Annotated[date | None, Field(title="the first day")] = None
    until: Annotated[date | None, Field(title="the last day")] = None


@get("/oversight")
async def show_oversight(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]
) -> Response[bytes]:
    """Where the log stands in one line, and its events."""
    typed = {name: request.query_params.getall(name) for name in request.query_params if name != "cursor"}
    form: Form[Search] = checked(typed, Search)
    asked = form.result if form.ok else Search()
    wanted = wanted_events(asked.case, asked.person, asked.event, asked.since, asked.until)
    rows = await search_events(actor, wanted, before(page_wanted), SHOWN + 1)
    shown, more = page_of(rows, SHOWN)
    query = [
        *((name, each) for name, values in typed.items() for each in values),
        ("cursor", cursor_of(shown[-1]["id"]) if more else ""),
    ]
    return page(
        "oversight/events.html", actor, status=form.status, form=form, events=shown, roles=ROLE_LABELS, kinds=[(kind, kind) for kind in sorted(Event)],
        more=f"/oversight?{urlencode(query)}" if more else "", log=await log_state(actor),
    )  # fmt: skip


routes = [show_oversight]
