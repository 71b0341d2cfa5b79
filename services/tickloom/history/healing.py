"""Gaps that were given up, because their trades cannot be had: the venue's own candles take the place of their bars.

Open gaps are the affair of the collector, which fetches their trades.
"""

from typing import NamedTuple

from tickloom.collector.clock import Clock
from tickloom.collector.venue import AnyVenue
from tickloom.history.backfill import put_minutes, to_minutes
from tickloom.history.candle_source import candles
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.store.connection import Connection, translate_errors
from tickloom.store.gaps import mark_healed_by_candles, read_unhealable_gaps
from tickloom.store.recomputation import request_recomputation


class Healed(NamedTuple):
    """Gaps whose bars are the venue's candles now, and those of which it has not all candles."""

    healed: list[int]
    left: list[int]


async def heal_by_candles(connection: Connection, venue: AnyVenue, symbol_no: int, symbol: str, clock: Clock) -> Healed:
    """Heal the gaps of a symbol that were given up. Raises VenueError, StoreUnavailable and NoHistory."""
    done, now_us = Healed([], []), await venue.server_time_us()
    for number, begins, ends in await read_unhealable_gaps(connection, symbol_no):
        begin = begins - begins % MICROSECONDS_PER_MINUTE
        end = ends - ends % MICROSECONDS_PER_MINUTE + MICROSECONDS_PER_MINUTE
        found = await candles(venue, symbol, begin, end, clock)
        if end > now_us or len(found) < (end - begin) // MICROSECONDS_PER_MINUTE:
            done.left.append(number)
            continue
        async with translate_errors("healing a gap"), connection.transaction():
            await put_minutes(connection, symbol_no, to_minutes(symbol_no, found), begin, end, now_us)
            await mark_healed_by_candles(connection, symbol_no, number)
            await request_recomputation(connection, symbol_no, begin)
        done.healed.append(number)
    return done
