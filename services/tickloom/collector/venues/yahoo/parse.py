"""Yahoo's rows as candles of whole minutes: what is no minute is left out, what is unfinished is marked. Pure."""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.wire.batches import CANDLE_DTYPE, CandleFlag

_EARLIEST, _LATEST = 946_684_800, 4_102_444_800
_MINUTE: Final = 60
_LARGEST: Final = 1e300


class Row(NamedTuple):
    """A row of yfinance; `time` (Unix seconds) is a minute's start, or in the unfinished one the last price's."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def is_possible(row: Row) -> bool:
    """Tell whether a row's values can be true at all."""
    prices = row[1:5]
    return (
        _EARLIEST <= row.time < _LATEST
        and all(math.isfinite(value) for value in row)
        and all(0 < price < _LARGEST for price in prices)
        and row.low <= min(row.open, row.close)
        and row.high >= max(row.open, row.close)
        and 0 <= row.volume < _LARGEST
    )


def to_candles(rows: Iterable[Row], number: int, known: int) -> npt.NDArray[np.void]:
    """Return the candles (CANDLE_DTYPE) of a symbol's rows, oldest first.

    `known` is the Unix second up to which Yahoo knows; a minute that ends later is FORMING. Rows of one minute, of
    which the last is Yahoo's price of the moment, are joined.
    """
    minutes: dict[int, Row] = {}
    for row in sorted(filter(is_possible, rows), key=lambda row: row.time):
        start = row.time - row.time % _MINUTE
        before = minutes.get(start)
        minutes[start] = row._replace(time=start) if before is None else _join(before, row)
    flags = {True: CandleFlag.DELAYED | CandleFlag.FORMING, False: CandleFlag.DELAYED}
    return np.array(
        [
            (
                start * 1_000_000,
                known * 1_000_000,
                row.open,
                row.high,
                number,
                flags[start + _MINUTE > known],
                row.low,
                row.close,
                row.volume,
            )
            for start, row in minutes.items()
        ],
        CANDLE_DTYPE,
    )


def _join(before: Row, row: Row) -> Row:
    return before._replace(
        high=max(before.high, row.high),
        low=min(before.low, row.low),
        close=row.close,
        volume=max(before.volume, row.volume),
    )


def complete_to(known: int) -> int:
    """Return the time in microseconds up to which all minutes are over, where Yahoo knows up to a Unix second."""
    microseconds = known * 1_000_000
    return microseconds - microseconds % MICROSECONDS_PER_MINUTE
