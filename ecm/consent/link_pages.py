"""A carer's link: the page that names nobody, the code, and the session behind it."""

import logging
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import asyncpg
from litestar import Request, Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from ecm.accounts.commands import sign_out, token_hash
from ecm.accounts.current import LINK_COOKIE, page, session_cookie
from ecm.consent.answer_pages import FAMILY_PREFIX, LINK_PREFIX, handlers
from ecm.consent.links import note_looked_at, open_link, start_link
from ecm.consent.papers import show_paper
from ecm.consent.rules import LINK_SESSION
from ecm.consent.schemas import Code
from ecm.database import Actor
from ecm.errors import NotSignedIn, Refused
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

log = logging.getLogger(__name__)

WRONG_CODE = "This code does not work. Check the 6 digits, or send yourself a new code."
COOKIE_SECONDS = int(LINK_SESSION.total_seconds())


async def link_actor(request: Request[Any, Any, Any]) -> Actor:
    """Whoever opened a link in this browser. Raises: NotSignedIn when nobody did."""
    secret = request.cookies.get(LINK_COOKIE)
    if not secret:
        raise NotSignedIn
    request.state.actor = Actor(token_hash(secret), by_link=True)
    return request.state.actor  # type: ignore[no-any-return]


@get("/consent/{secret:str}", opt={"public": True}, sync_to_thread=False)
def show_link(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[bytes]:
    """The same bytes in the same time for every link there is, was, or never was. Uses nothing up."""
    response = page("consent/link.html", None)
    if request.method == "GET":
        response.background = BackgroundTask(_note_looked_at, secret)  # after the answer has left
    return response


async def _note_looked_at(secret: str) -> None:
    try:
        await note_looked_at(secret)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
        log.warning("a first look at a link was not noted: %s", type(trouble).__name__)


@post("/consent/{secret:str}", opt={"public": True}, status_code=303)
async def send_start(secret: FromPath[str]) -> Response[Any]:
    """Send a code to the telephone, and tie it to this browser."""
    browser = token_urlsafe(32)
    await start_link(secret, browser)
    response = redirect(f"/consent/{secret}/code")
    response.set_cookie(session_cookie(browser, LINK_COOKIE, COOKIE_SECONDS))
    return response


@get("/consent/{secret:str}/code", opt={"public": True}, sync_to_thread=False)
def show_code(secret: FromPath[str]) -> Response[bytes]:
    """Where the six digits go."""
    return page("consent/code.html", None, form=Form())


@post("/consent/{secret:str}/code", opt={"public": True}, status_code=303)
async def send_code(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
    """Open the question if the code is right."""
    browser = request.cookies.get(LINK_COOKIE, "")

    async def open_it(typed: Code) -> tuple[str, UUID]:
        opened = await open_link(secret, browser, typed.code)
        if opened is None:
            raise Refused({"code": WRONG_CODE})
        return opened.secret, opened.request_id

    form = await submit(request, Code, open_it)
    if not form.ok:
        form.typed.clear()
        return page("consent/code.html", None, status=form.status, form=form)
    key, request_id = form.result
    response = redirect(f"{LINK_PREFIX}/{request_id}")
    response.set_cookie(session_cookie(key, LINK_COOKIE, COOKIE_SECONDS))
    return response


@get("/{request_id:uuid}")
async def show_child(actor: NamedDependency[Actor], request_id: FromPath[UUID]) -> Response[bytes]:
    """Is this about your child?"""
    return page("consent/child.html", actor, paper=await show_paper(actor, request_id))


@post("/{request_id:uuid}/not-mine", status_code=200)
async def send_not_mine(actor: NamedDependency[Actor], request_id: FromPath[UUID]) -> Response[bytes]:
    """It is not: close the question in this browser."""
    await show_paper(actor, request_id)
    await sign_out(actor)
    response = page("consent/not_mine.html", None)
    response.set_cookie(session_cookie("", LINK_COOKIE, 0))
    return response


def show_ended(request: Request[Any, Any, Any], error: NotSignedIn) -> Response[bytes]:
    """The twenty minutes are over, or the browser never opened a link."""
    return page("consent/ended.html", None, status=401)


behind_link = Router(
    LINK_PREFIX,
    route_handlers=[show_child, send_not_mine, *handlers],
    dependencies={"actor": Provide(link_actor)},
    exception_handlers={NotSignedIn: show_ended},
    opt={"link": True},
)
signed_in = Router(FAMILY_PREFIX, route_handlers=handlers)

routes = [show_link, send_start, show_code, send_code, behind_link, signed_in]
