"""Moves, for programs."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor
from ecm.moves.commands import end_enrolments, stay
from ecm.moves.handover import offer_case, refuse_offer, take_case, withdraw_offer
from ecm.moves.offers import offers
from ecm.moves.schemas import Leaving, Nothing, Offer, OfferRefusal, Taking
from ecm.paging import Page


@post("/pupils/{pupil_id:uuid}/leaving")
async def post_leaving(
    data: JSONBody[Leaving], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """A pupil leaves the acting school after a last day."""
    made = await end_enrolments(actor, [pupil_id], data)
    return {"id": made[0], "pupil_id": pupil_id, "last_on": data.last_on, "destination": data.destination}


@post("/departures/{departure_id:uuid}/staying")
async def post_staying(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], departure_id: FromPath[UUID]
) -> dict[str, Any]:
    """The pupil did not leave after all."""
    found = await stay(actor, departure_id)
    return {"id": found["id"], "pupil_id": found["pupil_id"], "stayed": True}


@post("/cases/{case_id:uuid}/handover")
async def post_handover(
    data: JSONBody[Offer], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Offer a case to another school."""
    return await offer_case(actor, case_id, data)


@get("/handovers")
async def list_handovers(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> dict[str, Any]:
    """Cases offered to the acting school and by it; no pupil is named."""
    return await offers(actor, page_wanted)


@post("/handovers/{handover_id:uuid}/acceptance")
async def post_acceptance(
    data: JSONBody[Taking], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> dict[str, Any]:
    """Take a case over."""
    return await take_case(actor, handover_id, data)


@post("/handovers/{handover_id:uuid}/refusal")
async def post_refusal(
    data: JSONBody[OfferRefusal], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> dict[str, Any]:
    """Refuse a case."""
    return await refuse_offer(actor, handover_id, data.reason)


@post("/handovers/{handover_id:uuid}/withdrawal")
async def post_withdrawal(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], handover_id: FromPath[UUID]
) -> dict[str, Any]:
    """Take an offer back."""
    return await withdraw_offer(actor, handover_id)


routes = [post_leaving, post_staying, post_handover, list_handovers, post_acceptance, post_refusal, post_withdrawal]
