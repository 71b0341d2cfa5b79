"""The latest trades of a venue whose ids are not contiguous, so that history and live flow can overlap.

A trade is known by symbol, id and time; cancels and corrections name the trade of another record and are let through.
"""

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from tickloom.wire.batches import Records, TradeFlag

REMEMBERED_BYTES: Final = 16 * 1024 * 1024
_MIXER: Final = np.int64(0x9E3779B97F4A7C1)
_AMENDMENT: Final = int(TradeFlag.CANCEL | TradeFlag.CORRECTED)


class RecentTrades:
    """Remembers 16 MiB of records, the latest ones."""

    def __init__(self) -> None:
        self._parts: deque[Records] = deque()
        self._size = 0

    def remember(self, records: Records) -> None:
        """Note records that were appended."""
        self._parts.append(records)
        self._size += records.nbytes
        while self._size > REMEMBERED_BYTES:
            self._size -= self._parts.popleft().nbytes

    def unknown(self, records: Records) -> Records:
        """Return those of one symbol's records that were not appended yet, each once."""
        if not len(records):
            return records
        number = records["symbol_no"][0]
        known = [_keys(part[part["symbol_no"] == number]) for part in self._parts]
        _, first = np.unique(_keys(records), return_index=True)
        new = np.zeros(len(records), bool)
        new[first] = True
        new &= ~np.isin(_keys(records), np.concatenate([np.zeros(0, np.int64), *known]))
        kept: Records = records[new | (records["flags"] & _AMENDMENT > 0)]
        return kept


def _keys(records: Records) -> npt.NDArray[np.int64]:
    """Return a number for each record that another trade hardly shares; amendments have none that a trade has."""
    keys: npt.NDArray[np.int64] = records["trade_id"] * _MIXER + records["exchange_us"]
    keys[records["flags"] & _AMENDMENT > 0] = -1
    return keys
