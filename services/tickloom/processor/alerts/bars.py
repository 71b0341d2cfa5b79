"""Conditions on closed bars: judged in the commit that stores the bars, from what the tables then hold.

Nothing is carried in memory, so a restart, or a revision of the bar before, cannot make a difference. Only series that
an alert waits for are read. A bar's value is compared with that of the bar before it: only a change fires.
"""

import itertools
from typing import Final

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
from tickloom.processor.state import Array
from tickloom.store.bar_measures import Measure, read_measures
from tickloom.store.connection import Connection

_FIELDS: Final = {VOLUME_SPIKE: "volume_multiple"}
"""The field of a measure that each condition looks at."""


async def judge_bars(connection: Connection, watch: AlertWatch, closed: Array) -> None:
    """Judge newly closed bars (CLOSED_DTYPE); call it in the transaction that has stored them."""
    series = _waited_for(watch.book, closed)
    if not series:
        return
    measures = await read_measures(
        connection, {(number, TIMEFRAMES[place].minutes): first for (number, place), first in series.items()}
    )
    for number, place in series:
        _judge_series(watch, number, place, measures[number, TIMEFRAMES[place].minutes], series[number, place])


def _waited_for(book: AlertBook, closed: Array) -> dict[tuple[int, int], int]:
    """Return the series with closed bars that some alert waits for, and the start of the earliest of these bars."""
    if not len(closed) or not len(book.rows):
        return {}
    waiting = book.rows["key"][book.rows["key"] % KINDS > PRICE_BELOW]
    kinds = np.array([key_of(0, condition, 0) for condition in _FIELDS])
    keys = closed["symbol_no"][:, None] * KINDS + closed["timeframe"][:, None] + kinds
    found = closed[np.isin(keys, waiting).any(axis=1)]
    series: dict[tuple[int, int], int] = {}
    for number, place, time in zip(*(found[n].tolist() for n in ("symbol_no", "timeframe", "time")), strict=True):
        series[number, place] = min(time, series.get((number, place), time))
    return series


def _judge_series(watch: AlertWatch, number: int, place: int, measures: list[Measure], first_us: int) -> None:
    for before, now in itertools.pairwise(measures):
        if now.time_us < first_us:
            continue
        for condition, field in _FIELDS.items():
            span = watch.book.of(key_of(number, condition, place))
            if span.start < span.stop:
                end_us = now.time_us + TIMEFRAMES[place].microseconds
                _fire(watch, span, condition, (getattr(before, field), getattr(now, field)), (end_us, now.close))


def _fire(
    watch: AlertWatch, span: slice, condition: int, values: tuple[float | None, float | None], at: tuple[int, float]
) -> None:
    before, now = values
    time_us, price = at
    rows = watch.book.rows[span]
    if before is None or now is None:
        return
    met = crosses(condition, rows["threshold"], before, now) & (rows["armed"] == 1) & (rows["ready_us"] <= time_us)
    if not met.any():
        return
    events = np.zeros(int(met.sum()), FIRED_DTYPE)
    for name in ("alert_id", "version"):
        events[name] = rows[name][met]
    events["time"], events["value"], events["price"] = time_us, now, price
    rows["armed"][met] = rows["recurring"][met]
    rows["ready_us"][met] = time_us + rows["cooldown_us"][met]
    watch.fired.append(events)


def crosses(condition: int, thresholds: Array, before: float, now: float) -> Array:
    """Tell which thresholds make a condition true that was not, when a value changes."""
    if condition == RSI_BELOW:
        return (now < thresholds) & (thresholds <= before)
    if condition == MACD_CROSSOVER:
        return np.full(len(thresholds), before <= 0 < now or now < 0 <= before)
    assert condition in {RSI_ABOVE, VOLUME_SPIKE}  # noqa: S101 - conditions on prices are judged by the kernel
    return (before <= thresholds) & (thresholds < now)
