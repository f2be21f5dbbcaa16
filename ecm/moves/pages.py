"""Pages on which pupils leave a school, alone or many at once; who has left, and what the school still knows of them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, ROLE_LABELS
from ecm.clock import today
from ecm.database import Actor
from ecm.moves.commands import check_leaving, end_enrolments, stay
from ecm.moves.queries import Leavers, departures, show_departure, show_leavers
from ecm.moves.schemas import LeavingFilter, ManyLeaving, Nothing, PageLeaving
from ecm.moves.words import ANSWERS, DESTINATIONS
from ecm.paging import Page
from ecm.pupils.words import YEAR_LABELS
from ecm.web.addresses import asked_for
from ecm.web.dates import long_date, plural
from ecm.web.forms import Form, checked, filled, submit
from ecm.web.render import redirect

WORDS = {
    "destinations": DESTINATIONS,
    "answers": ANSWERS,
    "years": YEAR_LABELS,
    "roles": ROLE_LABELS,
    "categories": CATEGORY_LABELS,
}


def _form_page(actor: Actor, found: Leavers, form: Form[Any], path: str, **more: Any) -> Response[bytes]:
    """Who leaves, when and where to."""
    return page(
        "moves/leave.html", actor, status=form.status, form=form, found=found, sends_to=path, words=WORDS, **more
    )


def _check_page(actor: Actor, found: Leavers, form: Form[Any], path: str) -> Response[bytes]:
    """What will happen, the cases first, each with a question."""
    next_school = dict(found.schools).get(form.text("next_school_id"), "")
    return page(
        "moves/check.html", actor, status=form.status, form=form, found=found, sends_to=path, next_school=next_school,
        over=form.text("destination") == "school", words=WORDS,
    )  # fmt: skip


def _on_check(form: Form[Any]) -> bool:
    """Whether all that is wrong is about cases, which are asked about on the second page."""
    return all(field.startswith("cases") for field in form.problems)


@get("/pupils/{pupil_id:uuid}/leave")
async def show_leave(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """The last day of a pupil, and where to."""
    return await _leave_page(actor, pupil_id, filled(last_on=today()))


async def _leave_page(actor: Actor, pupil_id: UUID, form: Form[Any]) -> Response[bytes]:
    return _form_page(actor, await show_leavers(actor, [pupil_id]), form, f"/pupils/{pupil_id}/leave", many=False)


@post("/pupils/{pupil_id:uuid}/leave/check", status_code=200)
async def check_leave(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[bytes]:
    """What will happen when they leave."""
    form = await submit(request, PageLeaving, lambda said: check_leaving(actor, [pupil_id], said.leaving))
    if not form.ok or form.text("change"):
        return await _leave_page(actor, pupil_id, form)
    return _check_page(actor, await show_leavers(actor, [pupil_id]), form, f"/pupils/{pupil_id}/leave")


@post("/pupils/{pupil_id:uuid}/leave", status_code=303)
async def send_leave(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Write the last day down."""
    found = await show_leavers(actor, [pupil_id])
    form = await submit(request, PageLeaving, lambda said: end_enrolments(actor, [pupil_id], said.leaving))
    if not form.ok:
        to_check = _on_check(form)
        return (
            _check_page(actor, found, form, f"/pupils/{pupil_id}/leave")
            if to_check
            else await _leave_page(actor, pupil_id, form)
        )
    offered = [each for each in found.cases if form.text(f"cases.{each['id']}") == "hand_over"]
    if offered:
        return redirect(
            f"/cases/{offered[0]['reference']}/handover",
            "The last day is written down. Next: offer the case to the next school.",
        )
    return redirect(f"/pupils/left/{form.result[0]}", "The last day is written down. You can undo it here.")


@get("/pupils/leaving")
async def show_leaving(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """A class or a year, from which many leave at once."""
    form, wanted = asked_for(request, LeavingFilter)
    return await _leaving_page(
        actor, filled(**wanted.model_dump(exclude_none=True), last_on=today()) if form.ok else form, wanted
    )


async def _leaving_page(actor: Actor, form: Form[Any], wanted: LeavingFilter) -> Response[bytes]:
    found = await show_leavers(actor, None, wanted)
    return _form_page(actor, found, form, "/pupils/leaving", many=True, wanted=wanted)


async def _again_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    """The same list after a mistake, with the same ticks."""
    listed = {name: form.texts(name) for name in LeavingFilter.model_fields}
    asked: Form[LeavingFilter] = checked({name: typed for name, typed in listed.items() if typed}, LeavingFilter)
    return await _leaving_page(actor, form, asked.result if asked.ok else LeavingFilter())


@post("/pupils/leaving/check", status_code=200)
async def check_many(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """What will happen when they all leave; their cases first."""
    form = await submit(request, ManyLeaving, lambda said: _check_many(actor, said))
    if not form.ok or form.text("change"):
        return await _again_page(actor, form)
    return _check_page(actor, await show_leavers(actor, form.result.pupils), form, "/pupils/leaving")


async def _check_many(actor: Actor, said: ManyLeaving) -> ManyLeaving:
    await check_leaving(actor, said.pupils, said.leaving)
    return said


@post("/pupils/leaving", status_code=303)
async def send_many(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Write the last day of all of them down."""
    form = await submit(request, ManyLeaving, lambda said: end_enrolments(actor, said.pupils, said.leaving))
    if form.ok:
        return redirect(
            "/pupils/left",
            f"The last day of {plural(len(form.result), 'pupil')} is written down. You can undo it for each.",
        )
    if not _on_check(form):
        return await _again_page(actor, form)
    return _check_page(
        actor, await show_leavers(actor, [UUID(each) for each in form.texts("pupils")]), form, "/pupils/leaving"
    )


@get("/pupils/left")
async def list_left(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> Response[bytes]:
    """Who has left the school, or will."""
    found = await departures(actor, page_wanted)
    more = f"/pupils/left?cursor={found['next']}" if found["next"] else ""
    return page("moves/left.html", actor, found=found, more=more, words=WORDS)


@get("/pupils/left/{departure_id:uuid}")
async def show_left(actor: NamedDependency[Actor], departure_id: FromPath[UUID]) -> Response[bytes]:
    """One pupil who has left: their cases, and what this school wrote in them."""
    return page("moves/departure.html", actor, it=await show_departure(actor, departure_id), words=WORDS)


@get("/pupils/left/{departure_id:uuid}/stayed")
async def show_stayed(actor: NamedDependency[Actor], departure_id: FromPath[UUID]) -> Response[bytes]:
    """What it means that they did not leave after all."""
    return await _stayed_page(actor, departure_id, Form())


async def _stayed_page(actor: Actor, departure_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_departure(actor, departure_id)
    return page("moves/stayed.html", actor, status=form.status, form=form, it=found, words=WORDS)


@post("/pupils/left/{departure_id:uuid}/stayed", status_code=303)
async def send_stayed(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], departure_id: FromPath[UUID]
) -> Response[Any]:
    """They stay."""
    form = await submit(request, Nothing, lambda _: stay(actor, departure_id))
    if not form.ok:
        return await _stayed_page(actor, departure_id, form)
    day = long_date(form.result["last_on"])
    return redirect(
        "/pupils/left",
        f"The pupil stays. {day} is not their last day any more, and your school has its cases as before.",
    )


routes = [
    show_leave, check_leave, send_leave, show_leaving, check_many, send_many, list_left, show_left, show_stayed, send_stayed,
]  # fmt: skip
