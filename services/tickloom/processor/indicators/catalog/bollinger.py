"""Bollinger bands 20/2: the mean of 20 closes, and two standard deviations around it.

The variance is taken in two passes over the window. A running sum of squares, as TA-Lib keeps it, loses every digit
when a price falls far, and TA-Lib calls a variance below 1e-14 zero, which makes the bands of cheap coins a line.
"""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import CLOSES_MASK, Indicator, Output
from tickloom.processor.state import Array, Record

PERIOD: Final = 20
WIDTH: Final = 2.0


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Take mean and deviation of the window."""
    out[:] = np.nan
    if n < PERIOD - 1:
        return
    even, odd = 0.0, 0.0  # two chains of additions take half the time of one
    for back in range(0, PERIOD, 2):
        even += past.close[(n - back) & CLOSES_MASK]
        odd += past.close[(n - back - 1) & CLOSES_MASK]
    mean = (even + odd) / PERIOD
    even, odd = 0.0, 0.0
    for back in range(0, PERIOD, 2):
        first = past.close[(n - back) & CLOSES_MASK] - mean
        second = past.close[(n - back - 1) & CLOSES_MASK] - mean
        even += first * first
        odd += second * second
    deviation = np.sqrt((even + odd) / PERIOD)
    out[0] = mean + WIDTH * deviation
    out[1] = mean
    out[2] = mean - WIDTH * deviation


INDICATOR: Final = Indicator(
    outputs=(
        Output("bb_upper", PERIOD - 1, "middle + 2 * population standard deviation of the last 20 closes"),
        Output("bb_middle", PERIOD - 1, "mean of the last 20 closes"),
        Output("bb_lower", PERIOD - 1, "middle - 2 * population standard deviation of the last 20 closes"),
    ),
    state=[("unused", "<f8")],
    update=update,
    source="TA-Lib BBANDS, with an exact variance",
)
