"""“Your class”: what a teacher needs for today, on one page."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.clock import today
from ecm.database import Actor
from ecm.home.classes import own_classes
from ecm.outcomes.commands import measure_outcome
from ecm.outcomes.schemas import NewMeasurement
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


@get("/class")
async def show_class(actor: NamedDependency[Actor]) -> Response[bytes]:
    """The pupils of the reader's classes, and the numbers to write down today."""
    return await _page(actor, Form())


async def _page(actor: Actor, form: Form[Any], wrong: UUID | None = None) -> Response[bytes]:
    """The page; what is wrong with the form is wrong with the number of this outcome."""
    found = await own_classes(actor)
    return page("home/class.html", actor, status=form.status, form=form, wrong=wrong, today=today(), **found)


@post("/class/outcomes/{outcome_id:uuid}", status_code=303)
async def send_number(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], outcome_id: FromPath[UUID]
) -> Response[Any]:
    """Write down a number, and go on with the next."""
    form = await submit(request, NewMeasurement, lambda new: measure_outcome(actor, outcome_id, new, in_class=True))
    if not form.ok:
        return await _page(actor, form, outcome_id)
    return redirect("/class#measures", "The number is saved.")


routes = [show_class, send_number]
