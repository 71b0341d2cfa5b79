"""What is in the streams, decoded, with the promises that hold for every stream checked on the way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tickloom.bus.connection import open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.streams import read_stream
from tickloom.wire.batches import Control, Kind, TradeFlag, decode

PARTITIONS = 4
SECONDS = 30
GRACE_US = 200_000
"""What a reader allows for trades that are under way, the default of `closeGrace`."""


@dataclass
class Content:
    """The records of one symbol in the order of its stream; a trade that comes again is not counted again."""

    ids: list[int] = field(default_factory=list)
    repeated: int = 0
    healed: set[int] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)
    controls: list[tuple[str, int]] = field(default_factory=list)
    """Controls with their trade ids."""
    order: list[tuple[str, int]] = field(default_factory=list)
    """Trades and controls together."""
    beats: list[tuple[int, bool]] = field(default_factory=list)
    """Watermarks, and whether the feed was live."""
    broken_promises: list[int] = field(default_factory=list)
    """Trades that lie before a watermark which came before them, by more than the grace."""


async def read_streams(redis_url: str) -> dict[int, Content]:
    """Return what the streams of `binance` hold, by symbol number."""
    contents: dict[int, Content] = {}
    async with open_redis(redis_url, "test") as redis:
        for partition in range(PARTITIONS):
            async for data in read_stream(redis, f"trades:binance:{partition}"):
                _take(contents, data)
    return contents


def _take(contents: dict[int, Content], data: bytes) -> None:
    batch = decode(data)
    for time_us, trade_id, _, _, number, flags in batch.records.tolist():
        content = contents.setdefault(number, Content())
        if batch.kind == Kind.CONTROL:
            content.controls.append((Control(flags).name, trade_id))
            content.order.append((Control(flags).name, trade_id))
        elif batch.kind == Kind.HEARTBEAT:
            content.beats.append((time_us, bool(flags)))
        elif trade_id in content.counts:
            content.repeated += 1
        else:
            content.ids.append(trade_id)
            content.counts[trade_id] = max(flags >> 8, 1)
            content.order.append(("trade", trade_id))
            if flags & TradeFlag.HEALED:
                content.healed.add(trade_id)
            if content.beats and time_us < content.beats[-1][0] - GRACE_US:
                content.broken_promises.append(trade_id)


async def until(redis_url: str, number: int, holds: Callable[[Content], bool]) -> Content:
    """Read again and again until a symbol's stream is as wanted; returns it."""
    content = Content()
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    content = (await read_streams(redis_url)).get(number, Content())
                except BusUnavailable:
                    content = Content()
                if holds(content):
                    return content
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not reached: {content}") from None
