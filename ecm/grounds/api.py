"""What is shared without consent, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor
from ecm.grounds.commands import answer_objection, end_ground, object_to_ground, record_ground, tell_family
from ecm.grounds.queries import grounds, show_ground
from ecm.grounds.schemas import Answering, Ending, NewGround, Objecting, Telling
from ecm.idempotency import once


@post("/cases/{case_id:uuid}/sharing-grounds")
async def post_ground(
    request: Request[Any, Any, Any], data: JSONBody[NewGround], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Share with one organisation for a reason that is no consent, in force when this answers."""
    return await once(
        request, actor, lambda: record_ground(actor, case_id, data), lambda made: show_ground(actor, made)
    )


@get("/cases/{case_id:uuid}/sharing-grounds")
async def list_grounds(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """Every such reason that the reader may know of, over or not."""
    return {"items": await grounds(actor, case_id), "next": None}


@post("/sharing-grounds/{ground_id:uuid}/telling")
async def post_telling(
    data: JSONBody[Telling], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> dict[str, Any]:
    """The family was told, or is not told yet."""
    return await tell_family(actor, ground_id, data)


@post("/sharing-grounds/{ground_id:uuid}/ending")
async def post_ground_ending(
    data: JSONBody[Ending], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> dict[str, Any]:
    """Nothing is shared for this reason any more, in force when this answers."""
    return await end_ground(actor, ground_id, data)


@post("/sharing-grounds/{ground_id:uuid}/objection")
async def post_objection(
    data: JSONBody[Objecting], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> dict[str, Any]:
    """A parent or carer objects."""
    return await object_to_ground(actor, ground_id, data)


@post("/objections/{objection_id:uuid}/answer")
async def post_objection_answer(
    data: JSONBody[Answering], actor: NamedDependency[Actor], objection_id: FromPath[UUID]
) -> dict[str, Any]:
    """What was decided about an objection: whoever objected reads it."""
    return await answer_objection(actor, objection_id, data)


routes = [post_ground, list_grounds, post_telling, post_ground_ending, post_objection, post_objection_answer]
