"""The page of whoever looks after sharing: managers, heads, safeguarding leads, data protection officers."""

from litestar import Response, get
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, LOG_BASES, ROLE_LABELS
from ecm.database import Actor
from ecm.grounds.queries import overrides
from ecm.grounds.rules import LABELS
from ecm.oversight.sharing import SOON, sharing_to_look_after
from ecm.paging import Page
from ecm.web.addresses import address

WORDS = {"categories": CATEGORY_LABELS, "roles": ROLE_LABELS, "bases": LOG_BASES, "not_told": LABELS, "soon": SOON}
PLACE = "/oversight/sharing"


@get(PLACE)
async def show_sharing_oversight(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> Response[bytes]:
    """Overrides, emergency accesses to review, conflicts, and what ends soon."""
    shown = await sharing_to_look_after(actor)
    found = await overrides(actor, page_wanted)
    more = address(PLACE, {}, cursor=found["next"]) if found["next"] else ""
    return page("oversight/sharing.html", actor, overrides=found["items"], more=more, words=WORDS, **shown)


routes = [show_sharing_oversight]
