"""Numbers for Prometheus at `/metrics`, behind a token of their own: by route and status, and the vital signs.

A route is its template (`/cases/{reference}`), never an address: no label holds an id, a name or anything typed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from time import perf_counter
from typing import Any

from litestar import Request, Response, get
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ecm.config import settings
from ecm.database import outside_the_log, proof

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # set by `ecm serve`, before this file is read
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
ANSWERS = Counter("ecm_answers", "Answers, by route and status.", ["method", "route", "status"])
TOOK = Histogram("ecm_answer_seconds", "Time to answer, by route.", ["route"], buckets=SECONDS)
SIGNS = {
    "messages_waiting": "Messages that wait to leave.",
    "oldest_message_seconds": "How long the oldest of them has waited.",
    "messages_in_trouble": "Messages of the last 8 days that were refused, given up or came back.",
    "entries_unsealed": "Entries of the audit log that are not sealed yet.",
    "jobs_waiting": "Jobs that wait for a worker.",
    "live_sessions": "Sessions that are neither ended nor expired.",
}


def counted(app: ASGIApp) -> ASGIApp:
    """Middleware, outermost: counts every answer and how long it took."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not settings().metrics_token:
            await app(scope, receive, send)
            return
        began, status = perf_counter(), [500]

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await app(scope, receive, noted)
        finally:
            route = scope.get("path_template", "none") or "/"
            ANSWERS.labels(scope["method"] if scope["method"] in METHODS else "other", route, status[0]).inc()
            TOOK.labels(route).observe(perf_counter() - began)

    return count


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All numbers, for whoever has the token; 401 for everybody else."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not compare_digest(given.encode(), settings().metrics_token.encode()):
        return Response(b"", status_code=401, headers={"WWW-Authenticate": "Bearer"}, media_type="text/plain")
    registry = CollectorRegistry()
    if os.environ.get(SHARED):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for each in (ANSWERS, TOOK):
            registry.register(each)
    registry.register(await _signs())
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@dataclass(frozen=True, eq=False)
class _Signs(Collector):
    """The vital signs as they were read a moment ago."""

    found: Mapping[str, float]

    def collect(self) -> Iterator[Metric]:
        """Each as a gauge."""
        for name, meaning in SIGNS.items():
            yield GaugeMetricFamily(f"ecm_{name}", meaning, value=self.found[name])


async def _signs() -> _Signs:
    async with outside_the_log("metrics") as act:
        row = await act.row("SELECT * FROM vital_signs($1)", proof("vital_signs"))
    assert row is not None
    return _Signs(dict(row))


def metrics_routes() -> Iterable[HTTPRouteHandler]:
    """The page of numbers, where a token is set for it; nothing anywhere else."""
    return [show_metrics] if settings().metrics_token else []
