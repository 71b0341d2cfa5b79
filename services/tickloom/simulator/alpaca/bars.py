"""Alpaca's bars, built from trades by their sale conditions; a minute without an eligible price has none. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tickloom.market.sale_conditions import updates_of
from tickloom.simulator.alpaca.trades import Nanoseconds, Trade, rfc_3339


@dataclass
class Bar:
    """A bar that begins at `time_ns`."""

    symbol: str
    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int
    quote_volume: float

    def as_row(self) -> dict[str, Any]:
        """Return the row of REST."""
        return {
            "t": rfc_3339(self.time_ns),
            "o": self.open,
            "h": self.high,
            "l": self.low,
            "c": self.close,
            "v": self.volume,
            "n": self.trades,
            "vw": round(self.quote_volume / self.volume, 6) if self.volume else self.close,
        }

    def as_message(self, kind: str) -> dict[str, Any]:
        """Return the stream's message of a kind: `b` when the minute ends, `u` when late trades changed it."""
        return {"T": kind, "S": self.symbol, **self.as_row(), "t": Nanoseconds(self.time_ns)}


def build_bars(trades: Iterable[Trade], length_ns: int) -> list[Bar]:
    """Return the bars of one symbol's trades, oldest first."""
    groups: dict[int, list[Trade]] = {}
    for trade in sorted(trades, key=lambda trade: trade.time_ns):
        groups.setdefault(trade.time_ns - trade.time_ns % length_ns, []).append(trade)
    return [bar for start, group in groups.items() if (bar := _build(start, group))]


def _build(start: int, trades: list[Trade]) -> Bar | None:
    standing = [trade for trade in trades if trade.update not in {"canceled", "incorrect"}]
    allowed = [(trade, updates_of(trade.conditions, trade.tape)) for trade in standing]
    lasts = [trade.price for trade, updates in allowed if updates.last]
    ranges = [trade.price for trade, updates in allowed if updates.range]
    counted = [trade for trade, updates in allowed if updates.volume]
    if not lasts or not ranges:
        return None
    return Bar(
        trades[0].symbol,
        start,
        lasts[0],
        max(ranges),
        min(ranges),
        lasts[-1],
        sum(trade.size for trade in counted),
        len(counted),
        sum(trade.size * trade.price for trade in counted),
    )
