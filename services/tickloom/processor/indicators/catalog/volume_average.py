"""The average volume of 20 bars."""

from typing import Final

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import Indicator, Output
from tickloom.processor.indicators.smoothing import moving_average
from tickloom.processor.state import Array, Record

PERIOD: Final = 20


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Add the volume, and drop the one that leaves the window."""
    out[0] = moving_average(state.sums, state.rests, 0, past.volume, n, PERIOD)


INDICATOR: Final = Indicator(
    outputs=(Output("volume_sma_20", PERIOD - 1, "mean of the last 20 volumes"),),
    state=[("sums", "<f8", (1,)), ("rests", "<f8", (1,))],
    update=update,
    source="TA-Lib SMA of the volume",
)
