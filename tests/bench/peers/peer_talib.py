"""TA-Lib: every indicator recomputed over the last 200 bars when one more bar is there.

`peer_talib.py`; one run does BARS bars of one series.
"""

from collections.abc import Callable

import numpy as np
import talib
from timed import serve

BARS, WINDOW = 500, 200


def prepare() -> Callable[[], int]:
    """Return one run."""
    chance = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.002, BARS + WINDOW)))
    high, low = close * 1.001, close * 0.999
    volume = chance.uniform(1, 100, BARS + WINDOW)

    def compute(h: object, low: object, c: object, v: object) -> None:
        talib.RSI(c, 14), talib.MACD(c, 12, 26, 9), talib.BBANDS(c, 20, 2, 2), talib.SMA(v, 20)
        for length in (20, 50, 100, 200):
            talib.SMA(c, length)
        for length in (12, 26, 50):
            talib.EMA(c, length)
        talib.STOCH(h, low, c, 14, 3, 0, 3, 0), talib.ATR(h, low, c, 14), talib.ADX(h, low, c, 14)

    def run() -> int:
        for i in range(BARS):
            window = slice(i, i + WINDOW)
            compute(high[window], low[window], close[window], volume[window])
        return BARS

    return run


serve(prepare)
