"""Stochastic oscillator 14/3/3: where the close lies in the range of 14 bars, averaged twice."""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import RECENT_MASK, Indicator, Output
from tickloom.processor.state import Array, Record

PERIOD: Final = 14
SMOOTHED: Final = 3
FIRST_SLOW: Final = PERIOD + SMOOTHED - 2
FIRST: Final = PERIOD + 2 * SMOOTHED - 3
FLAT: Final = 1e-14
"""A range that is no larger than this part of the prices is rounding; TA-Lib gives 0 there."""


@compiled
def _position(past: Record, n: int, close: float) -> float:
    lowest, highest = past.low[n & RECENT_MASK], past.high[n & RECENT_MASK]
    for back in range(1, PERIOD):
        low, high = past.low[(n - back) & RECENT_MASK], past.high[(n - back) & RECENT_MASK]
        lowest = low if low < lowest else lowest  # noqa: FURB136 - min() is three times slower in compiled code
        highest = high if high > highest else highest  # noqa: FURB136
    spread = highest - lowest
    if spread <= FLAT * (abs(highest) + abs(lowest)):
        return 0.0
    return float((close - lowest) / (spread / 100.0))


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:
    """Average the position over three bars, and that average again."""
    out[:] = np.nan
    if n < PERIOD - 1:
        return
    state.fast[n % SMOOTHED] = _position(past, n, bar.close)
    if n < FIRST_SLOW:
        return
    state.slow[n % SMOOTHED] = (state.fast[0] + state.fast[1] + state.fast[2]) / SMOOTHED
    if n >= FIRST:
        out[0] = state.slow[n % SMOOTHED]
        out[1] = (state.slow[0] + state.slow[1] + state.slow[2]) / SMOOTHED


INDICATOR: Final = Indicator(
    outputs=(
        Output("stoch_k", FIRST, "mean of the last 3 of 100 * (close - lowest low) / (highest high - lowest low)"),
        Output("stoch_d", FIRST, "mean of the last 3 stoch_k"),
    ),
    state=[("fast", "<f8", (SMOOTHED,)), ("slow", "<f8", (SMOOTHED,))],
    update=update,
    source="George Lane; TA-Lib STOCH",
)
