"""The application: the only list of routes, providers and hooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

import ecm.accounts.api
import ecm.accounts.pages
import ecm.home.pages
from ecm import database
from ecm.accounts.current import current_actor, viewer_of
from ecm.audit.events import Event
from ecm.config import Settings, settings
from ecm.database import Actor, acting_as
from ecm.embedded import as_role
from ecm.errors import EcmError, NotAllowed, NotFound, NotSignedIn
from ecm.web import guards
from ecm.web.errors import answer_error, is_api

PAGES = (ecm.accounts.pages, ecm.home.pages)
API = (ecm.accounts.api,)


def create_app() -> Litestar:
    """The application of this process, by its settings."""
    api = Router("/api/v1", route_handlers=[route for slice_ in API for route in slice_.routes])
    return Litestar(
        route_handlers=[api, *(route for slice_ in PAGES for route in slice_.routes)],
        dependencies={"actor": Provide(current_actor)},
        exception_handlers={Exception: answer},
        lifespan=[_lifespan],
        on_app_init=[guards.wire],
        openapi_config=OpenAPIConfig(
            title="ECM", version="1", path="/api/v1", render_plugins=[JsonRenderPlugin(path="/openapi.json")]
        ),
    )


@asynccontextmanager
async def _lifespan(_: Litestar) -> AsyncIterator[None]:
    config: Settings = settings()
    database.use_secret(config.secret_key)
    await database.open_pool(config.database_url or as_role(config.admin_database_url, "ecm_app"), config.pool_size)
    try:
        yield
    finally:
        await database.close_pool()


async def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The response to an exception; an attempt that was refused is written to the log, in a transaction of its own."""
    actor: Actor | None = request.state.get("actor")
    if isinstance(error, NotAllowed | NotFound) and actor is not None:
        await _record_denial(request, actor, error)
    if not is_api(request):
        request.state.viewer = viewer_of(actor)
    return answer_error(request, error)


async def _record_denial(request: Request[Any, Any, Any], actor: Actor, error: EcmError) -> None:
    try:
        async with acting_as(actor, "denied") as act:
            act.record(
                Event.ACCESS_DENIED,
                outcome="denied",
                subject=next(iter(request.path_params.values()), None) if _has_id(request) else None,
                method=request.method.lower(),
                status=404 if isinstance(error, NotFound) else 403,
                route=request.scope["path_template"].strip("/").replace("/", ":").replace("{", "").replace("}", "") or "home",
            )
    except NotSignedIn:
        return


def _has_id(request: Request[Any, Any, Any]) -> bool:
    return any(name.endswith("_id") for name in request.path_params)
