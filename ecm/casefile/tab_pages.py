"""The further tabs of a case: its actions, its people and sharing, its timeline, who opened it."""

from datetime import date
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from pydantic import BaseModel, ConfigDict, Field

from ecm.accounts.current import page
from ecm.actions.commands import change_action
from ecm.actions.schemas import ActionChange, PageStep
from ecm.agencies.permissions import CATEGORIES
from ecm.agencies.words import (
    ACTION_STATUS_LABELS,
    CATEGORY_LABELS,
    INVOLVEMENT_LABELS,
    OUTCOME_LABELS,
    OUTCOME_STATUS_LABELS,
    REFUSAL_LABELS,
    ROLE_LABELS,
    log_bases,
)
from ecm.casefile.access_log import AccessLog, access_log
from ecm.casefile.access_log import Wanted as LogWanted
from ecm.casefile.links import an_id, following, instant, since_query, stamp
from ecm.casefile.sharing import scope_history, sharing
from ecm.casefile.timeline import KINDS, Wanted, timeline
from ecm.casefile.words import CHANNELS, ENTRY_KINDS, LOOKED_AT, PARTS, PURPOSES
from ecm.casefile.work import work
from ecm.cases.head import show_head
from ecm.database import Actor
from ecm.grounds.words import GROUND_BASES, GROUND_STATES
from ecm.paging import Page
from ecm.web.dates import long_date
from ecm.web.forms import Form, checked, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "statuses": INVOLVEMENT_LABELS,
    "refusals": REFUSAL_LABELS,
    "roles": ROLE_LABELS,
    "purposes": PURPOSES,
    "channels": CHANNELS,
    "looked_at": LOOKED_AT,
    "parts": PARTS,
    "log_bases": log_bases,
    "action_statuses": ACTION_STATUS_LABELS,
    "outcomes": OUTCOME_LABELS,
    "settled": OUTCOME_STATUS_LABELS,
    "ground_bases": GROUND_BASES,
    "ground_states": GROUND_STATES,
}
STEPPED = {
    "doing": "The action is under way.",
    "done": "The action is done. It has moved to the finished ones below.",
    "": "Your progress is saved. Everybody who can see the action sees it now.",
}


@get("/cases/{reference:str}/actions")
async def show_actions(
    actor: NamedDependency[Actor], reference: FromPath[str], since: FromQuery[str | None] = None
) -> Response[bytes]:
    """Who does what by when, the overdue first."""
    return await _actions_page(actor, reference, Form(), since)


async def _actions_page(actor: Actor, reference: str, form: Form[Any], since: str | None = None) -> Response[bytes]:
    found = await work(actor, reference, instant(since))
    may = actor.standing.verbs if actor.standing else ()
    return page(
        "casefile/actions.html", actor, status=form.status, form=form, found=found, head=found.head, may=may,
        since=since_query(found.since), words=WORDS,
    )  # fmt: skip


@post("/cases/{reference:str}/actions/{action_id:uuid}/step", status_code=303)
async def send_step(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], action_id: FromPath[UUID]
) -> Response[Any]:
    """Move one action on without leaving the case: one click, and a sentence if there is one to say."""
    head = await show_head(actor, reference, "actions")

    async def step(said: PageStep) -> dict[str, Any]:
        return await change_action(actor, action_id, ActionChange(**said.model_dump(exclude_none=True)))

    form = await submit(request, PageStep, step)
    if form.ok:
        return redirect(f"/cases/{head.reference}/actions", STEPPED.get(form.text("status"), STEPPED[""]))
    name = f"progress-{action_id}"
    typed = {name: [form.text("progress")]}
    problems = {name if field else "": sentence for field, sentence in form.problems.items()}
    return await _actions_page(actor, reference, Form(typed, problems, stale=form.stale))


@get("/cases/{reference:str}/sharing")
async def show_sharing(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Who may see what: one row for each service and person, one column for each kind of information."""
    found = await sharing(actor, reference)
    who = actor.standing
    return page(
        "casefile/sharing.html", actor, found=found, head=found.head, kinds=CATEGORIES, words=WORDS,
        may=who.verbs if who else (), my_agency=who.agency_id if who else None,
    )  # fmt: skip


@get("/cases/{reference:str}/sharing/{agency_id:uuid}/{category:str}")
async def show_history(
    actor: NamedDependency[Actor], reference: FromPath[str], agency_id: FromPath[UUID], category: FromPath[str]
) -> Response[bytes]:
    """Every question and answer behind one cell of the grid."""
    found = await scope_history(actor, reference, agency_id, category)
    may = actor.standing.verbs if actor.standing else ()
    return page("casefile/history.html", actor, words=WORDS, may=may, **found)


@get("/cases/{reference:str}/timeline")
async def show_timeline(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    reference: FromPath[str],
    kind: FromQuery[str | None] = None,
    agency: FromQuery[str | None] = None,
    since: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Everything that happened, newest first, by day."""
    wanted = Wanted(kind if kind in KINDS else None, an_id(agency))
    found = await timeline(actor, reference, page_wanted, wanted, instant(since))
    agency_asked = str(wanted.agency_id) if wanted.agency_id else None
    asked = {"kind": wanted.kind, "agency": agency_asked, "since": stamp(found.since) if found.since else None}
    form: Form[Any] = Form({name: [value] for name, value in asked.items() if value})
    days = [(day, list(items)) for day, items in groupby(found.items, key=lambda each: long_date(each["at"]))]
    return page(
        "casefile/timeline.html", actor, form=form, found=found, head=found.head, days=days, kinds=ENTRY_KINDS,
        words=WORDS, since=since_query(found.since), first=not page_wanted.key,
        more=following(f"/cases/{found.head.reference}/timeline", **asked, cursor=found.next),
    )  # fmt: skip


class LogSearch(BaseModel):
    """Which looks at the case are wanted; dates are days in London, both included."""

    model_config = ConfigDict(extra="ignore")
    agency: Annotated[UUID | None, Field(title="the organisation")] = None
    from_on: Annotated[date | None, Field(title="the first day")] = None
    to_on: Annotated[date | None, Field(title="the last day")] = None


@get("/cases/{reference:str}/access")
async def show_access(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    reference: FromPath[str],
) -> Response[bytes]:
    """Who opened the case, in what role, why they could, and when."""
    return await _access_page(request, actor, page_wanted, reference, "casefile/access.html")


@get("/family/looked/{reference:str}")
async def show_looked(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    reference: FromPath[str],
) -> Response[bytes]:
    """Who has looked, in the family's words: which organisation, in what role, when."""
    return await _access_page(request, actor, page_wanted, reference, "family/looked.html")


async def _access_page(
    request: Request[Any, Any, Any], actor: Actor, page_wanted: Page, reference: str, template: str
) -> Response[bytes]:
    typed = {
        name: request.query_params.getall(name) for name in request.query_params if name not in ("cursor", "limit")
    }
    form: Form[LogSearch] = checked(typed, LogSearch)
    asked = form.result if form.ok else LogSearch()
    found: AccessLog = await access_log(
        actor, reference, page_wanted, LogWanted(asked.agency, asked.from_on, asked.to_on)
    )
    query = [*((name, each) for name, values in typed.items() for each in values), ("cursor", found.next or "")]
    more = f"{request.url.path}?{urlencode(query)}" if found.next else ""
    return page(template, actor, status=form.status, form=form, found=found, head=found.head, more=more, words=WORDS)


routes = [
    show_actions, send_step, show_sharing, show_history, show_timeline, show_access, show_looked,
]  # fmt: skip
