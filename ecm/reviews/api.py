"""Reviews, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.cases.queries import show_part
from ecm.database import Actor
from ecm.idempotency import once
from ecm.reviews.commands import hold_review
from ecm.reviews.schemas import NewReview


@post("/cases/{case_id:uuid}/reviews")
async def post_review(
    request: Request[Any, Any, Any], data: JSONBody[NewReview], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Write down a review that was held."""
    return await once(
        request,
        actor,
        lambda: hold_review(actor, case_id, data),
        lambda made: show_part(actor, case_id, "reviews", made),
    )


routes = [post_review]
