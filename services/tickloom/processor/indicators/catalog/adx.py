"""ADX 14: how strongly the price goes one way, whichever."""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import CLOSES_MASK, RECENT_MASK, Indicator, Output
from tickloom.processor.indicators.smoothing import true_range
from tickloom.processor.state import Array, Record

PERIOD: Final = 14
FIRST: Final = 2 * PERIOD - 1


@compiled
def _add_movement(state: Record, up: float, down: float, reach: float) -> None:
    if down > 0.0 and up < down:
        state.minus += down
    elif up > 0.0 and up > down:
        state.plus += up
    state.reach += reach


@compiled
def _direction(state: Record) -> float:
    """Return how one-sided the movement is, from 0 to 100, or nan where there was none."""
    if not state.reach > 0.0:
        return np.nan
    minus, plus = 100.0 * (state.minus / state.reach), 100.0 * (state.plus / state.reach)
    return float(100.0 * (abs(minus - plus) / (minus + plus))) if minus + plus > 0.0 else np.nan


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:
    """Smooth the directed movement and the true range, then the ratio of both."""
    out[0] = np.nan
    if n == 0:
        return
    before = (n - 1) & RECENT_MASK
    if n >= PERIOD:
        state.minus -= state.minus / PERIOD
        state.plus -= state.plus / PERIOD
        state.reach -= state.reach / PERIOD
    reach = true_range(bar.high, bar.low, past.close[(n - 1) & CLOSES_MASK])
    _add_movement(state, bar.high - past.high[before], past.low[before] - bar.low, reach)
    if n < PERIOD:
        return
    direction = _direction(state)
    if n <= FIRST:
        state.average += 0.0 if np.isnan(direction) else direction
        if n == FIRST:
            state.average /= PERIOD
    elif not np.isnan(direction):
        state.average = (state.average * (PERIOD - 1) + direction) / PERIOD
    if n >= FIRST:
        out[0] = state.average


INDICATOR: Final = Indicator(
    outputs=(Output("adx_14", FIRST, "Wilder average of 14 directional indexes |+DI - -DI| / (+DI + -DI)"),),
    state=[("minus", "<f8"), ("plus", "<f8"), ("reach", "<f8"), ("average", "<f8")],
    update=update,
    source="J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ADX",
)
