"""Closed minutes compared with the venue's own candles: asked for, or again and again beside the live line."""

import asyncio
from typing import Final, NamedTuple

from tickloom.bus.connection import open_redis
from tickloom.collector.candles import CandleVenue
from tickloom.collector.clock import Clock, SystemClock
from tickloom.collector.venue import AnyVenue, VenueError
from tickloom.history.candle_source import ask, candles, open_venue
from tickloom.history.comparing import compare
from tickloom.history.errors import NoHistory
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.settings.environment import Settings
from tickloom.store.catalog import Catalog, CatalogSymbol, read_catalog
from tickloom.store.connection import Connection, connect, translate_errors
from tickloom.store.errors import StoreUnavailable
from tickloom.store.past_candles import read_first_minute, read_past_minutes
from tickloom.store.reconciliations import Mismatch, move_progress, read_progress, store_comparison
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

CHUNK_US: Final = 10_000 * MICROSECONDS_PER_MINUTE
SETTLED_US: Final = 2 * MICROSECONDS_PER_MINUTE
"""How long after its end a minute is compared: the venue and we have closed and healed it by then."""
EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 30.0
_log = logger(__name__)


class Compared(NamedTuple):
    """Of so many minutes that both have, these values differ."""

    minutes: int
    mismatches: list[Mismatch]

    @property
    def bars(self) -> int:
        """How many bars have a value that differs."""
        return len({mismatch.time_us for mismatch in self.mismatches})


async def reconcile(
    connection: Connection, venue: AnyVenue, symbol_no: int, symbol: str, from_us: int, to_us: int, clock: Clock
) -> Compared:
    """Compare the minutes that begin in [from_us, to_us) and store what differs, with both values.

    Raises VenueError, StoreUnavailable, and NoHistory where the venue tells no candles.
    """
    minutes, found = 0, list[Mismatch]()
    for begin in range(from_us, to_us, CHUNK_US):
        end = min(begin + CHUNK_US, to_us)
        theirs = await candles(venue, symbol, begin, end, clock)
        ours = await read_past_minutes(connection, symbol_no, begin, end)
        mismatches = compare(ours, theirs)
        async with translate_errors("storing mismatches"):
            await store_comparison(connection, symbol_no, begin, end, mismatches)
        minutes += max(len(ours), len(theirs))
        found += mismatches
    return Compared(minutes, found)


class Reconciler:
    """Compares every active symbol's new minutes, once a minute, for as long as `run` runs."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def run(self, catalog: Catalog, connection: Connection) -> None:
        """Compare once what is new of every symbol. Raises StoreUnavailable."""
        async with open_redis(str(self._settings.redis_url), "reconciler") as redis:
            for exchange in catalog.exchanges.values():
                symbols = catalog.active_symbols(exchange.name)
                if not symbols:
                    continue
                try:
                    async with open_venue(exchange, redis, self._clock) as venue:
                        await self._compare_exchange(connection, venue, symbols)
                except (VenueError, NoHistory) as error:
                    _log.info("bars were not compared", exchange=exchange.name, problem=str(error))

    async def _compare_exchange(self, connection: Connection, venue: AnyVenue, symbols: list[CatalogSymbol]) -> None:
        if not isinstance(venue, CandleVenue):
            return
        to_us = await _settled_us(venue, self._clock)
        for symbol in symbols:
            begin = await read_progress(connection, symbol.symbol_no)
            begin = begin if begin is not None else await read_first_minute(connection, symbol.symbol_no)
            if begin is None or begin >= to_us:
                continue
            compared = await reconcile(connection, venue, symbol.symbol_no, symbol.symbol, begin, to_us, self._clock)
            async with translate_errors("noting how far bars were compared"):
                await move_progress(connection, symbol.symbol_no, to_us, compared.minutes, compared.bars)
            ratio = compared.bars / compared.minutes if compared.minutes else 0.0
            metrics.reconciliation_mismatch_ratio.labels(str(symbol.symbol_id)).set(ratio)
            if compared.bars:
                _log.warning("bars differ from the exchange's own", symbol=str(symbol.symbol_id), bars=compared.bars)


async def _settled_us(venue: AnyVenue, clock: Clock) -> int:
    """Return the start of the first minute that is too young to be compared, by the venue's clock."""
    now_us = await ask(venue.server_time_us, clock) - SETTLED_US
    return now_us - now_us % MICROSECONDS_PER_MINUTE


async def run_reconciler(settings: Settings, *, stopped: asyncio.Event, clock: Clock | None = None) -> None:
    """Compare until `stopped`. Raises ValueError without a database and a Redis."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("set TICKLOOM_DATABASE_URL and TICKLOOM_REDIS_URL, or start the product by `tickloom up`")
    clock = clock or SystemClock()
    reconciler, wait = Reconciler(settings, clock), 0.0
    while not await clock.wait(stopped, wait):
        wait = EVERY_SECONDS
        try:
            connection = await connect(str(settings.database_url), "reconciler")
            try:
                await reconciler.run(await read_catalog(connection), connection)
            finally:
                connection.terminate()
        except StoreUnavailable as error:
            wait = RETRY_SECONDS
            _log.warning("bars cannot be compared now", problem=str(error), retry_seconds=wait)
