"""Pages behind an invitation to work in an agency."""

from typing import Any

from asyncpg import Record
from litestar import Request, Response, get, post
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.link_pages import dead_link
from ecm.agencies.words import ROLE_LABELS
from ecm.errors import NotFound
from ecm.people.joining import join, show_joining
from ecm.people.schemas import Joining
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect


@get("/join/{secret:str}", opt={"public": True})
async def show_join(secret: FromPath[str]) -> Response[bytes]:
    """Who invites, and what to do. Uses nothing up."""
    try:
        found = await show_joining(secret)
    except NotFound:
        return dead_link()
    return _join_page(found, filled(name=found["name"]))


@post("/join/{secret:str}", opt={"public": True}, status_code=303)
async def send_join(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
    """Join."""
    try:
        found = await show_joining(secret)
        form = await submit(request, Joining, lambda said: join(secret, said))
    except NotFound:
        return dead_link()
    if not form.ok:
        form.typed.pop("password", None)
        return _join_page(found, form)
    return redirect("/sign-in", "You have joined. Sign in to begin.")


def _join_page(found: Record, form: Form[Any]) -> Response[bytes]:
    template = "people/join_closed.html" if found["account"] == "closed" else "people/join.html"
    return page(template, None, status=form.status, form=form, it=found, roles=ROLE_LABELS)


routes = [show_join, send_join]
