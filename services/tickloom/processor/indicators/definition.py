"""What an indicator is made of, and the arrays that all indicators share.

A series is one symbol's bars of one timeframe. Its past keeps the latest bars in rings, so that no indicator needs
a ring of its own for prices; everything else an indicator carries is in its own record. Bars without prices (the feed
was down) are no part of a series.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

CLOSES: Final = 256
"""Closes that the past of a series holds."""
RECENT: Final = 32
"""Highs, lows and volumes that it holds. Both are powers of two, so that an index is one bit operation, and no more
than is needed: the arrays of 600 series must stay in the processor's cache."""
CLOSES_MASK: Final = CLOSES - 1
RECENT_MASK: Final = RECENT - 1

BAR_INPUT_DTYPE: Final = np.dtype(
    [
        ("slot", "<i8"),  # index of the series
        ("time", "<i8"),  # start of the bar, microseconds since 1970 (UTC)
        ("session", "<i8"),  # start of the session that the bar belongs to, in the same unit
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),  # nan: the bar has no prices
        ("volume", "<f8"),
        ("quote_volume", "<f8"),  # sum of price times size, 0 where the venue does not tell
        ("in_session", "<f8"),  # 1 if the venue trades when the bar begins, nan if that is unknown
    ]
)
PAST_DTYPE: Final = np.dtype(
    [("close", "<f8", (CLOSES,)), *((name, "<f8", (RECENT,)) for name in ("high", "low", "volume"))]
)
"""Rings: of bar number n of a series (from 0) the close is at n & CLOSES_MASK, the rest at n & RECENT_MASK."""

Update = Callable[[Any, Any, int, Any, Any], None]
"""`update(state, past, n, bar, out)`: take bar number n, which is in `past` already, and write the outputs.

`state` is the indicator's own record, zero before the first bar; an output whose history is too short is nan.
"""


class Output(NamedTuple):
    """One value of an indicator for each bar."""

    name: str
    null_bars: int
    """How many bars at the beginning of a series have no value."""
    formula: str


class Indicator(NamedTuple):
    """One module of the catalog."""

    outputs: tuple[Output, ...]
    state: Any
    """Fields of its record, as numpy's dtype takes them."""
    update: Update
    source: str
    """Where the formula comes from."""
