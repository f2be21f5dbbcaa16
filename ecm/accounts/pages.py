"""Signing in and out; the pages of one's own account and of links are next door."""

from secrets import token_urlsafe
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from ecm.accounts import link_pages, own_pages
from ecm.accounts.commands import sign_in, sign_out
from ecm.accounts.current import DEVICE_LASTS, client_address, session_cookie
from ecm.accounts.rules import device_words
from ecm.accounts.schemas import PageSignIn
from ecm.config import settings
from ecm.database import Actor
from ecm.errors import NotSignedIn, Refused, TooMany
from ecm.web.forms import Form, submit
from ecm.web.render import local_path, redirect, render
from ecm.web.visit import DEVICE_COOKIE

WRONG = "The e-mail address or the password is wrong. Check both and try again."


@get("/sign-in", opt={"public": True}, sync_to_thread=False)
def show_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The way in; `next` is where to go afterwards."""
    return _sign_in_page(Form(typed={"next": [local_path(request.query_params.get("next"))]}))


@post("/sign-in", opt={"public": True}, status_code=303)
async def send_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check what was typed; on success a cookie and onward, else the form again with what was typed."""
    device = request.cookies.get(DEVICE_COOKIE) or token_urlsafe(32)

    async def open_browser(typed: PageSignIn) -> str:
        try:
            opened = await sign_in(
                typed.email, typed.password, kind="browser", address=client_address(request), device=device,
                program=device_words(request.headers.get("user-agent", "")),
            )  # fmt: skip
        except NotSignedIn:
            raise Refused({"email": WRONG}) from None
        except TooMany as slow:
            raise Refused({"": f"There were too many tries. Wait {slow.seconds} seconds, then try again."}) from None
        return opened.secret

    form = await submit(request, PageSignIn, open_browser)
    if not form.ok:
        form.typed.pop("password", None)
        return _sign_in_page(form)
    response = redirect(local_path(form.text("next")))
    response.set_cookie(session_cookie(form.result))
    response.set_cookie(
        Cookie(
            key=DEVICE_COOKIE, value=device, max_age=DEVICE_LASTS, path="/", secure=True, httponly=True, samesite="lax"
        )
    )
    return response


def _sign_in_page(form: Form[Any]) -> Response[bytes]:
    return render("accounts/sign_in.html", None, status=form.status, form=form, demo_accounts=settings().demo)


@post("/sign-out", opt={"public": True}, status_code=303)
async def send_sign_out(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """End the session and forget its cookie; a session that has ended already is no error."""
    await sign_out(actor)
    response = redirect("/sign-in", "You are signed out.")
    response.set_cookie(session_cookie("", lasting=0))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


routes = [show_sign_in, send_sign_in, send_sign_out, *own_pages.routes, *link_pages.routes]
