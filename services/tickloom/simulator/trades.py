"""Trades as the simulated exchange knows them, and the forms in which its protocol shows them.

web-socket-streams.md, "Trade Streams" and "Aggregate Trade Streams"; rest-api.md, "Old trade lookup" and "Compressed/
Aggregate trades list". Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple


class Trade(NamedTuple):
    """Price and size in the exchange's own decimal text; times in milliseconds since 1970 (UTC)."""

    symbol: str
    trade_id: int
    price: str
    size: str
    time_ms: int
    event_ms: int
    buyer_is_maker: bool

    def as_event(self, skew_ms: int = 0) -> dict[str, Any]:
        """Return the payload of `<symbol>@trade`; `skew_ms` is how far the clock that stamps events is off."""
        return {
            "e": "trade",
            "E": self.event_ms + skew_ms,
            "s": self.symbol,
            "t": self.trade_id,
            "p": self.price,
            "q": self.size,
            "T": self.time_ms,
            "m": self.buyer_is_maker,
            "M": True,
        }

    def as_old_trade(self) -> dict[str, Any]:
        """Return the row of `/api/v3/historicalTrades`."""
        return {
            "id": self.trade_id,
            "price": self.price,
            "qty": self.size,
            "quoteQty": f"{Decimal(self.price) * Decimal(self.size):.8f}",
            "time": self.time_ms,
            "isBuyerMaker": self.buyer_is_maker,
            "isBestMatch": True,
        }


class Aggregate(NamedTuple):
    """Trades of one moment, price and side, which the exchange shows as one."""

    symbol: str
    aggregate_id: int
    price: str
    size: str
    first_id: int
    last_id: int
    time_ms: int
    event_ms: int
    buyer_is_maker: bool

    def as_event(self, skew_ms: int = 0) -> dict[str, Any]:
        """Return the payload of `<symbol>@aggTrade`."""
        return {
            "e": "aggTrade",
            "E": self.event_ms + skew_ms,
            "s": self.symbol,
            "a": self.aggregate_id,
            "p": self.price,
            "q": self.size,
            "f": self.first_id,
            "l": self.last_id,
            "T": self.time_ms,
            "m": self.buyer_is_maker,
            "M": True,
        }

    def as_old_trade(self) -> dict[str, Any]:
        """Return the row of `/api/v3/aggTrades`."""
        event = self.as_event()
        return {name: event[name] for name in ("a", "p", "q", "f", "l", "T", "m", "M")}


def aggregate(moment: Sequence[Trade], next_id: int) -> Iterator[Aggregate]:
    """Yield the aggregates of one symbol's trades at one time, numbered from `next_id` on."""
    same_order = groupby(moment, key=lambda trade: (trade.time_ms, trade.price, trade.buyer_is_maker))
    for number, (_, group) in enumerate(same_order, next_id):
        trades = list(group)
        first, last = trades[0], trades[-1]
        size = first.size if first is last else f"{sum(Decimal(trade.size) for trade in trades):.8f}"
        yield Aggregate(
            first.symbol,
            number,
            first.price,
            size,
            first.trade_id,
            last.trade_id,
            first.time_ms,
            last.event_ms,
            first.buyer_is_maker,
        )


def moments(trades: Iterable[Trade]) -> Iterator[list[Trade]]:
    """Split trades into those that happened in the same millisecond."""
    for _, group in groupby(trades, key=lambda trade: trade.time_ms):
        yield list(group)


def group_by_symbol(trades: Iterable[Trade]) -> dict[str, list[Trade]]:
    """Return trades by symbol, in order."""
    groups: dict[str, list[Trade]] = {}
    for trade in trades:
        groups.setdefault(trade.symbol, []).append(trade)
    return groups
