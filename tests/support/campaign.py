"""One run of the line under a schedule of faults, and what must be true of it afterwards.

Simulator, collector and processor are the real ones, on real servers, in one event loop; only the collector's clock is
a faster one. The judge is the decimal oracle and the simulator's own ledger.
"""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

import asyncpg
from msgspec.structs import replace

from support.catalog import apply_binance
from support.fast_clock import FastClock
from support.oracle import MINUTE_US, RECORDINGS, build_bars, recorded_trades
from tickloom.collector.service import run_collector
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.simulator.faults import Fault, Kind
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import Simulator, serve_simulator
from tickloom.store.connection import Connection, connect

SYMBOL = "BTCUSDT"
SECONDS = 60.0
TRADES = recorded_trades()
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Schedule:
    """What befalls one run: faults of the exchange, and restarts of the collector after so many trades."""

    seed: int
    stream: Literal["trade", "aggTrade"]
    speed: float
    faults: tuple[Fault, ...]
    restarts: tuple[int, ...]


def _fault(chance: random.Random, kind: Kind) -> Fault:
    fault = Fault(kind, after=chance.randrange(100, len(TRADES) - 100), seed=chance.randrange(1 << 30))
    chosen: dict[str, Any] = {}
    match kind:
        case "disconnect":
            chosen = {"count": chance.choice([0, 1, 300, 2500])}
        case "silence":
            chosen = {"count": chance.choice([10, 1000, 5000])}
        case "status":
            # Bans are shared by the clock of Redis, which is not the collector's faster one.
            status, wait = chance.choice([(429, 1), (418, 1), (500, None), (502, None), (503, None)])
            chosen = {"count": chance.randrange(1, 9), "status": status, "retry_after": wait}
        case "slow" | "slow_answers":
            chosen = {"count": chance.randrange(1, 6), "milliseconds": chance.randrange(1, 40)}
        case "clock_skew":
            chosen = {"count": chance.randrange(1, 3000), "milliseconds": chance.randrange(-20_000, 20_000)}
        case "drop" | "duplicate" | "reorder" | "corrupt" | "forget":
            chosen = {"count": chance.choice([1, 2, 20, 200, 1500])}
    return replace(fault, **chosen)


def make_schedule(seed: int) -> Schedule:
    """Return the schedule of a seed: two to seven faults of any kind, sometimes a restart."""
    chance = random.Random(seed)
    stream: Literal["trade", "aggTrade"] = chance.choice(["trade", "trade", "aggTrade"])
    # What aggregates stand for is forgotten trade by trade, which the oracle could not follow.
    kinds = [kind for kind in KINDS if kind != "forget" or stream == "trade"]
    faults = tuple(_fault(chance, chance.choice(kinds)) for _ in range(chance.randrange(2, 8)))
    restarts = tuple(chance.randrange(500, len(TRADES)) for _ in range(chance.choice([0, 0, 1, 2])))
    return Schedule(seed, stream, chance.choice([300.0, 600.0]), faults, tuple(sorted(restarts)))


@dataclass
class Outcome:
    """What was stored and what was done."""

    schedule: Schedule
    bars: list[asyncpg.Record]
    gaps: list[asyncpg.Record]
    ledger: dict[str, Any]
    times: Mapping[int, int]
    """Exchange time in microseconds of each id of the stream."""


async def run_schedule(schedule: Schedule, settings: Settings) -> Outcome:
    """Run a schedule on an empty database and an empty Redis; raises TimeoutError where it does not come to rest."""
    config = SimulatorConfig(
        recordings=tuple(RECORDINGS), speed=schedule.speed, faults=schedule.faults, end_seconds=0.1
    )
    connection = await connect(str(settings.database_url), "campaign")
    try:
        async with serve_simulator(config) as simulator:
            endpoints = {"websocket": simulator.websocket_url, "rest": simulator.rest_url}
            await apply_binance(
                connection, SYMBOL, endpoints=endpoints, simulated=True, clock="feed", tradeStream=schedule.stream
            )
            await _run_line(schedule, settings, simulator, connection)
            ledger = simulator.exchange.ledger.as_document()
            times = _times(schedule, simulator)
        bars = await connection.fetch("SELECT * FROM candles WHERE timeframe = 1 ORDER BY time")
        gaps = await connection.fetch("SELECT * FROM gaps ORDER BY gap_no")
        return Outcome(schedule, bars, gaps, ledger, times)
    finally:
        await connection.close()


def _times(schedule: Schedule, simulator: Simulator) -> dict[int, int]:
    if schedule.stream == "trade":
        return {trade.trade_id: trade.time_us for trade in TRADES}
    aggregates = simulator.exchange.history[SYMBOL].aggregates_from(0, 1 << 30)
    return {one.aggregate_id: one.time_ms * 1000 for one in aggregates}


async def _run_line(schedule: Schedule, settings: Settings, simulator: Simulator, connection: Connection) -> None:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_processor(settings, stopped=stopped))
        for restart in schedule.restarts:
            async with _collecting(schedule, settings):
                await _until(lambda at=restart: simulator.exchange.sent >= at)
        async with _collecting(schedule, settings):
            await _until(simulator.exchange.finished.is_set)
            await _until_at_rest(connection)
        stopped.set()


class _collecting:  # noqa: N801 - reads as a block
    def __init__(self, schedule: Schedule, settings: Settings) -> None:
        self._schedule, self._settings, self._stopped = schedule, settings, asyncio.Event()

    async def __aenter__(self) -> None:
        clock = FastClock(self._schedule.speed)
        self._task = asyncio.create_task(run_collector(self._settings, stopped=self._stopped, clock=clock))

    async def __aexit__(self, *_: object) -> None:
        self._stopped.set()
        async with asyncio.timeout(SECONDS):
            await self._task


async def _until(condition: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - the exchange tells nobody
            await asyncio.sleep(0.005)


async def _until_at_rest(connection: Connection) -> None:
    """Wait until the last minute is stored, no gap is open and nothing changes any more."""
    query = (
        "SELECT (SELECT count(*) FROM gaps WHERE state = 'open' AND first_trade_id IS NOT NULL),"
        " (SELECT (count(*), sum(trades), sum(revision))::text FROM candles WHERE timeframe = 1),"
        " (SELECT max(time) FROM candles WHERE timeframe = 1)"
    )
    last_us = TRADES[-1].time_us
    before, quiet = None, 0
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS / 3):
            while quiet < 8:
                row = await connection.fetchrow(query)
                assert row is not None
                ended = row[2] is not None and row[2].timestamp() * 1e6 >= last_us - MINUTE_US
                quiet = quiet + 1 if ended and row == before and row[0] == 0 else 0
                before = row
                await asyncio.sleep(0.05)


def problems(outcome: Outcome) -> list[str]:
    """Return everything that is not as it must be."""
    return [*_wrong_bars(outcome), *_missing_rows(outcome), *_open_rows(outcome)]


def _forgotten(outcome: Outcome) -> set[int]:
    forgotten = [done for done in outcome.ledger["faults"] if done["fault"]["kind"] == "forget"]
    ranges = [one for done in forgotten for one in done["ids"].get(f"{SYMBOL.lower()}@trade", [])]
    return {i for first, last in ranges for i in range(first, last + 1)}


def _wrong_bars(outcome: Outcome) -> list[str]:
    forgotten = _forgotten(outcome)
    expected = build_bars((trade for trade in TRADES if trade.trade_id not in forgotten), 1)
    holed = {trade.time_us - trade.time_us % MINUTE_US for trade in TRADES if trade.trade_id in forgotten}
    wrong = []
    stored = {round(row["time"].timestamp()) * 1_000_000: row for row in outcome.bars}
    if missing := [at for at in expected if at not in stored]:
        wrong.append(f"no bars at {missing}")
    for at, row in stored.items():
        bar = expected.get(at)
        if bar is None:
            wrong.append(f"a bar at {at} that nothing was traded in: {row['verdict']}, {row['trades']} trades")
            continue
        values = [getattr(bar, name) for name in ("open", "high", "low", "close", "volume", "buy_volume", "trades")]
        read = [row[name] for name in ("open", "high", "low", "close", "volume", "buy_volume", "trades")]
        if [Decimal(repr(value)) for value in read] != [Decimal(value) for value in values]:
            wrong.append(f"the bar at {at} is {read}, not {[str(value) for value in values]}: {row['verdict']}")
        if at in holed and row["verdict"] not in {"partial", "feed_down", "suspect"}:
            wrong.append(f"the bar at {at} lacks trades and is called {row['verdict']}")
    return wrong


def _missing_rows(outcome: Outcome) -> list[str]:
    """Return the ids that no live message told of and that no row of the gap ledger covers."""
    stream = f"{SYMBOL.lower()}@{outcome.schedule.stream}"
    sent = {
        i for first, last in outcome.ledger["streams"].get(stream, {"ids": []})["ids"] for i in range(first, last + 1)
    }
    lost = {i for i in outcome.times if i not in sent}
    for row in outcome.gaps:
        if row["first_trade_id"] is not None:
            lost.difference_update(range(row["first_trade_id"], row["last_trade_id"] + 1))
        elif row["to_time"] is not None:
            begins, ends = row["from_time"].timestamp() * 1e6 - 1e3, row["to_time"].timestamp() * 1e6 + 1e3
            lost = {i for i in lost if not begins <= outcome.times[i] <= ends}
    return [f"{len(lost)} lost trades are in no row of the ledger, from {min(lost)} on"] if lost else []


def _open_rows(outcome: Outcome) -> list[str]:
    may_lack = any(fault.kind == "forget" for fault in outcome.schedule.faults)
    ended = TRADES[-1].time_us / 1e6
    wrong = [
        row
        for row in outcome.gaps
        # The feed is over after the last trade, and that stays so.
        if (row["state"] == "open" and row["from_time"].timestamp() < ended)
        or (row["state"] == "unhealable" and not may_lack)
    ]
    return [f"gap {row['gap_no']} ({row['reason']}) ended {row['state']}" for row in wrong]
