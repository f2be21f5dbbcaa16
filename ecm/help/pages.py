"""The help pages: for everybody, signed in or not; a reader's own role comes first. Nothing here is about a pupil."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from ecm.accounts.current import current_actor, page
from ecm.audit.events import Event
from ecm.database import Actor, acting_as
from ecm.errors import NotFound, NotSignedIn
from ecm.help.guide import Guide, holders, marked
from ecm.help.guides import GUIDES, guide_of, own_first
from ecm.help.results import results


@get("/help", opt={"public": True})
async def show_index(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What help there is."""
    reader = await _reader(request)
    own = _own(reader)
    return page("help/index.html", reader, guides=own_first(own), own=own)


@get("/help/{guide:str}", opt={"public": True})
async def show_guide(request: Request[Any, Any, Any], guide: FromPath[str]) -> Response[bytes]:
    """What a role can do here, and how. Raises: NotFound."""
    reader = await _reader(request)
    found = next((each for each in GUIDES if each.slug == guide), None)
    if found is None:
        raise NotFound
    own = _own(reader)
    return page("help/guide.html", reader, guide=found, guides=own_first(own), own=own, holders=holders, marked=marked)


@get("/help/keyboard", opt={"public": True})
async def show_keyboard(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Which keys do what."""
    return page("help/keyboard.html", await _reader(request))


@get("/help/accessibility", opt={"public": True})
async def show_accessibility(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How accessible this is, by what was looked at."""
    return page("help/accessibility.html", await _reader(request), found=results())


async def _reader(request: Request[Any, Any, Any]) -> Actor | None:
    """Whoever is signed in, for the frame of the page; None for everybody else. Records help:shown."""
    try:
        actor = await current_actor(request)
        async with acting_as(actor, "help") as act:
            act.record(Event.HELP_SHOWN, outcome="shown")
    except NotSignedIn:
        return None
    return actor


def _own(reader: Actor | None) -> Guide | None:
    who = reader.standing if reader else None
    if who is None:
        return None
    return guide_of(who.agency_kind or "", who.role or ("carer" if who.is_carer else ""))


routes = [show_index, show_guide, show_keyboard, show_accessibility]
