"""ATR 14: the average true range, smoothed as Wilder does."""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import CLOSES_MASK, Indicator, Output
from tickloom.processor.indicators.smoothing import true_range
from tickloom.processor.state import Array, Record

PERIOD: Final = 14


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:
    """Smooth the true range."""
    out[0] = np.nan
    if n == 0:
        return
    reach = true_range(bar.high, bar.low, past.close[(n - 1) & CLOSES_MASK])
    if n > PERIOD:
        state.average = (state.average * (PERIOD - 1) + reach) / PERIOD
    else:
        state.average += reach
        if n == PERIOD:
            state.average /= PERIOD
    if n >= PERIOD:
        out[0] = state.average


INDICATOR: Final = Indicator(
    outputs=(Output("atr_14", PERIOD, "Wilder average of 14 true ranges"),),
    state=[("average", "<f8")],
    update=update,
    source="J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ATR",
)
