"""What the history jobs need of a venue: its own finished candles, as columns.

Candles of a venue are what it says of its own trades: they fill the past, and they judge our bars.
"""

from typing import Final, Protocol, runtime_checkable

import numpy as np

from tickloom.wire.batches import Records

CANDLE_DTYPE: Final = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("quote_volume", "<f8"),
        ("buy_volume", "<f8"),
        ("trades", "<i8"),
        ("first_trade_id", "<i8"),
        ("last_trade_id", "<i8"),
    ]
)
"""A minute; `time` is its start in microseconds since 1970 (UTC), ids are -1 where the venue does not tell them."""


@runtime_checkable
class CandleVenue(Protocol):
    """A venue that tells its own candles."""

    candles_page: int
    """Minutes in one answer."""

    async def candles(self, symbol: str, from_us: int, to_us: int) -> Records:
        """Return minutes that begin in [from_us, to_us), oldest first, at most a page; raises VenueError."""
        ...
