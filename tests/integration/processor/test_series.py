"""Stored indicators and features equal one pass over the stored bars, whichever way they came to be there."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import asyncpg
import numpy as np
import pytest

from integration.processor.line import START, Line, processing
from support.feature_oracle import described, feature_errors
from support.indicator_oracle import DAY_US, Rows, errors, recomputed
from support.oracle import MINUTE_US, Trade
from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.definition import BAR_INPUT_DTYPE
from tickloom.processor.indicators.registry import NAMES
from tickloom.settings.environment import Settings
from tickloom.store.quarantine import decide
from tickloom.store.recomputation import request_recomputation
from tickloom.wire.batches import Batch, Control
from unit.processor.stream import control, heartbeat, trades

LIMIT = 1e-9
MINUTES = 330


def random_trades(count: int, seed: int) -> list[Trade]:
    """Return some trades in each minute, with contiguous ids."""
    rng = np.random.default_rng(seed)
    made: list[Trade] = []
    price = 100.0
    for minute in range(count):
        for moment in sorted(rng.integers(0, MINUTE_US, rng.integers(1, 4)).tolist()):
            price *= float(np.exp(rng.normal(0, 0.002)))
            size = Decimal(str(round(float(rng.uniform(0.1, 3)), 3)))
            time_us = START + minute * MINUTE_US + moment
            made.append(Trade(len(made) + 1, time_us, Decimal(str(round(price, 2))), size, buy=bool(rng.integers(2))))
    return made


def batches(made: Iterable[Trade], number: int) -> list[Batch]:
    """Return batches of a few trades."""
    rows = list(made)
    return [trades(*rows[i : i + 7], symbol=number) for i in range(0, len(rows), 7)]


async def stored_bars(line: Line, minutes: int) -> tuple[Rows, list[asyncpg.Record]]:
    rows = await line.connection.fetch(
        "SELECT * FROM candles WHERE symbol_no = $1 AND timeframe = $2 AND close IS NOT NULL ORDER BY time",
        line.number,
        minutes,
    )
    bars = np.zeros(len(rows), BAR_INPUT_DTYPE)
    for bar, row in zip(bars, rows, strict=True):
        bar["time"] = int(row["time"].timestamp()) * 1_000_000
        for name in ("open", "high", "low", "close", "volume", "quote_volume"):
            bar[name] = row[name]
    bars["session"], bars["in_session"] = bars["time"] - bars["time"] % DAY_US, 1.0
    return bars, rows


async def stored_values(line: Line, table: str, minutes: int) -> tuple[list[Any], Rows]:
    rows = await line.connection.fetch(
        f"SELECT time, values FROM {table} WHERE symbol_no = $1 AND timeframe = $2 ORDER BY time",  # noqa: S608
        line.number,
        minutes,
    )
    values = np.array([[np.nan if v is None else v for v in row["values"]] for row in rows], float)
    return [row["time"] for row in rows], values


async def check(line: Line, least: int) -> None:
    """Compare everything stored with one pass of the oracles over the stored bars."""
    compared = 0
    for timeframe in TIMEFRAMES:
        bars, rows = await stored_bars(line, timeframe.minutes)
        if not len(bars):
            continue
        expected = recomputed(bars)
        times, values = await stored_values(line, "indicators", timeframe.minutes)
        assert times == [row["time"] for row in rows]
        found = errors(bars, values, expected)
        assert max(found.values()) < LIMIT, (timeframe.label, found)
        times, features = await stored_values(line, "ml_features", timeframe.minutes)
        assert times == [row["time"] for row in rows]
        worst = feature_errors(
            bars,
            dict(zip(V1.names, features.T, strict=True)),
            described(bars, dict(zip(NAMES, values.T, strict=True))),
        )
        assert max(worst.values()) < LIMIT, (timeframe.label, worst)
        compared += len(bars)
    assert compared >= least


@pytest.fixture
def made() -> list[Trade]:
    return random_trades(MINUTES, 3)


def begin(line: Line) -> Batch:
    return control(Control.STARTED, START, 0, symbol=line.number)


def end(line: Line, minutes: int = MINUTES) -> Batch:
    return heartbeat(START + minutes * MINUTE_US + 1_000_000, symbol=line.number)


async def test_live_bars_have_the_values_of_one_pass_across_restarts(
    settings: Settings, line: Line, made: list[Trade]
) -> None:
    parts = batches(made, line.number)
    await line.append(begin(line))
    for third in range(3):
        async with processing(settings):
            await line.append(*parts[third * len(parts) // 3 : (third + 1) * len(parts) // 3])
            await line.committed()
    async with processing(settings):
        await line.append(end(line))
        await line.committed()
    await check(line, MINUTES)


async def test_late_trades_revise_values_from_their_bar_on_and_keep_what_was_known(
    settings: Settings, line: Line, made: list[Trade]
) -> None:
    late = [made[40], made[333], made[334]]
    async with processing(settings):
        kept = [one for one in made if one not in late]
        await line.append(begin(line), *batches(kept, line.number), end(line))
        await line.committed()
        await check(line, MINUTES)
        before = await stored_values(line, "ml_features", 1)
        await line.append(trades(late[2], symbol=line.number, healed=True))
        await line.append(trades(*late[:2], symbol=line.number, healed=True))
        await line.committed()
        await check(line, MINUTES)
    earlier = await line.connection.fetch(
        "SELECT * FROM ml_feature_revisions WHERE timeframe = 1 ORDER BY time, known_from"
    )
    assert all(row["known_from"] < row["known_to"] for row in earlier)
    first_known = {row["time"]: row["values"] for row in reversed(earlier)}
    assert first_known
    for time, values in first_known.items():
        held = before[1][before[0].index(time)]
        assert np.array_equal(np.array([np.nan if v is None else v for v in values]), held, equal_nan=True)


async def test_a_release_from_quarantine_reaches_indicators_and_features(
    settings: Settings, line: Line, made: list[Trade]
) -> None:
    bad = made[200]._replace(price=made[200].price / 3)
    rows = [bad if one is made[200] else one for one in made]
    async with processing(settings):
        await line.append(begin(line), *batches(rows, line.number), end(line))
        await line.committed()
        await check(line, MINUTES)
        number = await line.connection.fetchval("SELECT quarantine_no FROM quarantined_trades")
        await decide(line.connection, [number], "release", by="test")
        await line.until("SELECT EXISTS (SELECT FROM quarantined_trades WHERE state = 'released')")
        await check(line, MINUTES)
    low = await line.connection.fetchval("SELECT min(low) FROM candles WHERE timeframe = 1440")
    assert low is None or low == float(bad.price)


async def test_history_put_in_before_the_first_bar_is_taken_into_account_on_request(
    settings: Settings, line: Line, made: list[Trade]
) -> None:
    async with processing(settings):
        await line.append(begin(line), *batches(made, line.number), end(line))
        await line.committed()
        await line.connection.execute(
            """
            INSERT INTO candles (symbol_no, timeframe, time, open, high, low, close, volume, quote_volume, buy_volume,
                                 trades, verdict)
            SELECT $1, 1, to_timestamp($2::bigint - n * 60), 90 + n % 7, 99 + n % 5, 80, 91 + n % 9, 1 + n % 3,
                   95 * (1 + n % 3), 0, 4, 'complete' FROM generate_series(1, 3000) n
            """,
            line.number,
            START // 1_000_000,
        )
        await request_recomputation(line.connection, line.number, START - 3000 * MINUTE_US)
        await line.until("SELECT NOT EXISTS (SELECT FROM recomputations)")
        await check(line, MINUTES + 3000)
        await line.append(end(line, MINUTES + 5))
        await line.committed()
        await check(line, MINUTES + 3005)


async def test_bars_stored_without_values_get_them_when_a_processor_starts(
    settings: Settings, line: Line, made: list[Trade]
) -> None:
    async with processing(settings):
        await line.append(begin(line), *batches(made, line.number), end(line))
        await line.committed()
    await line.connection.execute("TRUNCATE indicators, ml_features, indicator_states")
    async with processing(settings):
        await line.append(end(line, MINUTES + 2))
        await line.committed()
        await check(line, MINUTES + 2)
