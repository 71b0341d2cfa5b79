"""From Redis to sockets: one connection follows the charts that clients watch, and hands their bars out."""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from tickloom.bus.errors import BusUnavailable
from tickloom.bus.series_cache import Values, rows_of
from tickloom.bus.subscriptions import ChartChannels
from tickloom.market.identity import SymbolId
from tickloom.telemetry.logging import logger
from tickloom.wire.messages import Bar, ChartUpdate, Indicators

RETRY_SECONDS: Final = 1.0
REMEMBERED: Final = 4
"""Bars of a topic whose indicators are remembered: two may form at a time."""
_log = logger(__name__)


class Topic(NamedTuple):
    """A symbol's bars of one timeframe."""

    symbol: SymbolId
    timeframe: str


class Watcher(Protocol):
    """Whoever watches topics."""

    def take(self, topic: Topic, bars: list[Bar], rows: Mapping[int, Values]) -> None:
        """Take changed bars, and the indicators of bars by time as far as they are known."""
        ...

    def ask_snapshot(self, topic: Topic | None = None) -> None:
        """Begin a topic anew, or all of them: updates may have been missed."""
        ...


class FanOut:
    """The watchers of each topic."""

    def __init__(self, channels: ChartChannels) -> None:
        self._channels = channels
        self._watchers: dict[SymbolId, dict[str, set[Watcher]]] = {}
        self._rows: dict[Topic, dict[int, Values]] = {}
        """Indicators of the latest bars: those of a forming bar come less often than the bar."""

    async def add(self, topic: Topic, watcher: Watcher) -> None:
        """Let a watcher follow a topic; what is published from now on reaches it."""
        known = topic.symbol in self._watchers
        self._watchers.setdefault(topic.symbol, {}).setdefault(topic.timeframe, set()).add(watcher)
        if not known:
            try:
                await self._channels.watch(topic.symbol)
            except BusUnavailable as error:
                _log.warning("live updates are out of reach", problem=str(error))

    async def remove(self, topic: Topic, watcher: Watcher) -> None:
        """Let a watcher follow a topic no more."""
        by_timeframe = self._watchers.get(topic.symbol, {})
        by_timeframe.get(topic.timeframe, set()).discard(watcher)
        if not by_timeframe.get(topic.timeframe):
            self._rows.pop(topic, None)
        if by_timeframe and not any(by_timeframe.values()):
            del self._watchers[topic.symbol]
            try:
                await self._channels.unwatch(topic.symbol)
            except BusUnavailable as error:
                _log.debug("a channel was not left", problem=str(error))

    async def run(self) -> None:
        """Hand out updates; never ends."""
        while True:
            try:
                async for update in self._channels.listen():
                    self._hand_out(SymbolId.parse(update.symbol), update)
            except BusUnavailable as error:
                _log.warning("live updates stopped", problem=str(error), retry_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
                for by_timeframe in list(self._watchers.values()):
                    for watcher in {one for watchers in by_timeframe.values() for one in watchers}:
                        watcher.ask_snapshot()

    def _hand_out(self, symbol: SymbolId, update: ChartUpdate) -> None:
        for timeframe, watchers in self._watchers.get(symbol, {}).items():
            topic = Topic(symbol, timeframe)
            rows = self._remember(topic, update.indicators.get(timeframe))
            changed = update.bars.get(timeframe)
            for watcher in watchers:
                if changed:
                    watcher.take(topic, changed, rows)
                if update.again:
                    watcher.ask_snapshot(topic)

    def _remember(self, topic: Topic, columns: Indicators | None) -> dict[int, Values]:
        rows = self._rows.get(topic, {})
        if columns is not None:
            rows = {**rows, **rows_of(columns)}
            self._rows[topic] = {time: rows[time] for time in sorted(rows)[-REMEMBERED:]}
        return rows
