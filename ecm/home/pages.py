"""Where everybody starts."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.database import Actor
from ecm.home.queries import home
from ecm.home.rules import next_things
from ecm.web.render import redirect


@get("/")
async def show_home(actor: NamedDependency[Actor]) -> Response[Any]:
    """What needs you today; families and auditors have a start of their own."""
    found = await home(actor)
    who = actor.standing
    if who is None or who.membership_id is None:
        return redirect("/account" if who and who.memberships and not who.is_carer else "/family")
    if who.may("audit:read"):
        return redirect("/oversight")
    following = next_things(who.agency_kind or "", who.role or "")
    return page("home/home.html", actor, next_things=following, may_open=who.may("case:open"), **found)


@get("/health", opt={"public": True}, sync_to_thread=False)
def show_health() -> dict[str, str]:
    """Whether this process answers. No pupil data."""
    return {"status": "ok"}


routes = [show_home, show_health]
