"""Emergency access and health alerts, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.accounts.own_pages import place_of
from ecm.accounts.schemas import Nothing
from ecm.database import Actor
from ecm.emergencies.alerts import end_alert, list_alerts, show_alert, write_alert
from ecm.emergencies.commands import end_emergency, even_time, open_emergency, prove, review_emergency
from ecm.emergencies.queries import emergencies, opened, published, show_emergency
from ecm.emergencies.schemas import Judging, NewAlert, Opening
from ecm.idempotency import once


@post("/emergency-access")
async def post_emergency(
    request: Request[Any, Any, Any], data: JSONBody[Opening], actor: NamedDependency[Actor]
) -> dict[str, Any]:
    """Open the record of one pupil in an emergency; the answer is the same when nobody was found."""

    async def again(made: UUID) -> dict[str, Any]:
        return opened(await show_emergency(actor, made))

    async with even_time():
        await prove(actor, data, place_of(request))
        return await once(request, actor, lambda: open_emergency(actor, data), again)


@get("/emergency-access")
async def list_emergencies(actor: NamedDependency[Actor]) -> dict[str, Any]:
    """The newest that whoever asks has opened, or may review."""
    found = await emergencies(actor)
    return {"items": [published(each) for each in (*found["mine"], *found["others"])], "next": None}


@get("/emergency-access/{emergency_id:uuid}")
async def get_emergency(actor: NamedDependency[Actor], emergency_id: FromPath[UUID]) -> dict[str, Any]:
    """One of them."""
    return published(await show_emergency(actor, emergency_id))


@post("/emergency-access/{emergency_id:uuid}/ending")
async def post_ending(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], emergency_id: FromPath[UUID]
) -> dict[str, Any]:
    """End one's own now."""
    return published(await end_emergency(actor, emergency_id))


@post("/emergency-access/{emergency_id:uuid}/review")
async def post_review(
    request: Request[Any, Any, Any],
    data: JSONBody[Judging],
    actor: NamedDependency[Actor],
    emergency_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say of somebody else's whether it was right."""

    async def make() -> dict[str, Any]:
        return published(await review_emergency(actor, emergency_id, data))

    async def again(made: UUID) -> dict[str, Any]:
        return published(await show_emergency(actor, made))

    return await once(request, actor, make, again)


@get("/cases/{case_id:uuid}/health-alerts")
async def get_alerts(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """What somebody must know about health in an emergency."""
    return {"items": await list_alerts(actor, case_id), "next": None}


@post("/cases/{case_id:uuid}/health-alerts")
async def post_alert(
    request: Request[Any, Any, Any], data: JSONBody[NewAlert], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Write a health alert."""
    return await once(
        request, actor, lambda: write_alert(actor, case_id, data), lambda made: show_alert(actor, case_id, made)
    )


@post("/health-alerts/{alert_id:uuid}/ending", status_code=204)
async def post_alert_ending(data: JSONBody[Nothing], actor: NamedDependency[Actor], alert_id: FromPath[UUID]) -> None:
    """Say that a health alert is over."""
    await end_alert(actor, alert_id)


routes = [
    post_emergency, list_emergencies, get_emergency, post_ending, post_review, get_alerts, post_alert, post_alert_ending,
]  # fmt: skip
