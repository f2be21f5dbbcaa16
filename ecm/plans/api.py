"""Plans, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor
from ecm.idempotency import once
from ecm.plans.commands import FEW_AT_ONCE, begin_plan, copy_plan, finish_plan
from ecm.plans.queries import download_plan, list_plans, show_plan
from ecm.plans.schemas import NewCopy, NewPlan


@post("/cases/{case_id:uuid}/plans")
async def post_plan(
    request: Request[Any, Any, Any], data: JSONBody[NewPlan], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Make a plan. Only beginning it is done once for a key: no transaction waits for a drawing."""
    async with FEW_AT_ONCE:
        begun = await once(
            request, actor, lambda: begin_plan(actor, case_id, data), lambda made: show_plan(actor, made)
        )
    return await finish_plan(actor, begun)


@post("/cases/{case_id:uuid}/plan-copies", status_code=200)
async def post_copy(data: JSONBody[NewCopy], actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> Response[bytes]:
    """A copy of what the reader may see today."""
    return pdf(*await copy_plan(actor, case_id, data))


@get("/cases/{case_id:uuid}/plans")
async def get_plans(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """The plans of a case that the reader may open, or had in the hand."""
    return {"items": await list_plans(actor, case_id), "next": None}


@get("/plans/{plan_id:uuid}")
async def get_plan(actor: NamedDependency[Actor], plan_id: FromPath[UUID]) -> dict[str, Any]:
    """State and SHA-256 of a plan."""
    return await show_plan(actor, plan_id)


@get("/plans/{plan_id:uuid}/document")
async def get_document(actor: NamedDependency[Actor], plan_id: FromPath[UUID]) -> Response[bytes]:
    """The document."""
    return pdf(*await download_plan(actor, plan_id))


def pdf(name: str, document: bytes) -> Response[bytes]:
    """A document to be saved: its name carries no pupil's name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(document, media_type="application/pdf", headers=headers)


routes = [post_plan, post_copy, get_plans, get_plan, get_document]
