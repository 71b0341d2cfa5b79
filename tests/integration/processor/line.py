"""A stream with a processor behind it, for tests on real servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg

from support.oracle import MINUTE_US, Trade
from tickloom.bus.connection import Redis
from tickloom.processor.service import run_processor
from tickloom.settings.environment import Settings
from tickloom.store.connection import Connection
from tickloom.wire.batches import Batch, encode
from tickloom.wire.names import BATCH_FIELD

START = 1_700_000_040_000_000 - 1_700_000_040_000_000 % MINUTE_US
SECONDS = 30


class Line:
    """A stream with a processor behind it."""

    def __init__(self, connection: Connection, redis: Redis, stream: str, number: int) -> None:
        self.connection, self.redis, self.stream, self.number = connection, redis, stream, number

    async def append(self, *batches: Batch) -> None:
        for item in batches:
            data = encode(item.kind, item.received_us, item.watermark_us, item.records)
            await self.redis.xadd(self.stream, {BATCH_FIELD: data})

    def walk(self, count: int) -> list[Trade]:
        """Return trades on a line that goes up and down, one in each minute from START on."""
        return [trade(n, (n - 1) * MINUTE_US + 1, price=100 + n % 7) for n in range(1, count + 1)]

    async def committed(self) -> None:
        """Wait until everything appended so far is committed."""
        last = (await self.redis.xinfo_stream(self.stream))["last-generated-id"].decode()
        async with asyncio.timeout(SECONDS):
            while last != await self.connection.fetchval(  # noqa: ASYNC110 - nobody announces the row
                "SELECT entry_id FROM stream_offsets WHERE stream = $1", self.stream
            ):
                await asyncio.sleep(0.02)

    async def until(self, question: str) -> None:
        """Wait until a query answers true."""
        async with asyncio.timeout(SECONDS):
            while not await self.connection.fetchval(question):  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.02)

    async def minutes(self) -> list[asyncpg.Record]:
        return await self.connection.fetch(
            "SELECT * FROM candles WHERE symbol_no = $1 AND timeframe = 1 ORDER BY time", self.number
        )


@asynccontextmanager
async def processing(settings: Settings) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_processor(settings, stopped=stopped))
        try:
            yield
        finally:
            stopped.set()


def trade(number: int, after_us: int, price: int = 100) -> Trade:
    """Return a trade so long after START."""
    return Trade(number, START + after_us, Decimal(price), Decimal("0.5"), buy=True)
