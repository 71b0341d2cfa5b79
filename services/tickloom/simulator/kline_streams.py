"""Live klines: every two seconds while something was traded, and once more when one closes (web-socket-streams.md).

Time is that of the trades: a candle is told to be closed with the first trade after it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tickloom.simulator.klines import INTERVALS, Kline, next_open_time
from tickloom.simulator.past import History
from tickloom.simulator.trades import Trade

PUSH_MS: Final = 2000
PUSH_OF_SECONDS_MS: Final = 1000


@dataclass
class _Stream:
    symbol: str
    interval: str
    told_ms: int = 0
    open_ms: int = -1
    """When the candle that was told of last began, -1: none."""


class KlineStreams:
    """The kline streams that somebody wants."""

    def __init__(self, history: Mapping[str, History]) -> None:
        self._history = history
        self._by_lower = {symbol.lower(): symbol for symbol in history}
        self._streams: dict[str, _Stream] = {}

    def want(self, names: Iterable[str]) -> None:
        """Serve these streams and no others; those that are no kline streams of known symbols are passed over."""
        wanted = {}
        for name in names:
            symbol, _, interval = name.partition("@kline_")
            if symbol in self._by_lower and interval in INTERVALS:
                wanted[name] = self._streams.get(name) or _Stream(self._by_lower[symbol], interval)
        self._streams = wanted

    def after(self, trades: list[Trade], skew_ms: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield stream and payload of what there is to tell after some trades of one symbol."""
        if not self._streams:
            return
        now_ms = trades[-1].time_ms
        for name, stream in self._streams.items():
            if stream.symbol == trades[0].symbol:
                for kline, closed in self._news(stream, now_ms):
                    yield name, kline.as_event(stream.symbol, stream.interval, now_ms + skew_ms, closed=closed)

    def _news(self, stream: _Stream, now_ms: int) -> Iterator[tuple[Kline, bool]]:
        every = PUSH_OF_SECONDS_MS if stream.interval == "1s" else PUSH_MS
        is_open = stream.open_ms >= 0 and now_ms < next_open_time(stream.open_ms, stream.interval)
        if is_open and now_ms - stream.told_ms < every:
            return
        klines = self._history[stream.symbol].klines(stream.interval, now_ms)
        if stream.open_ms >= 0:
            yield from ((kline, True) for kline in klines[:-1] if kline.open_ms >= stream.open_ms)
        stream.told_ms, stream.open_ms = now_ms, klines[-1].open_ms
        yield klines[-1], False
