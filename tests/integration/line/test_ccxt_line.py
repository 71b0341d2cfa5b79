"""The simulated exchange through ccxt, collector and processor: the bars are those of the recording."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from support.catalog import apply_exchange
from support.oracle import PRICES, RECORDINGS, build_bars, recorded_trades
from tickloom.collector.service import run_collector
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import serve_simulator
from tickloom.store.connection import Connection, connect

SECONDS = 120


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    return Settings(database_url=postgres_url, redis_url=redis_url, checkpoint_seconds=0.05, heartbeat_seconds=0.1)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    connection = await connect(str(settings.database_url), "test")
    yield connection
    await connection.close()


async def until_stored(connection: Connection, minutes: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await connection.fetchval("SELECT count(*) FROM candles WHERE timeframe = 1") < minutes:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.05)


async def test_an_exchange_through_ccxt_has_the_same_bars(settings: Settings, connection: Connection) -> None:
    expected = build_bars(recorded_trades(), 1)
    async with serve_simulator(SimulatorConfig(recordings=tuple(RECORDINGS), speed=60.0)) as simulator:
        await apply_exchange(
            connection,
            "ccxt",
            "BTCUSDT",
            ccxtId="binance",
            endpoints={"websocket": f"{simulator.websocket_url}/ws/stream", "rest": f"{simulator.rest_url}/api/v3"},
            simulated=True,
            clock="feed",
        )
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            services: list[Any] = [run_processor, run_collector]
            for service in services:
                group.create_task(service(settings, stopped=stopped))
            try:
                await until_stored(connection, 11)
            finally:
                stopped.set()
    rows = await connection.fetch("SELECT * FROM candles WHERE timeframe = 1 ORDER BY time LIMIT 11")
    for row in rows:
        bar = expected[int(row["time"].timestamp()) * 1_000_000]
        assert Decimal(repr(row["volume"])) == bar.volume.normalize()
        for name in PRICES:
            assert Decimal(repr(row[name])) == getattr(bar, name)
    assert {row["verdict"] for row in rows[1:]} == {"complete"}
