"""Minutes built from a venue's old trades instead of its candles: they carry trade ids, at forty times the cost."""

from functools import partial
from typing import Final, Protocol, runtime_checkable

import numpy as np

from tickloom.collector.candles import CANDLE_DTYPE
from tickloom.collector.clock import Clock
from tickloom.collector.venue import AnyVenue
from tickloom.history.candle_source import ask
from tickloom.history.errors import NoHistory
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.store.binary_copy import Array
from tickloom.wire.batches import RECORD_DTYPE, Records, TradeFlag

TRADE_COUNT_SHIFT: Final = 8


@runtime_checkable
class TradeHistoryVenue(Protocol):
    """A venue that tells its trades of any time."""

    page_size: int

    async def traded(self, symbol: str, from_us: int, to_us: int) -> Records:
        """Return the first page of trades in [from_us, to_us), oldest first; raises VenueError."""
        ...


async def minutes_from_trades(venue: AnyVenue, symbol: str, from_us: int, to_us: int, clock: Clock) -> Array:
    """Return minutes (CANDLE_DTYPE) of the trades in [from_us, to_us), flat where none was; raises VenueError."""
    if not isinstance(venue, TradeHistoryVenue):
        raise NoHistory(f"{venue.host} tells no trades by time")
    pages, cursor, last_id = [np.zeros(0, RECORD_DTYPE)], from_us, -1
    while cursor < to_us:
        page = await ask(partial(venue.traded, symbol, cursor, to_us), clock)
        newer = page[page["trade_id"] > last_id]
        pages.append(newer)
        if len(page) < venue.page_size:
            break
        if not len(newer):
            raise NoHistory(f"{symbol}: more trades in one millisecond than {venue.host} tells at once")
        # The same millisecond again: the page may end in the middle of it.
        cursor, last_id = int(page["exchange_us"][-1]), int(page["trade_id"][-1])
    return build_minutes(np.concatenate(pages))


def build_minutes(trades: Records) -> Array:
    """Return the minutes of trades in the order of their ids; a minute without one is flat at the close before it."""
    if not len(trades):
        return np.zeros(0, CANDLE_DTYPE)
    starts = trades["exchange_us"] - trades["exchange_us"] % MICROSECONDS_PER_MINUTE
    first = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
    last = np.append(first[1:], len(trades)) - 1
    price, size = trades["price"], trades["size"]
    bought = np.where(trades["flags"] & TradeFlag.BUY, size, 0.0)
    found = np.zeros(len(first), CANDLE_DTYPE)
    found["time"], found["open"], found["close"] = starts[first], price[first], price[last]
    found["high"], found["low"] = np.maximum.reduceat(price, first), np.minimum.reduceat(price, first)
    for name, values in (("volume", size), ("quote_volume", price * size), ("buy_volume", bought)):
        found[name] = np.round(np.add.reduceat(values, first), 8)
    found["trades"] = np.add.reduceat(np.maximum(trades["flags"] >> TRADE_COUNT_SHIFT, 1), first)
    found["first_trade_id"], found["last_trade_id"] = trades["trade_id"][first], trades["trade_id"][last]
    return _without_holes(found)


def _without_holes(minutes: Array) -> Array:
    times = np.arange(minutes["time"][0], minutes["time"][-1] + 1, MICROSECONDS_PER_MINUTE)
    places = np.searchsorted(minutes["time"], times, side="right") - 1
    full = minutes[places].copy()
    quiet = full["time"] != times
    for name in ("open", "high", "low"):
        full[name][quiet] = full["close"][quiet]
    for name in ("volume", "quote_volume", "buy_volume", "trades"):
        full[name][quiet] = 0
    for name in ("first_trade_id", "last_trade_id"):
        full[name][quiet] = -1
    full["time"] = times
    return full
