"""A made-up stock market: trades on a random walk, most of them regular, some with a condition that restricts them.

The same seed gives the same prices, sizes, conditions and ids; only the times are those of the clock it is given.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Final

from tickloom.simulator.alpaca.trades import Trade

PRICES: Final = {"AAPL": 240.0, "MSFT": 510.0, "SPY": 670.0}
OTHER_PRICE: Final = 50.0
TICK_SECONDS: Final = 0.1
_CHANCE: Final = 0.4
_CONDITIONS: Final = (("@",), ("@", "I"), ("@", "F"), ("@", "F", "I"), ("@", "4"), ("@", "Z"))
_WEIGHTS: Final = (50, 30, 10, 8, 1, 1)
_ODD_LOT: Final = 100


class Market:
    """Trades of some symbols, a tick of 100 ms after another."""

    def __init__(self, symbols: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a market, not a secret
        self._prices = {symbol: PRICES.get(symbol, OTHER_PRICE) for symbol in symbols}
        self._next_id = 52_983_525_000_000

    def tick(self, time_ns: int) -> Iterator[Trade]:
        """Yield the trades of one tick, in the order of their times."""
        for symbol in self._prices:
            if self._random.random() < _CHANCE:
                for number in range(self._random.choice((1, 1, 1, 2, 5))):
                    yield self._trade(symbol, time_ns + number * 1000)

    def _trade(self, symbol: str, time_ns: int) -> Trade:
        chance = self._random
        self._prices[symbol] *= 1 + chance.gauss(0, 0.00005)
        self._next_id += chance.randint(1, 4000)
        (conditions,) = chance.choices(_CONDITIONS, _WEIGHTS)
        size = chance.randint(1, _ODD_LOT - 1) if "I" in conditions else _ODD_LOT * chance.randint(1, 5)
        return Trade(symbol, self._next_id, round(self._prices[symbol], 2), size, time_ns, conditions)
