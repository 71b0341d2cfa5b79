"""Waiting until a server answers; the last refusal is what is told when it never does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tickloom.bus.connection import open_redis
from tickloom.bus.connection import translate_errors as translate_bus_errors
from tickloom.bus.errors import BusUnavailable
from tickloom.local.errors import LocalError
from tickloom.store.connection import connect
from tickloom.store.errors import StoreUnavailable

_PAUSE_SECONDS: Final = 0.02


async def wait_for_database(url: str, seconds: float) -> None:
    """Return once PostgreSQL answers; raises LocalError after `seconds`."""

    async def ask() -> None:
        connection = await connect(url, "ready")
        await connection.close()

    await _wait("PostgreSQL", ask, seconds)


async def wait_for_redis(url: str, seconds: float) -> None:
    """Return once Redis or Valkey answers, its data loaded; raises LocalError after `seconds`."""

    async def ask() -> None:
        async with open_redis(url, "ready") as redis, translate_bus_errors("waiting for it"):
            await redis.ping()

    await _wait("Redis", ask, seconds)


async def _wait(what: str, ask: Callable[[], Awaitable[None]], seconds: float) -> None:
    refusal = "it did not answer"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await ask()
                except (StoreUnavailable, BusUnavailable) as error:
                    refusal = str(error)
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError as error:
        raise LocalError(f"{what} is not ready after {seconds:.0f} s: {refusal}") from error
