"""EMA: exponential averages of the close, each begun with a simple average."""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import Indicator, Output
from tickloom.processor.indicators.smoothing import exponential
from tickloom.processor.state import Array, Record

PERIODS: Final = (12, 26, 50)


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Move each average towards the close."""
    for i in range(len(PERIODS)):
        state.average[i] = exponential(state.average[i], n, bar.close, PERIODS[i])
        out[i] = state.average[i] if n >= PERIODS[i] - 1 else np.nan


INDICATOR: Final = Indicator(
    outputs=tuple(
        Output(f"ema_{p}", p - 1, f"e + (close - e) * 2 / {p + 1}, begun with the mean of the first {p} closes")
        for p in PERIODS
    ),
    state=[("average", "<f8", (len(PERIODS),))],
    update=update,
    source="TA-Lib EMA",
)
