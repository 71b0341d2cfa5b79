"""MACD 12/26/9: the distance of a fast from a slow exponential average, its own average, and the rest.

TA-Lib begins both averages on the bar where the slow one is complete, so the fast one starts 14 bars late, and it
shows the line only where the signal exists too.
"""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import Indicator, Output
from tickloom.processor.indicators.smoothing import exponential
from tickloom.processor.state import Array, Record

FAST: Final = 12
SLOW: Final = 26
SIGNAL: Final = 9
FIRST_LINE: Final = SLOW - 1
FIRST_SIGNAL: Final = SLOW + SIGNAL - 2


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Move both averages, then the average of their distance."""
    out[:] = np.nan
    state.slow = exponential(state.slow, n, bar.close, SLOW)
    if n >= SLOW - FAST:
        state.fast = exponential(state.fast, n - (SLOW - FAST), bar.close, FAST)
    if n < FIRST_LINE:
        return
    line = state.fast - state.slow
    state.signal = exponential(state.signal, n - FIRST_LINE, line, SIGNAL)
    if n >= FIRST_SIGNAL:
        out[0] = line
        out[1] = state.signal
        out[2] = line - state.signal


INDICATOR: Final = Indicator(
    outputs=(
        Output("macd_12_26_9", FIRST_SIGNAL, "EMA 12 - EMA 26 of the close, both begun at bar 26"),
        Output("macd_signal", FIRST_SIGNAL, "EMA 9 of the line"),
        Output("macd_hist", FIRST_SIGNAL, "line - signal"),
    ),
    state=[("fast", "<f8"), ("slow", "<f8"), ("signal", "<f8")],
    update=update,
    source="TA-Lib MACD",
)
