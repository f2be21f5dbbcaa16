"""The worklist: filters in its address, a search whose words stay out of it, and taking the list away."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.agencies.words import LEVEL_LABELS
from ecm.cases.lists import CASE_COLUMNS, areas, export_cases, search_cases, show_cases, show_nothing
from ecm.cases.schemas import CaseExport, CaseFilter, CaseSearch
from ecm.clock import today
from ecm.database import Actor
from ecm.paging import Page
from ecm.pupils.queries import MOST_FOUND
from ecm.web.addresses import address, asked_for
from ecm.web.forms import Form, filled, submit
from ecm.web.render import keep_list, redirect
from ecm.web.sheet import MOST_ROWS, sheet, sheet_answer

LIST = "/cases"


@get(LIST)
async def list_cases(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]
) -> Response[bytes]:
    """The reader's cases, newest activity first unless the address says otherwise."""
    form, wanted = asked_for(request, CaseFilter)
    found = await show_cases(actor, page_wanted, wanted)
    more = address(LIST, form.typed, cursor=found["next"]) if found["next"] else ""
    shown = page(
        "cases/list.html", actor, status=form.status, form=form, wanted=wanted, cases=found["items"], more=more,
        agencies=found["agencies"], areas=areas(), levels=LEVEL_LABELS, query=address("", form.typed),
        may_open=_may_open(actor), works=bool(actor.standing and actor.standing.membership_id),
    )  # fmt: skip
    return keep_list(shown, address(LIST, form.typed, cursor=request.query_params.get("cursor"))) if form.ok else shown


def _may_open(actor: Actor) -> bool:
    return actor.standing is not None and actor.standing.may("case:open")


@get("/cases/search")
async def start_search(actor: NamedDependency[Actor]) -> Response[Any]:
    """A search has no address of its own: it starts at the list."""
    await show_nothing(actor)
    return redirect(LIST)


@post("/cases/search", status_code=200)
async def send_search(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Cases by a pupil's name or UPN, or by their reference."""
    form = await submit(request, CaseSearch, lambda wanted: search_cases(actor, wanted.q))
    if not form.ok:
        await show_nothing(actor)
    cases = form.result if form.ok else []
    return page(
        "cases/search.html",
        actor,
        status=form.status,
        form=form,
        cases=cases,
        most=MOST_FOUND,
        may_open=_may_open(actor),
    )


@get("/cases/export")
async def choose_export(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """What is about to be taken away."""
    return await _export_page(request, actor, filled(columns=list(CASE_COLUMNS)))


async def _export_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any]) -> Response[bytes]:
    asked, wanted = asked_for(request, CaseFilter)
    await show_nothing(actor)
    what = "the cases you work on yourself" if wanted.whose == "mine" else "the cases you can see"
    return page(
        "components/export.html", actor, status=form.status, form=form, columns=list(CASE_COLUMNS.items()), what=what,
        back=address(LIST, asked.typed), send_to=address("/cases/export", asked.typed), most=MOST_ROWS,
    )  # fmt: skip


@post("/cases/export", status_code=200)
async def send_export(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The list as a file."""
    _, wanted = asked_for(request, CaseFilter)
    form = await submit(request, CaseExport, lambda export: export_cases(actor, wanted, export.columns))
    if not form.ok:
        return await _export_page(request, actor, form)
    heads, rows, cut = form.result
    return sheet_answer(sheet(heads, rows, cut), "cases", today())


routes = [list_cases, start_search, send_search, choose_export, send_export]
