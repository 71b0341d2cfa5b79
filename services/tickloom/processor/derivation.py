"""The kernel that takes closed bars all the way: indicators, features, and the states from which one can go on.

Every path to a value goes through it, live, restart, revision or backfill, so they cannot differ. Pure: arrays in,
arrays out.
"""

from typing import Final

import numpy as np

from tickloom.processor.borrowing import borrowed
from tickloom.processor.compiled import compiled
from tickloom.processor.features.kernel import describe_v1
from tickloom.processor.indicators.definition import CLOSES
from tickloom.processor.indicators.kernel import remember
from tickloom.processor.indicators.registry import update_all
from tickloom.processor.state import Array

ANCHOR_BARS: Final = CLOSES
"""After every so many bars of a series its state is kept, to go on from there when a later bar is revised."""


@compiled
def derive(bars: Array, series: Array, pasts: Array, values: Array, features: Array, anchors: Array) -> int:
    """Take bars (BAR_INPUT_DTYPE) into their series, and write each one's indicators and features.

    The states at anchors go to `anchors`; returns how many those are. A bar without prices leaves its series as it is.
    """
    series, pasts, values, features = borrowed(series), borrowed(pasts), borrowed(values), borrowed(features)
    kept = 0
    for i in range(len(bars)):
        bar, out, described = bars[i], values[i], features[i]
        if np.isnan(bar.close):
            out[:] = np.nan
            described[:] = np.nan
            continue
        state, past = series[bar.slot], pasts[bar.slot]
        remember(past, state.count, bar)
        update_all(state, past, state.count, bar, out)
        describe_v1(state.latest, past, state.count, bar, out, described)
        state.count += 1
        state.time = bar.time
        state.latest[:] = out
        if state.count % ANCHOR_BARS == 0:
            anchors[kept] = state
            kept += 1
    return kept


@compiled
def refill_past(bars: Array, past: Array, count: int) -> None:
    """Put the bars before an anchor back into the rings of a series that holds `count` bars in all."""
    for i in range(len(bars)):
        remember(past[0], count - len(bars) + i, bars[i])
