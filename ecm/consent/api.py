"""Consent, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.consent.commands import answer_consent, ask_consent, withdraw_consent
from ecm.consent.queries import consents, requests, show_request
from ecm.consent.schemas import Answers, Asking, Withdrawing
from ecm.database import Actor
from ecm.idempotency import once
from ecm.paging import Page


@post("/cases/{case_id:uuid}/consent-requests")
async def post_consent_request(
    request: Request[Any, Any, Any], data: JSONBody[Asking], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Ask a carer."""
    return await once(request, actor, lambda: ask_consent(actor, case_id, data), lambda made: show_request(actor, made))


@get("/consent-requests")
async def list_consent_requests(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> dict[str, Any]:
    """A carer's own requests, or those of a worker's cases."""
    return await requests(actor, page_wanted)


@post("/consent-requests/{request_id:uuid}/answers")
async def post_answers(
    data: JSONBody[Answers], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> dict[str, Any]:
    """Answer, or write down what a carer answered."""
    return await answer_consent(actor, request_id, data)


@get("/cases/{case_id:uuid}/consents")
async def list_consents(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """How each proposal stands."""
    return {"items": await consents(actor, case_id), "next": None}


@post("/consents/{proposal_id:uuid}/withdrawal")
async def post_withdrawal(
    data: JSONBody[Withdrawing], actor: NamedDependency[Actor], proposal_id: FromPath[UUID]
) -> dict[str, Any]:
    """Take a yes back, in force when this answers."""
    return await withdraw_consent(actor, proposal_id, data)


routes = [post_consent_request, list_consent_requests, post_answers, list_consents, post_withdrawal]
