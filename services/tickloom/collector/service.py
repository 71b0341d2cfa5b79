"""The collector as a process: one line for each exchange of the catalog, kept as the catalog wants it."""

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Final

from tickloom.bus import health
from tickloom.bus.connection import Redis, open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.collector.clock import Clock, SystemClock
from tickloom.collector.known import Known, read_known
from tickloom.collector.line import ExchangeLine
from tickloom.collector.venue import VenueError
from tickloom.collector.venues.drivers import DRIVERS
from tickloom.settings.environment import Settings
from tickloom.store.catalog import Catalog, CatalogExchange, CatalogSymbol, save_steps, watch_catalog
from tickloom.store.connection import connect
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger
from tickloom.telemetry.probes import serve_probes
from tickloom.wire.messages import Health

RETRY_SECONDS: Final = 1.0
STEPS_RETRY_SECONDS: Final = 30.0
STEPS_SECONDS: Final = 24 * 3600.0
_log = logger(__name__)


@dataclass
class _Running:
    line: ExchangeLine
    stopped: asyncio.Event
    started: asyncio.Event = field(default_factory=asyncio.Event)
    symbols: list[CatalogSymbol] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Collector:
    """The lines of one process."""

    def __init__(self, settings: Settings, redis: Redis, clock: Clock, group: asyncio.TaskGroup) -> None:
        self.running: dict[str, _Running] = {}
        self._settings = settings
        self._redis = redis
        self._clock = clock
        self._group = group

    async def apply(self, catalog: Catalog) -> None:
        """Start, change and stop lines until they are what the catalog wants."""
        for name in [name for name in self.running if not self._is_same(name, catalog)]:
            await self.stop(name)
        for exchange in catalog.exchanges.values():
            symbols = catalog.active_symbols(exchange.name)
            if exchange.driver not in DRIVERS or self._settings.exchange not in {"", exchange.name} or not symbols:
                if exchange.name in self.running:
                    await self.stop(exchange.name)
                continue
            await self._apply_exchange(exchange, symbols)

    def _is_same(self, name: str, catalog: Catalog) -> bool:
        exchange = catalog.exchanges.get(name)
        return exchange is not None and exchange.spec == self.running[name].line.exchange.spec

    async def _apply_exchange(self, exchange: CatalogExchange, symbols: list[CatalogSymbol]) -> None:
        running = self.running.get(exchange.name)
        numbers = {symbol.symbol_no for symbol in symbols}
        if running is not None and {symbol.symbol_no for symbol in running.symbols} == numbers:
            return
        known = await self._read_known(exchange)
        if running is None:
            running = _Running(ExchangeLine(exchange, self._settings, self._clock), asyncio.Event())
            self.running[exchange.name] = running
            work = running.line.run(str(self._settings.redis_url), running.started, running.stopped)
            running.task = self._group.create_task(work)
            await running.started.wait()
            self._group.create_task(self._keep_steps(running))
        running.symbols = symbols
        running.line.apply(symbols, known)

    async def _read_known(self, exchange: CatalogExchange) -> Known:
        while True:
            try:
                connection = await connect(str(self._settings.database_url), "collector-start")
                try:
                    return await read_known(connection, self._redis, exchange)
                finally:
                    connection.terminate()
            except (StoreUnavailable, BusUnavailable) as error:
                _log.warning("cannot tell what was collected before", problem=str(error), retry_seconds=RETRY_SECONDS)
                await self._clock.sleep(RETRY_SECONDS)

    async def _keep_steps(self, running: _Running) -> None:
        """Keep the price and size steps of the symbols as the exchange states them."""
        while not running.stopped.is_set():
            wait = STEPS_SECONDS if await self._save_steps(running) else STEPS_RETRY_SECONDS
            await self._clock.wait(running.stopped, wait)

    async def _save_steps(self, running: _Running) -> bool:
        symbols = {symbol.symbol: symbol.symbol_no for symbol in running.symbols}
        try:
            found = await running.line.venue.steps(list(symbols))
            for name in symbols.keys() - found.keys():
                _log.warning("the exchange does not know a symbol", exchange=running.line.exchange.name, symbol=name)
            connection = await connect(str(self._settings.database_url), "collector-steps")
            try:
                steps = {symbols[name]: (one.price or None, one.size or None) for name, one in found.items()}
                await save_steps(connection, steps)
            finally:
                connection.terminate()
        except (VenueError, StoreUnavailable) as error:
            _log.debug("price and size steps are not known yet", problem=str(error))
            return False
        return True

    async def stop(self, name: str) -> None:
        """Stop a line in order."""
        running = self.running.pop(name)
        running.stopped.set()
        if running.task is not None:
            await running.task

    def problem(self) -> str | None:
        """Return what is wrong now."""
        return next((p for running in self.running.values() if (p := running.line.problem())), None)

    def received(self) -> int:
        """Return how many trades arrived since the start of the running lines."""
        return sum(running.line.flow.received for running in self.running.values())


async def run_collector(settings: Settings, *, stopped: asyncio.Event, clock: Clock | None = None) -> None:
    """Collect until `stopped`; what arrived is appended before it returns."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("set TICKLOOM_DATABASE_URL and TICKLOOM_REDIS_URL, or start the product by `tickloom up`")
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(str(settings.redis_url), "collector"))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        collector = Collector(settings, redis, clock or SystemClock(), group)
        await stack.enter_async_context(
            serve_probes(settings.probe_host, settings.probe_port, alive=lambda: None, ready=lambda: None)
        )
        following = group.create_task(_follow(settings, collector))
        reporting = group.create_task(_report(settings, redis, collector))
        await stopped.wait()
        following.cancel()
        await asyncio.wait([following])
        for name in list(collector.running):
            await collector.stop(name)
        reporting.cancel()
        await asyncio.wait([reporting])


async def _follow(settings: Settings, collector: Collector) -> None:
    async with aclosing(watch_catalog(str(settings.database_url), "collector-catalog")) as catalogs:
        async for catalog in catalogs:
            await collector.apply(catalog)


async def _report(settings: Settings, redis: Redis, collector: Collector) -> None:
    instance = settings.instance or settings.exchange or "collector"
    before, since = 0, time.monotonic()
    try:
        while True:
            await asyncio.sleep(1.0)
            received, now = collector.received(), time.monotonic()
            rate, before, since = max(0, received - before) / (now - since), received, now
            await _write(redis, instance, collector, rate)
    finally:
        try:
            await health.remove_health(redis, "collector", instance)
        except BusUnavailable as error:
            _log.debug("left without saying so", problem=str(error))


async def _write(redis: Redis, instance: str, collector: Collector, rate: float) -> None:
    problem = collector.problem()
    state = "degraded" if problem else "ready"
    exchanges = ",".join(sorted(collector.running))
    record = Health("collector", instance, state, problem or "", time.time(), rate, exchanges)  # type: ignore[arg-type]
    try:
        await health.write_health(redis, record)
    except BusUnavailable as error:
        _log.debug("health was not reported", problem=str(error))
