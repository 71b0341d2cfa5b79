"""Whether a symbol's data moves: the forming bars are looked at every other second, and changes are timed.

Times of bars are no measure: a replay's bars are years old and yet fresh. A feed that lives changes a symbol's forming
bar at least once a minute, as quiet minutes close too.
"""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import read_health
from tickloom.bus.subscriptions import read_forming_minutes, read_quality_scores
from tickloom.market.identity import SymbolId
from tickloom.store.catalog import Catalog, CatalogSymbol
from tickloom.telemetry.logging import logger
from tickloom.wire import messages
from tickloom.wire.messages import Health

LOOK_SECONDS: Final = 2.0
GONE_SECONDS: Final = 10.0
_MINUTE: Final = 60
_log = logger(__name__)


class _Seen(NamedTuple):
    bar: bytes
    changed_at: float


def present(records: list[Health], now: float) -> list[Health]:
    """Return the records of processes that said something of late."""
    return [record for record in records if record.at > now - GONE_SECONDS]


class Freshness:
    """When each symbol's forming bar was last seen to change, on the clock of this process."""

    def __init__(self) -> None:
        self._seen: dict[SymbolId, _Seen] = {}
        self._live: frozenset[str] = frozenset()
        self._scores: dict[SymbolId, float | None] = {}
        self.version = 0
        """Changes whenever an answer may."""

    def is_collected(self, exchange: str) -> bool:
        """Tell whether an exchange has a collector that says it is ready."""
        return exchange in self._live

    def age(self, symbol: SymbolId, now: float) -> float:
        """Return the seconds since a symbol's bar changed, infinite where it never did."""
        seen = self._seen.get(symbol)
        return max(0.0, now - seen.changed_at) if seen else math.inf

    def quality_score(self, symbol: SymbolId) -> float | None:
        """Return a symbol's score of about the last hour, from 0 to 1, None where it is not known."""
        return self._scores.get(symbol)

    def is_fresh(self, symbol: CatalogSymbol, now: float) -> bool:
        """Tell whether a symbol is collected and its bar changed within the age its manifest allows."""
        limit = max(symbol.spec.quality.max_age.total_seconds(), _MINUTE) + LOOK_SECONDS
        return self.is_collected(symbol.exchange) and self.age(symbol.symbol_id, now) <= limit

    def note(self, symbol: SymbolId, now: float) -> None:
        """Take note of an update that reached this process by itself."""
        if seen := self._seen.get(symbol):
            self._seen[symbol] = _Seen(seen.bar, now)

    async def look(self, redis: Redis, catalog: Catalog, now: float) -> None:
        """Look once; raises BusUnavailable."""
        records = present(await read_health(redis), now)
        ready = (record for record in records if record.role == "collector" and record.state == "ready")
        live = frozenset(name.strip() for record in ready for name in record.exchange.split(","))
        symbols = [symbol for symbol in catalog.symbols.values() if not symbol.deleted]
        names = [symbol.symbol_id for symbol in symbols]
        bars, scores = await read_forming_minutes(redis, names), await read_quality_scores(redis, names)
        self.version += 1
        self._live, self._scores = live, dict(zip(names, scores, strict=True))
        for symbol, bar in zip(symbols, bars, strict=True):
            before = self._seen.get(symbol.symbol_id)
            if bar is None:
                self._seen.pop(symbol.symbol_id, None)
            elif before is None:
                self._seen[symbol.symbol_id] = _Seen(bar, _first_change(bar, symbol, catalog, now))
            elif bar != before.bar:
                self._seen[symbol.symbol_id] = _Seen(bar, now)

    def forget(self) -> None:
        """Forget who is live: nobody can be asked."""
        self._live, self._scores = frozenset(), {}
        self.version += 1


def _first_change(bar: bytes, symbol: CatalogSymbol, catalog: Catalog, now: float) -> float:
    """Guess when a bar that is seen for the first time changed: now, unless its minute is long over."""
    if catalog.exchanges[symbol.exchange].spec.clock == "feed":
        return now
    return min(now, messages.decode_bar(bar).time + _MINUTE)


async def follow(freshness: Freshness, redis: Redis, catalog: Callable[[], Catalog]) -> None:
    """Look again and again; never ends."""
    while True:
        try:
            await freshness.look(redis, catalog(), time.time())
        except BusUnavailable as error:
            freshness.forget()
            _log.debug("freshness is not known", problem=str(error))
        await asyncio.sleep(LOOK_SECONDS)
