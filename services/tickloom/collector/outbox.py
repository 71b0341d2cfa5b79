"""Entries that wait for Redis, in the order in which they must be appended; trades that follow each other are joined.

Bounded by its user through `size`. Nothing here talks to Redis.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tickloom.wire.batches import HEADER, RECORD, Kind, encode

ENTRY_BYTES: Final = 50_000 * RECORD.size
"""Trades are joined up to this size of an entry."""
TAKE_BYTES: Final = 4 * 1024 * 1024
"""Entries are handed out up to about this size at once, so that one round trip stays short."""


class Entry(NamedTuple):
    """One packed batch, ready to be appended to the stream of a partition."""

    partition: int
    kind: Kind
    data: bytes


@dataclass(slots=True)
class _Waiting:
    partition: int
    kind: Kind
    received_us: int
    watermark_us: int
    parts: list[bytes] = field(default_factory=list)
    size: int = 0


class Outbox:
    """What has been decided and not been appended."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._last: dict[int, _Waiting] = {}
        self.size = 0
        """Bytes that wait."""

    def add(self, partition: int, kind: Kind, body: bytes, *, received_us: int, watermark_us: int) -> None:
        """Put packed records behind everything that waits for the same partition."""
        last = self._last.get(partition)
        if last is None or kind != Kind.TRADES or last.kind != Kind.TRADES or last.size + len(body) > ENTRY_BYTES:
            last = _Waiting(partition, kind, received_us, watermark_us)
            self._waiting.append(last)
            self._last[partition] = last
        last.parts.append(body)
        last.size += len(body)
        last.received_us, last.watermark_us = received_us, watermark_us
        self.size += len(body)

    def take(self) -> list[Entry]:
        """Hand out the entries that waited longest; empty when nothing waits."""
        entries, taken = [], 0
        while self._waiting and taken < TAKE_BYTES:
            waiting = self._waiting.popleft()
            if self._last.get(waiting.partition) is waiting:
                del self._last[waiting.partition]
            body = waiting.parts[0] if len(waiting.parts) == 1 else b"".join(waiting.parts)
            entries.append(
                Entry(
                    waiting.partition,
                    waiting.kind,
                    encode(waiting.kind, waiting.received_us, waiting.watermark_us, body),
                )
            )
            taken += HEADER.size + waiting.size
            self.size -= waiting.size
        return entries
