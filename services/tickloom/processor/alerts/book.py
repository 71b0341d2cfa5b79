"""All armed alerts in one flat array, sorted, so that the nearest threshold is found by halving.

The order is by key (symbol and kind), then threshold. A kind is a condition on trades, or a condition on the bars of
one timeframe. Pure: no clock, no input or output.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.state import Array

CONDITIONS: Final = ("PRICE_ABOVE", "PRICE_BELOW", "RSI_ABOVE", "RSI_BELOW", "MACD_CROSSOVER", "VOLUME_SPIKE")
PRICE_ABOVE, PRICE_BELOW, RSI_ABOVE, RSI_BELOW, MACD_CROSSOVER, VOLUME_SPIKE = range(6)
KINDS: Final = 32
"""Keys that each symbol has room for: two of prices, and four conditions on each timeframe's bars."""
ARMED_DTYPE: Final = np.dtype(
    [
        ("key", "<i8"),
        ("threshold", "<f8"),  # 0 for MACD_CROSSOVER
        ("ready_us", "<i8"),  # exchange time from which it may fire: the latest event and the cooldown
        ("cooldown_us", "<i8"),
        ("alert_id", "<i8"),
        ("version", "<i8"),  # time of the definition: an event of an earlier definition is not recorded
        ("recurring", "u1"),
        ("armed", "u1"),  # 0 once a one-time alert has fired
    ]
)
_FEW: Final = 64
_SPENT: Final = 256


def key_of(symbol_no: int, condition: int, timeframe: int) -> int:
    """Return the key of a condition of a symbol; `timeframe` is the place in TIMEFRAMES, of no matter for prices."""
    kind = condition if condition <= PRICE_BELOW else 2 + (condition - 2) * len(TIMEFRAMES) + timeframe
    return symbol_no * KINDS + kind


class AlertBook:
    """The armed alerts of this process."""

    def __init__(self) -> None:
        self.rows = np.zeros(0, ARMED_DTYPE)
        self.thresholds = np.zeros(0)
        """Those of the rows, close together in memory."""
        self.bar_keys = np.zeros(0, np.int64)
        """Keys of conditions on bars that some alert waits for."""
        self.spans = np.zeros((0, 2, 2), np.int64)
        """Begin and end of each symbol's rows [symbol, PRICE_ABOVE or PRICE_BELOW]."""

    def replace(self, alert_ids: Iterable[int], rows: Array) -> None:
        """Put rows (ARMED_DTYPE) in the place of those of some alerts."""
        gone = np.isin(self.rows["alert_id"], np.fromiter(alert_ids, np.int64))
        self._put(self.rows[~gone] if gone.any() else self.rows, rows)

    def drop_symbols(self, numbers: Iterable[int]) -> None:
        """Forget the alerts of symbols."""
        gone = np.isin(self.rows["key"] // KINDS, np.fromiter(numbers, np.int64))
        self._put(self.rows[~gone], self.rows[:0])

    def forget_spent(self) -> bool:
        """Drop one-time alerts that have fired, once they are many enough to be worth it; tells whether it did."""
        spent = self.rows["armed"] == 0
        if int(spent.sum()) * 8 <= len(self.rows) + _SPENT:
            return False
        self._put(self.rows[~spent], self.rows[:0])
        return True

    def of(self, key: int) -> slice:
        """Return where the rows of a key lie."""
        begin, end = np.searchsorted(self.rows["key"], (key, key + 1))
        return slice(int(begin), int(end))

    def _put(self, kept: Array, rows: Array) -> None:
        rows = rows[np.lexsort((rows["threshold"], rows["key"]))]
        if len(rows) > _FEW:
            kept = np.concatenate([kept, rows])
            self.rows = kept[np.lexsort((kept["threshold"], kept["key"]))]
        else:
            self.rows = np.insert(kept, [_place(kept, row) for row in rows], rows) if len(rows) else kept
        self._measure()

    def _measure(self) -> None:
        self.thresholds = np.ascontiguousarray(self.rows["threshold"])
        keys = self.rows["key"]
        known = keys[np.diff(keys, prepend=-1) > 0]
        self.bar_keys = known[known % KINDS > PRICE_BELOW]
        symbols = int(self.rows["key"][-1]) // KINDS + 1 if len(self.rows) else 0
        bounds = np.arange(symbols)[:, None] * KINDS + np.arange(3)
        places = np.searchsorted(self.rows["key"], bounds)
        self.spans = np.ascontiguousarray(np.stack([places[:, :2], places[:, 1:]], axis=2), np.int64)


def _place(rows: Array, row: Array) -> int:
    begin, end = np.searchsorted(rows["key"], (row["key"], row["key"] + 1))
    return int(begin + np.searchsorted(rows["threshold"][begin:end], row["threshold"]))
