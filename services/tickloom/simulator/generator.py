"""A made-up market that looks alive: bursts of trades on a random walk, on the exchange's price and size grid.

The same seed gives the same prices, sizes and ids; only the times are those of the clock it is given.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Final

from tickloom.simulator.trades import Trade

PRICES: Final = {"BTCUSDT": 65_000.0, "ETHUSDT": 3_400.0}
OTHER_PRICE: Final = 100.0
BURST_CHANCE: Final = 0.08
LONGEST_BURST: Final = 12
CALM_CHANCE: Final = 0.35
TICK_SECONDS: Final = 0.05
FIRST_ID: Final = 1_000_000_000
"""Room for the ids of everything that happened before."""


class Market:
    """Trades of some symbols, a tick of 50 ms after another."""

    def __init__(self, symbols: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a market, not a secret
        self._prices = {symbol: PRICES.get(symbol, OTHER_PRICE) for symbol in symbols}
        self._ids = dict.fromkeys(symbols, FIRST_ID)

    def tick(self, time_ms: int) -> Iterator[Trade]:
        """Yield the trades of one tick, all at the given time."""
        for symbol in self._prices:
            for _ in range(self._count()):
                yield self._trade(symbol, time_ms)

    def _count(self) -> int:
        if self._random.random() < BURST_CHANCE:
            return self._random.randint(2, LONGEST_BURST)
        return int(self._random.random() < CALM_CHANCE)

    def _trade(self, symbol: str, time_ms: int) -> Trade:
        chance = self._random
        self._prices[symbol] *= 1 + chance.gauss(0, 0.00004)
        self._ids[symbol] += 1
        size = min(max(chance.lognormvariate(-4, 1.5), 0.00001), 50.0)
        price, size_text = f"{self._prices[symbol]:.2f}000000", f"{size:.5f}000"
        return Trade(symbol, self._ids[symbol], price, size_text, time_ms, time_ms, chance.random() < 0.5)  # noqa: PLR2004 - a coin
