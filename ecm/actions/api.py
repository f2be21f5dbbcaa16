"""Actions, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.actions.commands import add_action, change_action
from ecm.actions.lists import Asked
from ecm.actions.queries import list_actions, published, show_action
from ecm.actions.schemas import ActionChange, NewAction
from ecm.agencies.words import ActionStatus
from ecm.database import Actor
from ecm.idempotency import once
from ecm.paging import Page


@post("/cases/{case_id:uuid}/actions")
async def post_action(
    request: Request[Any, Any, Any], data: JSONBody[NewAction], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Give somebody something to do by a day."""
    return await once(request, actor, lambda: add_action(actor, case_id, data), lambda made: show_action(actor, made))


@get("/actions")
async def get_actions(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    mine: FromQuery[bool | None] = None,
    status: FromQuery[ActionStatus | None] = None,
    overdue: FromQuery[bool | None] = None,
) -> dict[str, Any]:
    """Actions of the cases of whoever asks; `mine` and `overdue` narrow the list when true."""
    asked = Asked("mine" if mine else "all", status, overdue=bool(overdue))
    rows, following = await list_actions(actor, page_wanted, asked)
    return {"items": [published(row) for row in rows], "next": following}


@get("/actions/{action_id:uuid}")
async def get_action(actor: NamedDependency[Actor], action_id: FromPath[UUID]) -> dict[str, Any]:
    """One action."""
    return await show_action(actor, action_id)


@patch("/actions/{action_id:uuid}")
async def patch_action(
    data: JSONBody[ActionChange], actor: NamedDependency[Actor], action_id: FromPath[UUID]
) -> dict[str, Any]:
    """Move an action on, or put right what it says."""
    return await change_action(actor, action_id, data)


routes = [post_action, get_actions, get_action, patch_action]
