"""Bars against a slow decimal implementation, on recorded and generated trades."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import MINUTE_US, PRICES, Bar, Trade, build_bars, recorded_trades
from tickloom.market.timeframes import TIMEFRAMES
from tickloom.market.verdicts import Verdict, combine
from tickloom.processor.engine import Engine
from tickloom.processor.state import Array
from tickloom.wire.batches import Control
from unit.processor.stream import closed, control, engine, forming_bars, heartbeat, of_timeframe, reborn, trades

DAY_US = 1440 * MINUTE_US


def assert_same(row: Array, bar: Bar) -> None:
    for name in PRICES:
        assert Decimal(repr(float(row[name]))) == getattr(bar, name)
    assert Decimal(repr(float(row["volume"]))) == bar.volume.normalize()
    assert Decimal(repr(float(row["buy_volume"]))) == bar.buy_volume
    assert row["trades"] == bar.trades


@pytest.mark.parametrize("batch_size", [1, 7, 1000, 100_000])
def test_recorded_trades_give_the_minutes_of_the_decimal_oracle(batch_size: int) -> None:
    recorded = recorded_trades()
    made = engine()
    made.take(control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1))
    for begin in range(0, len(recorded), batch_size):
        made.take(trades(*recorded[begin : begin + batch_size]))
    made.take(heartbeat(recorded[-1].time_us + 2 * MINUTE_US))
    expected = build_bars(recorded, 1)
    rows = of_timeframe(closed(made), 0)
    for row in rows[rows["trades"] > 0]:
        assert_same(row, expected.pop(int(row["time"])))
    assert not expected


def test_the_minute_in_which_collection_began_is_partial_and_the_following_are_complete() -> None:
    recorded = recorded_trades()
    made = engine()
    made.take(control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1))
    made.take(trades(*recorded))
    minutes = of_timeframe(closed(made), 0)
    assert minutes["verdict"].tolist() == [Verdict.PARTIAL] + [Verdict.COMPLETE] * 10
    assert [bar.verdict for bar in forming_bars(made.state, 1)["1m"]] == ["complete"]


def test_longer_bars_agree_with_their_minutes_across_midnight() -> None:
    recorded = recorded_trades()
    made = engine()
    made.take(control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1))
    made.take(trades(*recorded))
    made.take(heartbeat(recorded[-1].time_us + DAY_US))
    rows = closed(made)
    minutes = of_timeframe(rows, 0)
    for index, timeframe in enumerate(TIMEFRAMES):
        for row in of_timeframe(rows, index):
            inside = minutes[minutes["time"] // timeframe.microseconds == row["time"] // timeframe.microseconds]
            assert (row["open"], row["close"]) == (inside["open"][0], inside["close"][-1])
            assert (row["high"], row["low"]) == (inside["high"].max(), inside["low"].min())
            assert row["trades"] == inside["trades"].sum()
            assert row["volume"] == pytest.approx(inside["volume"].sum(), abs=1e-9)
            missing = len(inside) < timeframe.minutes
            assert row["verdict"] == combine(map(Verdict, inside["verdict"].tolist()), missing=missing)


@st.composite
def markets(draw: st.DrawFn) -> list[Trade]:
    count = draw(st.integers(1, 60))
    steps = draw(st.lists(st.integers(0, 90_000_000), min_size=count, max_size=count))
    times = np.cumsum([1_700_000_000_000_000, *steps]).tolist()
    return [
        Trade(
            100 + i,
            times[i],
            Decimal(draw(st.integers(1, 10**7))) / 100,
            Decimal(draw(st.integers(0, 10**9))) / 100_000,
            draw(st.booleans()),
        )
        for i in range(count)
    ]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Trade], list[list[Trade]]]:
    """A market, and the batches in which it arrives: split anywhere, and with repeated trades."""
    market = draw(markets())
    batches, begin = [], 0
    while begin < len(market):
        end = begin + draw(st.integers(1, 10))
        back = draw(st.integers(0, 5))
        batches.append(market[max(0, begin - back) : end])
        begin = end
    return market, batches


def run(batches: list[list[Trade]], market: list[Trade], *, restarts: frozenset[int] = frozenset()) -> Engine:
    made = engine()
    made.take(control(Control.STARTED, market[0].time_us - market[0].time_us % MINUTE_US, market[0].trade_id - 1))
    for number, items in enumerate(batches):
        made.take(trades(*items))
        if number in restarts:
            made = reborn(made)
    made.take(heartbeat(market[-1].time_us + 2 * MINUTE_US))
    return made


@given(deliveries())
def test_any_split_and_repetition_of_trades_gives_the_bars_of_the_oracle(
    delivery: tuple[list[Trade], list[list[Trade]]],
) -> None:
    market, batches = delivery
    made = run(batches, market)
    minutes = of_timeframe(closed(made), 0)
    expected = build_bars(market, 1)
    for row in minutes[minutes["trades"] > 0]:
        assert_same(row, expected.pop(int(row["time"])))
    assert not expected
    assert set(minutes["verdict"].tolist()) == {Verdict.COMPLETE}
    assert np.diff(minutes["time"]).tolist() == [MINUTE_US] * (len(minutes) - 1)


@given(deliveries(), st.frozensets(st.integers(0, 20)))
def test_a_restart_from_the_checkpoint_changes_nothing(
    delivery: tuple[list[Trade], list[list[Trade]]], restarts: frozenset[int]
) -> None:
    market, batches = delivery
    undisturbed, disturbed = run(batches, market), run(batches, market, restarts=restarts)
    assert closed(undisturbed).tobytes() == closed(disturbed).tobytes()
    assert forming_bars(undisturbed.state, 1) == forming_bars(disturbed.state, 1)


@given(markets(), st.randoms(use_true_random=False))
def test_trades_that_arrive_out_of_order_within_open_minutes_give_the_same_bars(
    market: list[Trade], random: object
) -> None:
    first = market[0].time_us - market[0].time_us % MINUTE_US
    near = [trade for trade in market if trade.time_us < first + 2 * MINUTE_US]
    shuffled = near.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    made = engine(grace_us=3 * MINUTE_US)
    made.take(control(Control.STARTED, first, near[0].trade_id - 1))
    for trade in shuffled:
        made.take(trades(trade))
    made.take(heartbeat(first + 6 * MINUTE_US))
    expected = build_bars(near, 1)
    minutes = of_timeframe(closed(made), 0)
    for row in minutes[minutes["trades"] > 0]:
        assert_same(row, expected.pop(int(row["time"])))
    assert not expected


def test_a_bar_closes_once_the_watermark_passes_its_end_by_the_grace() -> None:
    made = engine(grace_us=200_000)
    made.take(control(Control.STARTED, MINUTE_US, 0))
    made.take(trades(Trade(1, MINUTE_US + 5, Decimal(10), Decimal(1), buy=True)))
    made.take(heartbeat(2 * MINUTE_US + 199_999))
    assert not len(closed(made))
    made.take(heartbeat(2 * MINUTE_US + 200_000))
    assert of_timeframe(closed(made), 0)["verdict"].tolist() == [Verdict.COMPLETE]


def test_a_quiet_minute_of_a_live_feed_is_flat_at_the_previous_close() -> None:
    made = engine()
    made.take(control(Control.STARTED, MINUTE_US, 0))
    made.take(trades(Trade(1, MINUTE_US + 5, Decimal("10.5"), Decimal(1), buy=True)))
    made.take(heartbeat(4 * MINUTE_US))
    quiet = of_timeframe(closed(made), 0)[1]
    assert [float(quiet[name]) for name in PRICES] == [10.5] * 4
    assert (quiet["trades"], quiet["volume"], quiet["verdict"]) == (0, 0.0, Verdict.COMPLETE)
