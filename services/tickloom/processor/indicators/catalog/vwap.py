"""VWAP: what a unit cost on average since the session began; the UTC day where a market never closes.

Where the sum of price times size is known it is exact; bars of venues that tell only prices count with their typical
price (high + low + close) / 3, as charts do.
"""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators.definition import Indicator, Output
from tickloom.processor.state import Array, Record


@compiled
def update(state: Record, past: Record, n: int, bar: Record, out: Array) -> None:  # noqa: ARG001 - as every update
    """Add the bar's turnover and volume to the session's."""
    if bar.session != state.session or n == 0:
        state.session = bar.session
        state.turnover = 0.0
        state.volume = 0.0
    turnover = bar.quote_volume
    if not turnover > 0.0:
        turnover = (bar.high + bar.low + bar.close) / 3.0 * bar.volume
    state.turnover += turnover
    state.volume += bar.volume
    out[0] = state.turnover / state.volume if state.volume > 0.0 else np.nan


INDICATOR: Final = Indicator(
    outputs=(Output("vwap", 0, "turnover / volume since the session began; null until something was traded"),),
    state=[("session", "<i8"), ("turnover", "<f8"), ("volume", "<f8")],
    update=update,
    source="the definition; equal to the exchange's own turnover / volume",
)
