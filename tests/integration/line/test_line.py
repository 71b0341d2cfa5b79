"""Simulator, collector and processor together: a recording through the exchange's own protocol becomes exact bars."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg
import pytest

from support.catalog import apply_binance
from support.oracle import RECORDINGS, build_bars, recorded_trades
from tickloom.collector.service import run_collector
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import serve_simulator
from tickloom.store.connection import Connection, connect

SECONDS = 60
LAST_ID = 3_735_703_162


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    return Settings(database_url=postgres_url, redis_url=redis_url, checkpoint_seconds=0.05, heartbeat_seconds=0.1)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    connection = await connect(str(settings.database_url), "test")
    yield connection
    await connection.close()


@asynccontextmanager
async def running(settings: Settings, *services: object) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(service(settings, stopped=stopped))  # type: ignore[operator]
        try:
            yield
        finally:
            stopped.set()


async def all_committed(connection: Connection) -> None:
    """Wait until the last trade is stored and the last minute is over."""
    async with asyncio.timeout(SECONDS):
        while not await connection.fetchval(  # noqa: ASYNC110 - nobody announces the row
            "SELECT EXISTS (SELECT FROM stream_offsets WHERE $1 = ANY (last_trade_ids))"
            " AND EXISTS (SELECT FROM candles WHERE timeframe = 1 AND last_trade_id = $1)",
            LAST_ID,
        ):
            await asyncio.sleep(0.02)


async def minutes(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch("SELECT * FROM candles WHERE timeframe = 1 ORDER BY time")


def assert_equal_to_the_recording(rows: list[asyncpg.Record]) -> None:
    expected = build_bars(recorded_trades(), 1)
    assert len(rows) == 12
    for row in rows:
        bar = expected[int(row["time"].timestamp()) * 1_000_000]
        assert Decimal(repr(row["volume"])) == bar.volume.normalize()
        assert row["trades"] == bar.trades
        for name in ("open", "high", "low", "close"):
            assert Decimal(repr(row[name])) == getattr(bar, name)


async def test_replayed_recordings_become_exact_bars(settings: Settings, connection: Connection) -> None:
    config = SimulatorConfig(recordings=tuple(RECORDINGS), speed=None)
    async with serve_simulator(config) as simulator:
        endpoints = {"websocket": simulator.websocket_url, "rest": simulator.rest_url}
        await apply_binance(connection, "BTCUSDT", endpoints=endpoints, simulated=True, clock="feed")
        async with running(settings, run_processor, run_collector):
            await all_committed(connection)
    rows = await minutes(connection)
    assert_equal_to_the_recording(rows)
    assert [row["verdict"] for row in rows] == ["partial"] + ["complete"] * 10 + ["partial"]
    longer = await connection.fetch("SELECT timeframe, verdict, trades FROM candles WHERE timeframe > 1 ORDER BY time")
    assert {row["timeframe"] for row in longer} == {5, 15, 60, 240, 1440}


async def test_a_collector_that_was_away_heals_what_it_missed(settings: Settings, connection: Connection) -> None:
    config = SimulatorConfig(recordings=tuple(RECORDINGS), speed=300.0)
    async with serve_simulator(config) as simulator:
        endpoints = {"websocket": simulator.websocket_url, "rest": simulator.rest_url}
        await apply_binance(connection, "BTCUSDT", endpoints=endpoints, simulated=True, clock="feed")
        async with running(settings, run_processor):
            async with running(settings, run_collector):
                async with asyncio.timeout(SECONDS):
                    while simulator.exchange.sent < 4000:  # noqa: ASYNC110 - the exchange tells nobody
                        await asyncio.sleep(0.01)
            async with asyncio.timeout(SECONDS):
                await simulator.exchange.finished.wait()
            async with running(settings, run_collector):
                await all_committed(connection)
    rows = await minutes(connection)
    assert_equal_to_the_recording(rows)
    assert [rows[0]["verdict"], rows[-1]["verdict"]] == ["partial", "partial"]
    assert {row["verdict"] for row in rows[1:-1]} == {"complete", "healed"}
    gap = await connection.fetchrow("SELECT state, healed > 1000 AS many FROM gaps ORDER BY healed DESC")
    assert gap is not None
    assert tuple(gap) == ("healed", True)
