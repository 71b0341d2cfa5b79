"""Klines: the exchange's own candles, built from its trades in decimals (rest-api.md, "Kline/Candlestick data").

It shares no code with the bars of the product: what is compared with it is judged by somebody else. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tickloom.simulator.trades import Trade

MINUTE_MS: Final = 60_000
_DAY_MS: Final = 1440 * MINUTE_MS
_FIRST_MONDAY_MS: Final = 4 * _DAY_MS
"""1970 began on a Thursday; Binance's weeks begin on Mondays."""
LENGTHS_MS: Final = {
    "1s": 1000,
    **{f"{n}m": n * MINUTE_MS for n in (1, 3, 5, 15, 30)},
    **{f"{n}h": n * 60 * MINUTE_MS for n in (1, 2, 4, 6, 8, 12)},
    "1d": _DAY_MS,
    "3d": 3 * _DAY_MS,
    "1w": 7 * _DAY_MS,
}
INTERVALS: Final = (*LENGTHS_MS, "1M")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def open_time(time_ms: int, interval: str) -> int:
    """Return when the kline that holds a time began."""
    if interval == "1M":
        first = (_EPOCH + timedelta(milliseconds=time_ms)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (first - _EPOCH) // timedelta(milliseconds=1)
    origin = _FIRST_MONDAY_MS if interval == "1w" else 0
    return time_ms - (time_ms - origin) % LENGTHS_MS[interval]


def next_open_time(opened_ms: int, interval: str) -> int:
    """Return when the kline after one begins."""
    if interval == "1M":
        return open_time(opened_ms + 31 * _DAY_MS, interval)
    return opened_ms + LENGTHS_MS[interval]


@dataclass(slots=True)
class Kline:
    """One candle; ids are -1 where nothing was traded."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)
    quote: Decimal = Decimal(0)
    trades: int = 0
    buy_volume: Decimal = Decimal(0)
    buy_quote: Decimal = Decimal(0)
    first_id: int = -1
    last_id: int = -1

    def add(self, trade: Trade) -> None:
        """Take in a trade of this candle's time."""
        price, size = Decimal(trade.price), Decimal(trade.size)
        bought = Decimal(0) if trade.buyer_is_maker else size
        self.join(
            Kline(
                self.open_ms, price, price, price, price,
                size, price * size, 1, bought, price * bought, trade.trade_id, trade.trade_id,
            )
        )  # fmt: skip

    def join(self, later: "Kline") -> None:
        """Take in a candle that follows inside this one."""
        if not later.trades:
            return
        if not self.trades:
            self.open, self.high, self.low, self.first_id = later.open, later.high, later.low, later.first_id
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close, self.last_id = later.close, later.last_id
        self.volume += later.volume
        self.quote += later.quote
        self.trades += later.trades
        self.buy_volume += later.buy_volume
        self.buy_quote += later.buy_quote

    def as_row(self, interval: str) -> list[Any]:
        """Return the row of `/api/v3/klines`."""
        closes = next_open_time(self.open_ms, interval) - 1
        prices = [f"{price:.8f}" for price in (self.open, self.high, self.low, self.close)]
        taken = [f"{self.buy_volume:.8f}", f"{self.buy_quote:.8f}"]
        return [self.open_ms, *prices, f"{self.volume:.8f}", closes, f"{self.quote:.8f}", self.trades, *taken, "0"]

    def as_event(self, symbol: str, interval: str, event_ms: int, *, closed: bool) -> dict[str, Any]:
        """Return the payload of `<symbol>@kline_<interval>`."""
        row = self.as_row(interval)
        names = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
        kline = dict(zip(names, row, strict=True))
        kline |= {"s": symbol, "i": interval, "f": self.first_id, "L": self.last_id, "x": closed}
        return {"e": "kline", "E": event_ms, "s": symbol, "k": kline}


def _flat(opened_ms: int, price: Decimal) -> Kline:
    return Kline(opened_ms, price, price, price, price)


class Candles:
    """The candles of one symbol and one interval, without holes: where nothing was traded, the price stands still."""

    def __init__(self, interval: str) -> None:
        self.interval = interval
        self.all: list[Kline] = []

    def add(self, trade: Trade) -> None:
        """Take in the next trade."""
        self._reach(trade.time_ms, Decimal(trade.price))
        self.all[-1].add(trade)

    def _reach(self, time_ms: int, price: Decimal) -> None:
        opened = open_time(time_ms, self.interval)
        if not self.all:
            self.all.append(_flat(opened, price))
        while self.all[-1].open_ms < opened:
            self.all.append(_flat(next_open_time(self.all[-1].open_ms, self.interval), self.all[-1].close))

    def until(self, now_ms: int) -> None:
        """Let candles without trades begin up to a time."""
        if self.all:
            self._reach(now_ms, self.all[-1].close)


def gather(minutes: Iterator[Kline] | list[Kline], interval: str) -> Iterator[Kline]:
    """Yield longer candles from those of minutes."""
    current: Kline | None = None
    for minute in minutes:
        opened = open_time(minute.open_ms, interval)
        if current is None or current.open_ms != opened:
            if current is not None:
                yield current
            current = replace(_flat(opened, minute.open))
        current.join(minute)
        if not minute.trades and not current.trades:
            current.close = minute.close
    if current is not None:
        yield current
