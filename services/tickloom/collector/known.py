"""What is known at the start: the highest trade id of each symbol, from the database and from the streams.

The streams hold what no processor has committed yet, so both together are the truth. Nothing here asks a venue.
"""

from dataclasses import dataclass, field

import numpy as np

from tickloom.bus.connection import Redis
from tickloom.bus.streams import read_stream
from tickloom.collector.sequence import note_ids
from tickloom.store.catalog import CatalogExchange
from tickloom.store.connection import Connection
from tickloom.store.resume import OpenGap, read_last_trade_ids, read_open_gaps
from tickloom.wire.batches import InvalidBatch, Kind, decode
from tickloom.wire.names import trades_stream


@dataclass
class Known:
    """Highest trade ids and times (microseconds, exchange clock) by symbol number, and ranges that are missing."""

    last_ids: dict[int, int] = field(default_factory=dict)
    last_us: dict[int, int] = field(default_factory=dict)
    gaps: list[OpenGap] = field(default_factory=list)


async def read_known(connection: Connection, redis: Redis, exchange: CatalogExchange) -> Known:
    """Return what was taken in of one exchange. Raises StoreUnavailable and BusUnavailable."""
    known = Known(await read_last_trade_ids(connection), {}, await read_open_gaps(connection))
    for partition in range(exchange.partitions):
        async for data in read_stream(redis, trades_stream(exchange.name, partition)):
            _note(known, data)
    return known


def _note(known: Known, data: bytes) -> None:
    try:
        batch = decode(data)
    except InvalidBatch:
        return
    if batch.kind != Kind.TRADES or not len(batch.records):
        return
    numbers = batch.records["symbol_no"].astype(np.int64)
    last_ids = np.full(int(numbers.max()) + 1, -1, np.int64)
    for number in np.unique(numbers).tolist():
        last_ids[number] = known.last_ids.get(number, -1)
        newest_us = int(batch.records["exchange_us"][numbers == number].max())
        known.last_us[number] = max(newest_us, known.last_us.get(number, 0))
    for jump in note_ids(numbers, batch.records["trade_id"], last_ids):
        known.gaps.append(OpenGap(*jump))
    known.last_ids |= {number: int(last_ids[number]) for number in np.unique(numbers).tolist()}
