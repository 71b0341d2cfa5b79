"""Longer bars from minutes, as arrays. Pure.

A longer bar of which minutes are lacking is not whole; which minutes those are is the caller's affair.
"""

from collections.abc import Iterator

import numpy as np

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE, TIMEFRAMES
from tickloom.store.binary_copy import Array
from tickloom.store.past_candles import PAST_DTYPE


def longer_bars(minutes: Array) -> Iterator[Array]:
    """Yield the bars (PAST_DTYPE) of each longer timeframe that minutes of one symbol, oldest first, add up to."""
    known = minutes[~np.isnan(minutes["close"])]
    for timeframe in TIMEFRAMES:
        if timeframe.minutes > 1 and len(known):
            yield _gathered(known, timeframe.minutes)


def _gathered(minutes: Array, length: int) -> Array:
    starts = minutes["time"] - minutes["time"] % (length * MICROSECONDS_PER_MINUTE)
    first = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
    last = np.append(first[1:], len(minutes)) - 1
    bars = np.zeros(len(first), PAST_DTYPE)
    bars["symbol_no"], bars["timeframe"], bars["time"] = minutes["symbol_no"][0], length, starts[first]
    bars["open"], bars["close"] = minutes["open"][first], minutes["close"][last]
    bars["high"] = np.maximum.reduceat(minutes["high"], first)
    bars["low"] = np.minimum.reduceat(minutes["low"], first)
    for name in ("volume", "quote_volume", "buy_volume"):
        # Eight decimals are what exchanges send; sums of binary fractions drift from them.
        bars[name] = np.round(np.add.reduceat(minutes[name], first), 8)
    bars["trades"] = np.add.reduceat(minutes["trades"], first)
    bars["first_trade_id"], bars["last_trade_id"] = _ids(minutes, first)
    counts = np.add.reduceat((minutes["whole"] == 1).astype(np.int64), first)
    bars["whole"] = counts == length
    return bars


def _ids(minutes: Array, first: Array) -> tuple[Array, Array]:
    """Return the first and last trade ids of each group, -1 where any minute with trades does not know its own."""
    unknown = (minutes["trades"] > 0) & (minutes["first_trade_id"] < 0)
    ids = np.where(minutes["first_trade_id"] < 0, np.iinfo(np.int64).max, minutes["first_trade_id"])
    lowest, highest = np.minimum.reduceat(ids, first), np.maximum.reduceat(minutes["last_trade_id"], first)
    lacking = np.maximum.reduceat(unknown, first) | (highest < 0)
    return np.where(lacking, -1, lowest), np.where(lacking, -1, highest)
