"""A running API on real servers whose lines can be cut, with a catalog and bars."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from integration.api.product import Product, fill_catalog
from support.severing import severable
from tickloom.api.service import run_api
from tickloom.bus.connection import open_redis
from tickloom.local.probing import free_port
from tickloom.settings.environment import Settings
from tickloom.store.connection import connect

SECRET = "a key of the tests that is long enough"  # noqa: S105 - signs nothing but tests


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[asyncio.Event]:
    """Run the API until the block ends; yields the event that stops it early."""
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_api(settings, stopped=stopped))
        try:
            yield stopped
        finally:
            stopped.set()


@pytest.fixture
def api_settings() -> dict[str, object]:
    """Settings that a test module adds or changes."""
    return {}


@pytest.fixture
async def product(postgres_url: str, redis_url: str, api_settings: dict[str, object]) -> AsyncIterator[Product]:
    database = urlsplit(postgres_url)
    host = Path(parse_qs(database.query)["host"][0])
    async with AsyncExitStack() as stack:
        # Socket paths are short: the test's own directory would not fit.
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        database_line = await stack.enter_async_context(
            severable(host / ".s.PGSQL.5432", place / "pg" / ".s.PGSQL.5432")
        )
        redis_line = await stack.enter_async_context(
            severable(Path(unquote(urlsplit(redis_url).path)), place / "redis" / "r.sock")
        )
        connection = await connect(postgres_url, "test")
        stack.callback(connection.terminate)
        redis = await stack.enter_async_context(open_redis(redis_url, "test"))
        symbols = await fill_catalog(connection)
        settings = Settings.model_validate(
            {
                "database_url": postgres_url.replace(quote(str(host), safe=""), quote(str(place / "pg"), safe="")),
                "redis_url": f"unix://{place}/redis/r.sock",
                "jwt_secret": SECRET,
                "port": free_port("127.0.0.1"),
                "rate_limit": 0,
                "web_root": place,
                "instance": "api",
                **api_settings,
            }
        )
        made = Product(settings, connection, redis, symbols, database_line, redis_line)
        made.stopped = await stack.enter_async_context(started(settings))
        stack.push_async_callback(made.close)
        await made.ready()
        yield made
