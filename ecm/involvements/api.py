"""Involvements, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.database import Actor
from ecm.idempotency import once
from ecm.involvements.commands import (
    accept_invitation,
    assign_involvement,
    end_involvement,
    invite_agency,
    refuse_invitation,
    withdraw_invitation,
)
from ecm.involvements.queries import invitations, show_involvement
from ecm.involvements.schemas import Acceptance, Assignment, Ending, Invitation, Refusal, Status, Withdrawal
from ecm.paging import Page


@post("/cases/{case_id:uuid}/involvements")
async def post_involvement(
    request: Request[Any, Any, Any], data: JSONBody[Invitation], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Invite an agency to a case."""
    return await once(
        request, actor, lambda: invite_agency(actor, case_id, data), lambda made: show_involvement(actor, made)
    )


@get("/involvements")
async def list_involvements(
    actor: NamedDependency[Actor], page_wanted: NamedDependency[Page], status: FromQuery[Status | None] = None
) -> dict[str, Any]:
    """What the reader's agency was asked; no pupil is named without a basis."""
    return await invitations(actor, page_wanted, status)


@post("/involvements/{involvement_id:uuid}/acceptance")
async def post_acceptance(
    data: JSONBody[Acceptance], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> dict[str, Any]:
    """Accept an invitation."""
    return await accept_invitation(actor, involvement_id, data)


@post("/involvements/{involvement_id:uuid}/refusal")
async def post_refusal(
    data: JSONBody[Refusal], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> dict[str, Any]:
    """Decline an invitation."""
    return await refuse_invitation(actor, involvement_id, data)


@post("/involvements/{involvement_id:uuid}/withdrawal")
async def post_withdrawal(
    data: JSONBody[Withdrawal], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> dict[str, Any]:
    """Take an invitation back."""
    return await withdraw_invitation(actor, involvement_id)


@post("/involvements/{involvement_id:uuid}/ending")
async def post_ending(
    data: JSONBody[Ending], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> dict[str, Any]:
    """End the work."""
    return await end_involvement(actor, involvement_id, data)


@patch("/involvements/{involvement_id:uuid}")
async def patch_involvement(
    data: JSONBody[Assignment], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> dict[str, Any]:
    """Give the work to somebody."""
    return await assign_involvement(actor, involvement_id, data)


routes = [
    post_involvement,
    list_involvements,
    post_acceptance,
    post_refusal,
    post_withdrawal,
    post_ending,
    patch_involvement,
]
