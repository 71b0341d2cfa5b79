"""Trades whose sale conditions keep them out of a part of their bar, against an obvious implementation."""

import math
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tickloom.processor import revision
from tickloom.processor.engine import Engine
from tickloom.processor.state import Array
from tickloom.wire.batches import Control, Kind, TradeFlag
from unit.processor.stream import batch, closed, control, engine, heartbeat, of_timeframe

MINUTE = 60_000_000
START = 1_723_123_800_000_000
LAST, RANGE, VOLUME = TradeFlag.NOT_LAST, TradeFlag.NOT_RANGE, TradeFlag.NOT_VOLUME


class Restricted(NamedTuple):
    time_us: int
    trade_id: int
    price: float
    size: float
    flags: int


@st.composite
def markets(draw: st.DrawFn) -> list[Restricted]:
    times = sorted(draw(st.lists(st.integers(0, 3 * MINUTE - 1), min_size=1, max_size=25, unique=True)))
    return [
        Restricted(
            START + time,
            draw(st.integers(1, 10**15)),
            draw(st.integers(1, 1000)) / 4,
            draw(st.integers(0, 500)),
            draw(st.sampled_from([0, 0, LAST, VOLUME, LAST | RANGE, LAST | RANGE | VOLUME])),
        )
        for time in times
    ]


def built(trades: list[Restricted], start: int, before: float) -> tuple[float, ...]:
    """Open, high, low, close, volume and count of a minute, where `before` is the close of the minute before."""
    mine = [trade for trade in trades if start <= trade.time_us < start + MINUTE]
    lasts = [trade.price for trade in mine if not trade.flags & LAST] or [before]
    ranges = [trade.price for trade in mine if not trade.flags & RANGE] + [lasts[0], lasts[-1]]
    volume = sum(trade.size for trade in mine if not trade.flags & VOLUME)
    return lasts[0], max(ranges), min(ranges), lasts[-1], volume, len(mine)


def unsequenced() -> Engine:
    made = engine()
    made.state.symbols["sequenced"] = 0
    made.take(control(Control.STARTED, START))
    return made


def taken(made: Engine, trades: list[Restricted]) -> None:
    made.take(batch(Kind.TRADES, [(t.time_us, t.trade_id, t.price, t.size, 1, int(t.flags)) for t in trades]))


def shown(row: Array) -> tuple[float, ...]:
    return tuple(float(row[name]) for name in ("open", "high", "low", "close", "volume", "trades"))


@given(markets())
def test_a_trade_moves_only_what_its_conditions_let_it_move(trades: list[Restricted]) -> None:
    made = unsequenced()
    taken(made, trades)
    made.take(heartbeat(START + 4 * MINUTE))
    before, rows = math.nan, {int(row["time"]): row for row in of_timeframe(closed(made), 0)}
    for start in range(START, START + 3 * MINUTE, MINUTE):
        expected = built(trades, start, before)
        if math.isnan(expected[0]):
            # Nothing has set a price yet, so there is no bar, as at the exchange.
            assert start not in rows
        else:
            assert shown(rows[start]) == expected
        before = expected[3]


@given(markets(), st.integers(0, 24))
def test_late_trades_give_the_bar_that_they_would_have_given_in_time(trades: list[Restricted], split: int) -> None:
    # With a regular trade in the minute: a minute without one does not remember which of its prices are its own.
    trades = [Restricted(START, 1, 100.0, 1.0, 0), *[t for t in trades if START < t.time_us < START + MINUTE]]
    early, late = trades[: split % len(trades) + 1], trades[split % len(trades) + 1 :]
    made = unsequenced()
    taken(made, early)
    made.take(heartbeat(START + 2 * MINUTE))
    taken(made, late)
    rows, arrived, _ = made.pending.merged()
    rows = of_timeframe(rows, 0)[:1]
    if len(arrived):
        rows = revision.apply_late_trades(made.state.symbols[1], rows, arrived)
    assert shown(rows[0]) == built(trades, START, math.nan)
