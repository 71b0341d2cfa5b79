"""Bollinger bands 20/2: the mean of 20 closes, and two standard deviations around it.

The variance is taken in two passes over the window. A running sum of squares, as TA-Lib keeps it, loses every digit
when a price falls far, and TA-Lib calls a variance below 1e-14 zero, which makes the bands of cheap coins a line.
"""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import RING_MASK, Indicator, Output
from tickloom.processor.state import Array, Record

PERIOD: Final = 20
WIDTH: Final = 2.0


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Take mean and deviation of the window."""
    out[:] = np.nan
    if n < PERIOD - 1:
        return
    total = 0.0
    for back in range(PERIOD):
        total += past.close[(n - back) & RING_MASK]
    mean = total / PERIOD
    squares = 0.0
    for back in range(PERIOD):
        distance = past.close[(n - back) & RING_MASK] - mean
        squares += distance * distance
    deviation = np.sqrt(squares / PERIOD)
    out[0] = mean + WIDTH * deviation
    out[1] = mean
    out[2] = mean - WIDTH * deviation


INDICATOR: Final = Indicator(
    outputs=(
        Output("bb_upper", PERIOD - 1, "middle + 2 * population standard deviation of the last 20 closes"),
        Output("bb_middle", PERIOD - 1, "mean of the last 20 closes"),
        Output("bb_lower", PERIOD - 1, "middle - 2 * population standard deviation of the last 20 closes"),
    ),
    state=[("unused", "u1")],
    update=update,
    source="TA-Lib BBANDS, with an exact variance",
)
