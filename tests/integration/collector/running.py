"""A collector that runs for as long as a test wants, and the catalog it reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from integration.collector.venue_server import VenueServer
from support.catalog import apply_binance
from tickloom.collector.service import run_collector
from tickloom.settings.environment import Settings
from tickloom.store.connection import Connection

STOP_SECONDS = 5


@asynccontextmanager
async def collecting(settings: Settings) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run_collector(settings, stopped=stopped))
        try:
            yield
        finally:
            stopped.set()
            done, _ = await asyncio.wait([running], timeout=STOP_SECONDS)
            assert done, "the collector did not stop in time"


async def apply(connection: Connection, venue: VenueServer, *symbols: str, **spec: object) -> dict[str, int]:
    rows = await apply_binance(connection, *(symbols or ("BTCUSDT",)), endpoints=venue.endpoints, **spec)
    return {name: row.symbol_no for name, row in rows.items()}
