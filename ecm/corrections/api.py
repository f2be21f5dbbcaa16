"""What was entered in error, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.corrections.commands import correct
from ecm.corrections.queries import Kind, show_correction
from ecm.corrections.schemas import Correcting
from ecm.database import Actor
from ecm.idempotency import once


async def _correction(
    request: Request[Any, Any, Any], actor: Actor, kind: Kind, subject_id: UUID, said: Correcting
) -> dict[str, Any]:
    return await once(
        request, actor, lambda: correct(actor, kind, subject_id, said), lambda made: show_correction(actor, made)
    )


@post("/notes/{note_id:uuid}/correction")
async def post_note_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    note_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that a note was entered in error."""
    return await _correction(request, actor, "note", note_id, data)


@post("/actions/{action_id:uuid}/correction")
async def post_action_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    action_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that an action was entered in error."""
    return await _correction(request, actor, "action", action_id, data)


@post("/outcomes/{outcome_id:uuid}/correction")
async def post_outcome_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    outcome_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that an outcome, with what was measured for it, was entered in error."""
    return await _correction(request, actor, "outcome", outcome_id, data)


@post("/measurements/{measurement_id:uuid}/correction")
async def post_measurement_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    measurement_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that a number that was measured was entered in error."""
    return await _correction(request, actor, "measurement", measurement_id, data)


@post("/provisions/{provision_id:uuid}/correction")
async def post_provision_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    provision_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that a provision was entered in error."""
    return await _correction(request, actor, "provision", provision_id, data)


@post("/views/{view_id:uuid}/correction")
async def post_view_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    view_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that what pupil or family say was entered in error."""
    return await _correction(request, actor, "view", view_id, data)


@post("/contributions/{contribution_id:uuid}/correction")
async def post_contribution_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    contribution_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that a part of a review was entered in error."""
    return await _correction(request, actor, "contribution", contribution_id, data)


routes = [
    post_note_correction, post_action_correction, post_outcome_correction, post_measurement_correction,
    post_provision_correction, post_view_correction, post_contribution_correction,
]  # fmt: skip
