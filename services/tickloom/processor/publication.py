"""Publication after the commit: chart channels, completed bars, and the cache.

What is published can be lost without harm: the tables hold it, and a reader that missed it asks them.
"""

import time
from collections.abc import Iterable

from tickloom.bus import publishing
from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.market.identity import SymbolId
from tickloom.processor import columns
from tickloom.processor.carrying import Row
from tickloom.processor.committed import Committed
from tickloom.processor.engine import Engine
from tickloom.processor.forming import LABELS, by_label, forming_rows
from tickloom.processor.quality_state import CHECKS
from tickloom.store.quality import QualityRow
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.wire import messages, names

_log = logger(__name__)
_WATCH_SECONDS = 0.25
_CACHE_SECONDS = 0.25
_CACHED_A_TURN = 4
_PEEK_SECONDS = 0.25
"""How often the indicators of a forming bar are published at most: its prices are with every turn."""


class Publisher:
    """Publishes bars of one engine, to those channels that somebody listens to."""

    def __init__(self, redis: Redis, engine: Engine) -> None:
        self._redis = redis
        self._engine = engine
        self._identities: dict[int, SymbolId] = {}
        self._watched: set[str] = set()
        self._uncached: set[int] = set()
        self._being_cached: list[int] = []
        self._peeked: dict[int, float] = {}
        self._next_watch = 0.0
        self._next_cache = 0.0
        self._cache_is_whole = False

    def apply_identities(self, identities: dict[int, SymbolId]) -> None:
        """Take over the names of symbols by number."""
        self._identities = identities

    async def publish(self, done: Committed) -> None:
        """Publish what was stored and all forming bars that changed; a Redis that is away costs only the updates."""
        try:
            await self._publish(done)
        except BusUnavailable as error:
            self._cache_is_whole = False
            _log.warning("updates could not be published", problem=str(error))
        if done.quality:
            await self._publish_quality(done.quality)

    async def _publish_quality(self, rows: list[QualityRow]) -> None:
        """Count what the checks found, and put the scores into the cache; a Redis that is away costs only those."""
        fields = {}
        for row in rows:
            failures = (row.failed_price, row.failed_freshness, row.failed_validity, row.failed_volume)
            for check, failed in zip(CHECKS[1:], failures, strict=True):
                metrics.quality_checks_total.labels(check, "failed").inc(failed)
                metrics.quality_checks_total.labels(check, "passed").inc(max(row.checked - sum(failures), 0))
            symbol = self._identities.get(row.symbol_no)
            if symbol is not None:
                score = float(self._engine.state.quality["score"][row.symbol_no])
                metrics.quality_score.labels(str(symbol)).set(score)
                fields[symbol] = {
                    "score": score,
                    "minute_score": row.score,
                    "time": row.time_us // 1_000_000,
                    "checked": row.checked,
                    "failed": sum(failures),
                }
        try:
            await publishing.cache_quality(self._redis, fields)
        except BusUnavailable as error:
            _log.warning("scores could not be cached", problem=str(error))

    async def _publish(self, done: Committed) -> None:
        now = time.monotonic()
        if now >= self._next_watch:
            self._watched = await publishing.watched_channels(self._redis)
            self._next_watch = now + _WATCH_SECONDS
        dirty = self._engine.take_dirty()
        self._uncached.update(dirty)
        updates = self._updates({*dirty, *done.bars}, done, now) if self._watched else {}
        if done.bars:
            updates[names.COMPLETED_BARS] = messages.encode_json(messages.CompletedBars(self._completed(done)))
        if done.again:
            # Who is told to read anew must find what is new.
            await self._cache_closed(done)
        await publishing.publish_updates(self._redis, updates)
        if (done.bars or done.carried.values) and not done.again:
            await self._cache_closed(done)
        await self._cache_forming(now)

    def _updates(self, numbers: Iterable[int], done: Committed, now: float) -> dict[str, bytes]:
        watched = [number for number in numbers if self._is_watched(number)]
        state, updates = self._engine.state, {}
        peeked = columns.forming_columns(state, self._engine.series, self._to_peek(watched, done, now))
        closed = columns.closed_columns(done.carried, self._keys(watched, done))
        for number in watched:
            bars = by_label(forming_rows(state, number))
            for label, rows in done.bars.get(number, {}).items():
                bars[label] = rows + bars.get(label, [])
            row, symbol = state.symbols[number], self._identities[number]
            update = messages.ChartUpdate(
                symbol=str(symbol),
                bars=bars,
                feed="live" if row["live"] else "down",
                exchange_us=int(row["latest_us"]),
                received_us=int(row["received_us"]),
                indicators=columns.joined(closed.get(number, {}), peeked.get(number, {})),
                again=number in done.again,
            )
            updates[names.chart_updates(symbol)] = messages.encode_json(update)
        return updates

    def _is_watched(self, number: int) -> bool:
        symbol = self._identities.get(number)
        return symbol is not None and names.chart_updates(symbol) in self._watched

    def _to_peek(self, watched: list[int], done: Committed, now: float) -> list[int]:
        due = [n for n in watched if n in done.bars or now >= self._peeked.get(n, 0.0) + _PEEK_SECONDS]
        self._peeked.update(dict.fromkeys(due, now))
        return due

    def _keys(self, watched: list[int], done: Committed) -> set[Row]:
        return {
            (number, LABELS.index(label), bar.time * 1_000_000)
            for number in watched
            for label, bars in done.bars.get(number, {}).items()
            for bar in bars
        }

    def _completed(self, done: Committed) -> list[messages.CompletedBar]:
        return [
            messages.CompletedBar(str(self._identities[number]), label, bar)
            for number, bars_by_label in done.bars.items()
            for label, bars in bars_by_label.items()
            for bar in bars
        ]

    async def _cache_closed(self, done: Committed) -> None:
        if not self._cache_is_whole:
            await publishing.forget_closed_bars(self._redis, self._identities.values(), LABELS)
            self._cache_is_whole = True
        await publishing.cache_closed_bars(self._redis, self._completed(done))
        found = columns.closed_columns(done.carried)
        await publishing.cache_indicators(
            self._redis, {(self._identities[n], label): c for n, by in found.items() for label, c in by.items()}
        )
        features = columns.latest_features(done.carried)
        await publishing.cache_features(self._redis, {self._identities[n]: vectors for n, vectors in features.items()})

    async def _cache_forming(self, now: float) -> None:
        """Cache a few symbols in each turn: all at once would hold up the trades that wait behind them."""
        if now >= self._next_cache and not self._being_cached:
            self._next_cache = now + _CACHE_SECONDS
            self._being_cached = list(self._uncached & self._identities.keys())
            self._uncached.clear()
        numbers, self._being_cached = self._being_cached[:_CACHED_A_TURN], self._being_cached[_CACHED_A_TURN:]
        peeked = columns.forming_columns(self._engine.state, self._engine.series, numbers)
        forming: dict[SymbolId, dict[str, bytes]] = {}
        for number in numbers:
            bars = by_label(forming_rows(self._engine.state, number))
            fields = {label: messages.encode_json(rows[-1]) for label, rows in bars.items()}
            for label, found in peeked.get(number, {}).items():
                fields[names.forming_indicators(label)] = messages.encode_json(found)
            forming[self._identities[number]] = fields
        await publishing.cache_forming_bars(self._redis, forming)
