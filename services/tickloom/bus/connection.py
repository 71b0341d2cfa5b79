"""Connections to Redis or Valkey, with the product's own errors and a bound on every wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import redis.asyncio
import redis.exceptions

from tickloom.bus.errors import BusUnavailable

Redis: TypeAlias = redis.asyncio.Redis
COMMAND_SECONDS: Final = 10.0
UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.ReadOnlyError,
)
"""What redis-py raises when the server is away, restarting, or cut the connection."""


@asynccontextmanager
async def translate_errors(doing: str) -> AsyncIterator[None]:
    """Turn a lost or refused connection into BusUnavailable, naming what was being done."""
    try:
        yield
    except UNAVAILABLE as error:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            # The client broke off in its own way; whoever tried again now would never end.
            raise asyncio.CancelledError from error
        raise BusUnavailable(f"Redis went away while {doing}: {error or type(error).__name__}") from error


@asynccontextmanager
async def open_redis(url: str, name: str) -> AsyncIterator[Redis]:
    """Open a client (bytes in, bytes out) and close it at the end; connections are made when first needed.

    No command is retried by the client: a retried XADD could append twice, and callers know better when to give up.
    """
    client = redis.asyncio.Redis.from_url(
        url,
        client_name=f"tickloom-{name}",
        socket_timeout=COMMAND_SECONDS,
        socket_connect_timeout=COMMAND_SECONDS,
        health_check_interval=0,
        retry=None,
    )
    try:
        yield client
    finally:
        await client.aclose()
