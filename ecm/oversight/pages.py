"""The auditor's workplace: events by whom, about what and when; a person's day; who came near a pupil."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import ROLE_LABELS
from ecm.audit.events import Event
from ecm.clock import LONDON, today
from ecm.database import Actor
from ecm.errors import Refused
from ecm.oversight.queries import find_records, show_person_day, show_pupil_record, show_workplace, wanted_of
from ecm.oversight.saved import remove_query, save_query
from ecm.oversight.schemas import Day, NewQuery, Nothing, Number, Search
from ecm.oversight.words import LATELY, OUTCOMES, why
from ecm.paging import Page
from ecm.web.addresses import address, asked_for
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

HOME = "/oversight"
SHOWN = 25
WORDS = {
    "roles": ROLE_LABELS, "outcomes": OUTCOMES, "lately": LATELY, "why": why,
    "day_of": lambda at: at.astimezone(LONDON).date().isoformat(),
    "time_of": lambda at: f"{at.astimezone(LONDON):%H:%M:%S}",
}  # fmt: skip
KINDS: dict[str, list[str]] = {}
for _kind in sorted(Event):
    KINDS.setdefault(_kind.split(":")[0].replace("_", " ").capitalize(), []).append(_kind.value)
NOT_FOUND = (
    "No pupil and no case has this number. Enter a pupil’s UPN, the reference of a case such as ECM-7K4P-2Q, "
    "or an id from the list of events."
)


@get(HOME)
async def show_oversight(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]
) -> Response[bytes]:
    """Where the log stands in one line, and its events, the newest first."""
    filters, asked = asked_for(request, Search)
    return await events_page(actor, filters, asked, filters, page_wanted)


async def events_page(
    actor: Actor, filters: Form[Any], asked: Search, form: Form[Any], page_wanted: Page | None = None
) -> Response[bytes]:
    """`form` is the one whose problems are shown: the filters themselves, or another of the page."""
    found = await show_workplace(actor, wanted_of(asked, today()), Page(SHOWN, page_wanted.key if page_wanted else ()))
    following = address(HOME, filters.typed, cursor=found.next) if found.next else ""
    queries = [(row["id"], row["name"], address(HOME, _boxes(row["filter"]))) for row in found.queries]
    return page(
        "oversight/events.html", actor, status=form.status, form=form, filters=filters, asked=asked, found=found, words=WORDS,
        kinds=KINDS, more=following, queries=queries, query=address("", filters.typed),
    )  # fmt: skip


def _boxes(kept: str) -> dict[str, list[str]]:
    """A kept search as the boxes of the form."""
    asked = Search.model_validate_json(kept)
    days = filled(since=asked.since, until=asked.until).typed
    return {name: [value] for name, value in asked.asks().items() if name not in ("since", "until")} | days


@post("/oversight/saved", status_code=303)
async def send_query(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Keep the search that the list was filtered by."""
    filters, asked = asked_for(request, Search)
    form = await submit(request, NewQuery, lambda said: save_query(actor, said, asked))
    if not form.ok:
        return await events_page(actor, filters, asked, form)
    return redirect(address(HOME, filters.typed), "The search is kept. You find it under “Your searches” on this page.")


@post("/oversight/saved/{query_id:uuid}/removal", status_code=303)
async def send_removal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], query_id: FromPath[UUID]
) -> Response[Any]:
    """Forget a search."""
    form = await submit(request, Nothing, lambda _: remove_query(actor, query_id))
    if not form.ok:
        return await events_page(actor, Form(), Search(), form)
    return redirect(HOME, "The search is removed. The events it found are where they were.")


@post("/oversight/find", status_code=200)
async def send_number(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Which record a number on paper means. It comes in a form, so that no pupil's number is in an address."""
    form = await submit(request, Number, lambda said: _found(actor, said.number))
    if not form.ok:
        return await events_page(actor, Form(), Search(), form)
    places = [(_place(each["kind"], each["id"]), each) for each in form.result]
    if len(places) == 1:
        return redirect(places[0][0])
    return page("oversight/found.html", actor, places=places)


async def _found(actor: Actor, number: str) -> list[dict[str, Any]]:
    found = await find_records(actor, number)
    if not found:
        raise Refused({"number": NOT_FOUND})
    return found


def _place(kind: str, record: UUID) -> str:
    return f"/oversight/pupils/{record}" if kind == "pupil" else f"/oversight?case={record}"


@get("/oversight/people/{person_id:uuid}")
async def show_person(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    person_id: FromPath[UUID],
) -> Response[bytes]:
    """Everything one worker did at work on a day, in order, with the pauses."""
    asked_form, asked = asked_for(request, Day)
    found = await show_person_day(actor, person_id, asked.day, Page(SHOWN, page_wanted.key))
    form = asked_form if asked_form.problems else filled(day=found.day)
    here = f"/oversight/people/{person_id}"
    following = address(here, {"day": [found.day.isoformat()]}, cursor=found.next) if found.next else ""
    whole = filled(person=person_id, since=found.day, until=found.day)
    return page(
        "oversight/person.html", actor, status=form.status, form=form, found=found, words=WORDS, address=here, more=following,
        first=not page_wanted.key, query=address("", whole.typed), day=timedelta(days=1),
    )  # fmt: skip


@get("/oversight/pupils/{pupil_id:uuid}")
async def show_pupil(
    actor: NamedDependency[Actor], page_wanted: NamedDependency[Page], pupil_id: FromPath[UUID]
) -> Response[bytes]:
    """Who came near a pupil's record, when and why: people first, then event by event."""
    found = await show_pupil_record(actor, pupil_id, Page(SHOWN, page_wanted.key))
    following = address(f"/oversight/pupils/{pupil_id}", {}, cursor=found.next) if found.next else ""
    return page(
        "oversight/pupil.html", actor, found=found, words=WORDS, more=following, query=f"?pupil={found.id}",
        first=not page_wanted.key,
    )  # fmt: skip


routes = [show_oversight, send_query, send_removal, send_number, show_person, show_pupil]
