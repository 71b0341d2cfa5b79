"""Late, cancelled and corrected trades: the tables end as if the corrected history had come in one pass."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pytest

from integration.processor.line import START, Line, processing
from support.catalog import apply_alpaca
from support.oracle import MINUTE_US
from tickloom.market.timeframes import TIMEFRAMES
from tickloom.settings.environment import Settings
from tickloom.store.charts import read_bars
from tickloom.store.series import FEATURES, INDICATORS, Table, Value, read_values
from tickloom.wire.batches import Control, Kind, TradeFlag
from tickloom.wire.messages import Bar
from tickloom.wire.names import trades_stream
from unit.processor.stream import batch, control, heartbeat

MINUTES = 24
FAR = 4_000_000_000
CANCEL, CORRECTED = int(TradeFlag.CANCEL), int(TradeFlag.CORRECTED)


class Print(NamedTuple):
    """A trade of a venue whose ids are not contiguous."""

    id: int
    time_us: int
    price: float
    size: float

    def record(self, number: int, flags: int = 1) -> tuple[int, int, float, float, int, int]:
        return self.time_us, self.id, self.price, self.size, number, flags


def history(rng: np.random.Generator) -> list[Print]:
    times = np.sort(rng.choice(MINUTES * MINUTE_US, 4 * MINUTES, replace=False))
    ids = rng.choice(10**9, len(times), replace=False)
    prices = 100 + np.cumsum(rng.normal(0, 0.3, len(times)))
    return [
        Print(int(i), START + int(t), round(float(p), 2), round(float(rng.uniform(1, 50)), 1))
        for i, t, p in zip(ids, times, prices, strict=True)
    ]


class Script:
    """What a venue tells, in an order of its own, and the history that is true in the end."""

    def __init__(self, rng: np.random.Generator, number: int) -> None:
        made = history(rng)
        self.truth = {one.id: one for one in made}
        told: list[tuple[float, list[tuple[int, int, float, float, int, int]]]] = []
        for one in made:
            late = rng.random() < 0.1
            told.append((one.time_us + (rng.uniform(2, 8) * MINUTE_US if late else 0), [one.record(number)]))
            draw = rng.random()
            # Before the trade itself, in its minute, or long after.
            when = one.time_us + rng.choice([-2, 0.2, 6]) * MINUTE_US + rng.uniform(0, MINUTE_US)
            if draw < 0.12:
                del self.truth[one.id]
                told.append((when, [one.record(number, CANCEL)] * int(rng.integers(1, 3))))
            elif draw < 0.24:
                when = max(when, one.time_us + 9 * MINUTE_US if late else one.time_us + 1)
                told.append((when, self._corrected(one, rng, number)))
        told.sort(key=lambda item: item[0])
        self.batches = [batch(Kind.TRADES, rows) for _, rows in told]
        self.times = [when for when, _ in told]

    def _corrected(self, one: Print, rng: np.random.Generator, number: int) -> list[Any]:
        """Correct a trade, and sometimes the correction, and tell it twice."""
        rows, current = [], one
        for _ in range(int(rng.integers(1, 3))):
            price, size = round(current.price + float(rng.normal(0, 1)), 2), round(current.size * 2, 1)
            better = Print(int(rng.integers(10**9, 2 * 10**9)), one.time_us, price, size)
            rows += [current.record(number, CANCEL), better.record(number, CORRECTED)]
            del self.truth[current.id]
            self.truth[better.id], current = better, better
        return rows * int(rng.integers(1, 3))


@pytest.fixture
async def lines(line: Line) -> list[Line]:
    symbols = await apply_alpaca(line.connection, "AAPL", "MSFT")
    return [
        Line(line.connection, line.redis, trades_stream("alpaca", one.partition), one.symbol_no)
        for one in symbols.values()
    ]


async def values(line: Line, table: Table, minutes: int, as_of: datetime | None = None) -> list[Value]:
    return await read_values(line.connection, table, line.number, minutes, start=0, end=FAR, limit=5000, as_of=as_of)


async def bars(line: Line, minutes: int, as_of: datetime | None = None) -> list[Bar]:
    return await read_bars(line.connection, line.number, minutes, limit=5000, as_of=as_of)


def same(mine: dict[str, float | None], theirs: dict[str, float | None]) -> None:
    assert [name for name, value in mine.items() if value is None] == [
        n for n, value in theirs.items() if value is None
    ]
    known = {name: value for name, value in theirs.items() if value is not None}
    assert {name: mine[name] for name in known} == pytest.approx(known, rel=1e-9, abs=1e-9)


async def check_equal(mine: Line, theirs: Line) -> None:
    """Compare all tables of two symbols; how a bar came to be differs, what it says does not."""
    for timeframe in TIMEFRAMES:
        ours, others = await bars(mine, timeframe.minutes), await bars(theirs, timeframe.minutes)
        assert [bar.time for bar in ours] == [bar.time for bar in others]
        for one, other in zip(ours, others, strict=True):
            facts = [(b.open, b.high, b.low, b.close, b.volume, b.trades) for b in (one, other)]
            assert facts[0] == facts[1], one.time
            assert (one.vwap or 0) == pytest.approx(other.vwap or 0, rel=1e-12)
        for table in (INDICATORS, FEATURES):
            left, right = await values(mine, table, timeframe.minutes), await values(theirs, table, timeframe.minutes)
            assert [value.time for value in left] == [value.time for value in right]
            for one_value, other_value in zip(left, right, strict=True):
                same(one_value.values, other_value.values)


async def snapshot(line: Line) -> tuple[datetime, list[Any]]:
    """Return a time and everything that the tables say then."""
    said: list[Any] = []
    for timeframe in TIMEFRAMES[:3]:
        said.append(await bars(line, timeframe.minutes))
        said += [await values(line, table, timeframe.minutes) for table in (INDICATORS, FEATURES)]
    return await line.connection.fetchval("SELECT clock_timestamp()"), said


async def tell(line: Line, script: Script) -> list[tuple[datetime, list[Any]]]:
    """Tell a script with the time that passes, stopping to look now and then."""
    snapshots = []
    marked = START
    for place, (item, when) in enumerate(zip(script.batches, script.times, strict=True)):
        marked = max(marked, int(when))
        await line.append(item, heartbeat(marked, symbol=line.number))
        if place % (len(script.batches) // 4) == 0:
            await line.committed()
            snapshots.append(await snapshot(line))
    await line.append(heartbeat(START + (MINUTES + 12) * MINUTE_US, symbol=line.number))
    await line.committed()
    return snapshots


@pytest.mark.parametrize("seed", range(6))
async def test_any_late_cancelled_and_corrected_trades_end_as_the_corrected_history_does(
    settings: Settings, lines: list[Line], seed: int
) -> None:
    told, plain = lines
    script = Script(np.random.default_rng(seed), told.number)
    truth = sorted(script.truth.values(), key=lambda one: one.time_us)
    begun = [control(Control.STARTED, START - 10 * MINUTE_US, symbol=one.number) for one in lines]
    async with processing(settings):
        await told.append(begun[0])
        await plain.append(begun[1], *(batch(Kind.TRADES, [one.record(plain.number)]) for one in truth))
        await plain.append(heartbeat(START + (MINUTES + 12) * MINUTE_US, symbol=plain.number))
        await plain.committed()
    snapshots: list[tuple[datetime, list[Any]]] = []
    async with processing(settings):
        snapshots = await tell(told, script)
    await check_equal(told, plain)
    for at, said in snapshots:
        known: list[Any] = []
        for timeframe in TIMEFRAMES[:3]:
            known.append(await bars(told, timeframe.minutes, at))
            known += [await values(told, table, timeframe.minutes, at) for table in (INDICATORS, FEATURES)]
        assert known == said
