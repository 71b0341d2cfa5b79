"""RSI 14: the share of rises in all movement, smoothed as Wilder does."""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import CLOSES_MASK, Indicator, Output
from tickloom.processor.state import Array, Record

PERIOD: Final = 14


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:
    """Smooth the rise or fall since the previous close."""
    out[0] = np.nan
    if n == 0:
        return
    change = bar.close - past.close[(n - 1) & CLOSES_MASK]
    if n > PERIOD:
        state.gain *= PERIOD - 1
        state.loss *= PERIOD - 1
    if change < 0.0:
        state.loss -= change
    else:
        state.gain += change
    if n < PERIOD:
        return
    state.gain /= PERIOD
    state.loss /= PERIOD
    movement = state.gain + state.loss
    out[0] = 100.0 * (state.gain / movement) if movement > 0.0 else 0.0


INDICATOR: Final = Indicator(
    outputs=(Output("rsi_14", PERIOD, "100 * gain / (gain + loss), Wilder averages of 14 changes of the close"),),
    state=[("gain", "<f8"), ("loss", "<f8")],
    update=update,
    source="J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib RSI",
)
