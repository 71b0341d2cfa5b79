"""A slow, obvious bar builder in decimals: what the compiled kernels are compared with."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

MINUTE_US = 60_000_000
DATA = Path(__file__).parent.parent / "data"
RECORDINGS = [DATA / "btcusdt_20240808.gz", DATA / "btcusdt_20240809.gz"]
PRICES = ("open", "high", "low", "close")


class Trade(NamedTuple):
    """A trade as the venue sent it: time in microseconds, price and size as decimals."""

    trade_id: int
    time_us: int
    price: Decimal
    size: Decimal
    buy: bool


@dataclass
class Bar:
    """A bar in decimals; `time_us` is its start."""

    time_us: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    buy_volume: Decimal
    trades: int


def recorded_trades(paths: Iterable[Path] = RECORDINGS) -> list[Trade]:
    """Read the trades of recordings, in the order of the file."""
    trades = []
    for path in paths:
        with gzip.open(path, "rt") as lines:
            for line in lines:
                message = json.loads(line.split(" ", 1)[1])
                data = message.get("data", {})
                if data.get("e") == "trade":
                    buy = not data["m"]
                    trades.append(Trade(data["t"], data["T"] * 1000, Decimal(data["p"]), Decimal(data["q"]), buy))
    return trades


def build_bars(trades: Iterable[Trade], minutes: int) -> dict[int, Bar]:
    """Build bars of a length by start time; each trade counts once, in the order of ids."""
    bars: dict[int, Bar] = {}
    for trade in sorted({trade.trade_id: trade for trade in trades}.values()):
        start = trade.time_us - trade.time_us % (minutes * MINUTE_US)
        price = trade.price
        bar = bars.setdefault(start, Bar(start, price, price, price, price, Decimal(0), Decimal(0), 0))
        bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
        bar.volume += trade.size
        bar.buy_volume += trade.size if trade.buy else Decimal(0)
        bar.trades += 1
    return bars
