"""The web page: the built files at `/`, with headers that keep foreign code out of it."""

from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:;"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
NOT_BUILT: Final = (
    "<!doctype html><title>Tickloom</title><p>The web page is not built. Install Node 20 and start again with"
    " <code>./scripts/up</code>. The API works without it."
)


class SafeHeaders:
    """Adds the security headers to every answer, unless a route set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in HEADERS if pair[0] not in present)]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def page_routes(root: Path) -> list[Route | Mount]:
    """Return the routes of the page; where it was not built, one that says so."""
    index = root / "index.html"

    def page(_: object) -> Response:
        if not index.is_file():
            return HTMLResponse(NOT_BUILT)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    def icon(_: object) -> Response:
        file = root / "favicon.svg"
        return FileResponse(file) if file.is_file() else Response(status_code=404)

    routes: list[Route | Mount] = [Route("/", page), Route("/favicon.svg", icon)]
    if (root / "assets").is_dir():
        routes.append(Mount("/assets", StaticFiles(directory=root / "assets")))
    return routes
