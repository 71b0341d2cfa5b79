"""Simulated Yahoo, collector and processor together: delayed minutes become the same minutes in the table."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from support.catalog import apply_exchange
from tickloom.bus.connection import Redis, open_redis
from tickloom.bus.health import read_health
from tickloom.collector.clock import SystemClock
from tickloom.collector.service import run_collector
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.simulator.yahoo.market import Row
from tickloom.simulator.yahoo.options import YahooConfig
from tickloom.simulator.yahoo.server import YahooSimulator, serve_yahoo
from tickloom.store.connection import Connection, connect
from tickloom.wire.messages import Health

SECONDS = 60
# Thursday, 8 August 2024, 10:40 in Istanbul; Yahoo knows up to 10:25:30.
OPEN = int(datetime(2024, 8, 8, 7, 0, tzinfo=UTC).timestamp())
SYMBOL = "THYAO.IS"


class Then(SystemClock):
    """The machine's clocks, of which the wall clock stands at a moment that the test sets."""

    now = OPEN + 40 * 60 + 30

    def time_us(self) -> int:
        return self.now * 1_000_000

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Let five minutes be over in a tenth of a second."""
        return await super().wait(event, min(seconds, 0.1))


@pytest.fixture
def clock() -> Then:
    return Then()


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    return Settings(database_url=postgres_url, redis_url=redis_url, checkpoint_seconds=0.05, heartbeat_seconds=0.1)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    connection = await connect(str(settings.database_url), "test")
    yield connection
    await connection.close()


@pytest.fixture
async def yahoo(clock: Then) -> AsyncIterator[YahooSimulator]:
    async with serve_yahoo(YahooConfig(symbols=(SYMBOL,)), lambda: clock.now) as simulator:
        yield simulator


@asynccontextmanager
async def running(settings: Settings, clock: Then) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_processor(settings, stopped=stopped))
        group.create_task(run_collector(settings, stopped=stopped, clock=clock))
        try:
            yield
        finally:
            stopped.set()


async def until_stored(connection: Connection, minute: int) -> None:
    """Wait for the minute that begins so many minutes after the open."""
    async with asyncio.timeout(SECONDS):
        while not await connection.fetchval(  # noqa: ASYNC110 - nobody announces the row
            "SELECT EXISTS (SELECT FROM candles WHERE timeframe = 1 AND time = $1)"
            " AND NOT EXISTS (SELECT FROM gaps WHERE state = 'open')",
            datetime.fromtimestamp(OPEN + 60 * minute, UTC),
        ):
            await asyncio.sleep(0.02)


def expected(yahoo: YahooSimulator, minutes: int) -> list[tuple[float, ...]]:
    """Rows of the table as they must be: a minute that Yahoo leaves out is flat at the close before it."""
    rows = {row.time: row for row in yahoo.venue.markets[SYMBOL].rows(OPEN, OPEN + 60 * minutes)}
    bars: list[tuple[float, ...]] = []
    before = None
    for start in range(OPEN, OPEN + 60 * minutes, 60):
        row = rows.get(start)
        if row is None and before is not None:
            row = Row(start, before, before, before, before, 0)
        if row is not None:
            bars.append((start, row.open, row.high, row.low, row.close, row.volume))
            before = row.close
    return bars


async def stored(connection: Connection) -> list[tuple[float, ...]]:
    rows = await connection.fetch("SELECT * FROM candles WHERE timeframe = 1 ORDER BY time")
    return [
        (int(row["time"].timestamp()), row["open"], row["high"], row["low"], row["close"], row["volume"])
        for row in rows
    ]


async def ready_collector(redis: Redis) -> Health:
    async with asyncio.timeout(SECONDS):
        while True:
            for record in await read_health(redis):
                if (record.role, record.state) == ("collector", "ready"):
                    return record
            await asyncio.sleep(0.05)


async def apply(connection: Connection, yahoo: YahooSimulator) -> None:
    await apply_exchange(connection, "yahoo", SYMBOL, endpoints={"rest": yahoo.url}, simulated=True, calendar="XIST")


async def test_delayed_minutes_become_the_bars_of_the_table(
    settings: Settings, connection: Connection, yahoo: YahooSimulator, clock: Then
) -> None:
    await apply(connection, yahoo)
    async with running(settings, clock), open_redis(str(settings.redis_url), "test") as redis:
        await until_stored(connection, 24)
        assert await stored(connection) == expected(yahoo, 25)
        clock.now += 300
        await until_stored(connection, 29)
        health = await ready_collector(redis)
    assert await stored(connection) == expected(yahoo, 30)
    assert health.delay_seconds == 900.0
    verdicts = await connection.fetch("SELECT DISTINCT verdict::text FROM candles WHERE timeframe = 1")
    assert [row["verdict"] for row in verdicts] == ["complete"]
    five = await connection.fetch("SELECT * FROM candles WHERE timeframe = 5 ORDER BY time")
    minutes = expected(yahoo, 30)
    assert [(row["high"], row["volume"]) for row in five[:6]] == [
        (max(m[2] for m in minutes[n : n + 5]), sum(m[5] for m in minutes[n : n + 5])) for n in range(0, 30, 5)
    ]


async def test_what_was_missed_while_throttled_comes_with_the_next_answer(
    settings: Settings, connection: Connection, yahoo: YahooSimulator, clock: Then
) -> None:
    await apply(connection, yahoo)
    async with running(settings, clock):
        await until_stored(connection, 24)
        yahoo.venue.throttled = 4
        clock.now += 600
        async with asyncio.timeout(SECONDS):
            while yahoo.venue.throttled:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.02)
        await until_stored(connection, 34)
    assert await stored(connection) == expected(yahoo, 35)
    gap = await connection.fetchrow("SELECT state FROM gaps ORDER BY gap_no")
    assert gap is not None
    assert gap["state"] == "healed"
