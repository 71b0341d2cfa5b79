"""Appending packed batches to streams, and reading back what is still in them.

Streams are never trimmed here: that is the right of whoever commits their effect.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import redis.exceptions

from tickloom.bus.connection import Redis, open_redis, translate_errors
from tickloom.bus.errors import BusUnavailable
from tickloom.wire.names import BATCH_FIELD

_PAGE: Final = 200
_FIRST: Final = "-"


class Append(NamedTuple):
    """One packed batch for one stream."""

    stream: str
    data: bytes


class Appender:
    """Appends to streams over one connection."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def append(self, appends: list[Append]) -> None:
        """Append batches in order, in one round trip.

        Raises BusUnavailable, and then some, all or none of them are in the streams.
        """
        async with translate_errors("appending trades"):
            try:
                if len(appends) == 1:
                    await self._redis.xadd(appends[0].stream, {BATCH_FIELD: appends[0].data})
                    return
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for stream, data in appends:
                        pipeline.xadd(stream, {BATCH_FIELD: data})
                    await pipeline.execute()
            except redis.exceptions.ResponseError as error:
                raise BusUnavailable(
                    f"Redis refused to append trades: {error} (give it more memory, or remove the foreign key)"
                ) from error


@asynccontextmanager
async def open_appender(url: str, name: str, recent: Callable[[], Iterable[Append]]) -> AsyncIterator[Appender]:
    """Open an appender; on each new connection it first appends again what `recent` returns.

    A server that was restarted may have lost the tail of its streams, and the client reconnects by itself: only the
    connection's own greeting is sure to come before the next batch.
    """

    async def greet(connection: Any) -> None:
        await connection.on_connect()
        for stream, data in recent():
            await connection.send_command("XADD", stream, "*", BATCH_FIELD, data)
            await connection.read_response()

    async with open_redis(url, name) as client:
        client.connection_pool.connection_kwargs["redis_connect_func"] = greet
        yield Appender(client)


async def read_stream(redis: Redis, stream: str) -> AsyncIterator[bytes]:
    """Yield every packed batch that a stream holds now, oldest first. Raises BusUnavailable."""
    after = _FIRST
    while True:
        async with translate_errors("reading what the streams hold"):
            page: Any = await redis.xrange(stream, min=after, count=_PAGE)
        for _, fields in page:
            if BATCH_FIELD in fields:
                yield fields[BATCH_FIELD]
        if len(page) < _PAGE:
            return
        after = "(" + page[-1][0].decode()
