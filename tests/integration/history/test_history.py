"""The past from the simulated exchange: fetched, interrupted, resumed, compared, and put where trades are lacking."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from support.catalog import apply_binance
from support.fast_clock import FastClock
from tickloom.bus.connection import open_redis
from tickloom.collector.clock import SystemClock
from tickloom.collector.venue import VenueUnavailable
from tickloom.history.backfill import DAY_US, Done, Source, Wanted, backfill
from tickloom.history.candle_source import open_venue
from tickloom.history.errors import NotVerified
from tickloom.history.healing import heal_by_candles
from tickloom.history.reconcile import SETTLED_US, Reconciler, reconcile
from tickloom.settings.environment import Settings
from tickloom.simulator.faults import Fault
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import Simulator, serve_simulator
from tickloom.store.catalog import CatalogSymbol, read_catalog
from tickloom.store.connection import Connection, connect
from tickloom.store.reconciliations import read_mismatches

DAYS = 40
STORED = "SELECT max(done_to) FROM backfill_jobs WHERE done_to > from_time"
MINUTE_US = 60_000_000
LENGTHS = (5, 15, 60, 240, 1440)


@dataclass
class History:
    """A symbol, a database, and an exchange with a past of forty days."""

    connection: Connection
    simulator: Simulator
    symbol: CatalogSymbol
    settings: Settings

    @property
    def end_us(self) -> int:
        archive = self.simulator.exchange.history["BTCUSDT"].archive
        assert archive is not None
        return archive.end_ms * 1000

    def wanted(self, days: float, source: Source = "candles", *, skip_us: int = 0) -> Wanted:
        from_us = self.end_us - round(days * DAY_US)
        from_us -= from_us % MINUTE_US
        return Wanted(self.symbol.symbol_no, "BTCUSDT", source, from_us, self.end_us - skip_us, self.end_us)

    async def fetch(self, wanted: Wanted) -> Done:
        catalog = await read_catalog(self.connection)
        async with (
            open_redis(str(self.settings.redis_url), "test") as redis,
            open_venue(catalog.exchanges["binance"], redis, SystemClock()) as venue,
        ):
            return await backfill(self.connection, venue, wanted, SystemClock(), lambda _done, _bars: None)

    def told(self, wanted: Wanted) -> list[list[Any]]:
        """What the exchange says of the minutes."""
        archive = self.simulator.exchange.history["BTCUSDT"].archive
        assert archive is not None
        return archive.minutes(wanted.from_us // 1000, wanted.to_us // 1000 - 1, 10**9)

    async def bars(self, minutes: int = 1) -> list[Any]:
        return await self.connection.fetch("SELECT * FROM candles WHERE timeframe = $1 ORDER BY time", minutes)


@pytest.fixture
async def history(postgres_url: str, redis_url: str) -> AsyncIterator[History]:
    connection = await connect(postgres_url, "test")
    try:
        async with serve_simulator(SimulatorConfig(history_days=DAYS, symbols=("BTCUSDT",))) as simulator:
            endpoints = {"websocket": simulator.websocket_url, "rest": simulator.rest_url}
            rows = await apply_binance(connection, "BTCUSDT", endpoints=endpoints, simulated=True)
            settings = Settings(database_url=postgres_url, redis_url=redis_url)
            yield History(connection, simulator, rows["BTCUSDT"], settings)
    finally:
        await connection.close()


def assert_minutes(bars: list[Any], told: list[list[Any]]) -> None:
    assert [round(bar["time"].timestamp() * 1000) for bar in bars] == [row[0] for row in told]
    names = ("open", "high", "low", "close", "volume", "quote_volume", "trades", "buy_volume")
    for bar, row in zip(bars, told, strict=True):
        values = [row[1], row[2], row[3], row[4], row[5], row[7], row[8], row[9]]
        assert [float(bar[name]) for name in names] == [float(value) for value in values]


def assert_longer(longer: list[Any], told: list[list[Any]], minutes: int, now_ms: int) -> None:
    """Compare longer bars with decimal sums of the exchange's minutes."""
    groups: dict[int, list[list[Any]]] = {}
    for row in told:
        groups.setdefault(row[0] - row[0] % (minutes * 60_000), []).append(row)
    over = {at: rows for at, rows in groups.items() if at + minutes * 60_000 <= now_ms}
    assert [round(bar["time"].timestamp() * 1000) for bar in longer] == sorted(over)
    for bar, (_, rows) in zip(longer, sorted(over.items()), strict=True):
        assert bar["open"] == float(rows[0][1])
        assert bar["high"] == max(float(row[2]) for row in rows)
        assert bar["low"] == min(float(row[3]) for row in rows)
        assert bar["close"] == float(rows[-1][4])
        assert Decimal(repr(bar["volume"])) == sum((Decimal(row[5]) for row in rows), Decimal(0)).normalize()
        assert bar["trades"] == sum(row[8] for row in rows)
        assert bar["verdict"] == ("complete" if len(rows) == minutes else "partial")


async def test_the_past_is_what_the_exchange_says_in_all_timeframes(history: History) -> None:
    wanted = history.wanted(20.3)
    done = await history.fetch(wanted)
    told = history.told(wanted)
    assert done.minutes == len(told)
    assert_minutes(await history.bars(), told)
    for minutes in LENGTHS:
        assert_longer(await history.bars(minutes), told, minutes, wanted.now_us // 1000)
    assert done.bars == await history.connection.fetchval("SELECT count(*) FROM candles")
    assert await history.connection.fetchval("SELECT count(*) FROM recomputations") == 1


async def test_bars_from_old_trades_are_those_of_the_candles_and_have_ids(history: History) -> None:
    wanted = history.wanted(0.3, "trades")
    await history.fetch(wanted)
    bars = await history.bars()
    assert_minutes(bars, history.told(wanted))
    assert bars[-1]["last_trade_id"] == 100_000_000 - 1
    assert all(b["first_trade_id"] == a["last_trade_id"] + 1 for a, b in pairwise(bars))


async def test_bars_of_our_own_are_kept_and_what_lacks_trades_is_replaced(history: History) -> None:
    wanted = history.wanted(1)
    await history.fetch(wanted)
    await history.connection.execute(
        "UPDATE candles SET close = 1, verdict = CASE WHEN extract(minute FROM time) < 30 THEN 'partial'::verdict"
        " ELSE 'suspect'::verdict END WHERE timeframe = 1"
    )
    with pytest.raises(NotVerified, match="differs"):
        await history.fetch(history.wanted(1, skip_us=MINUTE_US))
    for bar in (await history.bars())[:-1]:
        if bar["time"].minute < 30:
            assert (bar["verdict"], bar["revision"]) == ("healed", 1)
            assert bar["close"] != 1
        else:
            assert (bar["verdict"], bar["revision"], bar["close"]) == ("suspect", 0, 1)
    assert await history.connection.fetchval("SELECT count(*) FROM candle_revisions WHERE close = 1") > 600


async def test_errors_of_the_exchange_are_waited_out(history: History) -> None:
    wanted = history.wanted(35)
    history.simulator.exchange.disturbance.add(Fault("status", at=0.0, count=3, status=503))
    await history.fetch(wanted)
    assert_minutes(await history.bars(), history.told(wanted))


async def test_bars_that_are_missing_at_the_end_are_noticed(history: History) -> None:
    wanted = history.wanted(3)
    await history.fetch(wanted)
    for lost in ("time < (SELECT min(time) FROM candles WHERE timeframe = 1) + interval '5 minutes'", "volume < 0.5"):
        await history.connection.execute(f"DELETE FROM candles WHERE timeframe = 1 AND {lost}")  # noqa: S608 - constants
        with pytest.raises(NotVerified, match="no bar"):
            await history.fetch(wanted)


async def test_a_venue_that_stays_away_ends_the_job_as_failed(history: History) -> None:
    catalog = await read_catalog(history.connection)
    spec = catalog.exchanges["binance"].spec.model_copy(
        update={
            "endpoints": catalog.exchanges["binance"].spec.endpoints.model_copy(update={"rest": "http://127.0.0.1:1"})
        }
    )
    exchange = catalog.exchanges["binance"]._replace(spec=spec)
    clock = FastClock(10_000)
    async with open_venue(exchange, None, clock) as venue:
        with pytest.raises((VenueUnavailable, ExceptionGroup)):
            await backfill(history.connection, venue, history.wanted(1), clock, lambda _done, _bars: None)
    assert await history.connection.fetchval("SELECT state FROM backfill_jobs") == "failed"


async def test_a_command_that_is_interrupted_or_killed_leaves_no_hole_and_no_bar_twice(history: History) -> None:
    wanted = history.wanted(DAYS - 1)
    for number in (signal.SIGINT, signal.SIGKILL, None):
        code, output = await _backfill_until(history, wanted, number)
        if number is None:
            assert code == 0
            assert json.loads(output)[0]["minutes"] == len(history.told(wanted))
        elif number == signal.SIGINT:
            assert code in {0, 1}
    assert_minutes(await history.bars(), history.told(wanted))
    for minutes in LENGTHS:
        assert_longer(await history.bars(minutes), history.told(wanted), minutes, wanted.now_us // 1000)
    assert await history.connection.fetchval("SELECT max(revision) FROM candles WHERE timeframe = 1") == 0
    assert await history.connection.fetchval("SELECT array_agg(state) FROM backfill_jobs") == ["done"]


async def _backfill_until(history: History, wanted: Wanted, number: signal.Signals | None) -> tuple[int | None, bytes]:
    """Run the command; once it has stored something more, send it a signal."""
    settings = history.settings
    variables = {"TICKLOOM_DATABASE_URL": str(settings.database_url), "TICKLOOM_REDIS_URL": str(settings.redis_url)}
    begin, end = (datetime.fromtimestamp(at // 1_000_000, UTC).isoformat() for at in (wanted.from_us, wanted.to_us))
    arguments = ["backfill", "binance:BTCUSDT", "--from", begin, "--to", end, "--json"]
    before = await history.connection.fetchval("SELECT max(done_to) FROM backfill_jobs")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickloom.cli.entry", *arguments, env={**os.environ, **variables}, stdout=-1
    )
    try:
        async with asyncio.timeout(60):
            while number is not None and process.returncode is None:
                done = await history.connection.fetchval(STORED)
                if done is not None and done != before:
                    process.send_signal(number)
                    break
                await asyncio.sleep(0.003)
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output


async def test_every_value_that_differs_is_stored_with_both_and_resolved_once_it_agrees(history: History) -> None:
    wanted = history.wanted(2)
    await history.fetch(wanted)
    first = (await history.bars())[10]
    await history.connection.execute(
        "UPDATE candles SET close = close + 1, trades = trades + 1 WHERE timeframe = 1 AND time = $1", first["time"]
    )
    lost = (await history.bars())[20]
    await history.connection.execute("DELETE FROM candles WHERE timeframe = 1 AND time = $1", lost["time"])
    compared = await _compare(history, wanted)
    assert (compared.minutes, compared.bars) == (2 * 1440, 2)
    stored = await read_mismatches(history.connection, history.symbol.symbol_no, limit=100)
    at = {bar["time"]: round(bar["time"].timestamp()) * 1_000_000 for bar in (first, lost)}
    assert [(row.time_us, row.field, row.ours, row.theirs) for row in stored] == [
        (at[lost["time"]], "bar", None, lost["close"]),
        (at[first["time"]], "trades", first["trades"] + 1, first["trades"]),
        (at[first["time"]], "close", first["close"] + 1, first["close"]),
    ]
    assert {row.verdict for row in stored} == {"complete", None}
    await history.connection.execute(
        "UPDATE candles SET close = $2, trades = $3 WHERE timeframe = 1 AND time = $1",
        first["time"],
        first["close"],
        first["trades"],
    )
    assert (await _compare(history, wanted)).bars == 1
    left = await read_mismatches(history.connection, history.symbol.symbol_no, limit=100, unresolved=True)
    assert [row.field for row in left] == ["bar"]


async def _compare(history: History, wanted: Wanted) -> Any:
    catalog = await read_catalog(history.connection)
    async with open_venue(catalog.exchanges["binance"], None, SystemClock()) as venue:
        return await reconcile(
            history.connection, venue, wanted.symbol_no, "BTCUSDT", wanted.from_us, wanted.to_us, SystemClock()
        )


async def test_the_continuous_job_compares_each_minute_once(history: History) -> None:
    wanted = history.wanted(1)
    await history.fetch(wanted)
    await history.connection.execute(
        "UPDATE candles SET high = high + 5 WHERE timeframe = 1"
        " AND time = (SELECT min(time) FROM candles WHERE timeframe = 1)"
    )
    reconciler = Reconciler(history.settings, SystemClock())
    catalog = await read_catalog(history.connection)
    for _ in range(2):
        await reconciler.run(catalog, history.connection)
    row = await history.connection.fetchrow("SELECT * FROM reconciliation_progress")
    assert row is not None
    assert row["compared_to"].timestamp() * 1e6 >= history.end_us - SETTLED_US
    assert row["mismatched"] == 1
    assert row["compared"] <= 1440 + 3
    assert [m.field for m in await read_mismatches(history.connection, wanted.symbol_no, limit=9)] == ["high"]


async def test_what_was_given_up_is_healed_by_the_candles_of_the_exchange(history: History) -> None:
    wanted = history.wanted(1)
    await history.fetch(wanted)
    hole = (await history.bars())[100:103]
    times = [bar["time"] for bar in hole]
    await history.connection.execute(
        "UPDATE candles SET open = NULL, high = NULL, low = NULL, close = NULL, volume = 0, quote_volume = 0,"
        " buy_volume = 0, trades = 0, verdict = 'feed_down' WHERE timeframe = 1 AND time = ANY ($1)",
        times,
    )
    await history.connection.execute("UPDATE candles SET verdict = 'partial', volume = 1 WHERE timeframe > 1")
    await history.connection.execute(
        "INSERT INTO gaps (symbol_no, gap_no, state, reason, from_time, to_time, missing, detected_at)"
        " VALUES ($1, 7, 'unhealable', 'feed went down', $2, $3, 24, now())",
        wanted.symbol_no,
        times[0],
        times[-1],
    )
    catalog = await read_catalog(history.connection)
    async with open_venue(catalog.exchanges["binance"], None, SystemClock()) as venue:
        done = await heal_by_candles(history.connection, venue, wanted.symbol_no, "BTCUSDT", SystemClock())
    assert done == ([7], [])
    assert_minutes(await history.bars(), history.told(wanted))
    assert {bar["verdict"] for bar in (await history.bars())[100:103]} == {"healed"}
    assert await history.connection.fetchval("SELECT state::text FROM gaps") == "healed"
    five = [bar for bar in await history.bars(5) if bar["time"] <= times[0]][-1]
    assert (five["verdict"], five["revision"]) == ("healed", 1)
