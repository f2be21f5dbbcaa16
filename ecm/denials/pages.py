"""Pages on which somebody says who must not see: a conflict of interest, and a case for named people only."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import ROLE_LABELS
from ecm.database import Actor
from ecm.denials.conflicts import conflicts, declare_conflict, end_conflict, show_conflict_form
from ecm.denials.restrictions import lift_restriction, name_worker, restrict_case, show_restriction, unname_worker
from ecm.denials.rules import CONFLICT_LABELS, RESTRICTION_LABELS
from ecm.denials.schemas import NewConflict, NewRestriction, Nothing, OneMore
from ecm.errors import Refused
from ecm.web.forms import Form, filled, read_form, submit
from ecm.web.render import redirect

WORDS = {"conflicts": CONFLICT_LABELS, "restrictions": RESTRICTION_LABELS, "roles": ROLE_LABELS}
RESTRICTED = "Only the people you named, and the lead practitioner, see the case now."
DECLARED = "The conflict of interest is recorded. The pupil and their cases are closed to that person now."


@get("/conflicts")
async def get_conflicts(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Conflicts of interest: one's own, and those one answers for."""
    return page("denials/conflicts.html", actor, found=await conflicts(actor), words=WORDS)


@post("/conflicts/{conflict_id:uuid}/ending", status_code=303)
async def send_conflict_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], conflict_id: FromPath[UUID]
) -> Response[Any]:
    """It is over."""
    form = await submit(request, Nothing, lambda _: end_conflict(actor, conflict_id))
    if not form.ok:
        raise Refused(form.problems)
    return redirect("/conflicts", "The conflict has ended. They see again what they have a reason to see.")


@get("/pupils/{pupil_id:uuid}/conflict")
async def new_conflict(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """What a conflict of interest does, before it is declared."""
    return await _conflict_page(actor, pupil_id, Form())


async def _conflict_page(actor: Actor, pupil_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_conflict_form(actor, pupil_id)
    return page("denials/conflict.html", actor, status=form.status, form=form, words=WORDS, **found)


@post("/pupils/{pupil_id:uuid}/conflict", status_code=303)
async def send_conflict(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Declare it."""
    form = await submit(request, NewConflict, lambda new: declare_conflict(actor, pupil_id, new))
    return redirect("/conflicts", DECLARED) if form.ok else await _conflict_page(actor, pupil_id, form)


@get("/cases/{reference:str}/restriction")
async def get_restriction(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Who is named, or who could be."""
    return await _restriction_page(actor, reference, None)


async def _restriction_page(actor: Actor, reference: str, form: Form[Any] | None) -> Response[bytes]:
    found = await show_restriction(actor, reference)
    form = form or filled(named=[found["own_id"]])
    template = "denials/restricted.html" if found["live"] else "denials/restrict.html"
    return page(template, actor, status=form.status, form=form, words=WORDS, **found)


@post("/cases/{reference:str}/restriction/check", status_code=200)
async def check_restriction(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[bytes]:
    """Who will see the case, and who will not any more."""
    form = await read_form(request, NewRestriction)
    if not form.ok or form.text("change"):
        return await _restriction_page(actor, reference, form)
    found = await show_restriction(actor, reference)
    named = set(form.result.named)
    stays = [each for each in found["workers"] if each["leads"] or each["id"] in named]
    loses = [each for each in found["workers"] if each not in stays]
    return page("denials/check.html", actor, form=form, words=WORDS, stays=stays, loses=loses, **found)


@post("/cases/{reference:str}/restriction", status_code=303)
async def send_restriction(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Restrict the case."""
    found = await show_restriction(actor, reference)
    case, leads = found["case"], [each["id"] for each in found["workers"] if each["leads"]]
    form = await submit(request, NewRestriction, lambda new: restrict_case(actor, case.id, new))
    if not form.ok:
        return await _restriction_page(actor, reference, form)
    stays = found["own_id"] in (*leads, *form.result["named"])
    return redirect(f"/cases/{case.reference}/restriction" if stays else "/cases", RESTRICTED)


@post("/cases/{reference:str}/restriction/people", status_code=303)
async def send_named(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Name one more."""
    case = (await show_restriction(actor, reference))["case"]
    form = await submit(request, OneMore, lambda one: name_worker(actor, case.id, one.worker_id))
    if not form.ok:
        return await _restriction_page(actor, reference, form)
    return redirect(f"/cases/{case.reference}/restriction", "They are named, and see the case.")


@post("/cases/{reference:str}/restriction/people/{worker_id:uuid}/removal", status_code=303)
async def send_unnaming(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], worker_id: FromPath[UUID]
) -> Response[Any]:
    """Name one fewer."""
    case = (await show_restriction(actor, reference))["case"]
    form = await submit(request, Nothing, lambda _: unname_worker(actor, case.id, worker_id))
    if not form.ok:
        return await _restriction_page(actor, reference, form)
    return redirect(f"/cases/{case.reference}/restriction", "They are not named any more.")


@post("/cases/{reference:str}/restriction/lifting", status_code=303)
async def send_lifting(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Lift the restriction."""
    case = (await show_restriction(actor, reference))["case"]
    form = await submit(request, Nothing, lambda _: lift_restriction(actor, case.id))
    if not form.ok:
        return await _restriction_page(actor, reference, form)
    return redirect(f"/cases/{case.reference}", "The restriction is lifted.")


routes = [
    get_conflicts, send_conflict_ending, new_conflict, send_conflict, get_restriction, check_restriction,
    send_restriction, send_named, send_unnaming, send_lifting,
]  # fmt: skip
