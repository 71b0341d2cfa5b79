"""The functions that definitions of features are written with.

A value that cannot be known is nan, from too short a history or a division by zero, and whatever is computed from it
is nan too. A ring holds bars up to the current one, number n (from 0); nothing else can be seen from here.
"""

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.state import Array

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


@compiled
def ago(ring: Array, n: int, bars: int) -> float:
    """Return the value of some bars ago."""
    return float(ring[(n - bars) & (len(ring) - 1)]) if n >= bars else np.nan


@compiled
def ratio(value: float, reference: float) -> float:
    """Return value / reference."""
    return value / reference if reference != 0.0 else np.nan


@compiled
def change(value: float, reference: float) -> float:
    """Return by which part of the reference the value differs from it."""
    return value / reference - 1.0 if reference != 0.0 else np.nan


@compiled
def log_change(value: float, reference: float) -> float:
    """Return the natural logarithm of value / reference."""
    return float(np.log(value / reference)) if value > 0.0 and reference > 0.0 else np.nan


@compiled
def deviation(ring: Array, n: int, count: int) -> float:
    """Return the sample standard deviation of the last `count` changes from one bar to the next, in two passes."""
    if n < count:
        return np.nan
    total = 0.0
    for back in range(count):
        total += change(ago(ring, n, back), ago(ring, n, back + 1))
    mean, squares = total / count, 0.0
    for back in range(count):
        distance = change(ago(ring, n, back), ago(ring, n, back + 1)) - mean
        squares += distance * distance
    return float(np.sqrt(squares / (count - 1)))


@compiled
def price_volume_trend(closes: Array, volumes: Array, n: int, count: int) -> float:
    """Return the mean of the last `count` changes of the close, each weighted with the bar's volume."""
    if n < count:
        return np.nan
    moved, total = 0.0, 0.0
    for back in range(count):
        volume = ago(volumes, n, back)
        moved += volume * change(ago(closes, n, back), ago(closes, n, back + 1))
        total += volume
    return ratio(moved, total)


@compiled
def above(value: float, limit: float) -> float:
    """Return 1 if a value is above a limit, else 0."""
    if np.isnan(value) or np.isnan(limit):
        return np.nan
    return 1.0 if value > limit else 0.0


@compiled
def crosses_above(value: float, limit: float, value_before: float, limit_before: float) -> float:
    """Return 1 if a value is above a limit and was not so one bar ago, else 0."""
    if np.isnan(value_before) or np.isnan(limit_before):
        return np.nan
    return above(value, limit) if value_before <= limit_before else above(value, limit) * 0.0


@compiled
def hour_of(time_us: int) -> float:
    """Return the hour of the UTC day, 0 to 23."""
    return float(time_us % _DAY_US // _HOUR_US)


@compiled
def weekday_of(time_us: int) -> float:
    """Return the day of the week, 0 (Monday) to 6; 1970 began on a Thursday."""
    return float((time_us // _DAY_US + 3) % 7)
