"""Publication after the commit: chart channels, completed bars, and the cache.

What is published can be lost without harm: the tables hold it, and a reader that missed it asks them.
"""

import time
from collections.abc import Iterable

from tickloom.bus import publishing
from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.market.identity import SymbolId
from tickloom.processor.engine import Engine
from tickloom.processor.forming import LABELS, forming_bars
from tickloom.processor.quality_state import CHECKS
from tickloom.store.quality import QualityRow
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.wire import messages, names
from tickloom.wire.messages import Bar

_log = logger(__name__)
_WATCH_SECONDS = 0.25
_CACHE_SECONDS = 0.25
_CACHED_A_TURN = 4


class Publisher:
    """Publishes bars of one engine, to those channels that somebody listens to."""

    def __init__(self, redis: Redis, engine: Engine) -> None:
        self._redis = redis
        self._engine = engine
        self._identities: dict[int, SymbolId] = {}
        self._watched: set[str] = set()
        self._uncached: set[int] = set()
        self._being_cached: list[int] = []
        self._next_watch = 0.0
        self._next_cache = 0.0
        self._cache_is_whole = False

    def apply_identities(self, identities: dict[int, SymbolId]) -> None:
        """Take over the names of symbols by number."""
        self._identities = identities

    async def publish(self, closed: dict[int, dict[str, list[Bar]]]) -> None:
        """Publish closed bars and all forming bars that changed; a Redis that is away costs only the updates."""
        try:
            await self._publish(closed)
        except BusUnavailable as error:
            self._cache_is_whole = False
            _log.warning("updates could not be published", problem=str(error))

    async def publish_quality(self, rows: list[QualityRow]) -> None:
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

    async def _publish(self, closed: dict[int, dict[str, list[Bar]]]) -> None:
        now = time.monotonic()
        if now >= self._next_watch:
            self._watched = await publishing.watched_channels(self._redis)
            self._next_watch = now + _WATCH_SECONDS
        dirty = self._engine.take_dirty()
        self._uncached.update(dirty)
        updates = self._updates({*dirty, *closed}, closed) if self._watched else {}
        if closed:
            updates[names.COMPLETED_BARS] = messages.encode_json(messages.CompletedBars(self._completed(closed)))
        await publishing.publish_updates(self._redis, updates)
        if closed:
            await self._cache_closed(closed)
        await self._cache_forming(now)

    def _updates(self, numbers: Iterable[int], closed: dict[int, dict[str, list[Bar]]]) -> dict[str, bytes]:
        updates = {}
        for number in numbers:
            symbol = self._identities.get(number)
            if symbol is None or names.chart_updates(symbol) not in self._watched:
                continue
            bars = forming_bars(self._engine.state, number)
            for label, rows in closed.get(number, {}).items():
                bars[label] = rows + bars.get(label, [])
            row = self._engine.state.symbols[number]
            update = messages.ChartUpdate(
                symbol=str(symbol),
                bars=bars,
                feed="live" if row["live"] else "down",
                exchange_us=int(row["latest_us"]),
                received_us=int(row["received_us"]),
            )
            updates[names.chart_updates(symbol)] = messages.encode_json(update)
        return updates

    def _completed(self, closed: dict[int, dict[str, list[Bar]]]) -> list[messages.CompletedBar]:
        return [
            messages.CompletedBar(str(self._identities[number]), label, bar)
            for number, by_label in closed.items()
            for label, bars in by_label.items()
            for bar in bars
        ]

    async def _cache_closed(self, closed: dict[int, dict[str, list[Bar]]]) -> None:
        if not self._cache_is_whole:
            await publishing.forget_closed_bars(self._redis, self._identities.values(), LABELS)
            self._cache_is_whole = True
        await publishing.cache_closed_bars(self._redis, self._completed(closed))

    async def _cache_forming(self, now: float) -> None:
        """Cache a few symbols in each turn: all at once would hold up the trades that wait behind them."""
        if now >= self._next_cache and not self._being_cached:
            self._next_cache = now + _CACHE_SECONDS
            self._being_cached = list(self._uncached & self._identities.keys())
            self._uncached.clear()
        numbers, self._being_cached = self._being_cached[:_CACHED_A_TURN], self._being_cached[_CACHED_A_TURN:]
        forming = {}
        for number in numbers:
            bars = forming_bars(self._engine.state, number)
            forming[self._identities[number]] = {label: messages.encode_json(rows[-1]) for label, rows in bars.items()}
        await publishing.cache_forming_bars(self._redis, forming)
