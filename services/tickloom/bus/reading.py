"""Reading packed batches from streams, and trimming what has been committed."""

from typing import Any, NamedTuple

from tickloom.bus.connection import Redis, translate_errors
from tickloom.wire.names import BATCH_FIELD

FROM_THE_BEGINNING = "0-0"


class Entry(NamedTuple):
    """One stream entry; `data` is empty where the entry has no batch field."""

    stream: str
    entry_id: str
    data: bytes


async def read_entries(redis: Redis, positions: dict[str, str], *, count: int, block_ms: int) -> list[Entry]:
    """Return up to `count` entries of each stream after its position, waiting up to `block_ms`.

    Raises BusUnavailable.
    """
    async with translate_errors("reading trades"):
        reply: Any = await redis.xread(dict[Any, Any](positions), count=count, block=block_ms)
    return [
        Entry(stream.decode(), entry_id.decode(), fields.get(BATCH_FIELD, b""))
        for stream, entries in reply or ()
        for entry_id, fields in entries
    ]


async def trim_streams(redis: Redis, committed: dict[str, str]) -> None:
    """Drop the entries of each stream up to its committed position, and none beyond. Raises BusUnavailable."""
    async with translate_errors("trimming streams"), redis.pipeline(transaction=False) as pipeline:
        for stream, entry_id in committed.items():
            # MINID keeps the entry itself: it marks the position for a reader that looks at the stream by hand.
            pipeline.xtrim(stream, minid=entry_id, approximate=False)
        await pipeline.execute()
