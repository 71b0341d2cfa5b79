"""Sums and averages that indicators share, exact over any length of history.

A running sum in plain floating point keeps the rounding errors of every price it ever held: after a price has fallen
a million times over, they are all that is left. The sums here carry what rounding took (Knuth's two-sum, The Art of
Computer Programming 4.2.2), so that what is subtracted was added exactly.
"""

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.state import Array


@compiled
def rounded_off(total: float, value: float, added: float) -> float:
    """Return what rounding took when `value` was added to `total` and gave `added`."""
    part = added - total
    return (total - (added - part)) + (value - part)


@compiled
def moving_average(sums: Array, rests: Array, index: int, ring: Array, n: int, period: int) -> float:
    """Return the simple average of the last `period` values of a ring, nan while there are fewer.

    The sum of the window is `sums[index] + rests[index]`.
    """
    value, total = ring[n & (len(ring) - 1)], sums[index]
    added = total + value
    rest = rounded_off(total, value, added)
    if n >= period:
        dropped = ring[(n - period) & (len(ring) - 1)]
        left = added - dropped
        rest += rounded_off(added, -dropped, left)
        added = left
    rest += rests[index]
    sums[index] = added
    rests[index] = rest
    return float((added + rest) / period) if n >= period - 1 else np.nan


@compiled
def exponential(average: float, n: int, value: float, period: int) -> float:
    """Return an exponential average after its n-th value (from 0): the simple one of the first `period`, then 2/(p+1).

    Until the first average is complete the result is the sum so far.
    """
    if n < period - 1:
        return average + value
    if n == period - 1:
        return (average + value) / period
    return (value - average) * (2.0 / (period + 1.0)) + average


@compiled
def true_range(high: float, low: float, previous_close: float) -> float:
    """Return how far the price went since the previous close."""
    return max(high - low, abs(high - previous_close), abs(low - previous_close))
