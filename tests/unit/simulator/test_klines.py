"""Klines against a brute-force candle of the same trades, and the calendar of their intervals."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import recorded_trades
from tickloom.simulator.klines import INTERVALS, LENGTHS_MS, next_open_time, open_time
from tickloom.simulator.past import AGGREGATES_FROM, History
from tickloom.simulator.trades import Trade, moments

START = 1_723_161_240_000
steps = st.lists(
    st.tuples(st.integers(0, 200_000), st.integers(1, 10**6), st.integers(1, 10**9), st.booleans()),
    min_size=1,
    max_size=40,
)


def trades_of(rows: list[tuple[int, int, int, bool]]) -> list[Trade]:
    time_ms, trades = START, []
    for number, (wait, price, size, maker) in enumerate(rows):
        time_ms += wait
        trades.append(Trade("X", 100 + number, f"{price / 100:.8f}", f"{size / 10**8:.8f}", time_ms, time_ms, maker))
    return trades


def played(trades: list[Trade], limit: int = 1_000_000) -> History:
    history = History(limit)
    for moment in moments(trades):
        history.add(moment)
    return history


@given(rows=steps, interval=st.sampled_from(["1s", "1m", "3m", "1h", "1d", "1w", "1M"]))
def test_klines_sum_up_their_trades_and_leave_no_hole(rows: list[tuple[int, int, int, bool]], interval: str) -> None:
    trades = trades_of(rows)
    klines = played(trades).klines(interval, trades[-1].time_ms)
    for before, kline in zip([None, *klines[:-1]], klines, strict=True):
        begins, ends = kline.open_ms, next_open_time(kline.open_ms, interval)
        mine = [trade for trade in trades if begins <= trade.time_ms < ends]
        prices = [Decimal(trade.price) for trade in mine] or [before.close if before else Decimal(0)]
        assert (kline.open, kline.high, kline.low, kline.close) == (prices[0], max(prices), min(prices), prices[-1])
        assert kline.volume == sum((Decimal(trade.size) for trade in mine), Decimal(0))
        assert kline.buy_volume == sum((Decimal(t.size) for t in mine if not t.buyer_is_maker), Decimal(0))
        assert kline.trades == len(mine)
        assert before is None or before.open_ms < begins == next_open_time(before.open_ms, interval)
    assert klines[0].open_ms <= trades[0].time_ms
    assert klines[-1].open_ms <= trades[-1].time_ms < next_open_time(klines[-1].open_ms, interval)


@given(rows=steps)
def test_klines_outlive_the_trades_that_are_forgotten(rows: list[tuple[int, int, int, bool]]) -> None:
    trades = trades_of(rows)
    now = trades[-1].time_ms
    assert played(trades, limit=3).klines("1m", now) == played(trades).klines("1m", now)


@given(rows=steps)
def test_aggregates_cover_each_trade_once(rows: list[tuple[int, int, int, bool]]) -> None:
    trades = trades_of(rows)
    aggregates = played(trades).latest_aggregates(1000)
    assert [i for one in aggregates for i in range(one.first_id, one.last_id + 1)] == [t.trade_id for t in trades]
    assert sum(Decimal(one.size) for one in aggregates) == sum(Decimal(trade.size) for trade in trades)


@pytest.mark.parametrize("interval", INTERVALS)
def test_candles_begin_where_the_calendar_says(interval: str) -> None:
    opened = open_time(START + 12_345, interval)
    at = datetime.fromtimestamp(opened / 1000, UTC)
    assert opened <= START + 12_345 < next_open_time(opened, interval)
    if interval == "1w":
        assert at.strftime("%A %H:%M:%S") == "Monday 00:00:00"
    elif interval == "1M":
        assert (at.day, at.hour, at.minute) == (1, 0, 0)
    else:
        assert opened % LENGTHS_MS[interval] == 0


def test_a_month_follows_a_month() -> None:
    opened, seen = open_time(1_704_067_200_000, "1M"), []
    for _ in range(14):
        seen.append(datetime.fromtimestamp(opened / 1000, UTC).month)
        opened = next_open_time(opened, "1M")
    assert seen == [*range(1, 13), 1, 2]


def test_recorded_trades_of_one_order_become_one_aggregate() -> None:
    recorded = [
        Trade("BTCUSDT", t.trade_id, str(t.price), str(t.size), t.time_us // 1000, t.time_us // 1000, not t.buy)
        for t in recorded_trades()
    ]
    aggregates = played(recorded).latest_aggregates(1_000_000)
    assert len(aggregates) < 0.6 * len(recorded)
    assert [one.aggregate_id for one in aggregates] == list(range(AGGREGATES_FROM, AGGREGATES_FROM + len(aggregates)))
