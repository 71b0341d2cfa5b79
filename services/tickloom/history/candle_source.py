"""The minutes of one symbol from its venue, page after page, several asked for at once and all handed out in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from tickloom.bus.connection import Redis
from tickloom.collector.candles import CANDLE_DTYPE, CandleVenue
from tickloom.collector.clock import Clock
from tickloom.collector.sharing import SharesBudget
from tickloom.collector.venue import AnyVenue, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.collector.venues.drivers import DRIVERS
from tickloom.history.errors import NoHistory
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.store.binary_copy import Array
from tickloom.store.catalog import CatalogExchange

T = TypeVar("T")
TOGETHER: Final = 4
ATTEMPTS: Final = 8
FIRST_RETRY: Final = 0.5
LONGEST_RETRY: Final = 30.0
PATIENCE_SECONDS: Final = 900.0
"""The longest that the venue may want to be left alone before a job gives up for now."""


@asynccontextmanager
async def open_venue(exchange: CatalogExchange, redis: Redis | None, clock: Clock) -> AsyncIterator[AnyVenue]:
    """Open an exchange's venue, whose requests are spent from the budget of all. Raises NoHistory."""
    if exchange.driver not in DRIVERS:
        raise NoHistory(f"this release has no driver {exchange.driver}, of exchange {exchange.name}")
    venue = DRIVERS[exchange.driver](exchange.name, exchange.spec, clock)
    if redis is not None and isinstance(venue, SharesBudget):
        venue.share(redis)
    try:
        yield venue
    finally:
        await venue.aclose()


async def ask(question: Callable[[], Coroutine[Any, Any, T]], clock: Clock) -> T:
    """Return an answer, asking again as long as that may help; raises VenueError where it does not."""
    retry = FIRST_RETRY
    for attempt in range(ATTEMPTS):
        try:
            return await question()
        except VenueRefused:
            raise
        except VenueUnavailable as error:
            wait = max(retry, error.retry_seconds) if isinstance(error, VenueThrottled) else retry
            if attempt == ATTEMPTS - 1 or wait > PATIENCE_SECONDS:
                raise
            await clock.sleep(wait)
            retry = min(2 * retry, LONGEST_RETRY)
    raise AssertionError("unreachable")


async def candles(venue: AnyVenue, symbol: str, from_us: int, to_us: int, clock: Clock) -> Array:
    """Return all minutes (CANDLE_DTYPE) that begin in [from_us, to_us). Raises VenueError and NoHistory."""
    if not isinstance(venue, CandleVenue):
        raise NoHistory(f"{venue.host} tells no candles")
    page_us = venue.candles_page * MICROSECONDS_PER_MINUTE
    windows = [(begin, min(begin + page_us, to_us)) for begin in range(from_us, to_us, page_us)]
    together, pages = asyncio.Semaphore(TOGETHER), deque[asyncio.Task[Array]]()

    async def page(begin: int, end: int) -> Array:
        async with together:
            return await ask(partial(venue.candles, symbol, begin, end), clock)

    async with asyncio.TaskGroup() as group:
        pages.extend(group.create_task(page(*window)) for window in windows)
    found = [task.result() for task in pages]
    return np.concatenate([np.zeros(0, CANDLE_DTYPE), *found])
