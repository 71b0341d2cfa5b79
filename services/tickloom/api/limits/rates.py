"""Counting requests: each user, or each address without a valid token, has one bucket for all of the API."""

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickloom.api.accounts.access import bearer_token
from tickloom.api.accounts.tokens import InvalidToken
from tickloom.api.context import Context
from tickloom.api.problems import problem
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry import metrics

LIMITED = "/api/"
FREE = frozenset({"/api/v1/health"})


class Rates:
    """Refuses requests of clients that ask too often, and tells all others how much is left."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context
        self._limit = context.settings.rate_limit
        self._seconds = context.settings.rate_limit_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not self._limit or path in FREE or not path.startswith(LIMITED):
            await self._app(scope, receive, send)
            return
        client = await self._client(HTTPConnection(scope))
        verdict = await self._context.limiter.take(client, self._limit, self._seconds)
        headers = verdict.headers()
        if not verdict.allowed:
            metrics.rate_limit_exceeded_total.labels("requests").inc()
            detail = f"at most {verdict.limit} requests in {self._seconds:g} s: try again in {verdict.retry_seconds} s"
            await problem(Request(scope), 429, detail, headers)(scope, receive, send)
            return
        told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *told]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _client(self, connection: HTTPConnection) -> str:
        token = bearer_token(connection.headers.get("Authorization", ""))
        if token:
            try:
                return f"user:{(await self._context.verifier.verify(token)).user}"
            except (InvalidToken, StoreUnavailable):
                pass
        return f"address:{self._context.address_of(connection)}"
