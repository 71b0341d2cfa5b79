"""Candles that a venue sends: the last one of each minute counts, whatever came before and however often."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.market.verdicts import Verdict
from tickloom.processor import revision
from tickloom.processor.engine import Engine
from tickloom.processor.forming import forming_rows
from tickloom.processor.state import Array
from tickloom.wire.batches import (
    CANDLE_DTYPE,
    RECORD_DTYPE,
    Batch,
    CandleFlag,
    Control,
    Kind,
    decode,
    encode,
    from_candles,
    to_candles,
)
from unit.processor.stream import closed, control, engine, heartbeat, of_timeframe

MINUTE = 60_000_000
START = 1_723_100_400_000_000


class Candle(NamedTuple):
    minute: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    flags: int = 0


def packed(*candles: Candle) -> Array:
    rows = [(START + c.minute * MINUTE, 0, c.open, c.high, 1, c.flags, c.low, c.close, c.volume) for c in candles]
    return np.array(rows, CANDLE_DTYPE)


def batch(*candles: Candle) -> Batch:
    return decode(encode(Kind.CANDLES, 1, 0, from_candles(packed(*candles))))


@st.composite
def candles(draw: st.DrawFn, minute: int) -> Candle:
    low, high = sorted((draw(st.integers(1, 400)) / 4, draw(st.integers(1, 400)) / 4))
    inside = st.integers(int(low * 4), int(high * 4)).map(lambda quarter: quarter / 4)
    return Candle(minute, draw(inside), high, low, draw(inside), draw(st.integers(0, 10**6)))


@st.composite
def polls(draw: st.DrawFn) -> list[list[Candle]]:
    """What each question brought: minutes in order, the last of them unfinished, and some of those before again."""
    rounds, first, last = [], 0, 0
    for _ in range(draw(st.integers(1, 6))):
        first, last = draw(st.integers(max(0, last - 1), last)), last + draw(st.integers(1, 5))
        rounds.append([draw(candles(minute)) for minute in range(first, last)])
    return rounds


def started() -> Engine:
    made = engine()
    made.state.symbols["sequenced"] = 0
    made.take(control(Control.STARTED, START))
    return made


def shown(row: Array) -> tuple[float, ...]:
    return tuple(float(row[name]) for name in ("open", "high", "low", "close", "volume"))


@given(st.lists(candles(7), max_size=5))
def test_candles_travel_as_records_without_loss(some: list[Candle]) -> None:
    assert to_candles(from_candles(packed(*some))).tolist() == packed(*some).tolist()


@given(polls())
def test_the_last_candle_of_each_minute_counts(rounds: list[list[Candle]]) -> None:
    made = started()
    final: dict[int, Candle] = {}
    for candles_of_poll in rounds:
        made.take(batch(*candles_of_poll))
        final |= {candle.minute: candle for candle in candles_of_poll}
        made.take(heartbeat(START + candles_of_poll[-1].minute * MINUTE))
    made.take(heartbeat(START + (max(final) + 1) * MINUTE + 200_000))
    rows = of_timeframe(closed(made), 0)
    late = made.pending.late_candles()
    if len(late):
        rows = revision.apply_late_candles(made.state.symbols[1], rows, late)
    assert {(int(row["time"]) - START) // MINUTE: shown(row) for row in rows} == {
        minute: tuple(candle)[1:6] for minute, candle in final.items()
    }


def test_the_unfinished_minute_is_shown_and_not_closed() -> None:
    made = started()
    made.take(batch(Candle(0, 1, 2, 1, 2, 10), Candle(1, 2, 3, 2, 2.5, 4, CandleFlag.FORMING)))
    made.take(heartbeat(START + MINUTE + 200_000))
    assert len(of_timeframe(closed(made), 0)) == 1
    (bar,) = of_timeframe(forming_rows(made.state, 1), 0)
    assert shown(bar) == (2, 3, 2, 2.5, 4)


def test_longer_bars_are_made_of_the_candles() -> None:
    made = started()
    made.take(batch(*(Candle(minute, minute + 1, minute + 3, minute + 1, minute + 2, 10) for minute in range(6))))
    made.take(heartbeat(START + 5 * MINUTE + 200_000))
    (bar,) = of_timeframe(closed(made), 1)
    assert shown(bar) == (1, 7, 1, 6, 50)
    assert bar["trades"] == 0


def test_a_minute_that_the_venue_left_out_is_flat() -> None:
    made = started()
    made.take(batch(Candle(0, 1, 2, 1, 2, 10), Candle(2, 5, 5, 5, 5, 1)))
    made.take(heartbeat(START + 3 * MINUTE + 200_000))
    assert [shown(row) for row in of_timeframe(closed(made), 0)] == [(1, 2, 1, 2, 10), (2, 2, 2, 2, 0), (5, 5, 5, 5, 1)]


def test_a_late_candle_heals_a_minute_without_a_feed_and_revises_another() -> None:
    made = started()
    made.take(batch(Candle(0, 1, 2, 1, 2, 10)))
    made.take(control(Control.DOWN, START + MINUTE))
    made.take(heartbeat(START + 3 * MINUTE))
    made.take(batch(Candle(0, 1, 3, 1, 2, 12), Candle(1, 2, 2, 2, 2, 7)))
    rows = revision.apply_late_candles(
        made.state.symbols[1], of_timeframe(closed(made), 0), made.pending.late_candles()
    )
    assert [Verdict(row["verdict"]) for row in rows[:2]] == [Verdict.REVISED, Verdict.HEALED]
    assert [shown(row) for row in rows[:2]] == [(1, 3, 1, 2, 12), (2, 2, 2, 2, 7)]


def test_the_same_candle_again_changes_nothing() -> None:
    made = started()
    made.take(batch(Candle(0, 1, 2, 1, 2, 10)))
    made.take(heartbeat(START + 2 * MINUTE))
    before = of_timeframe(closed(made), 0)
    made.take(batch(Candle(0, 1, 2, 1, 2, 10)))
    rows = revision.apply_late_candles(made.state.symbols[1], before.copy(), made.pending.late_candles())
    assert rows["verdict"].tolist() == before["verdict"].tolist()


@pytest.mark.parametrize(
    "wrong",
    [Candle(1, 1, 2, 3, 2, 1), Candle(1, 9, 2, 1, 2, 1), Candle(1, 1, 2, 1, 2, -1), Candle(1, 1, np.inf, 1, 2, 1)],
)
def test_a_candle_that_cannot_be_true_costs_only_itself(wrong: Candle) -> None:
    made = started()
    made.take(batch(Candle(0, 1, 2, 1, 2, 10), wrong, Candle(2, 1, 2, 1, 2, 10)))
    assert made.state.counts[0]["invalid"] == 1
    assert made.state.counts[0]["accepted"] == 2


@given(st.binary(max_size=RECORD_DTYPE.itemsize * 12))
def test_records_that_are_no_candles_make_none_that_cannot_be(noise: bytes) -> None:
    made = started()
    body = noise[: len(noise) // RECORD_DTYPE.itemsize * RECORD_DTYPE.itemsize]
    made.take(decode(encode(Kind.CANDLES, 1, 0, body)))
    made.take(batch(Candle(0, 1, 2, 1, 2, 10)))
    assert made.state.counts[0]["accepted"] >= 1
