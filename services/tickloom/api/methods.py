"""HEAD and OPTIONS for every route of the API, and `Allow` that names all methods of an address (RFC 9110)."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Methods:
    """Answers HEAD as GET without its body, OPTIONS with the methods there are, and corrects `Allow` of a 405."""

    def __init__(self, app: ASGIApp, routers: Iterable[APIRouter], prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        allowed = self._allowed(path.removeprefix(self._prefix))
        if scope["method"] == "OPTIONS" and allowed:
            await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope["method"] = "GET"

        async def send_rightly(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:  # noqa: PLR2004 - the status
                MutableHeaders(scope=message)["Allow"] = allowed
            if is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, send_rightly)

    def _allowed(self, path: str) -> str:
        methods = {method for route in self._routes if route.path_regex.match(path) for method in route.methods or ()}
        if not methods:
            return ""
        return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
