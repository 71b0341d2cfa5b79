"""The simulated Alpaca as a server: stream and REST on one port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from tickloom.simulator.alpaca.options import AlpacaConfig
from tickloom.simulator.alpaca.rest import add_routes
from tickloom.simulator.alpaca.stream import Connection
from tickloom.simulator.alpaca.venue import AlpacaVenue
from tickloom.telemetry.logging import logger

_log = logger(__name__)
FEEDS: Final = ("iex", "sip", "delayed_sip", "test")


@dataclass
class AlpacaSimulator:
    """A running simulator; the address of the stream has no feed yet."""

    venue: AlpacaVenue
    rest_url: str
    websocket_url: str


@asynccontextmanager
async def serve_alpaca(
    config: AlpacaConfig, now_ns: Callable[[], int] = time.time_ns
) -> AsyncIterator[AlpacaSimulator]:
    """Serve while the block runs. Raises OSError where the port is taken."""
    venue = AlpacaVenue(config, now_ns)
    app = web.Application()
    add_routes(app, venue)

    async def stream(request: web.Request) -> web.WebSocketResponse:
        return await Connection(venue, request).serve()

    for feed in FEEDS:
        app.router.add_get(f"/v2/{feed}", stream)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        address = f"{config.host}:{runner.addresses[0][1]}"
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(venue.run())
            try:
                yield AlpacaSimulator(venue, f"http://{address}", f"ws://{address}/v2")
            finally:
                playing.cancel()
    finally:
        await runner.cleanup()


async def run_alpaca(config: AlpacaConfig, *, stopped: asyncio.Event) -> None:
    """Serve until `stopped`."""
    async with serve_alpaca(config) as simulator:
        _log.info("simulates Alpaca", rest=simulator.rest_url, websocket=simulator.websocket_url)
        await stopped.wait()
