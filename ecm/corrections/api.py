"""What was entered in error, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.corrections.commands import correct
from ecm.corrections.queries import show_correction
from ecm.corrections.schemas import Correcting
from ecm.database import Actor
from ecm.idempotency import once


@post("/notes/{note_id:uuid}/correction")
async def post_note_correction(
    request: Request[Any, Any, Any], data: JSONBody[Correcting], actor: NamedDependency[Actor], note_id: FromPath[UUID]
) -> dict[str, Any]:
    """Say that a note was entered in error."""
    return await once(
        request, actor, lambda: correct(actor, "note", note_id, data), lambda made: show_correction(actor, made)
    )


@post("/actions/{action_id:uuid}/correction")
async def post_action_correction(
    request: Request[Any, Any, Any],
    data: JSONBody[Correcting],
    actor: NamedDependency[Actor],
    action_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say that an action was entered in error."""
    return await once(
        request, actor, lambda: correct(actor, "action", action_id, data), lambda made: show_correction(actor, made)
    )


routes = [post_note_correction, post_action_correction]
