"""The last seconds of what was appended, to be appended again when Redis may have lost the tail of its streams.

Trades that arrive twice are dropped downstream by their id. Controls are not ids, so only what is still true and
harmless to say twice is said again.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import numpy as np

from tickloom.collector.outbox import Entry
from tickloom.wire.batches import Batch, Control, Kind, decode, encode

KEPT_SECONDS: Final = 5.0
KEPT_BYTES: Final = 64 * 1024 * 1024


class RecentEntries:
    """Entries appended in the last five seconds, and no more than 64 MiB of them."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, Entry]] = deque()
        self._size = 0

    def remember(self, entries: list[Entry], now: float) -> None:
        """Keep entries that were appended at `now` (monotonic seconds), and forget the old ones."""
        for entry in entries:
            if entry.kind != Kind.HEARTBEAT:
                self._entries.append((now, entry))
                self._size += len(entry.data)
        while self._entries and (self._entries[0][0] < now - KEPT_SECONDS or self._size > KEPT_BYTES):
            self._size -= len(self._entries.popleft()[1].data)

    def since(self, time: float, down: set[int]) -> Iterator[Entry]:
        """Yield what to append again of the entries appended after `time`; `down` are the symbols that are down now."""
        for at, entry in list(self._entries):
            if at < time:
                continue
            if entry.kind in {Kind.TRADES, Kind.CANDLES}:
                yield entry
            elif data := _said_again(decode(entry.data), down):
                yield entry._replace(data=data)


def _said_again(batch: Batch, down: set[int]) -> bytes:
    """Return controls that may be repeated: a start would reset what was seen since, a loss that is over is over."""
    records = batch.records.copy()
    records["flags"][records["flags"] == Control.STARTED] = Control.RESUMED
    over = (records["flags"] == Control.DOWN) & ~np.isin(records["symbol_no"], list(down))
    records = records[~over]
    return encode(batch.kind, batch.received_us, batch.watermark_us, records) if len(records) else b""
