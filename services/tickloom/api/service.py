"""The API as a process: connections, the catalog it follows, and the server around the application."""

import asyncio
import time
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Final

import uvicorn

from tickloom.api.accounts.tokens import SHORTEST_KEY, Keys
from tickloom.api.application import create_app
from tickloom.api.context import Context
from tickloom.api.delivery.worker import Deliverer, open_deliverer
from tickloom.api.fan_out import FanOut
from tickloom.api.limits.connections import PatientProtocol
from tickloom.api.symbols import freshness
from tickloom.bus.connection import open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import write_health
from tickloom.bus.subscriptions import ChartChannels
from tickloom.settings import paths
from tickloom.settings.environment import Settings
from tickloom.store.catalog import watch_catalog
from tickloom.store.connection import Pool, open_pool
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger
from tickloom.wire.messages import Health

POOL_SIZE: Final = 8
DRAIN_SECONDS: Final = 5
RETRY_SECONDS: Final = 0.5
_log = logger(__name__)


async def run_api(settings: Settings, *, stopped: asyncio.Event) -> None:
    """Serve until `stopped`, then drain; raises ValueError where a setting is missing."""
    keys = read_keys(settings)
    async with AsyncExitStack() as stack:
        pool = await _wait_for_pool(stack, settings, stopped)
        if pool is None:
            return
        redis = await stack.enter_async_context(open_redis(str(settings.redis_url), "api"))
        context = Context(settings, pool, redis, keys)
        fan_out = FanOut(ChartChannels(redis))
        app = create_app(context, fan_out, settings.web_root or paths.web_root())
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=PatientProtocol,
                log_config=None,
                access_log=False,
                # It would believe whatever comes from this machine; addresses are worked out by our own rule.
                proxy_headers=False,
                lifespan="off",
                ws="websockets-sansio",
                ws_max_size=64 * 1024,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        deliverer = await stack.enter_async_context(open_deliverer(context))
        await _serve(server, context, fan_out, deliverer, stopped)


async def _wait_for_pool(stack: AsyncExitStack, settings: Settings, stopped: asyncio.Event) -> "Pool | None":
    """Open the pool as soon as the database answers; returns None if asked to stop before."""
    while not stopped.is_set():
        try:
            return await stack.enter_async_context(open_pool(str(settings.database_url), "api", size=POOL_SIZE))
        except StoreUnavailable as error:
            _log.warning("waits for the database", problem=str(error), retry_seconds=RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await stopped.wait()
    return None


def read_keys(settings: Settings) -> Keys:
    """Return the keys that sign access tokens; raises ValueError where one is missing or too short."""
    current = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
    previous = settings.jwt_previous_secrets.get_secret_value().split(",") if settings.jwt_previous_secrets else []
    if any(len(key.encode()) < SHORTEST_KEY for key in (current, *previous)):
        raise ValueError(f"set TICKLOOM_JWT_SECRET (and previous ones) to at least {SHORTEST_KEY} random bytes")
    return Keys(current, previous)


async def _serve(
    server: uvicorn.Server, context: Context, fan_out: FanOut, deliverer: Deliverer, stopped: asyncio.Event
) -> None:
    settings = context.settings
    async with asyncio.TaskGroup() as group:
        followers = [
            group.create_task(_follow_catalog(settings, context)),
            group.create_task(fan_out.run()),
            group.create_task(context.alerts.run(context.redis)),
            group.create_task(freshness.follow(context.freshness, context.redis, lambda: context.catalog)),
            group.create_task(context.verifier.follow()),
            group.create_task(_report(settings, context)),
        ]
        serving = group.create_task(server._serve())  # noqa: SLF001 - serve() would take over the signals
        stopping = group.create_task(stopped.wait())
        ending = asyncio.Event()
        group.create_task(deliverer.run(ending))
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        ending.set()
        server.should_exit = True
        await serving
        for task in [*followers, stopping]:
            task.cancel()


async def _follow_catalog(settings: Settings, context: Context) -> None:
    async with aclosing(watch_catalog(str(settings.database_url), "api-catalog")) as catalogs:
        async for catalog in catalogs:
            context.catalog, context.catalog_was_read = catalog, True


async def _report(settings: Settings, context: Context) -> None:
    while True:
        try:
            await write_health(context.redis, Health("api", settings.instance or "api", "ready", "", time.time()))
        except BusUnavailable as error:
            _log.debug("health was not reported", problem=str(error))
        await asyncio.sleep(1.0)
