"""Contiguous trade ids, checked for a whole batch at once: a jump means that trades are missing.

Pure numpy, no state of its own: the highest id of each symbol is handed in and moved on in place.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

SMALL: Final = 48
"""Batches up to this length are looked at id by id."""
Integers = npt.NDArray[np.integer[Any]]


class IdRange(NamedTuple):
    """Trades of one symbol that are missing, both ends included."""

    symbol_no: int
    first_id: int
    last_id: int

    @property
    def length(self) -> int:
        """The number of ids."""
        return self.last_id - self.first_id + 1


def advance(symbol_nos: Integers, ids: Integers, last_ids: npt.NDArray[np.int64]) -> bool:
    """Move `last_ids` (by symbol number) on if a batch's ids follow them without a gap; tells whether they did.

    Ids of one symbol may come in any order, but in a small batch only their own order is tried: numpy's calls would
    cost more than the whole loop.
    """
    if len(ids) <= SMALL:
        return _advance_one_by_one(symbol_nos.tolist(), ids.tolist(), last_ids)
    counts = np.bincount(symbol_nos, minlength=len(last_ids))
    steps = ids - last_ids[symbol_nos]
    if not ((steps >= 1) & (steps <= counts[symbol_nos])).all():
        return False
    # Each symbol's steps are 1..n exactly when every slot of the batch is hit once.
    slots = (np.cumsum(counts) - counts)[symbol_nos] + steps - 1
    hit = np.zeros(len(steps), bool)
    hit[slots] = True
    if not hit.all():
        return False
    last_ids += counts
    return True


def _advance_one_by_one(symbol_nos: list[int], ids: list[int], last_ids: npt.NDArray[np.int64]) -> bool:
    reached: dict[int, int] = {}
    for number, trade_id in zip(symbol_nos, ids, strict=True):
        before = reached.get(number)
        if trade_id != (int(last_ids[number]) if before is None else before) + 1:
            return False
        reached[number] = trade_id
    for number, trade_id in reached.items():
        last_ids[number] = trade_id
    return True


def note_ids(symbol_nos: Integers, ids: Integers, last_ids: npt.NDArray[np.int64]) -> list[IdRange]:
    """Move `last_ids` (by symbol number, -1: none yet) on to a batch's ids and return the ranges they skip.

    Ids at or below the last one are passed over. Their order inside the batch does not matter.
    """
    if advance(symbol_nos, ids, last_ids):
        return []
    return [
        skipped
        for number in np.unique(symbol_nos).tolist()
        for skipped in _note_symbol(number, ids[symbol_nos == number], last_ids)
    ]


def _note_symbol(number: int, ids: Integers, last_ids: npt.NDArray[np.int64]) -> list[IdRange]:
    last = int(last_ids[number])
    newer = np.unique(ids[ids > last])
    if not len(newer):
        return []
    last_ids[number] = newer[-1]
    before = np.concatenate(([last if last >= 0 else newer[0] - 1], newer[:-1]))
    return [IdRange(number, int(before[i]) + 1, int(newer[i]) - 1) for i in np.flatnonzero(newer - before > 1)]


def missing_ids(symbol_no: int, ids: Integers, first_id: int, last_id: int) -> list[IdRange]:
    """Return the ranges of first_id..last_id that do not occur in `ids`."""
    if last_id < first_id:
        return []
    inside = np.unique(ids[(ids >= first_id) & (ids <= last_id)])
    edges = np.concatenate(([first_id - 1], inside, [last_id + 1]))
    return [IdRange(symbol_no, int(edges[i]) + 1, int(edges[i + 1]) - 1) for i in np.flatnonzero(np.diff(edges) > 1)]
