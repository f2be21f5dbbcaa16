"""Leaving at once: for somebody who must not be seen here. Their sessions end, and the browser shows the weather.

Source: GOV.UK Design System, "Help users to exit a page quickly".
"""

from contextlib import suppress
from typing import Any

from litestar import Request, Response, post

from ecm.accounts.commands import sign_out, token_hash
from ecm.accounts.current import LINK_COOKIE, SESSION_COOKIE, session_cookie
from ecm.database import Actor
from ecm.errors import NotSignedIn
from ecm.web.render import ELSEWHERE, render


@post("/leave", opt={"public": True}, status_code=200)
async def leave(request: Request[Any, Any, Any]) -> Response[bytes]:
    """End whatever session this browser has here and send it elsewhere; without a session it only goes."""
    for cookie, by_link in ((SESSION_COOKIE, False), (LINK_COOKIE, True)):
        if secret := request.cookies.get(cookie):
            with suppress(NotSignedIn):
                await sign_out(Actor(token_hash(secret), by_link=by_link))
    # Not a redirect: the policy of our pages lets no form lead off the site.
    response = render("home/leave.html", None)
    response.headers |= {"Refresh": f"0; url={ELSEWHERE}", "Clear-Site-Data": '"cache", "storage"'}
    for cookie in (SESSION_COOKIE, LINK_COOKIE):
        response.set_cookie(session_cookie("", cookie, lasting=0))
    return response


routes = [leave]
