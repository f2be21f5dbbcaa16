"""Pages on which a case is offered to the next school, and on which that school answers."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import (
    CATEGORY_LABELS,
    INVOLVEMENT_LABELS,
    KIND_LABELS,
    REASON_LABELS,
    REFUSAL_LABELS,
    ROLE_LABELS,
)
from ecm.database import Actor
from ecm.moves.handover import offer_case, refuse_offer, take_case, withdraw_offer
from ecm.moves.offers import all_invitations, offers, show_offer, show_own_case
from ecm.moves.schemas import ChosenPupil, Nothing, Offer, OfferRefusal, OwnPupilSearch, PageTaking
from ecm.moves.words import FAMILY_TOLD, OFFER_STATES, REASONS, REFUSALS, WISHES
from ecm.paging import LARGEST_LIMIT, Page
from ecm.pupils.queries import MOST_FOUND
from ecm.web.forms import Form, checked, filled, read_form, submit
from ecm.web.render import redirect

WORDS = {
    "move_reasons": REASONS,
    "wishes": WISHES,
    "told": FAMILY_TOLD,
    "move_refusals": REFUSALS,
    "states": OFFER_STATES,
    "roles": ROLE_LABELS,
    "categories": CATEGORY_LABELS,
    "reasons": REASON_LABELS,
    "refusals": REFUSAL_LABELS,
    "statuses": INVOLVEMENT_LABELS,
    "kinds": KIND_LABELS,
}


@get("/invitations")
async def list_invitations(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> Response[bytes]:
    """What this agency was asked, unanswered first; a school, also which cases it could take over."""
    found, offered = await all_invitations(actor, Page(LARGEST_LIMIT, page_wanted.key))
    return page("involvements/list.html", actor, items=found["items"], next=found["next"], offered=offered, words=WORDS)


@get("/cases/{reference:str}/handover")
async def show_handover(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Offer a case to the next school; or what has become of the offer."""
    return await _handover_page(actor, reference, None)


async def _handover_page(actor: Actor, reference: str, form: Form[Any] | None) -> Response[bytes]:
    found = await show_own_case(actor, reference)
    shown = form or filled(to_school_id=found["case"]["next_school_id"])
    return page("moves/handover.html", actor, status=shown.status, form=shown, words=WORDS, **found)


@post("/cases/{reference:str}/handover", status_code=303)
async def send_handover(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Offer it."""
    form = await submit(request, Offer, lambda said: offer_case(actor, reference, said))
    if not form.ok:
        return await _handover_page(actor, reference, form)
    school = form.result["to_school"]["name"]
    return redirect(
        f"/cases/{reference}/handover", f"The case is offered to {school}. It stays with you until they take it over."
    )


@post("/handovers/{handover_id:uuid}/withdrawal", status_code=303)
async def send_withdrawal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> Response[Any]:
    """Take the offer back."""
    form = await submit(request, Nothing, lambda _: withdraw_offer(actor, handover_id))
    if not form.ok:
        return redirect("/handovers", "It was answered before you could take it back. Here is what became of it.")
    return redirect("/handovers", "The offer is taken back. The case stays with your school.")


@get("/handovers")
async def list_handovers(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> Response[bytes]:
    """Cases offered to this school, and by it."""
    found = await offers(actor, page_wanted)
    more = f"/handovers?cursor={found['next']}" if found["next"] else ""
    mine = actor.standing.agency_id if actor.standing else None
    return page("moves/handovers.html", actor, found=found, mine=mine, more=more, words=WORDS)


@get("/handovers/{handover_id:uuid}")
async def show_offered(actor: NamedDependency[Actor], handover_id: FromPath[UUID]) -> Response[bytes]:
    """An offer to this school, and the answer."""
    return await _offer_page(actor, handover_id, Form())


async def _offer_page(actor: Actor, handover_id: UUID, form: Form[Any], q: str = "") -> Response[bytes]:
    chosen = checked({"pupil_id": form.texts("pupil")}, ChosenPupil)
    found = await show_offer(actor, handover_id, q, chosen.result.pupil_id if chosen.ok else None)
    return page("moves/offer.html", actor, status=form.status, form=form, q=q, most=MOST_FOUND, words=WORDS, **found)


@post("/handovers/{handover_id:uuid}/search", status_code=200)
async def search_own(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> Response[bytes]:
    """Find the pupil on the own roll; the words stay out of the address."""
    form = await read_form(request, OwnPupilSearch)
    return await _offer_page(actor, handover_id, form, form.text("q") if form.ok else "")


@post("/handovers/{handover_id:uuid}/acceptance", status_code=303)
async def send_acceptance(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> Response[Any]:
    """Take the case over."""
    form = await submit(request, PageTaking, lambda said: take_case(actor, handover_id, said.taking))
    if not form.ok:
        moved = {"pupil" if field == "pupil_id" else field: said for field, said in form.problems.items()}
        return await _offer_page(actor, handover_id, Form(form.typed, moved, stale=form.stale), form.text("q"))
    return redirect(
        f"/cases/{form.result['case']['reference']}",
        "Your school has the case now. Everybody who works on it has been told.",
    )


@get("/handovers/{handover_id:uuid}/refusal")
async def show_refusal(actor: NamedDependency[Actor], handover_id: FromPath[UUID]) -> Response[bytes]:
    """Why not."""
    return await _refusal_page(actor, handover_id, Form())


async def _refusal_page(actor: Actor, handover_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_offer(actor, handover_id)
    return page("moves/refuse.html", actor, status=form.status, form=form, words=WORDS, offer=found["offer"])


@post("/handovers/{handover_id:uuid}/refusal", status_code=303)
async def send_refusal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> Response[Any]:
    """Say no."""
    form = await submit(request, OfferRefusal, lambda said: refuse_offer(actor, handover_id, said.reason))
    if not form.ok:
        return await _refusal_page(actor, handover_id, form)
    return redirect(
        "/handovers", "You have refused the case. It stays with the other school, which sees your reason now."
    )


routes = [
    list_invitations, show_handover, send_handover, send_withdrawal, list_handovers, show_offered, search_own,
    send_acceptance, show_refusal, send_refusal,
]  # fmt: skip
