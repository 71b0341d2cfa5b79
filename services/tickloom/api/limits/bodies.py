"""Bodies of requests: how large they may be, and how long they may take to arrive."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickloom.api.problems import problem
from tickloom.telemetry import metrics

BODY_SECONDS: Final = 10.0
_CLOSE: Final = {"Connection": "close"}
"""What is left of the body is not read."""


class Bodies:
    """Refuses bodies that are too large, at once where they say so, and those that take too long."""

    def __init__(self, app: ASGIApp, largest: int, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._largest = largest
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = HTTPConnection(scope).headers.get("Content-Length", "")
        if told.isdecimal() and int(told) > self._largest:
            error = self._too_large()
            await problem(Request(scope), error.status_code, error.detail, error.headers)(scope, receive, send)
            return
        await self._app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        deadline = asyncio.get_running_loop().time() + self._seconds
        size, arrived = 0, False

        async def receive_bounded() -> Message:
            nonlocal size, arrived
            if arrived:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                metrics.rate_limit_exceeded_total.labels("time").inc()
                detail = f"the request's body took longer than {self._seconds:g} s to arrive"
                raise HTTPException(408, detail, _CLOSE) from None
            size += len(message.get("body", b""))
            if size > self._largest:
                raise self._too_large()
            arrived = not message.get("more_body", False)
            return message

        return receive_bounded

    def _too_large(self) -> HTTPException:
        metrics.rate_limit_exceeded_total.labels("size").inc()
        return HTTPException(413, f"a request's body may have {self._largest} bytes at most", _CLOSE)
