"""An HTTP server that takes webhooks, keeps them, and answers what it is told to."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web


class Posted(NamedTuple):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Hooks:
    """The requests that came, in order."""

    def __init__(self) -> None:
        self.url = ""
        self.posted: list[Posted] = []
        self.answers: list[web.Response] = []
        """Answers to the next requests; 200 after them."""
        self.before_answer: Callable[[], None] = lambda: None

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append(Posted(request.path, request.headers, await request.read()))
        self.before_answer()
        return self.answers.pop(0) if self.answers else web.Response(text="ok")


@asynccontextmanager
async def serve_hooks() -> AsyncIterator[Hooks]:
    hooks, app = Hooks(), web.Application()
    app.router.add_route("*", "/{path:.*}", hooks.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hooks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield hooks
    finally:
        await runner.cleanup()
