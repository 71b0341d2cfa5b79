"""Contiguous trade ids, checked for a whole batch at once: a jump means that trades are missing.

Pure numpy, no state of its own: the highest id of each symbol is handed in and moved on in place.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

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


def note_ids(symbol_nos: Integers, ids: Integers, last_ids: npt.NDArray[np.int64]) -> list[IdRange]:
    """Move `last_ids` (by symbol number, -1: none yet) on to a batch's ids and return the ranges they skip.

    Ids at or below the last one are passed over. Their order inside the batch does not matter.
    """
    counts = np.bincount(symbol_nos, minlength=len(last_ids))
    steps = ids - last_ids[symbol_nos]
    if _is_contiguous(symbol_nos, steps, counts):
        last_ids += counts
        return []
    ranges: list[IdRange] = []
    for number in np.flatnonzero(counts):
        ranges += _note_symbol(int(number), ids[symbol_nos == number], last_ids)
    return ranges


def _is_contiguous(symbol_nos: Integers, steps: Integers, counts: Integers) -> bool:
    """Tell whether each symbol's steps are exactly 1..n in any order: every slot of the batch is then hit once."""
    if not ((steps >= 1) & (steps <= counts[symbol_nos])).all():
        return False
    slots = (np.cumsum(counts) - counts)[symbol_nos] + steps - 1
    hit = np.zeros(len(steps), bool)
    hit[slots] = True
    return bool(hit.all())


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
