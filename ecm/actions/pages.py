"""Pages of one action, and of a new one."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.actions.commands import add_action, change_action
from ecm.actions.queries import show_action_form, show_new_action_form
from ecm.actions.schemas import ActionChange, ActionFilter, NewAction, PageChange, PageStep
from ecm.agencies.words import ACTION_STATUS_LABELS, CATEGORY_LABELS, CATEGORY_READERS, ROLE_LABELS
from ecm.database import Actor
from ecm.web.addresses import address, came_from, passed_on
from ecm.web.dates import long_date
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "statuses": ACTION_STATUS_LABELS,
    "categories": CATEGORY_LABELS,
    "readers": CATEGORY_READERS,
    "roles": ROLE_LABELS,
}
NOBODY = "Nobody in particular"
SAVED = {
    "todo": "The action is on the list of things to do.",
    "doing": "The action is under way.",
    "done": "The action is done. It has moved from your open actions to the ones that are done.",
    "cancelled": "The action is cancelled. It has moved from your open actions to the cancelled ones.",
    "": "Your change is saved. Everybody who can see the action sees it now.",
}


@post("/actions/{action_id:uuid}/step", status_code=303)
async def send_step(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], action_id: FromPath[UUID]
) -> Response[Any]:
    """Move one action of the list on: one click, and a sentence if there is one to say."""
    form = await submit(request, PageStep, lambda step: change_action(actor, action_id, _change(step)))
    if not form.ok:
        return await _action_page(request, actor, action_id, form)
    return redirect(address("/actions", came_from(request, ActionFilter)), SAVED[form.text("status")])


@get("/actions/{action_id:uuid}")
async def get_action(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], action_id: FromPath[UUID]
) -> Response[bytes]:
    """One action, and the form to change it."""
    return await _action_page(request, actor, action_id, Form())


@post("/actions/{action_id:uuid}", status_code=303)
async def send_action(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], action_id: FromPath[UUID]
) -> Response[Any]:
    """Change what an action says."""
    form = await submit(request, PageChange, lambda change: change_action(actor, action_id, _change(change)))
    if not form.ok:
        return await _action_page(request, actor, action_id, form)
    return redirect(f"/actions/{action_id}{passed_on(came_from(request, ActionFilter))}", SAVED[""])


def _change(typed: PageStep) -> ActionChange:
    """What a page means: its status may be left out, `anybody` is nobody in particular."""
    given = {name: value for name, value in typed.model_dump().items() if not (name == "status" and value is None)}
    return ActionChange(**given | ({"assignee_id": None} if given.get("assignee_id") == "anybody" else {}))


async def _action_page(
    request: Request[Any, Any, Any], actor: Actor, action_id: UUID, form: Form[Any]
) -> Response[bytes]:
    """The form shows what was typed, and where nothing was, what the action says now."""
    shown = await show_action_form(actor, action_id)
    current = form.stale or shown["action"]
    form = Form(_filled(current).typed | form.typed, form.problems, stale=form.stale)
    compared = _compared(form, current, shown["people"]) if form.stale else []
    came = came_from(request, ActionFilter)
    return page(
        "actions/action.html", actor, status=form.status, form=form, compared=compared, words=WORDS,
        back=address("/actions", came), passed_on=passed_on(came), **shown,
    )  # fmt: skip


def _filled(action: Any) -> Form[Any]:
    held = {name: action[name] for name in ("version", "title", "due_on", "status", "progress")}
    return filled(**held, assignee_id=action["assignee"]["id"] if action["assignee"] else "anybody")


def _compared(form: Form[Any], now: Any, people: list[Record]) -> list[tuple[str, str, str]]:
    """Side by side: the name of a box, what it says now, what was typed into it."""
    names = {str(each["id"]): each["name"] for each in people}
    typed_day = date(*(int(form.text(f"due_on-{part}")) for part in ("year", "month", "day")))
    return [
        ("What will be done", now["title"], form.text("title")),
        ("Where it stands", ACTION_STATUS_LABELS[now["status"]], ACTION_STATUS_LABELS[form.text("status")]),
        ("Progress", now["progress"], form.text("progress")),
        ("By when", long_date(now["due_on"]), long_date(typed_day)),
        ("Who", now["assignee"]["name"] if now["assignee"] else NOBODY, names.get(form.text("assignee_id"), NOBODY)),
    ]


@get("/cases/{reference:str}/actions/add")
async def new_action(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Something to be done for this case."""
    return await _new_action_page(actor, reference, Form())


async def _new_action_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    shown = await show_new_action_form(actor, reference)
    return page("actions/new.html", actor, status=form.status, form=form, words=WORDS, **shown)


@post("/cases/{reference:str}/actions/add", status_code=303)
async def send_new_action(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Add the action."""
    case = (await show_new_action_form(actor, reference))["case"]
    form = await submit(request, NewAction, lambda new: add_action(actor, case["id"], new))
    if not form.ok:
        return await _new_action_page(actor, reference, form)
    owner = form.result["owner_agency"]["name"]
    return redirect(f"/cases/{case['reference']}", f"The action is added. {owner} can see it now.")


routes = [send_step, get_action, send_action, new_action, send_new_action]
