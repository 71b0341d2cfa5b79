"""The rings of a series, and a look at forming bars as if they had closed; `derivation` takes closed ones."""

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import CLOSES_MASK, RECENT_MASK
from tickloom.processor.indicators.registry import update_all
from tickloom.processor.state import Array, Record


@compiled
def remember(past: Record, n: int, bar: Record) -> None:
    """Put bar number n into the rings."""
    past.close[n & CLOSES_MASK] = bar.close
    place = n & RECENT_MASK
    past.high[place] = bar.high
    past.low[place] = bar.low
    past.volume[place] = bar.volume


@compiled
def _keep(past: Record, n: int, kept: Array) -> None:
    place = n & RECENT_MASK
    kept[0], kept[1], kept[2] = past.high[place], past.low[place], past.volume[place]
    kept[3] = past.close[n & CLOSES_MASK]


@compiled
def _restore(past: Record, n: int, kept: Array) -> None:
    place = n & RECENT_MASK
    past.high[place], past.low[place], past.volume[place] = kept[0], kept[1], kept[2]
    past.close[n & CLOSES_MASK] = kept[3]


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
