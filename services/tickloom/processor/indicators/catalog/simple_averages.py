"""SMA: simple averages of the close."""

from typing import Final

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import Indicator, Output
from tickloom.processor.indicators.smoothing import moving_average
from tickloom.processor.state import Array, Record

PERIODS: Final = (20, 50, 100, 200)


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Add the close, and drop the one that leaves each window."""
    for i in range(len(PERIODS)):
        out[i] = moving_average(state.sums, state.rests, i, past.close, n, PERIODS[i])


INDICATOR: Final = Indicator(
    outputs=tuple(Output(f"sma_{p}", p - 1, f"mean of the last {p} closes") for p in PERIODS),
    state=[("sums", "<f8", (len(PERIODS),)), ("rests", "<f8", (len(PERIODS),))],
    update=update,
    source="TA-Lib SMA",
)
