"""How cases end, for programs."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.closures.commands import close_case, reopen_case, void_case
from ecm.closures.schemas import Closure, Reopening, Voiding
from ecm.database import Actor


@post("/cases/{case_id:uuid}/closure")
async def post_closure(
    data: JSONBody[Closure], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Close a case whose actions have all ended."""
    return await close_case(actor, case_id, data)


@post("/cases/{case_id:uuid}/reopening")
async def post_reopening(
    data: JSONBody[Reopening], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Go on with a closed case."""
    return await reopen_case(actor, case_id, data)


@post("/cases/{case_id:uuid}/voiding")
async def post_voiding(
    data: JSONBody[Voiding], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Say that a case was opened in error."""
    return await void_case(actor, case_id, data)


routes = [post_closure, post_reopening, post_voiding]
