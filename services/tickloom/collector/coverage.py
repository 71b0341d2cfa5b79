"""What is known of each covered symbol, as arrays indexed by symbol number, so that a batch is judged at once."""

from typing import Final

import numpy as np
import numpy.typing as npt

_FIRST_CAPACITY: Final = 64


class Coverage:
    """The symbols that one exchange's collector covers. Times are microseconds since 1970 (UTC), exchange clock."""

    def __init__(self) -> None:
        self.covered = np.zeros(_FIRST_CAPACITY, bool)
        self.partition = np.zeros(_FIRST_CAPACITY, np.int32)
        self.last_id = np.full(_FIRST_CAPACITY, -1, np.int64)
        """Highest trade id in the stream, -1: none."""
        self.last_us = np.zeros(_FIRST_CAPACITY, np.int64)
        """Time of the trade appended last."""
        self.watermark_us = np.zeros(_FIRST_CAPACITY, np.int64)
        """What the last heartbeat said."""
        self.held = np.zeros(_FIRST_CAPACITY, bool)
        """Live trades wait in memory until the ones before them were fetched, or are dropped."""
        self.live = np.zeros(_FIRST_CAPACITY, bool)
        """STARTED or RESUMED was the last thing said."""
        self.down = np.zeros(_FIRST_CAPACITY, bool)
        """DOWN was the last thing said, and the trades since are not being fetched yet."""

    def cover(self, number: int, partition: int, *, last_id: int, last_us: int) -> None:
        """Begin with a symbol whose trades are in the stream up to `last_id` (-1: none)."""
        self._reserve(number + 1)
        self.covered[number] = True
        self.partition[number] = partition
        self.last_id[number] = last_id
        self.last_us[number] = self.watermark_us[number] = last_us
        self.held[number] = self.live[number] = self.down[number] = False

    def uncover(self, number: int) -> None:
        """End with a symbol; what still arrives of it goes nowhere."""
        self.covered[number] = self.live[number] = self.down[number] = False
        self.held[number] = True

    def numbers(self) -> npt.NDArray[np.int64]:
        """Return the numbers of the covered symbols."""
        return np.flatnonzero(self.covered)

    def _reserve(self, capacity: int) -> None:
        room = max(capacity, 2 * len(self.covered)) - len(self.covered)
        if capacity <= len(self.covered):
            return
        for name, array in list(vars(self).items()):
            filler = np.full(room, -1 if name == "last_id" else 0, array.dtype)
            setattr(self, name, np.concatenate([array, filler]))
