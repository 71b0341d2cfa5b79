"""What a live chart tells its reader, whatever the line does. Pure: messages in, bars out.

Each bar is told when it changes, never one that is older than what was told already. After a lost connection the server
sends a snapshot; what it does not reach back to is asked for over HTTP, so that no bar is missing.
"""

from typing import Final, NamedTuple

import msgspec

from tickloom.client.shapes import Bar, join_indicators

REMEMBERED: Final = 2000
"""Bars that are compared with what comes; a snapshot has 500."""


class _Message(msgspec.Struct):
    type: str
    bars: list[Bar] = []
    indicators: dict[str, list[float | None]] = {}


class Missed(NamedTuple):
    """Bars to be asked for before a snapshot is told: from `start` on, before `end` (Unix seconds)."""

    start: int
    end: int


class Following:
    """One symbol in one timeframe, from the first snapshot on."""

    def __init__(self, *, closed: bool) -> None:
        self._closed_only = closed
        self._told: dict[int, Bar] = {}

    @property
    def has_begun(self) -> bool:
        """Tell whether a bar was told."""
        return bool(self._told)

    def read(self, text: str | bytes) -> tuple[list[Bar], Missed | None]:
        """Return the bars of a message, and what has to be asked for before they are told."""
        message = msgspec.json.decode(text, type=_Message)
        if message.type not in {"initial", "update"}:
            return [], None
        bars = join_indicators(message.bars, message.indicators)
        return bars, self._missed(bars) if message.type == "initial" else None

    def tell(self, bars: list[Bar]) -> list[Bar]:
        """Return those of the bars that say something new, oldest first."""
        news = [bar for bar in bars if self._is_news(bar)]
        self._told.update((bar.time, bar) for bar in news)
        for time in sorted(self._told)[:-REMEMBERED]:
            del self._told[time]
        return [bar for bar in news if bar.closed or not self._closed_only]

    def _missed(self, snapshot: list[Bar]) -> Missed | None:
        """Return the stretch between what was told and a snapshot that begins later."""
        if not self._told or not snapshot or snapshot[0].time <= max(self._told):
            return None
        return Missed(max(self._told), snapshot[0].time)

    def _is_news(self, bar: Bar) -> bool:
        known = self._told.get(bar.time)
        if known is None:
            # Older than all that is remembered: it was told once, or came before the first snapshot.
            return not self._told or bar.time > min(self._told) or len(self._told) < REMEMBERED
        if bar.revision != known.revision:
            return bar.revision > known.revision
        if bar.closed != known.closed:
            return bar.closed
        return bar.trades > known.trades or (bar.trades == known.trades and bar != known)
