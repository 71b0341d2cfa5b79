"""Minutes beside the venue's, and longer bars from minutes, against brute force."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tickloom.history.comparing import compare
from tickloom.history.longer import longer_bars
from tickloom.history.trade_source import build_minutes
from tickloom.store.past_candles import PAST_DTYPE
from tickloom.store.reconciliations import Mismatch
from tickloom.wire.batches import RECORD_DTYPE, trade_flags

MINUTE = 60_000_000
START = 1_723_161_600_000_000
cents = st.integers(1, 10**6)
rows = st.lists(st.tuples(st.integers(1, 400), cents, cents, cents, st.integers(0, 50), st.booleans()), max_size=60)


def minutes_of(values: list[tuple[int, int, int, int, int, bool]]) -> np.ndarray:
    """Minutes with gaps between them: steps in minutes, three prices, trades, whole or not."""
    found, at = np.zeros(len(values), PAST_DTYPE), START
    for bar, (step, first, second, last, trades, whole) in zip(found, values, strict=True):
        at += step * MINUTE
        prices = [value / 100 for value in (first, second, last)]
        bar["symbol_no"], bar["timeframe"], bar["time"] = 3, 1, at
        bar["open"], bar["high"], bar["low"], bar["close"] = prices[0], max(prices), min(prices), prices[2]
        bar["volume"], bar["trades"], bar["whole"] = trades / 1000, trades, whole
        bar["first_trade_id"] = bar["last_trade_id"] = -1
    return found


@given(values=rows)
def test_longer_bars_hold_their_minutes_and_nothing_else(values: list[tuple[int, int, int, int, int, bool]]) -> None:
    minutes = minutes_of(values)
    for bars in longer_bars(minutes):
        length = int(bars["timeframe"][0])
        starts = {int(time) - int(time) % (length * MINUTE) for time in minutes["time"]}
        assert bars["time"].tolist() == sorted(starts)
        for bar in bars:
            mine = minutes[(minutes["time"] >= bar["time"]) & (minutes["time"] < bar["time"] + length * MINUTE)]
            assert (bar["open"], bar["close"]) == (mine["open"][0], mine["close"][-1])
            assert (bar["high"], bar["low"]) == (mine["high"].max(), mine["low"].min())
            assert Decimal(repr(float(bar["volume"]))) == sum(Decimal(repr(v)) for v in mine["volume"].tolist())
            assert bar["trades"] == mine["trades"].sum()
            assert bar["whole"] == (len(mine) == length and bool(mine["whole"].all()))


@given(values=rows)
def test_equal_minutes_have_no_mismatch(values: list[tuple[int, int, int, int, int, bool]]) -> None:
    minutes = minutes_of(values)
    drifted = minutes.copy()
    drifted["volume"] *= 1 + 1e-15
    assert compare(minutes, drifted) == []


def test_what_one_side_lacks_is_told_only_where_something_was_traded() -> None:
    minutes = minutes_of([(1, 100, 100, 100, 5, True), (1, 100, 100, 100, 0, True), (1, 200, 300, 250, 7, True)])
    times = minutes["time"].tolist()
    assert compare(minutes[:0], minutes) == [Mismatch(times[0], "bar", None, 1.0), Mismatch(times[2], "bar", None, 2.5)]
    assert compare(minutes, minutes[:1]) == [Mismatch(times[2], "bar", 2.5, None)]


def test_a_bar_of_a_dead_feed_differs_in_every_value() -> None:
    theirs = minutes_of([(1, 100, 120, 110, 5, True)])
    ours = theirs.copy()
    for name in ("open", "high", "low", "close"):
        ours[name] = np.nan
    ours["volume"], ours["trades"] = 0, 0
    found = compare(ours, theirs)
    assert [mismatch.field for mismatch in found] == ["close", "high", "low", "open", "trades", "volume"]
    assert found[0] == Mismatch(int(theirs["time"][0]), "close", None, 1.1)


trades = st.lists(st.tuples(st.integers(0, 200), cents, st.integers(1, 10**6), st.booleans()), min_size=1, max_size=80)


@given(values=trades)
def test_minutes_of_trades_hold_each_trade_once_and_are_flat_between(
    values: list[tuple[int, int, int, bool]],
) -> None:
    records, at = np.zeros(len(values), RECORD_DTYPE), START
    for number, (seconds, price, size, buy) in enumerate(values):
        at += seconds * 1_000_000
        records[number] = (at, 10 + number, price / 100, size / 1000, 3, trade_flags(buy=buy, trades=1 + number % 3))
    minutes = build_minutes(records)
    assert np.all(np.diff(minutes["time"]) == MINUTE)
    close = None
    for bar in minutes:
        mine = records[(records["exchange_us"] >= bar["time"]) & (records["exchange_us"] < bar["time"] + MINUTE)]
        if not len(mine):
            assert (bar["trades"], bar["volume"], bar["first_trade_id"]) == (0, 0, -1)
            assert bar["open"] == bar["high"] == bar["low"] == bar["close"] == close
            continue
        close = mine["price"][-1]
        assert (bar["open"], bar["close"]) == (mine["price"][0], close)
        assert (bar["high"], bar["low"]) == (mine["price"].max(), mine["price"].min())
        assert Decimal(repr(float(bar["volume"]))) == sum(Decimal(repr(v)) for v in mine["size"].tolist())
        assert (bar["first_trade_id"], bar["last_trade_id"]) == (mine["trade_id"][0], mine["trade_id"][-1])
        assert bar["trades"] == sum(1 + (i - 10) % 3 for i in mine["trade_id"].tolist())
