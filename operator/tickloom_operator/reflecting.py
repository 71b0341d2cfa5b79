"""Freshness, quality and gaps go into the statuses: read every few seconds, written at once only where it is news.

What merely goes on, such as the time of the latest bar, is written every few minutes, each Symbol at its own moment.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import read_health
from tickloom.bus.subscriptions import read_quality_scores
from tickloom.market.identity import SymbolId
from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.errors import StoreUnavailable
from tickloom.store.observing import Observation, observe_symbols
from tickloom.telemetry.logging import logger
from tickloom.wire.messages import Health
from tickloom_operator import freshness
from tickloom_operator.database import Database
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.market_hours import MarketHours
from tickloom_operator.objects import Key, Seen
from tickloom_operator.reconciling import Reconciler
from tickloom_operator.statuses import Layer, Statuses
from tickloom_operator.wanting import Want

_CHUNK: Final = 200
_log = logger(__name__)


class Sights(NamedTuple):
    """All that was read in one round; `health` is None while Redis is away."""

    observed: dict[str, Observation]
    health: list[Health] | None


class _Changed(NamedTuple):
    last_bar: datetime
    at: datetime


class Reflector:
    """Reads what the data is like and has the statuses say so; `routine_seconds` between writes that are no news."""

    def __init__(
        self,
        knowledge: Knowledge,
        reconciler: Reconciler,
        database: Database,
        redis: Redis | None,
        statuses: Statuses,
        hours: MarketHours,
        routine_seconds: float,
    ) -> None:
        self._knowledge = knowledge
        self._reconciler = reconciler
        self._database = database
        self._redis = redis
        self._statuses = statuses
        self._hours = hours
        self._routine = timedelta(seconds=routine_seconds)
        self._changed: dict[str, _Changed] = {}
        self._due: dict[str, datetime] = {}

    async def run(self, every_seconds: float, now: Callable[[], datetime]) -> None:
        """Reflect every so often; never ends."""
        while True:
            try:
                await self.reflect(now())
            except StoreUnavailable as error:
                _log.warning("what the data is like cannot be read", problem=str(error))
            except Exception:  # noqa: BLE001 - logged with its traceback, and tried again
                # Collectors are run whether or not somebody can tell what their data is like.
                _log.exception("what the data is like was not told")
            await asyncio.sleep(every_seconds)

    async def reflect(self, now: datetime) -> None:
        """Reflect once. Raises StoreUnavailable."""
        async with self._database.connection() as connection:
            observed = await observe_symbols(connection)
        sights = Sights(observed, await self._health())
        present: set[str] = set()
        for key in self._knowledge.exchanges():
            want = self._reconciler.want(key)
            if want.exchange is not None and want.spec is not None and not want.exchange.paused:
                present.update(seen.uid for seen in self._knowledge.of_exchange("Symbol", key))
                await self._exchange(want, want.exchange, want.spec, sights, now)
        for memory in (self._changed, self._due):
            for uid in memory.keys() - present:
                del memory[uid]

    async def _health(self) -> list[Health] | None:
        if self._redis is None:
            return None
        try:
            return await read_health(self._redis)
        except BusUnavailable as error:
            _log.info("what collectors report cannot be read", problem=str(error))
            return None

    async def _exchange(self, want: Want, exchange: Seen, spec: ExchangeSpec, sights: Sights, now: datetime) -> None:
        sessions = await self._hours.sessions(spec.calendar) if spec.calendar else None
        wanted = orjson.loads(exchange.status).get("replicas", 0)
        conditions = freshness.exchange_feed(want.name, spec, wanted, sights.health, now, sessions)
        if freshness.is_news(orjson.loads(exchange.status), {}, conditions):
            self._statuses.want("Exchange", exchange, Layer.FEED, {}, conditions)
        is_open = any(one.type == "MarketOpen" and one.status != "False" for one in conditions)
        symbols = list(want.symbols.items())
        for start in range(0, len(symbols), _CHUNK):
            part = symbols[start : start + _CHUNK]
            scores = await self._scores([symbol.symbol_id for _, symbol in part])
            for (key, symbol), score in zip(part, scores, strict=True):
                observed = sights.observed.get(str(symbol.symbol_id))
                self._symbol(key, symbol, spec, observed, score, now, is_open=is_open)
            await asyncio.sleep(0)

    async def _scores(self, symbols: list[SymbolId]) -> list[float | None]:
        try:
            return await read_quality_scores(self._redis, symbols) if self._redis else [None] * len(symbols)
        except BusUnavailable:
            return [None] * len(symbols)

    def _symbol(
        self,
        key: Key,
        spec: SymbolSpec,
        exchange: ExchangeSpec,
        observed: Observation | None,
        score: float | None,
        now: datetime,
        *,
        is_open: bool,
    ) -> None:
        seen = self._knowledge.get("Symbol", key)
        if seen is None or seen.paused or observed is None:
            return
        current: dict[str, Any] = orjson.loads(seen.status)
        if not (told := current.get("conditions")):
            # Nobody has looked at it yet.
            return
        collecting = any(one["type"] == "Collecting" and one["status"] == "True" for one in told)
        age = freshness.Age(
            self._since_change(seen.uid, observed, exchange, now), freshness.longest_age(exchange, spec)
        )
        fields, conditions = freshness.symbol_data(observed, score, age, collecting=collecting, market_open=is_open)
        if score is None:
            # What was said of quality stays while nobody can be asked.
            del fields["qualityScore"]
        due = self._due.setdefault(seen.uid, now + self._routine * _spread(seen.uid))
        if now >= due or freshness.is_news(current, fields, conditions):
            self._statuses.want("Symbol", seen, Layer.DATA, fields, conditions)
        if now >= due:
            self._due[seen.uid] = now + self._routine

    def _since_change(self, uid: str, observed: Observation, exchange: ExchangeSpec, now: datetime) -> timedelta:
        if observed.last_bar is None:
            return timedelta()
        before = self._changed.get(uid)
        if before is None:
            # Seen for the first time: a live bar is as old as it says, one of a replay as new as it can be.
            at = now if exchange.clock == "feed" else min(observed.last_bar, now)
            self._changed[uid] = _Changed(observed.last_bar, at)
        elif before.last_bar != observed.last_bar:
            self._changed[uid] = _Changed(observed.last_bar, now)
        return now - self._changed[uid].at


def _spread(uid: str) -> float:
    """Return a share of the routine's time to begin with, so that not all Symbols are due at once."""
    return hash(uid) % 1000 / 1000
