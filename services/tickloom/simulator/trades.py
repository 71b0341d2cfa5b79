"""A trade as the simulated exchange knows it, and the forms in which its protocol shows it.

web-socket-streams.md, "Trade Streams" and "Aggregate Trade Streams"; rest-api.md, "Old trade lookup". Pure.
"""

from collections.abc import Iterable
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

    def as_event(self) -> dict[str, Any]:
        """Return the payload of `<symbol>@trade`."""
        return {
            "e": "trade",
            "E": self.event_ms,
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
            "time": self.time_ms,
            "isBuyerMaker": self.buyer_is_maker,
            "isBestMatch": True,
        }


class History:
    """What has happened of one symbol so far, by id; at most `limit` trades are remembered."""

    def __init__(self, limit: int) -> None:
        self._trades: list[Trade] = []
        self._limit = limit

    def add(self, trade: Trade) -> None:
        """Note a trade that has happened."""
        self._trades.append(trade)
        if len(self._trades) > 2 * self._limit:
            del self._trades[: -self._limit]

    def latest(self, limit: int) -> list[Trade]:
        """Return the latest trades, oldest first."""
        return self._trades[-limit:]

    def since(self, trade_id: int, limit: int) -> list[Trade]:
        """Return trades from an id on, oldest first."""
        if not self._trades:
            return []
        begin = max(0, trade_id - self._trades[0].trade_id)
        return self._trades[begin : begin + limit]


def group_by_symbol(trades: Iterable[Trade]) -> dict[str, list[Trade]]:
    """Return trades by symbol, in order."""
    groups: dict[str, list[Trade]] = {}
    for trade in trades:
        groups.setdefault(trade.symbol, []).append(trade)
    return groups
