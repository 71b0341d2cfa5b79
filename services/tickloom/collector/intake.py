"""Where sockets put decoded trades: one buffer of packed records, allocated once.

A venue's frame handler writes one record and moves `used`; everything else happens once for many trades. The
handler is the hottest code of the collector, so the fields are open to it and no method is called for each trade.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from tickloom.collector.feed_clock import FeedClock
from tickloom.collector.rejections import Rejections
from tickloom.wire.batches import RECORD, RECORD_DTYPE, Records

CAPACITY: Final = 32_768 * RECORD.size


class Intake:
    """Trades that were decoded and not yet looked at.

    `wake` is called when a burst of frames has been decoded, `full` when the buffer has no room left and must be
    emptied at once.
    """

    __slots__ = ("buffer", "clock", "full", "rejections", "used", "wake")

    def __init__(self, clock: FeedClock, rejections: Rejections) -> None:
        self.buffer = bytearray(CAPACITY)
        self.used = 0
        self.clock = clock
        self.rejections = rejections
        self.wake: Callable[[], None] = lambda: None
        self.full: Callable[[], None] = lambda: None

    def take(self) -> Records:
        """Return all records and begin again at the start of the buffer."""
        used, self.used = self.used, 0
        return np.frombuffer(bytes(memoryview(self.buffer)[:used]), RECORD_DTYPE)
