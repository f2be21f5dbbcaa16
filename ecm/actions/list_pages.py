"""Actions across all cases: lists by their address, giving many to a colleague, and taking a list away."""

from typing import Any

from asyncpg import Record
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.actions.handover import NOT_THERE, hand_over, show_chosen
from ecm.actions.lists import Asked
from ecm.actions.queries import ACTION_COLUMNS, export_actions, published, show_list, show_nothing
from ecm.actions.rules import urgency
from ecm.actions.schemas import ActionExport, ActionFilter, Choosing, HandOver
from ecm.agencies.words import ACTION_STATUS_LABELS, ROLE_LABELS
from ecm.cases.queries import display
from ecm.clock import today
from ecm.database import Actor
from ecm.errors import Refused
from ecm.paging import Page
from ecm.web.addresses import address, asked_for, came_from, passed_on
from ecm.web.dates import plural
from ecm.web.forms import Form, checked, filled, submit
from ecm.web.render import redirect
from ecm.web.sheet import MOST_ROWS, sheet, sheet_answer

GROUPS = {"overdue": "Overdue", "soon": "Due in the next 7 days", "later": "Later", "ended": "Finished"}
HEADINGS = {
    "mine": "Your actions",
    "unassigned": "Actions that nobody in particular has",
    "agency": "Actions of {agency}",
    "lead": "Actions on cases you lead",
    "all": "All actions you can see",
}
WORDS = {"statuses": ACTION_STATUS_LABELS, "roles": ROLE_LABELS}
LIST = "/actions"


@get(LIST)
async def list_mine(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]
) -> Response[bytes]:
    """What is to be done, the overdue first: the reader's own unless the address says otherwise."""
    form, wanted = asked_for(request, ActionFilter)
    found = await show_list(actor, page_wanted, _asked(wanted))
    following = address(LIST, form.typed, cursor=found["next"]) if found["next"] else ""
    return page(
        "actions/list.html", actor, status=form.status, form=form, wanted=wanted, words=WORDS, more=following,
        groups=_groups(found["rows"]), agencies=found["agencies"], heading=_heading(actor, wanted), tabs=_tabs(actor),
        ours=_gives(actor), passed_on=passed_on(form.typed), query=address("", form.typed),
        narrowed=bool(wanted.overdue or wanted.due_before or wanted.agency_id or wanted.status in ("todo", "doing")),
    )  # fmt: skip


def _asked(wanted: ActionFilter) -> Asked:
    return Asked(wanted.whose, wanted.status, bool(wanted.overdue), wanted.due_before, wanted.agency_id)


def _heading(actor: Actor, wanted: ActionFilter) -> str:
    return HEADINGS[wanted.whose].format(agency=(actor.standing and actor.standing.agency_name) or "your organisation")


def _tabs(actor: Actor) -> list[tuple[str, str]]:
    """The lists that make sense for this reader: (whose, what it is called)."""
    who = actor.standing
    desk = who is not None and who.may("desk:general")
    tabs = [("mine", "Yours")]
    tabs += [("unassigned", "Nobody in particular"), ("agency", "Your organisation’s")] if desk else []
    tabs += [("lead", "On cases you lead")] if who is not None and who.agency_kind == "school" else []
    return [*tabs, ("all", "All you can see")]


def _gives(actor: Actor) -> Any:
    """The agency whose actions the reader may hand to a colleague; None if they hand nothing over."""
    who = actor.standing
    return who.agency_id if who is not None and who.may("desk:general") and who.may("action:change") else None


def _groups(rows: list[Record]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows in their order under headings; a heading without a row is left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        heading = GROUPS[urgency(row["status"], row["due_on"], today())]
        more = {name: row[name] for name in ("changeable", "changed", "case_status")} | {"pupil": display(row)}
        found.setdefault(heading, []).append(published(row) | more)
    return list(found.items())


@get("/actions/handover")
async def choose_colleague(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The ticked actions, and who could take them on."""
    ticked = request.query_params.getall("chosen", [])
    if not ticked:
        return redirect(_back(request), "Tick the actions first, then choose “Give to a colleague”.")
    return await _handover_page(request, actor, checked({"chosen": ticked}, Choosing))


@get("/actions/handover/check")
async def check_handover(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Who would get what, before anything is changed."""
    given = {name: request.query_params.getall(name, []) for name in ("chosen", "assignee_id")}
    form = checked({name: values for name, values in given.items() if values}, HandOver)
    return await _handover_page(request, actor, form, checking=form.ok)


@post("/actions/handover", status_code=303)
async def send_handover(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Give all of them to the colleague, or none."""
    form = await submit(request, HandOver, lambda wanted: hand_over(actor, wanted))
    if not form.ok:
        return await _handover_page(request, actor, form)
    return redirect(
        _back(request), f"{plural(form.result, 'action')} given to your colleague, who has them on the list now."
    )


async def _handover_page(
    request: Request[Any, Any, Any], actor: Actor, form: Form[Any], *, checking: bool = False
) -> Response[Any]:
    """What is chosen, as it says now. `checking`: with the colleague who was chosen, if it can be them."""
    chosen = checked({"chosen": form.texts("chosen")}, Choosing)
    shown: dict[str, Any] = {"actions": [], "colleagues": []}
    try:
        shown = await show_chosen(actor, chosen.result.chosen if chosen.ok else [])
    except Refused as refused:
        form = Form(form.typed, refused.problems | form.problems, stale=form.stale)
    colleague = next((each for each in shown["colleagues"] if str(each["id"]) == form.text("assignee_id")), None)
    if checking and colleague is None:
        form = Form(form.typed, {"assignee_id": NOT_THERE} | form.problems)
    return page(
        "actions/handover.html", actor, status=form.status, form=form, words=WORDS, back=_back(request),
        colleague=colleague if checking else None, list_query=request.query_params.get("list", ""), **shown,
    )  # fmt: skip


def _back(request: Request[Any, Any, Any]) -> str:
    return address(LIST, came_from(request, ActionFilter))


@get("/actions/export")
async def choose_export(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """What is about to be taken away."""
    return await _export_page(request, actor, filled(columns=[each for each in ACTION_COLUMNS if each != "progress"]))


async def _export_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any]) -> Response[bytes]:
    asked, wanted = asked_for(request, ActionFilter)
    await show_nothing(actor)
    return page(
        "components/export.html", actor, status=form.status, form=form, columns=list(ACTION_COLUMNS.items()),
        what=_heading(actor, wanted), back=address(LIST, asked.typed), send_to=address("/actions/export", asked.typed),
        most=MOST_ROWS,
    )  # fmt: skip


@post("/actions/export", status_code=200)
async def send_export(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The list as a file."""
    _, wanted = asked_for(request, ActionFilter)
    form = await submit(request, ActionExport, lambda export: export_actions(actor, _asked(wanted), export.columns))
    if not form.ok:
        return await _export_page(request, actor, form)
    heads, rows, cut = form.result
    return sheet_answer(sheet(heads, rows, cut), "actions", today())


routes = [list_mine, choose_colleague, check_handover, send_handover, choose_export, send_export]
