"""Conflicts of interest, restricted cases and court orders, for programs."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor
from ecm.denials.conflicts import conflicts, declare_conflict, end_conflict
from ecm.denials.orders import discharge_order, orders, record_order
from ecm.denials.restrictions import (
    lift_restriction,
    name_worker,
    plain,
    restrict_case,
    show_restriction,
    unname_worker,
)
from ecm.denials.schemas import NewConflict, NewOrder, NewRestriction, Nothing, OneMore


@post("/pupils/{pupil_id:uuid}/conflicts")
async def post_conflict(
    data: JSONBody[NewConflict], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """Declare a conflict of interest, for oneself or a colleague."""
    return {"id": await declare_conflict(actor, pupil_id, data), "kind": data.kind}


@get("/conflicts")
async def list_conflicts(actor: NamedDependency[Actor]) -> dict[str, Any]:
    """One's own conflicts of interest, and for who answers for them those of one's organisation."""
    return {"items": await conflicts(actor)}


@post("/conflicts/{conflict_id:uuid}/ending")
async def post_conflict_ending(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], conflict_id: FromPath[UUID]
) -> dict[str, Any]:
    """End somebody else's conflict of interest."""
    await end_conflict(actor, conflict_id)
    return {"id": conflict_id, "ended": True}


@get("/cases/{case_id:uuid}/restriction")
async def get_restriction(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """Whether the case is for named people only, and who they are."""
    return plain(await show_restriction(actor, case_id))


@post("/cases/{case_id:uuid}/restriction")
async def post_restriction(
    data: JSONBody[NewRestriction], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Restrict a case to named people."""
    return await restrict_case(actor, case_id, data)


@post("/cases/{case_id:uuid}/restriction/people")
async def post_named(data: JSONBody[OneMore], actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """Name one more."""
    await name_worker(actor, case_id, data.worker_id)
    return {"worker_id": data.worker_id, "named": True}


@delete("/cases/{case_id:uuid}/restriction/people/{worker_id:uuid}")
async def delete_named(actor: NamedDependency[Actor], case_id: FromPath[UUID], worker_id: FromPath[UUID]) -> None:
    """Name one fewer."""
    await unname_worker(actor, case_id, worker_id)


@post("/cases/{case_id:uuid}/restriction/lifting")
async def post_lifting(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Lift the restriction."""
    await lift_restriction(actor, case_id)
    return {"restricted": False}


@get("/pupils/{pupil_id:uuid}/court-orders")
async def list_orders(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> dict[str, Any]:
    """Orders of a court about this pupil."""
    return {"items": await orders(actor, pupil_id)}


@post("/pupils/{pupil_id:uuid}/court-orders")
async def post_order(
    data: JSONBody[NewOrder], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> dict[str, Any]:
    """Record an order of a court."""
    return await record_order(actor, pupil_id, data)


@post("/pupils/{pupil_id:uuid}/court-orders/{order_id:uuid}/discharge")
async def post_discharge(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], order_id: FromPath[UUID]
) -> dict[str, Any]:
    """The order has ended, and its contact bar with it."""
    await discharge_order(actor, pupil_id, order_id)
    return {"id": order_id, "ended": True}


routes = [
    post_conflict, list_conflicts, post_conflict_ending, get_restriction, post_restriction, post_named, delete_named,
    post_lifting, list_orders, post_order, post_discharge,
]  # fmt: skip
