"""Fixtures of the processor's tests: its settings, and a line of one symbol."""

from collections.abc import AsyncIterator

import pytest

from integration.processor.line import Line
from support.catalog import apply_binance
from tickloom.bus.connection import open_redis
from tickloom.processor.warmup import warm_up
from tickloom.settings.environment import Settings
from tickloom.store.connection import connect
from tickloom.wire.names import trades_stream


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels() -> None:
    """Compile before the first test: on a busy machine that takes longer than a test waits."""
    warm_up()


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    return Settings(database_url=postgres_url, redis_url=redis_url, checkpoint_seconds=0.05)


@pytest.fixture
async def line(settings: Settings) -> AsyncIterator[Line]:
    connection = await connect(str(settings.database_url), "test")
    async with open_redis(str(settings.redis_url), "test") as redis:
        symbol = (await apply_binance(connection, "BTCUSDT"))["BTCUSDT"]
        yield Line(connection, redis, trades_stream("binance", symbol.partition), symbol.symbol_no)
    await connection.close()
