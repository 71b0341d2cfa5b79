"""The catalog's database and a scripted venue, for every test of a collector."""

from collections.abc import AsyncIterator

import pytest

from integration.collector.venue_server import VenueServer, serve_venue
from tickloom.settings.environment import Settings
from tickloom.store.connection import Connection, connect


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    connection = await connect(str(settings.database_url), "test")
    yield connection
    await connection.close()


@pytest.fixture
async def venue() -> AsyncIterator[VenueServer]:
    async with serve_venue("BTCUSDT", "ETHUSDT") as venue:
        yield venue
