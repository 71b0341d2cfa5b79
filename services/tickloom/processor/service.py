"""The processor as a process: owns partitions, reads their streams, commits, publishes.

The loop is sequential on purpose: what was read is committed before it is published, and the state is never touched
while a transaction that depends on it is under way. When the database connection is lost, so is ownership: all state
is dropped, and taken up again from the stored checkpoints.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from tickloom.bus import health, reading
from tickloom.bus.connection import Redis, open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.processor.alerts.following import follow_definitions
from tickloom.processor.alerts.recording import publish_events
from tickloom.processor.carrying import load_series
from tickloom.processor.commit import commit
from tickloom.processor.committed import Committed
from tickloom.processor.engine import Engine, decode_entry
from tickloom.processor.publication import Publisher
from tickloom.processor.releasing import let_in_released
from tickloom.processor.warmup import warm_up
from tickloom.settings.environment import Settings
from tickloom.store.alert_events import CHANNEL as ALERTS
from tickloom.store.catalog import Catalog, read_catalog, watch_catalog
from tickloom.store.checkpoints import read_checkpoint
from tickloom.store.connection import Connection, connect
from tickloom.store.errors import OwnershipLost, StoreUnavailable
from tickloom.store.listening import Notices
from tickloom.store.ownership import IDLE_SECONDS, stay_owner, try_own
from tickloom.store.quarantine import CHANNEL as QUARANTINE
from tickloom.store.recomputation import CHANNEL as RECOMPUTATIONS
from tickloom.store.recomputation import read_request
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.telemetry.probes import serve_probes
from tickloom.wire.batches import InvalidBatch
from tickloom.wire.messages import Health
from tickloom.wire.names import trades_stream

_log = logger(__name__)
_CLAIM_SECONDS = 1.0
_READ_ENTRIES = 64
_BLOCK_MS = 100
_RETRY_SECONDS = (0.05, 2.0)
_RESULTS = ("accepted", "duplicate", "invalid", "unknown_symbol", "closed_market")


class Processor:
    """One processor over one database connection; made anew for each connection."""

    def __init__(self, settings: Settings, connection: Connection, redis: Redis, status: "Status") -> None:
        self._settings = settings
        self._connection = connection
        self._redis = redis
        self._status = status
        self._engine = Engine()
        self._publisher = Publisher(redis, self._engine)
        self._catalog: Catalog | None = None
        self._offered: Catalog | None = None
        self._notices = Notices()
        self._recomputing = False
        self._next_claim = 0.0
        self._next_checkpoint = 0.0

    async def run(self, stopped: asyncio.Event) -> None:
        """Read and commit until stopped; raises StoreUnavailable when ownership is lost with the connection."""
        delay = _RETRY_SECONDS[0]
        await self._notices.listen(self._connection, [QUARANTINE, RECOMPUTATIONS, ALERTS])
        while not stopped.is_set():
            try:
                await self._claim_partitions()
                await self._turn(stopped)
                delay = _RETRY_SECONDS[0]
            except BusUnavailable as error:
                _log.warning("Redis is away", problem=str(error), retry_seconds=delay)
                self._status.detail = str(error)
                await asyncio.sleep(delay)
                delay = min(2 * delay, _RETRY_SECONDS[1])
        await self._commit()

    def offer_catalog(self, catalog: Catalog) -> None:
        """Hand over a changed catalog, to be applied between two turns: a transaction may be under way now."""
        self._offered = catalog

    def _apply_catalog(self, catalog: Catalog) -> None:
        self._catalog, self._offered = catalog, None
        self._engine.apply_catalog(catalog)
        self._publisher.apply_identities({n: symbol.symbol_id for n, symbol in catalog.symbols.items()})
        self._next_claim = 0.0

    async def _claim_partitions(self) -> None:
        if self._offered is not None:
            self._apply_catalog(self._offered)
        now = time.monotonic()
        if changes := self._notices.take(ALERTS):
            # What was read before an alert was set is not judged by it, not even after a crash.
            await self._publish(await self._commit())
            await follow_definitions(self._connection, self._engine.alerts, self._engine.state, changes)
        if self._notices.take(QUARANTINE):
            await let_in_released(self._connection, self._engine)
        if self._notices.take(RECOMPUTATIONS) or self._recomputing:
            await self._note_request()
        if now < self._next_claim:
            return
        await stay_owner(self._connection)
        catalog = self._catalog or await read_catalog(self._connection)
        if self._catalog is None:
            self._apply_catalog(catalog)
        gained = False
        for exchange in catalog.exchanges.values():
            for number in range(exchange.partitions):
                gained |= await self._claim(exchange.name, number)
        if gained:
            self._engine.apply_catalog(catalog)
            await load_series(self._connection, self._engine.series, self._engine.active_symbols())
            metrics.partitions_owned.set(len(self._engine.partitions))
            await let_in_released(self._connection, self._engine)
            await self._note_request()
        await follow_definitions(self._connection, self._engine.alerts, self._engine.state, ())
        self._next_claim = now + _CLAIM_SECONDS
        self._status.ready = True

    async def _note_request(self) -> None:
        """Let the next commit answer one request to compute anew: trades wait meanwhile, so no more at a time."""
        request = await read_request(self._connection, self._engine.active_symbols())
        self._recomputing = request is not None
        if request is not None and not self._engine.pending.recomputed:
            self._engine.pending.recomputed.append(request)

    async def _claim(self, exchange: str, number: int) -> bool:
        stream = trades_stream(exchange, number)
        if stream in self._engine.partitions or not await try_own(self._connection, stream):
            return False
        checkpoint = await read_checkpoint(self._connection, stream)
        position = checkpoint.entry_id if checkpoint else reading.FROM_THE_BEGINNING
        self._engine.add_partition(stream, exchange, number, position, checkpoint.state if checkpoint else None)
        _log.info("owns a partition", stream=stream, position=position)
        return True

    async def _turn(self, stopped: asyncio.Event) -> None:
        positions = {stream: p.position for stream, p in self._engine.partitions.items()}
        if not positions:
            # Nothing to own is no fault: the catalog may be empty, or another processor owns it all.
            self._status.detail = ""
            await _wait(stopped, _CLAIM_SECONDS)
            return
        entries = await reading.read_entries(self._redis, positions, count=_READ_ENTRIES, block_ms=_BLOCK_MS)
        began = time.monotonic()
        for entry in entries:
            await self._take(entry)
        self._status.detail = ""
        done = await self._commit() if self._must_commit(began) else Committed()
        await self._publish(done)
        if done.bars:
            metrics.bar_completion_duration_seconds.observe(time.monotonic() - began)
        self._count()

    async def _publish(self, done: Committed) -> None:
        await self._publisher.publish(done)
        await publish_events(self._redis, done.events)

    async def _take(self, entry: reading.Entry) -> None:
        batch = decode_entry(entry.data)
        if isinstance(batch, InvalidBatch):
            metrics.batches_rejected_total.inc()
            _log.warning("skipped an entry", stream=entry.stream, entry=entry.entry_id, problem=str(batch))
        else:
            if self._engine.needs_catalog(batch):
                self._apply_catalog(await read_catalog(self._connection))
            self._engine.take(batch)
        self._engine.partitions[entry.stream].position = entry.entry_id

    def _must_commit(self, now: float) -> bool:
        if self._engine.pending or self._engine.gaps_changed() or self._engine.alerts.fired:
            return True
        return now >= self._next_checkpoint and bool(self._engine.uncommitted())

    async def _commit(self) -> Committed:
        done = await commit(self._connection, self._engine)
        self._next_checkpoint = time.monotonic() + self._settings.checkpoint_seconds
        if done.positions:
            try:
                await reading.trim_streams(self._redis, done.positions)
            except BusUnavailable as error:
                _log.warning("streams were not trimmed; the next commit does it", problem=str(error))
        for by_label in done.bars.values():
            for label, bars in by_label.items():
                for bar in bars:
                    metrics.bars_completed_total.labels(label, bar.verdict).inc()
        return done

    def _count(self) -> None:
        counts = self._engine.state.counts[0]
        for result in _RESULTS:
            if counts[result]:
                metrics.trades_processed_total.labels("all", result).inc(int(counts[result]))
                self._status.processed += int(counts[result])
                counts[result] = 0


class Status:
    """What the probes and the health record tell of a processor."""

    def __init__(self) -> None:
        self.ready = False
        self.detail = "starting"
        self.processed = 0

    def problem(self) -> str | None:
        """Return what keeps the processor from being ready."""
        return None if self.ready else self.detail or "starting"


async def run_processor(settings: Settings, *, stopped: asyncio.Event) -> None:
    """Run a processor until `stopped` is set; what was read is committed before it returns."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("set TICKLOOM_DATABASE_URL and TICKLOOM_REDIS_URL, or start the product by `tickloom up`")
    status = Status()
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(str(settings.redis_url), "processor"))
        await stack.enter_async_context(
            serve_probes(settings.probe_host, settings.probe_port, alive=lambda: None, ready=status.problem)
        )
        await asyncio.to_thread(warm_up)
        await stack.enter_async_context(_reporting(redis, settings, status))
        await _keep_running(settings, redis, status, stopped)


async def _keep_running(settings: Settings, redis: Redis, status: Status, stopped: asyncio.Event) -> None:
    delay = _RETRY_SECONDS[0]
    while not stopped.is_set():
        try:
            async with _session(settings, redis, status) as processor:
                delay = _RETRY_SECONDS[0]
                await processor.run(stopped)
        except (StoreUnavailable, OwnershipLost) as error:
            status.ready, status.detail = False, str(error)
            _log.warning("begins again from the stored checkpoints", problem=str(error), retry_seconds=delay)
            await _wait(stopped, delay)
            delay = min(2 * delay, _RETRY_SECONDS[1])


@asynccontextmanager
async def _session(settings: Settings, redis: Redis, status: Status) -> AsyncIterator[Processor]:
    connection = await connect(str(settings.database_url), "processor", idle_seconds=IDLE_SECONDS)
    try:
        processor = Processor(settings, connection, redis, status)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_follow_catalog(settings, processor))
            try:
                yield processor
            finally:
                watching.cancel()
    except* (StoreUnavailable, OwnershipLost) as errors:
        raise errors.exceptions[0] from errors
    finally:
        connection.terminate()


async def _follow_catalog(settings: Settings, processor: Processor) -> None:
    async with aclosing(watch_catalog(str(settings.database_url), "processor-catalog")) as catalogs:
        async for catalog in catalogs:
            processor.offer_catalog(catalog)


@asynccontextmanager
async def _reporting(redis: Redis, settings: Settings, status: Status) -> AsyncIterator[None]:
    instance = settings.instance or "processor"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_report(redis, instance, status))
        try:
            yield
        finally:
            task.cancel()
            try:
                await health.remove_health(redis, "processor", instance)
            except BusUnavailable as error:
                _log.warning("left without saying so", problem=str(error))


async def _report(redis: Redis, instance: str, status: Status) -> None:
    before, since = status.processed, time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        now = time.monotonic()
        rate, before, since = (status.processed - before) / (now - since), status.processed, now
        state = "ready" if status.ready and not status.detail else "degraded"
        record = Health("processor", instance, state, status.detail, time.time(), rate)  # type: ignore[arg-type]
        try:
            await health.write_health(redis, record)
        except BusUnavailable as error:
            _log.debug("health was not reported", problem=str(error))


async def _wait(stopped: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        return
