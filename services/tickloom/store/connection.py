"""Connections to PostgreSQL, with the product's own errors and a bound on every wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, cast

import asyncpg

from tickloom.store.errors import StoreUnavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
CONNECT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 60.0
BORROW_SECONDS: Final = 5.0
UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A statement that begins while the server cuts the connection finds the protocol in the middle of something.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What asyncpg raises when the server is away, restarting, or cut the connection."""


@asynccontextmanager
async def translate_errors(doing: str) -> AsyncIterator[None]:
    """Turn a lost or refused connection into StoreUnavailable, naming what was being done."""
    try:
        yield
    except UNAVAILABLE as error:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            # The client broke off in its own way; whoever tried again now would never end.
            raise asyncio.CancelledError from error
        raise StoreUnavailable(f"the database went away while {doing}: {error or type(error).__name__}") from error


def _options(name: str) -> dict[str, Any]:
    return {
        "timeout": CONNECT_SECONDS,
        "command_timeout": COMMAND_SECONDS,
        "server_settings": {"application_name": f"tickloom-{name}", "TimeZone": "UTC", "jit": "off"},
    }


async def connect(url: str, name: str, *, idle_seconds: int | None = None) -> Connection:
    """Open one connection, shown in the server's activity list as `tickloom-{name}`; raises StoreUnavailable.

    With `idle_seconds` the server ends it, and whatever it holds, when it asks for nothing so long.
    """
    options = _options(name)
    if idle_seconds is not None:
        for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            options["server_settings"][setting] = f"{idle_seconds}s"
    async with translate_errors("connecting"):
        return await asyncpg.connect(url, **options)


@asynccontextmanager
async def open_pool(url: str, name: str, *, size: int) -> AsyncIterator[Pool]:
    """Open a pool of at most `size` connections and close it at the end; raises StoreUnavailable."""
    async with translate_errors("connecting"):
        pool = await asyncpg.create_pool(url, min_size=1, max_size=size, **_options(name))
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def borrow(pool: Pool, doing: str) -> AsyncIterator[Connection]:
    """Borrow a connection of a pool, waiting a few seconds at most; raises StoreUnavailable, naming what was done."""
    async with translate_errors(doing), pool.acquire(timeout=BORROW_SECONDS) as connection:
        # What a pool lends has every method of a connection, but is another type.
        yield cast("Connection", connection)
