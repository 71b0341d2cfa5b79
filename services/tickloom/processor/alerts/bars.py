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
_CONDITIONS: Final = (*_INDICATORS, VOLUME_SPIKE)
_KINDS: Final = np.array([key_of(0, condition, 0) for condition in _CONDITIONS])
_LOOKED_AT: Final = ("symbol_no", "timeframe", "time", "close")
_UNKNOWN: Final = np.full(len(NAMES), np.nan)


class Moment(NamedTuple):
    """A bar with prices, and all values that conditions look at."""

    time_us: int
    close: float
    indicators: Array
    volume_multiple: float


class Waiting(NamedTuple):
    """What some alert waits for in a series: conditions, the indicators before the closed bars, and those bars."""

    conditions: tuple[int, ...]
    latest: Array
    bars: list[tuple[int, float]]
    """Start in microseconds, and close; oldest first, without those that have no prices."""


def look_back(book: AlertBook, series: SeriesBook, closed: Array) -> dict[Series, Waiting]:
    """Return the series with closed bars (CLOSED_DTYPE) that some alert waits for.

    Call it before the bars are taken into their series.
    """
    if not len(closed) or not len(book.bar_keys):
        return {}
    keys = closed["symbol_no"][:, None] * KINDS + closed["timeframe"][:, None] + _KINDS
    wanted = np.isin(keys, book.bar_keys)
    places = np.flatnonzero(wanted.any(axis=1) & ~np.isnan(closed["close"]))
    found: dict[Series, Waiting] = {}
    for place, number, timeframe, time, close in zip(
        places.tolist(), *(closed[name][places].tolist() for name in _LOOKED_AT), strict=True
    ):
        if (number, timeframe) not in found:
            slot = series.slot(number, timeframe)  # which may make room: only then the array is the present one
            state = series.series[slot]
            latest = state["latest"].copy() if state["count"] and state["time"] < time else _UNKNOWN
            conditions = tuple(_CONDITIONS[which] for which in np.flatnonzero(wanted[place]).tolist())
            found[number, timeframe] = Waiting(conditions, latest, [])
        found[number, timeframe].bars.append((time, close))
    return found


async def judge_bars(
    connection: Connection, watch: AlertWatch, waiting: Mapping[Series, Waiting], values: Mapping[Row, Array]
) -> None:
    """Judge newly closed bars; `waiting` is from look_back, `values` are the indicators that the bars led to.

    Call it in the transaction that has stored the bars.
    """
    multiples = await _volume_multiples(connection, waiting)
    for (number, place), (conditions, latest, bars) in waiting.items():
        moments = [Moment(0, math.nan, latest, multiples.get((number, place, 0), math.nan))]
        for time, close in bars:
            key = (number, place, time)
            moments.append(Moment(time, close, values.get(key, _UNKNOWN), multiples.get(key, math.nan)))
        for before, now in itertools.pairwise(moments):
            for condition in conditions:
                _fire(watch, key_of(number, condition, place), condition, _values(condition, before, now), now)


async def _volume_multiples(connection: Connection, waiting: Mapping[Series, Waiting]) -> dict[Row, float]:
    """Return the multiples of bars whose volume an alert waits for; that of the bar before them has the time 0."""
    first = {series: wanted.bars[0][0] for series, wanted in waiting.items() if VOLUME_SPIKE in wanted.conditions}
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


def _values(condition: int, before: Moment, now: Moment) -> tuple[float, float]:
    if condition == VOLUME_SPIKE:
        return before.volume_multiple, now.volume_multiple
    column = _INDICATORS[condition]
    return float(before.indicators[column]), float(now.indicators[column])


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
