"""`/livez`, `/readyz` and `/metrics` of a process that serves nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import prometheus_client
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], str | None]
"""Returns None while all is well, else what is wrong."""


def metrics_response(_: Request) -> Response:
    """Answer with the process's metrics in the Prometheus text format."""
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)


def _answer(check: Check) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        problem = check()
        return JSONResponse({"status": problem or "ok"}, status_code=503 if problem else 200)

    return answer


def probe_routes(*, alive: Check, ready: Check) -> list[Route]:
    """Return the three routes, for an application of one's own."""
    return [
        Route("/livez", _answer(alive)),
        Route("/readyz", _answer(ready)),
        Route("/metrics", metrics_response),
    ]


@asynccontextmanager
async def serve_probes(host: str, port: int, *, alive: Check, ready: Check) -> AsyncIterator[None]:
    """Serve the probes while the block runs; port 0 serves nothing."""
    if port == 0:
        yield
        return
    app = Starlette(routes=probe_routes(alive=alive, ready=ready))
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_config=None, lifespan="off", access_log=False)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server._serve())  # noqa: SLF001 - serve() would take over the signals
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait([serving], timeout=5)
