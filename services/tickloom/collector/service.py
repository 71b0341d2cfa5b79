"""The collector as a process: one line for each exchange of the catalog, kept as the catalog wants it."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Final

from tickloom.bus.connection import Redis, open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.collector.clock import Clock, SystemClock
from tickloom.collector.instruments import Instruments
from tickloom.collector.known import Known, read_known
from tickloom.collector.line import ExchangeLine
from tickloom.collector.reporting import Reporter
from tickloom.collector.venues.drivers import DRIVERS
from tickloom.settings.environment import Settings
from tickloom.store.catalog import Catalog, CatalogExchange, CatalogSymbol, watch_catalog
from tickloom.store.connection import connect
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger
from tickloom.telemetry.probes import serve_probes

RETRY_SECONDS: Final = 1.0
ASK_SECONDS: Final = 5.0
"""How long a start waits to learn which symbols exist; a venue that is away must not keep its stream waiting."""
STEPS_RETRY_SECONDS: Final = 30.0
STEPS_SECONDS: Final = 24 * 3600.0
_log = logger(__name__)


@dataclass
class _Running:
    line: ExchangeLine
    instruments: Instruments
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    symbols: list[CatalogSymbol] = field(default_factory=list)
    covered: set[int] = field(default_factory=set)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None


class Collector:
    """The lines of one process."""

    def __init__(self, settings: Settings, redis: Redis, clock: Clock, group: asyncio.TaskGroup) -> None:
        self._running: dict[str, _Running] = {}
        self._settings = settings
        self._redis = redis
        self._clock = clock
        self._group = group
        self._has_catalog = False
        self._without_driver: set[str] = set()

    async def follow_catalog(self) -> None:
        """Do what the catalog wants, until cancelled."""
        async with aclosing(watch_catalog(str(self._settings.database_url), "collector-catalog")) as catalogs:
            async for catalog in catalogs:
                await self.apply(catalog)
                self._has_catalog = True

    async def apply(self, catalog: Catalog) -> None:
        """Start, change and stop lines until they are what the catalog wants."""
        wanted = {name: exchange for name, exchange in catalog.exchanges.items() if self._is_ours(exchange)}
        for name, running in list(self._running.items()):
            exchange = wanted.get(name)
            if exchange is None or exchange.spec != running.line.exchange.spec or not catalog.active_symbols(name):
                await self._stop(name)
        for name, exchange in wanted.items():
            if symbols := catalog.active_symbols(name):
                await self._apply_exchange(exchange, symbols)

    def _is_ours(self, exchange: CatalogExchange) -> bool:
        if self._settings.exchange not in {"", exchange.name}:
            return False
        if exchange.driver not in DRIVERS and exchange.name not in self._without_driver:
            self._without_driver.add(exchange.name)
            _log.warning("this release has no such driver", exchange=exchange.name, driver=exchange.driver)
        return exchange.driver in DRIVERS

    async def _apply_exchange(self, exchange: CatalogExchange, symbols: list[CatalogSymbol]) -> None:
        running = self._running.get(exchange.name) or await self._start(exchange)
        if {s.symbol_no for s in symbols} == {s.symbol_no for s in running.symbols}:
            return
        running.symbols = symbols
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await running.instruments.refresh(symbols)
        except TimeoutError:
            _log.info("does not wait to learn which symbols exist", exchange=exchange.name)
        await self._cover(running)

    async def _start(self, exchange: CatalogExchange) -> _Running:
        line = ExchangeLine(exchange, self._settings, self._clock)
        running = _Running(line, Instruments(exchange.name, line.venue, str(self._settings.database_url)))
        self._running[exchange.name] = running
        started = asyncio.Event()
        running.task = self._group.create_task(line.run(str(self._settings.redis_url), started, running.stopped))
        await started.wait()
        self._group.create_task(self._keep_steps(running))
        return running

    async def _cover(self, running: _Running) -> None:
        """Collect those of the wanted symbols that exist."""
        async with running.changing:
            symbols = [s for s in running.symbols if s.symbol not in running.instruments.unknown]
            numbers = {symbol.symbol_no for symbol in symbols}
            if running.stopped.is_set() or numbers == running.covered:
                return
            known = await self._read_known(running.line.exchange, sequenced=running.line.sequenced)
            running.covered = numbers
            running.line.apply(symbols, known)

    async def _read_known(self, exchange: CatalogExchange, *, sequenced: bool) -> Known:
        while True:
            try:
                connection = await connect(str(self._settings.database_url), "collector-start")
                try:
                    return await read_known(connection, self._redis, exchange, sequenced=sequenced)
                finally:
                    connection.terminate()
            except (StoreUnavailable, BusUnavailable) as error:
                _log.warning("cannot tell what was collected before", problem=str(error), retry_seconds=RETRY_SECONDS)
                await self._clock.sleep(RETRY_SECONDS)

    async def _keep_steps(self, running: _Running) -> None:
        """Ask again each day what the exchange says of the symbols, and soon where it did not answer."""
        wait = STEPS_RETRY_SECONDS
        while not await self._clock.wait(running.stopped, wait):
            refreshed = await running.instruments.refresh(running.symbols)
            wait = STEPS_SECONDS if refreshed else STEPS_RETRY_SECONDS
            await self._cover(running)

    async def _stop(self, name: str) -> None:
        running = self._running.pop(name)
        running.stopped.set()
        if running.task is not None:
            await running.task

    async def stop(self) -> None:
        """Stop all lines in order."""
        async with asyncio.TaskGroup() as group:
            for name in list(self._running):
                group.create_task(self._stop(name))

    def _lines(self) -> Sequence[ExchangeLine]:
        return [running.line for running in self._running.values()]

    def exchanges(self) -> list[str]:
        """Return the exchanges that are collected."""
        return sorted(self._running)

    def problem(self) -> str | None:
        """Return what is wrong now."""
        problems = [line.problem() for line in self._lines()]
        problems += [running.instruments.problem() for running in self._running.values()]
        return next((problem for problem in problems if problem), None)

    def connected(self) -> bool:
        """Tell whether everything wanted is connected."""
        return self._has_catalog and all(line.connected() for line in self._lines())

    def received(self) -> int:
        """Return how many trades arrived at the lines that run."""
        return sum(line.flow.received for line in self._lines())

    def delay_seconds(self) -> float:
        """Return how late the latest exchange tells its data."""
        return max((line.delay_seconds() for line in self._lines()), default=0.0)

    def unready(self) -> str | None:
        """Return why the process cannot do its work; a venue that is away is no reason, as it is tried again."""
        if not self._has_catalog:
            return "the catalog was not read yet"
        return next((line.delivery.problem for line in self._lines() if line.delivery.problem), None)


async def run_collector(settings: Settings, *, stopped: asyncio.Event, clock: Clock | None = None) -> None:
    """Collect until `stopped`; what arrived is appended before it returns.

    Raises ValueError without a database and a Redis, and SchemaMismatch for a catalog of another release.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("set TICKLOOM_DATABASE_URL and TICKLOOM_REDIS_URL, or start the product by `tickloom up`")
    clock = clock or SystemClock()
    instance = settings.instance or f"{socket.gethostname()}-{os.getpid()}"
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(str(settings.redis_url), "collector"))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        collector = Collector(settings, redis, clock, group)
        probes = serve_probes(settings.probe_host, settings.probe_port, alive=lambda: None, ready=collector.unready)
        await stack.enter_async_context(probes)
        reporter = Reporter(collector, redis, instance, clock)
        following = group.create_task(collector.follow_catalog())
        reporting = group.create_task(reporter.run())
        await stopped.wait()
        reporter.stopping = True
        following.cancel()
        await asyncio.wait([following])
        await collector.stop()
        reporting.cancel()
        await asyncio.wait([reporting])
