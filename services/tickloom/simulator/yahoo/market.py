"""Made-up minutes of some symbols, the same for each question: they depend on the minute and the seed. Pure."""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

from tickloom.market.sessions import Sessions

MINUTE: Final = 60
PRICES: Final = {"THYAO.IS": 31_000, "GARAN.IS": 11_800, "XU100.IS": 1_050_000}
OTHER_PRICE: Final = 10_000
STEP: Final = 100
"""Prices are whole hundredths; the walk stays within a tenth of where it began."""
_GAP_CHANCE: Final = 0.05


class Row(NamedTuple):
    """A minute that begins at `time` (Unix seconds), or the price of a moment inside an unfinished one."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: int


class YahooMarket:
    """The minutes of one symbol."""

    def __init__(self, symbol: str, seed: int, sessions: Sessions) -> None:
        self._symbol = symbol
        self._seed = seed
        self._sessions = sessions

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield the minutes that begin in [begin, end) and lie in a session; the last one ends with `end`.

        Where nothing traded in a minute there is none.
        """
        for minute in range(begin - begin % MINUTE, end, MINUTE):
            if minute >= begin and self._sessions.is_open(minute * 1_000_000) and (row := self._row(minute, end)):
                yield row

    def _row(self, minute: int, end: int) -> Row | None:
        chance = random.Random(crc32(f"{self._symbol}{minute}".encode()) ^ self._seed)  # noqa: S311 - a market
        if chance.random() < _GAP_CHANCE:
            return None
        base = PRICES.get(self._symbol, OTHER_PRICE)
        ticks = [base + chance.randint(-base // 200, base // 200) for _ in range(MINUTE)]
        volumes = [0 if self._symbol.startswith("X") else chance.randint(0, 900) for _ in range(MINUTE)]
        seen = min(MINUTE, end - minute)
        prices = [tick / STEP for tick in ticks[:seen]]
        # An unfinished minute carries the moment of its last price.
        time = minute if seen == MINUTE else minute + seen - 1
        return Row(time, prices[0], max(prices), min(prices), prices[-1], sum(volumes[:seen]))
