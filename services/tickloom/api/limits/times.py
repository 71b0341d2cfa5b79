"""How long the answer to a request may take to begin; one that has begun may go on."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickloom.api.problems import problem
from tickloom.telemetry import metrics


class Times:
    """Ends requests whose answer does not begin."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds) as limit:

                async def send_in_time(message: Message) -> None:
                    limit.reschedule(None)
                    await send(message)

                await self._app(scope, receive, send_in_time)
        except TimeoutError:
            if not limit.expired():
                raise
            metrics.rate_limit_exceeded_total.labels("time").inc()
            detail = f"the answer took longer than {self._seconds:g} s: ask for less"
            await problem(Request(scope), 503, detail, {"Retry-After": "5"})(scope, receive, send)
