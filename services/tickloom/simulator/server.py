"""The simulator as a server: one exchange behind a WebSocket port and a REST port."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from picows import ws_create_server

from tickloom.simulator.control import add_control_routes
from tickloom.simulator.exchange import Exchange
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.playing import Player
from tickloom.simulator.rest import add_rest_routes
from tickloom.simulator.stream import subscriber
from tickloom.simulator.weights import Weights
from tickloom.telemetry.logging import logger

_log = logger(__name__)


@dataclass
class Simulator:
    """A running simulator."""

    exchange: Exchange
    rest_url: str
    websocket_url: str


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def serve_simulator(config: SimulatorConfig) -> AsyncIterator[Simulator]:
    """Serve while the block runs. Raises NotARecording and NotFaults, and OSError where a port is taken."""
    player = await asyncio.to_thread(Player, config)
    exchange = player.exchange
    app = web.Application()
    add_rest_routes(app, exchange, Weights(_now_ms, config.weight_a_minute))
    add_control_routes(app, player)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        rest_port = runner.addresses[0][1]
        wanted = config.websocket_port if config.websocket_port is not None else (config.port and config.port + 1)
        sockets = await ws_create_server(
            lambda request: subscriber(exchange, request, config.connection_seconds), config.host, wanted
        )
        websocket_port = sockets.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(player.run())
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
