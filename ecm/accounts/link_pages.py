"""Pages behind links from letters, and the page that sends one: a forgotten password, a new address."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.own_pages import place_of, slowed
from ecm.accounts.resets import check_link, confirm_address, forget_password, reset_password
from ecm.accounts.schemas import Forgotten, NewPassword, Nothing
from ecm.errors import NotFound
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


def dead_link() -> Response[bytes]:
    """The same page for a link that is unknown, used, cancelled or expired."""
    return page("accounts/dead_link.html", None, status=404)


@get("/password/forgotten", opt={"public": True}, sync_to_thread=False)
def show_forgotten() -> Response[bytes]:
    """Which account?"""
    return page("accounts/forgotten.html", None, form=Form())


@post("/password/forgotten", opt={"public": True}, status_code=200)
async def send_forgotten(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send a link, if there is such an account; the page does not say."""

    async def forget(typed: Forgotten) -> None:
        with slowed("email"):
            await forget_password(typed.email, place_of(request))

    form = await submit(request, Forgotten, forget)
    template = "accounts/link_sent.html" if form.ok else "accounts/forgotten.html"
    return page(template, None, status=form.status, form=form)


@get("/password/reset/{secret:str}", opt={"public": True})
async def show_reset(secret: FromPath[str]) -> Response[bytes]:
    """A new password. Uses nothing up."""
    try:
        await check_link(secret, "password")
    except NotFound:
        return dead_link()
    return page("accounts/reset.html", None, form=Form())


@post("/password/reset/{secret:str}", opt={"public": True}, status_code=303)
async def send_reset(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
    """Set it."""
    try:
        await check_link(secret, "password")
        form = await submit(request, NewPassword, lambda typed: reset_password(secret, typed.password))
    except NotFound:
        return dead_link()
    if not form.ok:
        form.typed.clear()
        return page("accounts/reset.html", None, status=form.status, form=form)
    return redirect("/sign-in", "Your new password is set. Sign in with it now.")


@get("/address/{secret:str}", opt={"public": True})
async def show_confirm(secret: FromPath[str]) -> Response[bytes]:
    """Is this your address? Uses nothing up."""
    try:
        return page("accounts/confirm.html", None, email=await check_link(secret, "email"))
    except NotFound:
        return dead_link()


@post("/address/{secret:str}", opt={"public": True}, status_code=303)
async def send_confirm(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
    """Yes."""
    try:
        form = await submit(request, Nothing, lambda _: confirm_address(secret))
    except NotFound:
        return dead_link()
    if not form.ok:
        return dead_link()
    return redirect("/account", "Your e-mail address is changed. From now on you sign in with the new one.")


routes = [
    show_forgotten, send_forgotten, show_reset, send_reset, show_confirm, send_confirm,
]  # fmt: skip
