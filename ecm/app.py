"""The application: the only list of routes, providers and hooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import HTTPScope, Scope

import ecm.accounts.api
import ecm.accounts.pages
import ecm.actions.api
import ecm.actions.list_pages
import ecm.actions.pages
import ecm.agencies.api
import ecm.agreements.pages
import ecm.barriers.api
import ecm.casefile.api
import ecm.casefile.carer_pages
import ecm.casefile.pages
import ecm.casefile.tab_pages
import ecm.casefile.why_pages
import ecm.cases.api
import ecm.cases.pages
import ecm.closures.api
import ecm.closures.pages
import ecm.consent.api
import ecm.consent.link_pages
import ecm.consent.pages
import ecm.corrections.api
import ecm.corrections.pages
import ecm.denials.api
import ecm.denials.order_pages
import ecm.denials.pages
import ecm.duplicates.pages
import ecm.emergencies.api
import ecm.emergencies.pages
import ecm.exports.pages
import ecm.grounds.api
import ecm.grounds.family_pages
import ecm.grounds.pages
import ecm.help.pages
import ecm.home.class_pages
import ecm.home.family
import ecm.home.family_api
import ecm.home.leaving
import ecm.home.pages
import ecm.imports.api
import ecm.imports.pages
import ecm.involvements.api
import ecm.involvements.pages
import ecm.moves.api
import ecm.moves.handover_pages
import ecm.moves.pages
import ecm.opening.pages
import ecm.outcomes.api
import ecm.outcomes.family_pages
import ecm.outcomes.pages
import ecm.oversight.api
import ecm.oversight.pages
import ecm.oversight.sharing_pages
import ecm.oversight.taking_pages
import ecm.people.join_pages
import ecm.people.pages
import ecm.plans.api
import ecm.plans.pages
import ecm.post.pages
import ecm.pupils.api
import ecm.pupils.pages
import ecm.pupils.roll_pages
import ecm.reviews.api
import ecm.reviews.pages
import ecm.shields.api
import ecm.shields.pages
from ecm import connections, database, logs
from ecm.accounts.current import current_actor, viewer_of
from ecm.audit.events import Event
from ecm.config import Settings, settings
from ecm.database import Actor, acting_as
from ecm.embedded import as_role
from ecm.errors import NotAllowed, NotFound, NotSignedIn
from ecm.monitoring.metrics import counted, metrics_routes
from ecm.notifications.outbox import demo_routes
from ecm.paging import page_asked
from ecm.plans.commands import RENDERER
from ecm.web import guards
from ecm.web.errors import PROBLEMS

PAGES = (
    ecm.plans.pages,
    ecm.oversight.pages,
    ecm.oversight.sharing_pages,
    ecm.oversight.taking_pages,
    ecm.accounts.pages,
    ecm.people.pages,
    ecm.agreements.pages,
    ecm.people.join_pages,
    ecm.home.leaving,
    ecm.home.pages,
    ecm.home.class_pages,
    ecm.home.family,
    ecm.help.pages,
    ecm.opening.pages,
    ecm.pupils.pages,
    ecm.imports.pages,
    ecm.pupils.roll_pages,
    ecm.exports.pages,
    ecm.duplicates.pages,
    ecm.cases.pages,
    ecm.casefile.pages,
    ecm.casefile.carer_pages,
    ecm.casefile.tab_pages,
    ecm.casefile.why_pages,
    ecm.actions.pages,
    ecm.actions.list_pages,
    ecm.outcomes.pages,
    ecm.outcomes.family_pages,
    ecm.involvements.pages,
    ecm.moves.pages,
    ecm.moves.handover_pages,
    ecm.consent.pages,
    ecm.consent.link_pages,
    ecm.grounds.pages,
    ecm.grounds.family_pages,
    ecm.closures.pages,
    ecm.denials.pages,
    ecm.denials.order_pages,
    ecm.shields.pages,
    ecm.reviews.pages,
    ecm.corrections.pages,
    ecm.emergencies.pages,
    ecm.post.pages,
)
API = (
    ecm.plans.api,
    ecm.oversight.api,
    ecm.accounts.api,
    ecm.agencies.api,
    ecm.barriers.api,
    ecm.pupils.api,
    ecm.imports.api,
    ecm.cases.api,
    ecm.casefile.api,
    ecm.actions.api,
    ecm.outcomes.api,
    ecm.involvements.api,
    ecm.moves.api,
    ecm.consent.api,
    ecm.grounds.api,
    ecm.closures.api,
    ecm.denials.api,
    ecm.shields.api,
    ecm.reviews.api,
    ecm.corrections.api,
    ecm.emergencies.api,
    ecm.home.family_api,
)


def create_app() -> Litestar:
    """The application of this process, by its settings."""
    api = Router("/api/v1", route_handlers=[_documented(r) for slice_ in API for r in slice_.routes])
    pages = Router(
        "/",
        route_handlers=[*(r for slice_ in PAGES for r in slice_.routes), *demo_routes(), *metrics_routes()],
        include_in_schema=False,
    )
    return Litestar(
        route_handlers=[api, pages],
        dependencies={"actor": Provide(current_actor), "page_wanted": Provide(page_asked, sync_to_thread=False)},
        middleware=[counted],
        after_exception=[note_refusal],
        lifespan=[_lifespan],
        on_app_init=[guards.wire],
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="ECM", version="1", path="/api/v1", render_plugins=[JsonRenderPlugin(path="/openapi.json")]
        ),
    )


def _documented(route: HTTPRouteHandler) -> HTTPRouteHandler:
    """The same call, with the problems it may answer in its description: Litestar has no layer to say so once."""
    route.responses = PROBLEMS | dict(route.responses or {})
    return route


@asynccontextmanager
async def _lifespan(_: Litestar) -> AsyncIterator[None]:
    config: Settings = settings()
    logs.begin(config.demo)
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url or as_role(config.admin_database_url, "ecm_app"), config.pool_size)
    try:
        yield
    finally:
        await RENDERER.close()
        await connections.close_pool()


async def note_refusal(error: Exception, scope: Scope) -> None:
    """Before an error is answered: frame its page for whoever asked, and write a refused attempt to the log.

    In a transaction of its own, because the refused one is rolled back. Source: design 6, "Denied attempts".
    """
    state = scope["state"]
    actor: Actor | None = state.get("actor")
    if isinstance(error, NotAllowed | NotFound) and actor is not None and scope["type"] == ScopeType.HTTP:
        await _record_denial(scope, actor, 404 if isinstance(error, NotFound) else 403)
    state["viewer"] = viewer_of(actor)


async def _record_denial(scope: HTTPScope, actor: Actor, status: int) -> None:
    route = scope["path_template"].strip("/").translate(str.maketrans("/{}", ":__")).lower()
    asked: dict[str, object] = dict(scope["path_params"])
    asked_for = next((each for each in asked.values() if isinstance(each, UUID)), None)
    with suppress(NotSignedIn):
        async with acting_as(actor, "denied") as act:
            act.record(
                Event.ACCESS_DENIED,
                outcome="denied",
                subject=asked_for,
                method=scope["method"].lower(),
                status=status,
                route=route[:64] or "home",
            )
