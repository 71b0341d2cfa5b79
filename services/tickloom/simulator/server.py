"""The simulator as a server: one exchange behind a WebSocket port and a REST port."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from picows import ws_create_server

from tickloom.simulator.exchange import Exchange
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.rest import rest_application
from tickloom.simulator.stream import subscriber
from tickloom.telemetry.logging import logger

_log = logger(__name__)


@dataclass
class Simulator:
    """A running simulator."""

    exchange: Exchange
    rest_url: str
    websocket_url: str


@asynccontextmanager
async def serve_simulator(config: SimulatorConfig) -> AsyncIterator[Simulator]:
    """Serve while the block runs. Raises NotARecording, and OSError where a port is taken."""
    exchange = await asyncio.to_thread(Exchange, config)
    runner = web.AppRunner(rest_application(exchange, lambda: time.time_ns() // 1_000_000), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        rest_port = runner.addresses[0][1]
        wanted = config.websocket_port if config.websocket_port is not None else (config.port and config.port + 1)
        sockets = await ws_create_server(lambda request: subscriber(exchange, request), config.host, wanted)
        websocket_port = sockets.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(exchange.run())
            try:
                yield Simulator(exchange, f"http://{config.host}:{rest_port}", f"ws://{config.host}:{websocket_port}")
            finally:
                playing.cancel()
                sockets.close()
    finally:
        await runner.cleanup()


async def run_simulator(config: SimulatorConfig, *, stopped: asyncio.Event) -> None:
    """Serve until `stopped`."""
    async with serve_simulator(config) as simulator:
        _log.info("simulates an exchange", rest=simulator.rest_url, websocket=simulator.websocket_url)
        await stopped.wait()
