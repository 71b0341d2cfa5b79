"""A backfill: one symbol's past from its venue, in chunks, each stored with the checkpoint in one transaction.

Whoever interrupts it loses at most a chunk that was not stored; the next run goes on at the checkpoint. At the end
what was stored is compared with what the venue says, and the processor is asked for indicators and features.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal, NamedTuple

import numpy as np

from tickloom.collector.clock import Clock
from tickloom.collector.venue import AnyVenue
from tickloom.history.candle_source import candles
from tickloom.history.comparing import compare
from tickloom.history.errors import NoHistory, NotVerified
from tickloom.history.longer import longer_bars
from tickloom.history.trade_source import minutes_from_trades
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.store.backfill_jobs import JobKey, Progress, begin_job, end_job, move_checkpoint
from tickloom.store.binary_copy import Array
from tickloom.store.connection import Connection
from tickloom.store.errors import StoreUnavailable
from tickloom.store.past_candles import PAST_DTYPE, put_in_past, read_past_minutes
from tickloom.store.recomputation import request_recomputation

DAY_US: Final = 1440 * MICROSECONDS_PER_MINUTE
CHUNK_DAYS: Final = {"candles": 14, "trades": 1}
SAMPLES: Final = 3
Source = Literal["candles", "trades"]


class Wanted(NamedTuple):
    """One symbol's minutes that begin in [from_us, to_us), both on whole minutes; `now_us` is the venue's time."""

    symbol_no: int
    symbol: str
    source: Source
    from_us: int
    to_us: int
    now_us: int

    @property
    def key(self) -> JobKey:
        """The job in the table of jobs."""
        return JobKey(self.symbol_no, self.source, self.from_us, self.to_us)


class Done(NamedTuple):
    """What a backfill stored in all its runs, and the seconds that this run took."""

    bars: int
    minutes: int
    seconds: float


Report = Callable[[int, int], None]
"""Called with the checkpoint in microseconds and the bars so far."""


async def backfill(connection: Connection, venue: AnyVenue, wanted: Wanted, clock: Clock, report: Report) -> Done:
    """Fetch, store and verify. Raises VenueError, StoreUnavailable and HistoryError; the checkpoint stays."""
    began = time.monotonic()
    progress = await begin_job(connection, wanted.key)
    begins_us = progress.done_us
    try:
        progress = await _store_chunks(connection, venue, wanted, clock, progress, report)
        minutes = await _verify(connection, venue, wanted, clock)
    except BaseException as error:
        await _leave(connection, wanted, error)
        raise
    if begins_us < wanted.to_us:
        await request_recomputation(connection, wanted.symbol_no, wanted.from_us)
    await end_job(connection, wanted.key, "done")
    return Done(progress.bars, minutes, time.monotonic() - began)


async def _leave(connection: Connection, wanted: Wanted, error: BaseException) -> None:
    """Note why the job ends before its time, if the database still listens."""
    interrupted = isinstance(error, asyncio.CancelledError)
    with suppress(StoreUnavailable):
        await request_recomputation(connection, wanted.symbol_no, wanted.from_us)
        await end_job(
            connection, wanted.key, "interrupted" if interrupted else "failed", None if interrupted else str(error)
        )


async def _store_chunks(
    connection: Connection, venue: AnyVenue, wanted: Wanted, clock: Clock, progress: Progress, report: Report
) -> Progress:
    """Store chunk after chunk while the next one is fetched."""
    report(progress.done_us, progress.bars)
    chunks = _chunks(wanted, progress.done_us)
    fetched: asyncio.Task[Array] | None = None
    try:
        for number, (begin, end) in enumerate(chunks):
            fetched = fetched or asyncio.create_task(_fetch(venue, wanted, begin, end, clock))
            found = await fetched
            following = chunks[number + 1] if number + 1 < len(chunks) else None
            fetched = asyncio.create_task(_fetch(venue, wanted, *following, clock)) if following else None
            progress = await _store(connection, wanted, found, begin, end, progress)
            report(*progress)
    finally:
        if fetched is not None:
            fetched.cancel()
            await asyncio.wait([fetched])
    return progress


def _chunks(wanted: Wanted, begin_us: int) -> list[tuple[int, int]]:
    """Return [begin, end) of chunks that end with whole UTC days, so that few longer bars lie across two of them."""
    length, chunks = CHUNK_DAYS[wanted.source] * DAY_US, []
    while begin_us < wanted.to_us:
        end = min(begin_us - begin_us % DAY_US + length, wanted.to_us)
        chunks.append((begin_us, end))
        begin_us = end
    return chunks


async def _fetch(venue: AnyVenue, wanted: Wanted, begin: int, end: int, clock: Clock) -> Array:
    fetch = candles if wanted.source == "candles" else minutes_from_trades
    return to_minutes(wanted.symbol_no, await fetch(venue, wanted.symbol, begin, end, clock))


def to_minutes(symbol_no: int, found: Array) -> Array:
    """Return a venue's candles (CANDLE_DTYPE) as minutes to be stored (PAST_DTYPE)."""
    minutes = np.zeros(len(found), PAST_DTYPE)
    for name in found.dtype.names or ():
        minutes[name] = found[name]
    minutes["symbol_no"], minutes["timeframe"], minutes["whole"] = symbol_no, 1, 1
    return minutes


async def _store(
    connection: Connection, wanted: Wanted, minutes: Array, begin: int, end: int, progress: Progress
) -> Progress:
    async with connection.transaction():
        bars = await put_minutes(connection, wanted.symbol_no, minutes, begin, end, wanted.now_us)
        progress = Progress(end, progress.bars + bars)
        await move_checkpoint(connection, wanted.key, progress)
    return progress


async def put_minutes(connection: Connection, symbol_no: int, minutes: Array, begin: int, end: int, now_us: int) -> int:
    """Store the minutes of [begin, end) and the longer bars that are over, inside the caller's transaction.

    Longer bars at the edges take in the stored minutes around. Returns how many bars were absent or lacked trades.
    """
    bars = await put_in_past(connection, minutes)
    first_day, last_day = begin - begin % DAY_US, end + -end % DAY_US
    before = await read_past_minutes(connection, symbol_no, first_day, begin)
    after = await read_past_minutes(connection, symbol_no, end, last_day)
    for longer in longer_bars(np.concatenate([before, minutes, after])):
        over = longer["time"] + longer["timeframe"].astype(np.int64) * MICROSECONDS_PER_MINUTE <= now_us
        bars += await put_in_past(connection, longer[over])
    return bars


async def _verify(connection: Connection, venue: AnyVenue, wanted: Wanted, clock: Clock) -> int:
    """Return the number of stored minutes. Raises NotVerified for a hole or another value than the venue tells."""
    stored = await read_past_minutes(connection, wanted.symbol_no, wanted.from_us, wanted.to_us)
    if not len(stored):
        raise NoHistory(f"{venue.host} has nothing of {wanted.symbol} in that time")
    begins = int(stored["time"][0])
    first = await candles(venue, wanted.symbol, wanted.from_us, min(wanted.from_us + DAY_US, wanted.to_us), clock)
    if len(first) and int(first["time"][0]) < begins:
        raise NotVerified(f"{wanted.symbol} has no bar before {begins} (microseconds since 1970); its venue has")
    holes = np.flatnonzero(np.diff(stored["time"]) != MICROSECONDS_PER_MINUTE)
    if len(holes):
        raise NotVerified(f"{wanted.symbol} has no bar after {int(stored['time'][holes[0]])} (microseconds since 1970)")
    length = min(1000, len(stored))
    for begin in np.linspace(0, len(stored) - length, SAMPLES).astype(int).tolist():
        sample = stored[begin : begin + length]
        theirs = await candles(
            venue, wanted.symbol, int(sample["time"][0]), int(sample["time"][-1]) + MICROSECONDS_PER_MINUTE, clock
        )
        if differing := compare(sample[sample["whole"] == 1], theirs[np.isin(theirs["time"], sample["time"])]):
            raise NotVerified(f"{wanted.symbol} differs from its venue: {differing[0]}; see `tickloom reconcile`")
    return len(stored)
