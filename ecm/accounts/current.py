"""From a request to whoever is asking: the one thing every handler is given.

A browser brings an opaque cookie, a program a bearer token; either is only a way to find the live session row.
"""

from functools import cache
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from ecm import clock
from ecm.accounts import tokens
from ecm.accounts.commands import token_hash
from ecm.accounts.rules import ABSOLUTE_LIMIT, IDLE_LIMIT
from ecm.agencies.words import ROLE_LABELS
from ecm.config import secret_file, settings
from ecm.database import Actor
from ecm.errors import NotSignedIn
from ecm.web.render import render
from ecm.web.viewer import NavigationItem, Viewer

SESSION_COOKIE = "__Host-ecm-session"
LINK_COOKIE = "__Host-ecm-link"
DEVICE_LASTS = 180 * 86_400


async def current_actor(request: Request[Any, Any, Any]) -> Actor:
    """Who asks: by bearer token under /api/, else by the session's cookie.

    Raises: NotSignedIn when there is neither; whether the session is live is found on entering.
    """
    header = request.headers.get("authorization", "")
    if header.startswith("Bearer "):
        claims = tokens.read(keyring(), header.removeprefix("Bearer "), clock.now())
        actor = Actor(token_hash(str(claims.session_id)))
    elif secret := request.cookies.get(SESSION_COOKIE):
        actor = Actor(token_hash(secret))
    else:
        raise NotSignedIn
    request.state.actor = actor
    return actor


def client_address(request: Request[Any, Any, Any]) -> str:
    """The network address that asks; behind a proxy that we trust, the one the proxy names last.

    Source: OWASP ASVS 5.0, 4.1.3: a header that anybody can send decides nothing.
    """
    peer = request.client.host if request.client else "unknown"
    forwarded = request.headers.get("x-forwarded-for", "")
    trusted = {each.strip() for each in settings().trusted_proxies.split(",")} - {""}
    return forwarded.rpartition(",")[2].strip() if forwarded and peer in trusted else peer


@cache
def keyring() -> tokens.Keyring:
    """The keys of API tokens: from `token_key_file`, in the demonstration made in the data folder on first use."""
    file = settings().token_key_file or settings().data / "token-key.json"
    text = secret_file(file, tokens.new_key) if settings().demo else file.read_text()
    return tokens.read_keys(text, settings().public_url)


def viewer_of(actor: Actor | None) -> Viewer | None:
    """The frame's view of whoever is asking; None before anybody has entered."""
    who = actor.standing if actor else None
    if who is None or who.session_kind == "link":
        return None
    return Viewer(
        name=who.person_name,
        agency_name=who.agency_name or "",
        role=who.role or "carer",
        role_label=ROLE_LABELS[who.role or "carer"],
        navigation=_navigation(who.membership_id is not None, who.verbs, who.invitations),
        several_memberships=who.memberships + who.is_carer > 1,
        idle_seconds=int(IDLE_LIMIT.total_seconds()),
        covering=who.covering,
        administrator=who.administrator or "",
        telephone=who.telephone or "",
    )


# Where to go, and the verbs any one of which leads there.
PLACES: tuple[tuple[str, str, set[str]], ...] = (
    ("/class", "Your class", {"pupil:look_up_class"}),
    ("/pupils", "Pupils", {"pupil:look_up"}),
    ("/invitations", "Invitations", set()),
    ("/oversight", "Oversight", {"audit:read"}),
    ("/post", "Post", {"post:manage"}),
    ("/people", "People", {"people:manage"}),
    ("/corrections", "Entered in error", {"correction:read"}),
    ("/oversight/sharing", "Sharing", {"sharing:oversee"}),
    ("/agreements", "Agreements", {"agreement:manage"}),
    ("/emergencies", "Emergency", {"emergency:open", "emergency:open_on_duty", "emergency:review"}),
)
NOT_ON_CASES = {"audit:read", "post:manage", "people:manage", "correction:read", "agreement:manage"}


@cache
def _navigation(worker: bool, verbs: frozenset[str], invitations: int | None) -> tuple[NavigationItem, ...]:
    """`invitations`: how many wait, at most 101; None for who has no such list."""
    places = [NavigationItem("/", "Home")]
    if worker and not verbs & NOT_ON_CASES:
        places += [NavigationItem("/cases", "Cases"), NavigationItem("/actions", "Actions")]
    for href, label, needed in PLACES:
        if href == "/invitations" and invitations is not None:
            places.append(NavigationItem(href, label, invitations))
        elif verbs & needed:
            places.append(NavigationItem(href, label))
    if not worker:
        places.append(NavigationItem("/family", "Your family"))
    return (*places, NavigationItem("/help", "Help"))


def page(template: str, actor: Actor | None, /, *, status: int = 200, **context: Any) -> Response[bytes]:
    """A page framed for whoever asked."""
    return render(template, viewer_of(actor), status=status, **context)


def session_cookie(secret: str, name: str = SESSION_COOKIE, lasting: int | None = None) -> Cookie:
    """The cookie of a browser session; `lasting` 0 takes it away, None ends with the browser or after 10 hours."""
    seconds = int(ABSOLUTE_LIMIT.total_seconds()) if lasting is None else lasting
    return Cookie(key=name, value=secret, path="/", max_age=seconds, secure=True, httponly=True, samesite="lax")
