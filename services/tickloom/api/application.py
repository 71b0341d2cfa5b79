"""The FastAPI application, put together from its slices."""

import time
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickloom.api import problems, sockets
from tickloom.api.accounts.own_routes import router as own_account
from tickloom.api.accounts.routes import router as accounts
from tickloom.api.accounts.token_routes import router as api_tokens
from tickloom.api.admin.routes import router as admin
from tickloom.api.alerts.routes import router as alerts
from tickloom.api.charts.routes import router as charts
from tickloom.api.context import Context
from tickloom.api.export.routes import router as export
from tickloom.api.fan_out import FanOut
from tickloom.api.features.routes import router as features
from tickloom.api.gaps.routes import router as gaps
from tickloom.api.health.routes import router as health
from tickloom.api.limits.bodies import Bodies
from tickloom.api.limits.rates import Rates
from tickloom.api.limits.times import Times
from tickloom.api.methods import Methods
from tickloom.api.page import SafeHeaders, page_routes
from tickloom.api.quality.routes import router as quality
from tickloom.api.reconciliation.routes import router as reconciliation
from tickloom.api.revisions.routes import router as revisions
from tickloom.api.symbols.routes import router as symbols
from tickloom.telemetry import metrics
from tickloom.telemetry.probes import probe_routes

# A symbol may hold a slash, so a chart's address takes all that follows: those with more to say come first.
PREFIX: Final = "/api/v1"
EXPOSED: Final = (
    "ETag",
    "Location",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Deprecation",
    "Sunset",
)
"""Headers of answers that pages of other sites may read."""
SLICES: Final = (
    health,
    accounts,
    own_account,
    api_tokens,
    admin,
    symbols,
    revisions,
    charts,
    features,
    export,
    quality,
    gaps,
    reconciliation,
    alerts,
)


class Measured:
    """Counts requests and their time by route template."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, method = time.perf_counter(), 500, scope["method"]

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            metrics.http_requests_total.labels(route, method, status).inc()
            metrics.http_request_duration_seconds.labels(route).observe(time.perf_counter() - began)


def create_app(context: Context | None, fan_out: FanOut | None, web_root: Path) -> FastAPI:
    """Return the application; without a context it can only describe itself."""
    app = FastAPI(title="Tickloom", version="1", description="Market data you can trust.", redoc_url=None)
    problems.install(app)
    for router in SLICES:
        app.include_router(router, prefix=PREFIX)
    app.state.context = context
    generate = app.openapi
    # What FastAPI generates is cached by it and completed in place, so that every reader gets the same.
    app.openapi = lambda: complete(generate())  # type: ignore[method-assign]

    def ready() -> str | None:
        return None if context and context.catalog_was_read else "the catalog has not been read yet"

    app.router.routes.extend(probe_routes(alive=lambda: None, ready=ready))
    if context is not None and fan_out is not None:

        @app.websocket("/ws/{symbol:path}")
        async def live(socket: WebSocket, symbol: str) -> None:
            await sockets.serve_socket(socket, symbol, context, fan_out)

    app.router.routes.extend(page_routes(web_root))
    if context is not None:
        guard(app, context)
    return app


def guard(app: FastAPI, context: Context) -> None:
    """Put around an application what every request passes, the outermost last."""
    app.add_middleware(Bodies, largest=context.settings.request_maximum_bytes)
    app.add_middleware(Rates, context=context)
    app.add_middleware(Times, seconds=context.settings.request_seconds)
    # Level 4: a third of the time of the default level 6, and a few percent larger.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    app.add_middleware(Methods, routers=SLICES, prefix=PREFIX)
    if origins := [part.strip() for part in context.settings.cors_origins.split(",") if part.strip()]:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=EXPOSED,
        )
    app.add_middleware(SafeHeaders)
    app.add_middleware(Measured)


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to a generated OpenAPI document what FastAPI does not know of."""
    shape = problems.ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemDocument"] = shape
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["responses"].update(problems.documented_of_bodies())
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    # The parts of a shape that a route describes itself, of a second media type.
                    schemas.update(content.get("schema", {}).pop("$defs", {}))
    return document


def describe() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return create_app(None, None, Path()).openapi()
