"""Conditions on closed bars: judged in the commit that stores the bars and what they lead to.

A bar's value is compared with that of the bar before: only a change fires. Values of indicators come from their series,
volumes from the tables, so a restart, or a revision of the bar before, makes no difference. Only series that an alert
waits for are looked at.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.alerts.book import (
    KINDS,
    MACD_CROSSOVER,
    PRICE_BELOW,
    RSI_ABOVE,
    RSI_BELOW,
    VOLUME_SPIKE,
    AlertBook,
    key_of,
)
from tickloom.processor.alerts.watch import FIRED_DTYPE, AlertWatch
from tickloom.processor.indicators.registry import NAMES, PLACES
from tickloom.processor.series import SeriesBook
from tickloom.processor.state import Array
from tickloom.store.bar_measures import read_measures
from tickloom.store.connection import Connection

Series = tuple[int, int]
"""symbol_no, place in TIMEFRAMES."""
Row = tuple[int, int, int]
"""symbol_no, place in TIMEFRAMES, start in microseconds."""
_INDICATORS: Final = {
    RSI_ABOVE: PLACES["rsi_14"],
    RSI_BELOW: PLACES["rsi_14"],
    MACD_CROSSOVER: PLACES["macd_hist"],
}
_KINDS: Final = np.array([key_of(0, condition, 0) for condition in (*_INDICATORS, VOLUME_SPIKE)])


class Moment(NamedTuple):
    """A bar with prices, and all values that conditions look at."""

    time_us: int
    close: float
    indicators: Array
    volume_multiple: float


def look_back(book: AlertBook, series: SeriesBook, closed: Array) -> dict[Series, Array]:
    """Return the series with closed bars (CLOSED_DTYPE) that some alert waits for, and their latest indicators.

    Call it before the bars are taken into their series.
    """
    if not len(closed) or not len(book.rows):
        return {}
    waiting = book.rows["key"][book.rows["key"] % KINDS > PRICE_BELOW]
    keys = closed["symbol_no"][:, None] * KINDS + closed["timeframe"][:, None] + _KINDS
    found, latest = closed[np.isin(keys, waiting).any(axis=1)], dict[Series, Array]()
    for number, place, time in zip(*(found[n].tolist() for n in ("symbol_no", "timeframe", "time")), strict=True):
        if (number, place) not in latest:
            state = series.series[series.slot(number, place)]
            known = state["count"] and state["time"] < time
            latest[number, place] = state["latest"].copy() if known else np.full(len(NAMES), np.nan)
    return latest


async def judge_bars(
    connection: Connection,
    watch: AlertWatch,
    closed: Array,
    before: Mapping[Series, Array],
    values: Mapping[Row, Array],
) -> None:
    """Judge newly closed bars; `before` is from look_back, `values` are the indicators that the bars led to.

    Call it in the transaction that has stored the bars.
    """
    multiples = await _volume_multiples(connection, watch.book, closed, before)
    for (number, place), latest in before.items():
        rows = closed[(closed["symbol_no"] == number) & (closed["timeframe"] == place) & ~np.isnan(closed["close"])]
        moments = [Moment(0, math.nan, latest, multiples.get((number, place, 0), math.nan))]
        for time, close in zip(rows["time"].tolist(), rows["close"].tolist(), strict=True):
            key = (number, place, time)
            moments.append(Moment(time, close, values.get(key, latest * np.nan), multiples.get(key, math.nan)))
        for earlier, now in itertools.pairwise(moments):
            _judge_bar(watch, number, place, earlier, now)


async def _volume_multiples(
    connection: Connection, book: AlertBook, closed: Array, series: Mapping[Series, Array]
) -> dict[Row, float]:
    """Return the multiples of bars whose volume an alert waits for; that of the bar before them has the time 0."""
    first: dict[Series, int] = {}
    for number, place in series:
        span = book.of(key_of(number, VOLUME_SPIKE, place))
        if span.start < span.stop:
            own = closed["time"][(closed["symbol_no"] == number) & (closed["timeframe"] == place)]
            first[number, place] = int(own.min())
    if not first:
        return {}
    asked = {(number, TIMEFRAMES[place].minutes): time for (number, place), time in first.items()}
    multiples: dict[Row, float] = {}
    measured = await read_measures(connection, asked)
    for (number, place), begin in first.items():
        for measure in measured[number, TIMEFRAMES[place].minutes]:
            if measure.volume_multiple is not None:
                time = measure.time_us if measure.time_us >= begin else 0
                multiples[number, place, time] = measure.volume_multiple
    return multiples


def _judge_bar(watch: AlertWatch, number: int, place: int, before: Moment, now: Moment) -> None:
    for condition, column in _INDICATORS.items():
        values = float(before.indicators[column]), float(now.indicators[column])
        _fire(watch, key_of(number, condition, place), condition, values, now)
    values = before.volume_multiple, now.volume_multiple
    _fire(watch, key_of(number, VOLUME_SPIKE, place), VOLUME_SPIKE, values, now)


def _fire(watch: AlertWatch, key: int, condition: int, values: tuple[float, float], bar: Moment) -> None:
    rows = watch.book.rows[watch.book.of(key)]
    if not len(rows):
        return
    time_us = bar.time_us + TIMEFRAMES[(key % KINDS - 2) % len(TIMEFRAMES)].microseconds
    met = crosses(condition, rows["threshold"], *values) & (rows["armed"] == 1) & (rows["ready_us"] <= time_us)
    if not met.any():
        return
    events = np.zeros(int(met.sum()), FIRED_DTYPE)
    for name in ("alert_id", "version"):
        events[name] = rows[name][met]
    events["time"], events["value"], events["price"] = time_us, values[1], bar.close
    rows["armed"][met] = rows["recurring"][met]
    rows["ready_us"][met] = time_us + rows["cooldown_us"][met]
    watch.fired.append(events)


def crosses(condition: int, thresholds: Array, before: float, now: float) -> Array:
    """Tell which thresholds make a condition true that was not when a value changes; unknown values change nothing."""
    if condition == RSI_BELOW:
        return (now < thresholds) & (thresholds <= before)
    if condition == MACD_CROSSOVER:
        return np.full(len(thresholds), before <= 0 < now or now < 0 <= before)
    assert condition in {RSI_ABOVE, VOLUME_SPIKE}  # noqa: S101 - conditions on prices are judged by the kernel
    return (before <= thresholds) & (thresholds < now)
