"""Our minutes beside the venue's own candles: every value that differs. Pure.

Prices and counts are equal or they are not. Sums of sizes are equal up to the rounding of binary fractions.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from tickloom.store.binary_copy import Array
from tickloom.store.reconciliations import Mismatch

EXACT: Final = ("open", "high", "low", "close", "trades")
SUMS: Final = ("volume", "quote_volume", "buy_volume")
RELATIVE: Final = 1e-9
ABSOLUTE: Final = 5e-9
"""Half of the eighth decimal, the last one that exchanges send."""


def compare(ours: Array, theirs: Array) -> list[Mismatch]:
    """Return what differs between minutes by their time; each side holds a minute once, oldest first.

    A minute in which nothing was traded has no values to compare, and a venue need not have a candle of it.
    """
    both, mine, other = np.intersect1d(ours["time"], theirs["time"], assume_unique=True, return_indices=True)
    found = [*_values(both, ours[mine], theirs[other]), *_lone(ours, both, ours=True), *_lone(theirs, both, ours=False)]
    return sorted(found, key=lambda one: (one.time_us, one.field))


def _values(times: Array, ours: Array, theirs: Array) -> Iterator[Mismatch]:
    traded = (ours["trades"] > 0) | (theirs["trades"] > 0)
    for name in EXACT + SUMS:
        mine, other = ours[name].astype(np.float64), theirs[name].astype(np.float64)
        differ = mine != other if name in EXACT else np.abs(mine - other) > ABSOLUTE + RELATIVE * np.abs(other)
        for index in np.flatnonzero(traded & (differ | np.isnan(mine))):
            yield Mismatch(int(times[index]), name, _number(mine[index]), _number(other[index]))


def _lone(bars: Array, both: Array, *, ours: bool) -> Iterator[Mismatch]:
    for bar in bars[~np.isin(bars["time"], both) & (bars["trades"] > 0)]:
        close = _number(bar["close"])
        yield Mismatch(int(bar["time"]), "bar", *((close, None) if ours else (None, close)))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
