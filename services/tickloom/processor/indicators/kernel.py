"""The kernels over series: take closed bars, or look at a forming one as if it had closed.

One compiled call takes any number of bars of any series, in the order of time within each.
"""

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import RING_MASK
from tickloom.processor.indicators.registry import update_all
from tickloom.processor.state import Array, Record


@compiled
def remember(past: Record, n: int, bar: Record) -> None:
    """Put bar number n into the rings."""
    place = n & RING_MASK
    past.high[place] = bar.high
    past.low[place] = bar.low
    past.close[place] = bar.close
    past.volume[place] = bar.volume


@compiled
def _keep(past: Record, n: int, kept: Array) -> None:
    place = n & RING_MASK
    kept[0], kept[1], kept[2], kept[3] = past.high[place], past.low[place], past.close[place], past.volume[place]


@compiled
def _restore(past: Record, n: int, kept: Array) -> None:
    place = n & RING_MASK
    past.high[place], past.low[place], past.close[place], past.volume[place] = kept[0], kept[1], kept[2], kept[3]


@compiled
def advance_series(bars: Array, series: Array, pasts: Array, values: Array) -> None:
    """Take bars (BAR_INPUT_DTYPE) into their series, and write each one's values, [bar, output].

    A bar without prices has no values and leaves its series as it is.
    """
    for i in range(len(bars)):
        bar, out = bars[i], values[i]
        if np.isnan(bar.close):
            out[:] = np.nan
            continue
        state, past = series[bar.slot], pasts[bar.slot]
        remember(past, state.count, bar)
        update_all(state, past, state.count, bar, out)
        state.count += 1
        state.time = bar.time
        state.latest[:] = out


@compiled
def peek_series(bars: Array, series: Array, pasts: Array, scratch: Array, values: Array) -> None:
    """Write the values that forming bars would have if they closed now; neither series nor pasts change.

    Bars of one series that follow one another are taken as such; `scratch` has room for one series.
    """
    kept, numbers = np.zeros((len(bars), 4)), np.full(len(bars), -1)
    for i in range(len(bars)):
        bar, out = bars[i], values[i]
        if i == 0 or bars[i - 1].slot != bar.slot:
            scratch[0] = series[bar.slot]
        if np.isnan(bar.close):
            out[:] = np.nan
            continue
        state, past = scratch[0], pasts[bar.slot]
        numbers[i] = state.count
        _keep(past, state.count, kept[i])
        remember(past, state.count, bar)
        update_all(state, past, state.count, bar, out)
        state.count += 1
        state.latest[:] = out
    for i in range(len(bars)):
        if numbers[i] >= 0:
            _restore(pasts[bars[i].slot], numbers[i], kept[i])
