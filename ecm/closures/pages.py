"""Pages on which a case ends, or goes on: each says in plain words what will happen before it does."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import ACTION_STATUS_LABELS, OUTCOME_LABELS, ROLE_LABELS, TURN_LABELS
from ecm.closures.commands import close_case, record_death, reopen_case, undo_death, void_case
from ecm.closures.queries import show_turn_form
from ecm.closures.schemas import Death, PageClosure, Reopening, Voiding
from ecm.database import Actor
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "outcomes": OUTCOME_LABELS,
    "turns": TURN_LABELS,
    "statuses": ACTION_STATUS_LABELS,
    "roles": ROLE_LABELS,
}


async def _page(template: str, actor: Actor, shown: dict[str, Any], form: Form[Any]) -> Response[bytes]:
    """The form carries the version that was read; after Stale, the one that is true now."""
    form.typed.setdefault("version", [str(shown["case"]["version"])])
    return page(f"closures/{template}.html", actor, status=form.status, form=form, words=WORDS, **shown)


@get("/cases/{reference:str}/close")
async def show_close(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What closing does, and what is still open."""
    return await _page("close", actor, await show_turn_form(actor, reference), Form())


@post("/cases/{reference:str}/close", status_code=303)
async def send_close(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Close the case."""
    shown = await show_turn_form(actor, reference)
    case = shown["case"]
    form = await submit(request, PageClosure, lambda said: close_case(actor, case["id"], said.closure, said.actions))
    if not form.ok:
        return await _page("close", actor, await show_turn_form(actor, reference), form)
    return redirect(
        f"/cases/{case['reference']}",
        "The case is closed. Everybody who worked on it has been told. You can reopen it.",
    )


@get("/cases/{reference:str}/reopen")
async def show_reopen(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What reopening does, and what it does not."""
    return await _page("reopen", actor, await show_turn_form(actor, reference), Form())


@post("/cases/{reference:str}/reopen", status_code=303)
async def send_reopen(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Reopen the case."""
    shown = await show_turn_form(actor, reference)
    case = shown["case"]
    form = await submit(request, Reopening, lambda said: reopen_case(actor, case["id"], said))
    if not form.ok:
        return await _page("reopen", actor, await show_turn_form(actor, reference), form)
    return redirect(f"/cases/{case['reference']}", "The case is open again. Next: invite whoever should help now.")


@get("/cases/{reference:str}/void")
async def show_void(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """What it means to say that a case was opened in error."""
    return await _page("void", actor, await show_turn_form(actor, reference), Form())


@post("/cases/{reference:str}/void", status_code=303)
async def send_void(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Void the case."""
    shown = await show_turn_form(actor, reference)
    case = shown["case"]
    form = await submit(request, Voiding, lambda said: void_case(actor, case["id"], said))
    if not form.ok:
        return await _page("void", actor, await show_turn_form(actor, reference), form)
    return redirect(
        f"/cases/{case['reference']}", "The case is marked as opened in error. Only your school can read it."
    )


@get("/cases/{reference:str}/died")
async def show_died(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Writing down that a pupil has died; or that this was a mistake."""
    return await _page("died", actor, await show_turn_form(actor, reference, "death:record"), Form())


@post("/cases/{reference:str}/died", status_code=303)
async def send_died(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Write it down."""
    shown = await show_turn_form(actor, reference, "death:record")
    case = shown["case"]
    form = await submit(request, Death, lambda said: record_death(actor, case["id"], said))
    if not form.ok:
        return await _page("died", actor, await show_turn_form(actor, reference, "death:record"), form)
    return redirect(
        f"/cases/{case['reference']}", "It is written down. The case is closed, and no message is sent to anybody."
    )


@post("/cases/{reference:str}/died-in-error", status_code=303)
async def send_died_in_error(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Say that it was a mistake."""
    shown = await show_turn_form(actor, reference, "death:record")
    case = shown["case"]
    form = await submit(request, Reopening, lambda said: undo_death(actor, case["id"], said))
    if not form.ok:
        return await _page("died", actor, await show_turn_form(actor, reference, "death:record"), form)
    notice = "The date is taken away. The case is still closed: reopen it if the work goes on."
    return redirect(f"/cases/{case['reference']}", notice)


routes = [
    show_close, send_close, show_reopen, send_reopen, show_void, send_void, show_died, send_died, send_died_in_error,
]  # fmt: skip
