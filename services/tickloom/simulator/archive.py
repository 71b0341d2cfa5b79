"""The exchange's past before the run: made-up minutes of any day, the same whenever they are asked for.

Everything is a function of seed, symbol and minute, so that years take no memory: prices are smooth noise on a grid of
cents, each minute has eight trades. Computed with numpy for a whole answer at once.
"""

import zlib
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tickloom.simulator.klines import MINUTE_MS
from tickloom.simulator.trades import Aggregate

TRADES_A_MINUTE: Final = 8
_SPACING_MS: Final = MINUTE_MS // TRADES_A_MINUTE
_SWINGS: Final = ((20_160, 0.15), (1440, 0.04), (61, 0.006), (7, 0.001))
"""Periods in minutes, and how far the price swings in them."""
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_CENT: Final = 100
_LOT: Final = 100_000
Array = npt.NDArray[Any]


class Archive:
    """The last `minutes` minutes of one symbol before `end_ms`; ids end before those of the run."""

    def __init__(
        self, symbol: str, seed: int, *, price: float, minutes: int, end_ms: int, trade_id: int, aggregate_id: int
    ) -> None:
        self.begin_ms = end_ms - minutes * MINUTE_MS
        self.end_ms = end_ms
        self._symbol = symbol
        self._salt = np.uint64(zlib.crc32(symbol.encode()) + (seed << 32))
        self._price = price
        self._end_minute = end_ms // MINUTE_MS
        self._trade_id = trade_id
        self._aggregate_id = aggregate_id

    def _noise(self, stream: int, places: Array) -> Array:
        """Return numbers in [0, 1) that belong to places (splitmix64's finalizer)."""
        with np.errstate(over="ignore"):
            mixed = places.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + self._salt + np.uint64(stream << 20)
            for shift, factor in zip((30, 27), _MIX, strict=True):
                mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
        return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / (1 << 53)

    def _trades(self, first_minute: int, count: int) -> tuple[Array, Array, Array]:
        """Return cents, lots and whether the taker bought, of each trade [minute, trade]."""
        number = np.arange(first_minute * TRADES_A_MINUTE, (first_minute + count) * TRADES_A_MINUTE)
        minute, swing = number / TRADES_A_MINUTE, np.zeros(len(number))
        for stream, (period, height) in enumerate(_SWINGS):
            place, rest = np.divmod(minute, period)
            part = rest / period
            left, right = self._noise(stream, place), self._noise(stream, place + 1)
            swing += height * (left + (right - left) * part * part * (3 - 2 * part) - 0.5)
        cents = np.maximum(np.round(self._price * np.exp(swing) * _CENT), 1).astype(np.int64)
        lots = 1 + (self._noise(10, number) ** 4 * 50_000).astype(np.int64)
        bought = self._noise(11, number) < 0.5  # noqa: PLR2004 - a coin
        shape = (count, TRADES_A_MINUTE)
        return cents.reshape(shape), lots.reshape(shape), bought.reshape(shape)

    def minutes(self, from_ms: int, to_ms: int, limit: int) -> list[list[Any]]:
        """Return the rows of `/api/v3/klines` of minutes that begin in [from_ms, to_ms], at most `limit`."""
        first = max(-(-from_ms // MINUTE_MS), self.begin_ms // MINUTE_MS)
        count = min(to_ms // MINUTE_MS + 1, self._end_minute) - first
        if (count := min(count, limit)) <= 0:
            return []
        cents, lots, bought = self._trades(first, count)
        quotes = cents * lots
        money = [_text(column, _CENT) for column in (cents[:, 0], cents.max(1), cents.min(1), cents[:, -1])]
        volume, taken = _text(lots.sum(1), _LOT), _text((lots * bought).sum(1), _LOT)
        turnover, spent = _text(quotes.sum(1), _CENT * _LOT), _text((quotes * bought).sum(1), _CENT * _LOT)
        opens = ((first + np.arange(count)) * MINUTE_MS).tolist()
        return [
            [at, *prices, v, at + MINUTE_MS - 1, q, TRADES_A_MINUTE, tv, tq, "0"]
            for at, *prices, v, q, tv, tq in zip(opens, *money, volume, turnover, taken, spent, strict=True)
        ]

    def aggregates(self, from_ms: int, to_ms: int, limit: int) -> list[Aggregate]:
        """Return aggregates in [from_ms, to_ms], oldest first, at most `limit`; each stands for one trade."""
        first = max(from_ms, self.begin_ms) // MINUTE_MS
        count = min(to_ms // MINUTE_MS + 1, self._end_minute) - first
        count = min(count, limit // TRADES_A_MINUTE + 2)
        if count <= 0:
            return []
        cents, lots, bought = (part.ravel().tolist() for part in self._trades(first, count))
        before = (self._end_minute - first) * TRADES_A_MINUTE
        found = [
            Aggregate(
                self._symbol,
                self._aggregate_id - before + n,
                f"{Decimal(cents[n]) / _CENT:.8f}",
                f"{Decimal(lots[n]) / _LOT:.8f}",
                self._trade_id - before + n,
                self._trade_id - before + n,
                time_ms := first * MINUTE_MS + n * _SPACING_MS,
                time_ms,
                not bought[n],
            )
            for n in range(len(cents))
        ]
        return [one for one in found if from_ms <= one.time_ms <= to_ms][:limit]


def _text(values: Array, unit: int) -> list[str]:
    """Return decimals with eight places of whole numbers of 1/unit."""
    places = len(str(unit)) - 1
    return [f"{value // unit}.{value % unit:0{places}d}{'0' * (8 - places)}" for value in values.tolist()]
