"""What is known at the start: how far each symbol was taken in, from the database and from the streams.

The streams hold what no processor has committed yet, so both together are the truth. Nothing here asks a venue.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tickloom.bus.connection import Redis
from tickloom.bus.streams import read_stream
from tickloom.collector.sequence import IdRange, Integers, missing_ids, note_ids
from tickloom.store.catalog import CatalogExchange
from tickloom.store.connection import Connection
from tickloom.store.resume import read_last_bar_ends, read_last_trade_ids, read_latest_trade_times, read_open_gaps
from tickloom.wire.batches import Control, InvalidBatch, Kind, Records, decode
from tickloom.wire.names import trades_stream

LONGEST_RANGE: Final = 1e15
"""More trades than any venue has had: a longer range is no range."""


@dataclass
class Known:
    """By symbol number: highest trade id, time up to which it is covered (exchange clock), and missing ids."""

    last_ids: dict[int, int] = field(default_factory=dict)
    covered_us: dict[int, int] = field(default_factory=dict)
    gaps: dict[int, list[IdRange]] = field(default_factory=dict)
    sequenced: bool = True
    """Trade ids are contiguous; else only times say how far a symbol is covered."""

    def note(self, data: bytes) -> None:
        """Take in one entry of a stream; entries that are no batch say nothing."""
        try:
            batch = decode(data)
        except InvalidBatch:
            return
        records = batch.records
        for number in np.unique(records["symbol_no"]).tolist():
            mine = records[records["symbol_no"] == number]
            if batch.kind == Kind.TRADES and self.sequenced:
                self._note_trades(number, mine["trade_id"])
            elif batch.kind == Kind.CONTROL and self.sequenced:
                self._note_controls(number, mine)
            if batch.kind != Kind.CONTROL:
                self.covered_us[number] = max(int(mine["exchange_us"].max()), self.covered_us.get(number, 0))

    def _note_trades(self, number: int, ids: Integers) -> None:
        last_ids = np.array([self.last_ids.get(number, -1)], np.int64)
        jumps = note_ids(np.zeros(len(ids), np.int64), ids, last_ids)
        gaps = [
            left for gap in self.gaps.get(number, []) for left in missing_ids(number, ids, gap.first_id, gap.last_id)
        ]
        self.gaps[number] = gaps + [jump._replace(symbol_no=number) for jump in jumps]
        self.last_ids[number] = int(last_ids[0])

    def _note_controls(self, number: int, controls: Records) -> None:
        for record in controls:
            code, first_id = int(record["flags"]), int(record["trade_id"])
            if code == Control.STARTED:
                self.last_ids[number] = max(first_id, self.last_ids.get(number, -1))
            elif code == Control.UNHEALABLE and 0 < record["size"] <= LONGEST_RANGE:
                self._give_up(number, first_id, first_id + int(record["size"]) - 1)

    def _give_up(self, number: int, first_id: int, last_id: int) -> None:
        self.gaps[number] = [
            rest
            for gap in self.gaps.get(number, [])
            for rest in (
                gap._replace(last_id=min(gap.last_id, first_id - 1)),
                gap._replace(first_id=max(gap.first_id, last_id + 1)),
            )
            if rest.length > 0
        ]
        if first_id <= self.last_ids.get(number, -1) + 1:
            self.last_ids[number] = max(last_id, self.last_ids.get(number, -1))


async def read_known(connection: Connection, redis: Redis, exchange: CatalogExchange, *, sequenced: bool) -> Known:
    """Return what was taken in of one exchange. Raises StoreUnavailable and BusUnavailable."""
    known = Known(covered_us=await read_last_bar_ends(connection, exchange.name), sequenced=sequenced)
    if sequenced:
        known.last_ids = await read_last_trade_ids(connection)
        for gap in await read_open_gaps(connection):
            known.gaps.setdefault(gap.symbol_no, []).append(IdRange(*gap))
    else:
        for number, time_us in (await read_latest_trade_times(connection)).items():
            known.covered_us[number] = max(time_us, known.covered_us.get(number, 0))
    for partition in range(exchange.partitions):
        async for data in read_stream(redis, trades_stream(exchange.name, partition)):
            known.note(data)
    return known
