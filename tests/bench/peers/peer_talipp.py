"""talipp: every indicator as an incremental object, one bar after another.

`peer_talipp.py`; one run does BARS bars of one series.
"""

from collections.abc import Callable
from typing import Any

from talipp.indicators import ADX, ATR, BB, EMA, MACD, RSI, SMA, Stoch
from talipp.ohlcv import OHLCV
from timed import serve

BARS, BEFORE = 500, 300


def prepare() -> Callable[[], int]:
    """Return one run after the indicators have their history."""
    price = 100.0
    bars: list[OHLCV] = []
    for i in range(BARS + BEFORE):
        price *= 1.001 if i * 7919 % 13 > 5 else 0.9992
        bars.append(OHLCV(price, price * 1.001, price * 0.999, price, 1.0 + i % 17, i))
    of_close: list[Any] = [RSI(14), MACD(12, 26, 9), BB(20, 2), *map(SMA, (20, 50, 100, 200)), *map(EMA, (12, 26, 50))]
    of_bar: list[Any] = [Stoch(14, 3), ATR(14), ADX(14, 14)]
    volume: Any = SMA(20)

    def take(bar: OHLCV) -> None:
        for indicator in of_close:
            indicator.add(bar.close)
        for indicator in of_bar:
            indicator.add(bar)
        volume.add(bar.volume)

    for bar in bars[:BEFORE]:
        take(bar)

    def run() -> int:
        for bar in bars[BEFORE:]:
            take(bar)
        return BARS

    return run


serve(prepare)
