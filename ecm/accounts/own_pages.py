"""Pages of one's own account: details, password, address, sessions, activity."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.commands import choose_membership
from ecm.accounts.current import client_address, page, session_cookie
from ecm.accounts.own import (
    Place,
    ask_address,
    change_details,
    change_password,
    end_my_sessions,
    my_activity,
    my_sessions,
    show_details,
)
from ecm.accounts.queries import me
from ecm.accounts.schemas import AddressChange, Choice, Details, Nothing, PasswordChange
from ecm.agencies.words import ROLE_LABELS
from ecm.database import Actor
from ecm.errors import Refused, TooMany
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect
from ecm.web.visit import DEVICE_COOKIE

HAPPENED = {
    "session:opened": "You signed in",
    "session:refused": "Somebody typed a wrong password for your account",
    "session:ended": "You signed out",
    "sessions:ended": "You signed out elsewhere",
    "membership:chosen": "You changed the role you act in",
    "password:changed": "Your password was changed",
    "password:reset": "A new password was set by a link from a letter",
    "address:asked": "You asked to change your e-mail address",
    "address:changed": "Your e-mail address was changed",
    "account:changed": "You changed your details",
}


@get("/account")
async def show_account(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Who I am, and the hats I may wear."""
    found = await me(actor)
    details = await show_details(actor)
    return page("accounts/account.html", actor, me=found, details=details, role_labels=ROLE_LABELS)


@post("/account/acting-as", status_code=303)
async def send_choice(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Act in another membership from the next page on."""
    form = await submit(request, Choice, lambda choice: choose_membership(actor, choice.membership_id))
    if not form.ok:
        raise Refused(form.problems)
    return redirect("/", "You have changed the role you act in.")


@get("/account/details")
async def show_my_details(actor: NamedDependency[Actor]) -> Response[bytes]:
    """My name, and where I am reached."""
    found = await show_details(actor)
    held = {key: found[key] for key in ("name", "telephone", "phone")}
    return page("accounts/details.html", actor, form=filled(**held), details=found)


@post("/account/details", status_code=303)
async def send_details(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Change them."""
    form = await submit(request, Details, lambda details: change_details(actor, details))
    if not form.ok:
        return page("accounts/details.html", actor, status=form.status, form=form, details=await show_details(actor))
    return redirect("/account", "Your details are saved. Others see them from now on.")


@get("/account/password")
async def show_password(actor: NamedDependency[Actor]) -> Response[bytes]:
    """A new password."""
    await show_details(actor)
    return page("accounts/password.html", actor, form=Form())


@post("/account/password", status_code=303)
async def send_password(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Set it; everywhere else I am signed out."""

    async def change(typed: PasswordChange) -> None:
        with slowed("current"):
            await change_password(actor, typed, place_of(request))

    form = await submit(request, PasswordChange, change)
    if not form.ok:
        form.typed.clear()
        await show_details(actor)
        return page("accounts/password.html", actor, status=form.status, form=form)
    return redirect("/account", "Your password is changed. Everywhere else you are signed out.")


@get("/account/address")
async def show_address(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Another e-mail address."""
    return page("accounts/address.html", actor, form=Form(), details=await show_details(actor))


@post("/account/address", status_code=303)
async def send_address(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Send a link there."""

    async def ask(typed: AddressChange) -> None:
        with slowed("current"):
            await ask_address(actor, typed, place_of(request))

    form = await submit(request, AddressChange, ask)
    if not form.ok:
        form.typed.pop("current", None)
        found = await show_details(actor)
        return page("accounts/address.html", actor, status=form.status, form=form, details=found)
    return redirect(
        "/account", "We have sent a link to the new address. Until you follow it, you sign in with the old one."
    )


@get("/account/sessions")
async def list_sessions(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Where I am signed in."""
    return page("accounts/sessions.html", actor, sessions=await my_sessions(actor))


@post("/account/sessions/ending", status_code=303)
async def send_everywhere(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Sign out everywhere, here too."""
    return await _ended(request, actor, None)


@post("/account/sessions/{session_id:uuid}/ending", status_code=303)
async def send_elsewhere(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], session_id: FromPath[UUID]
) -> Response[Any]:
    """Sign out in one place."""
    return await _ended(request, actor, session_id)


async def _ended(request: Request[Any, Any, Any], actor: Actor, session_id: UUID | None) -> Response[Any]:
    form = await submit(request, Nothing, lambda _: end_my_sessions(actor, session_id))
    if not form.ok:
        raise Refused(form.problems)
    if not form.result:
        return redirect("/account/sessions", "You are signed out there.")
    response = redirect("/sign-in", "You are signed out everywhere." if session_id is None else "You are signed out.")
    response.set_cookie(session_cookie("", lasting=0))
    return response


@get("/account/activity")
async def list_activity(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What happened with my account."""
    rows = await my_activity(actor)
    return page("accounts/activity.html", actor, rows=rows, happened=HAPPENED, role_labels=ROLE_LABELS)


def place_of(request: Request[Any, Any, Any]) -> Place:
    """Where this request comes from."""
    return Place(client_address(request), request.cookies.get(DEVICE_COOKIE, ""))


TOO_MANY = "There were too many tries. Wait {} seconds, then try again."


@contextmanager
def slowed(field: str) -> Iterator[None]:
    """Too many tries become a problem of this field. Raises: Refused."""
    try:
        yield
    except TooMany as slow:
        raise Refused({field: TOO_MANY.format(slow.seconds)}) from None


routes = [
    show_account, send_choice, show_my_details, send_details, show_password, send_password, show_address, send_address,
    list_sessions, send_everywhere, send_elsewhere, list_activity,
]  # fmt: skip
