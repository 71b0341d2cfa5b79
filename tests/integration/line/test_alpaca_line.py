"""Simulated Alpaca, collector and processor together: its trades become the bars that their sale conditions allow."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from support.catalog import apply_exchange
from tickloom.bus.connection import open_redis
from tickloom.bus.health import read_health
from tickloom.collector.service import run_collector
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.simulator.alpaca.options import AlpacaConfig
from tickloom.simulator.alpaca.server import AlpacaSimulator, serve_alpaca
from tickloom.simulator.alpaca.trades import Trade
from tickloom.store.connection import Connection, connect

SECONDS = 60
OPEN_NS = int(datetime(2024, 8, 8, 13, 30, tzinfo=UTC).timestamp()) * 1_000_000_000
MINUTE = 60 * 1_000_000_000
# Written down once more, from the participants' specifications: what a code keeps a trade from.
NO_LAST, NO_RANGE, NO_VOLUME = set("CGHIMNPQRTUVZ47W"), set("CHIMNQRTUV7W"), set("MQ9")
CONDITIONS = [("@",), ("@",), ("@", "F"), ("@", "I"), ("@", "Z"), ("@", "4"), ("@", "W"), ("@", "M"), ("@", "9")]


class Clock:
    now_ns = OPEN_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def settings(postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TICKLOOM_ALPACA_API_KEY", "simulated-key")
    monkeypatch.setenv("TICKLOOM_ALPACA_API_SECRET", "simulated-secret")
    return Settings(database_url=postgres_url, redis_url=redis_url, checkpoint_seconds=0.05, heartbeat_seconds=0.1)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    connection = await connect(str(settings.database_url), "test")
    yield connection
    await connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alpaca(clock: Clock) -> AsyncIterator[AlpacaSimulator]:
    async with serve_alpaca(AlpacaConfig(generate=False), clock) as simulator:
        # Before the open, and so in no bar: Alpaca knows symbols by their latest trade.
        simulator.venue.happen(Trade("AAPL", 10**6, 199.0, 1, OPEN_NS - MINUTE, ("@", "T")))
        yield simulator


@asynccontextmanager
async def running(settings: Settings, *services: Any) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(service(settings, stopped=stopped))
        try:
            yield
        finally:
            stopped.set()


def made_up_trades(seed: int, minutes: int) -> list[Trade]:
    chance, price, trades = random.Random(seed), 20_000, []
    times = sorted(chance.sample(range(0, minutes * MINUTE // 1000, 997), 30 * minutes))
    for number, microseconds in enumerate(times, 1):
        price += chance.randint(-5, 5)
        conditions = ("@",) if number == 1 else chance.choice(CONDITIONS)
        time_ns = OPEN_NS + microseconds * 1000 + chance.randint(0, 999)
        trades.append(Trade("AAPL", number, price / 100, chance.randint(1, 500), time_ns, conditions))
    return trades


def expected_bars(trades: list[Trade]) -> dict[int, tuple[float, ...]]:
    """Open, high, low, close, volume and number of trades of each minute, by its start in seconds."""
    bars: dict[int, tuple[float, ...]] = {}
    for start in sorted({trade.time_ns - trade.time_ns % MINUTE for trade in trades}):
        mine = [trade for trade in trades if start <= trade.time_ns < start + MINUTE]
        lasts = [trade.price for trade in mine if not NO_LAST & set(trade.conditions)]
        ranges = [trade.price for trade in mine if not NO_RANGE & set(trade.conditions)]
        volume = sum(trade.size for trade in mine if not NO_VOLUME & set(trade.conditions))
        bars[start // 1_000_000_000] = (lasts[0], max(ranges), min(ranges), lasts[-1], volume, len(mine))
    return bars


async def minutes(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch("SELECT * FROM candles WHERE timeframe = 1 ORDER BY time")


async def until_stored(connection: Connection, start_ns: int) -> None:
    start = datetime.fromtimestamp(start_ns / 1e9, UTC)
    async with asyncio.timeout(SECONDS):
        while not await connection.fetchval(  # noqa: ASYNC110 - nobody announces the row
            "SELECT EXISTS (SELECT FROM candles WHERE timeframe = 1 AND time = $1)"
            " AND NOT EXISTS (SELECT FROM gaps WHERE state = 'open')",
            start,
        ):
            await asyncio.sleep(0.02)


async def until_subscribed(alpaca: AlpacaSimulator) -> None:
    async with asyncio.timeout(SECONDS):
        while alpaca.venue.listener is None or "AAPL" not in alpaca.venue.listener._subscribed["trades"]:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def play(alpaca: AlpacaSimulator, clock: Clock, trades: list[Trade]) -> None:
    for trade in trades:
        clock.now_ns = trade.time_ns
        alpaca.venue.happen(trade)


async def cut(alpaca: AlpacaSimulator) -> None:
    listener: Any = alpaca.venue.listener
    listener._request.transport.abort()
    async with asyncio.timeout(SECONDS):
        while alpaca.venue.listener is listener:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)


async def apply(connection: Connection, alpaca: AlpacaSimulator, *symbols: str) -> None:
    endpoints = {"websocket": alpaca.websocket_url, "rest": alpaca.rest_url}
    await apply_exchange(
        connection, "alpaca", *symbols, endpoints=endpoints, simulated=True, clock="feed", calendar="XNYS"
    )


def assert_equal_to(rows: list[asyncpg.Record], expected: dict[int, tuple[float, ...]]) -> None:
    found = {
        int(row["time"].timestamp()): tuple(row[name] for name in ("open", "high", "low", "close", "volume", "trades"))
        for row in rows
    }
    assert {start: found.get(start) for start in expected} == expected


async def test_trades_become_the_bars_of_their_sale_conditions_through_an_outage(
    settings: Settings, connection: Connection, alpaca: AlpacaSimulator, clock: Clock
) -> None:
    trades = made_up_trades(7, 8)
    await apply(connection, alpaca, "AAPL")
    async with running(settings, run_processor, run_collector):
        await until_subscribed(alpaca)
        play(alpaca, clock, trades[:70])
        await until_stored(connection, OPEN_NS)
        await cut(alpaca)
        play(alpaca, clock, trades[70:150])
        await until_subscribed(alpaca)
        play(alpaca, clock, trades[150:])
        closing = Trade("AAPL", 10**6, 200.0, 1, OPEN_NS + 8 * MINUTE + MINUTE // 2)
        play(alpaca, clock, [closing])
        await until_stored(connection, OPEN_NS + 7 * MINUTE)
    rows = await minutes(connection)
    assert_equal_to(rows[:8], expected_bars(trades))
    assert rows[0]["verdict"] == "partial"
    assert "healed" in {row["verdict"] for row in rows[1:8]} <= {"complete", "healed"}
    gap = await connection.fetchrow("SELECT state, healed > 50 AS many FROM gaps ORDER BY gap_no")
    assert gap is not None
    assert tuple(gap) == ("healed", True)


async def test_a_collector_that_was_away_goes_on_where_it_ended(
    settings: Settings, connection: Connection, alpaca: AlpacaSimulator, clock: Clock
) -> None:
    trades = made_up_trades(11, 6)
    await apply(connection, alpaca, "AAPL")
    async with running(settings, run_processor):
        async with running(settings, run_collector):
            await until_subscribed(alpaca)
            play(alpaca, clock, trades[:80])
            await until_stored(connection, OPEN_NS + MINUTE)
        play(alpaca, clock, trades[80:])
        async with running(settings, run_collector):
            await until_subscribed(alpaca)
            play(alpaca, clock, [Trade("AAPL", 10**6, 200.0, 1, OPEN_NS + 6 * MINUTE + MINUTE // 2)])
            await until_stored(connection, OPEN_NS + 5 * MINUTE)
    assert_equal_to((await minutes(connection))[:6], expected_bars(trades))


async def test_symbols_beyond_the_limit_of_the_account_are_named_and_the_others_collected(
    settings: Settings, connection: Connection, clock: Clock
) -> None:
    symbols = ("AAPL", "MSFT", "SPY")
    async with serve_alpaca(AlpacaConfig(generate=False, symbol_limit=1, symbols=symbols), clock) as alpaca:
        for symbol in symbols:
            alpaca.venue.happen(Trade(symbol, 1, 200.0, 100, OPEN_NS))
        await apply(connection, alpaca, *symbols)
        async with running(settings, run_collector), open_redis(str(settings.redis_url), "test") as redis:
            await until_subscribed(alpaca)
            async with asyncio.timeout(SECONDS):
                while not (health := await read_health(redis)) or "405" not in health[0].detail:  # noqa: ASYNC110 - nobody announces it
                    await asyncio.sleep(0.05)
    assert health[0].state == "degraded"
    assert health[0].detail.startswith("MSFT, SPY cannot be collected: the symbol limit")
    assert "simulated" not in health[0].detail


async def test_wrong_credentials_are_told_without_showing_them(
    settings: Settings,
    connection: Connection,
    alpaca: AlpacaSimulator,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TICKLOOM_ALPACA_API_SECRET", "not-the-right-one")
    await apply(connection, alpaca, "AAPL")
    async with running(settings, run_collector), open_redis(str(settings.redis_url), "test") as redis:
        async with asyncio.timeout(SECONDS):
            while not (health := await read_health(redis)) or not health[0].detail:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.05)
    assert "does not accept the key and the secret (402)" in health[0].detail
    output = capfd.readouterr()
    assert "not-the-right-one" not in output.out + output.err + health[0].detail
