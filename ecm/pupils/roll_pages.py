"""The list of the school's pupils: filters in its address, a search whose words stay out of it, and one more pupil."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.database import Actor
from ecm.errors import NotAllowed
from ecm.paging import Page
from ecm.pupils.queries import MOST_FOUND
from ecm.pupils.records import add_pupil
from ecm.pupils.roll import ON_A_PAGE, list_roll, search_roll
from ecm.pupils.schemas import NewPupil, PupilSearch, RollFilter
from ecm.pupils.words import NEED_LABELS, PROVISION_LABELS, YEAR_LABELS
from ecm.web.addresses import address, asked_for, passed_on
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

ROLL = "/pupils"
WORDS = {"provisions": PROVISION_LABELS, "years": YEAR_LABELS, "needs": NEED_LABELS}


@get(ROLL)
async def list_pupils(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]
) -> Response[bytes]:
    """The school's pupils by last name, as the address asks for them."""
    form, wanted = asked_for(request, RollFilter)
    found = await list_roll(actor, replace(page_wanted, limit=ON_A_PAGE), wanted)
    more = address(ROLL, form.typed, cursor=found["next"]) if found["next"] else ""
    return page(
        "pupils/roll.html", actor, status=form.status, form=form, wanted=wanted, found=found, more=more, words=WORDS,
        query=address("", form.typed), here_from=passed_on(form.typed) or "?list=all", may=_verbs(actor),
    )  # fmt: skip


def _verbs(actor: Actor) -> frozenset[str]:
    return actor.standing.verbs if actor.standing else frozenset()


@get("/pupils/search")
async def start_search(actor: NamedDependency[Actor]) -> Response[Any]:
    """A search has no address of its own: it starts at the list."""
    await search_roll(actor, "")
    return redirect(ROLL)


@post("/pupils/search", status_code=200)
async def send_search(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Pupils by name or UPN."""
    form = await submit(request, PupilSearch, lambda wanted: search_roll(actor, wanted.q))
    if not form.ok:
        await search_roll(actor, "")
    pupils = form.result if form.ok else []
    return page(
        "pupils/found.html",
        actor,
        status=form.status,
        form=form,
        pupils=pupils,
        most=MOST_FOUND,
        words=WORDS,
        may=_verbs(actor),
    )


@get("/pupils/add")
async def new_pupil(actor: NamedDependency[Actor]) -> Response[bytes]:
    """A pupil who has come to the school."""
    return await _add_page(actor, filled(sen_provision="N"))


async def _add_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    await search_roll(actor, "")
    if "pupil:keep" not in _verbs(actor):
        raise NotAllowed
    return page("pupils/add.html", actor, status=form.status, form=form, words=WORDS)


@post("/pupils/add", status_code=303)
async def send_new_pupil(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Put the pupil on the roll."""
    form = await submit(request, NewPupil, lambda new: add_pupil(actor, new))
    if not form.ok:
        return await _add_page(actor, form)
    return redirect(ROLL, "The pupil is on your school’s roll now. To open a case, choose it beside the name.")


routes = [list_pupils, start_search, send_search, new_pupil, send_new_pupil]
