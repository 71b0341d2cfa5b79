"""The operator as a process: it waits for the Lease, learns what there is, and then watches, looks and writes."""

import asyncio
import os
import secrets
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final

from tickloom.bus.connection import Redis, open_redis
from tickloom.settings.environment import Settings
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger
from tickloom.telemetry.probes import serve_probes
from tickloom_operator.access import Access, find_access
from tickloom_operator.cluster import Cluster, open_cluster
from tickloom_operator.database import Database
from tickloom_operator.errors import ClusterUnavailable, Conflict, LeaseLost, OperatorError
from tickloom_operator.events import Events
from tickloom_operator.history import History
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.leading import Leadership
from tickloom_operator.market_hours import MarketHours
from tickloom_operator.objects import Key, Seen
from tickloom_operator.reconciling import Reconciler
from tickloom_operator.reflecting import Reflector
from tickloom_operator.resyncing import GRACE_SECONDS, Pulse, Resync
from tickloom_operator.running import Collectors
from tickloom_operator.settings import BACKFILL_CONTAINER, CONTAINER, OperatorSettings, load_template
from tickloom_operator.statuses import Statuses
from tickloom_operator.stopping import Stop
from tickloom_operator.watching import watch
from tickloom_operator.work import Work

LOOKERS: Final = 4
WRITERS: Final = 8
REST_SECONDS: Final = 0.3
"""Pause between two looks at one exchange: what happens meanwhile is seen by the next."""
FILL_RETRY_SECONDS: Final = 2.0
RELEASE_SECONDS: Final = 3.0
_log = logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Operator:
    """What acts once the process leads."""

    def __init__(
        self,
        cluster: Cluster,
        access: Access,
        settings: OperatorSettings,
        database: Database,
        redis: Redis | None,
        identity: str,
    ) -> None:
        self._settings = settings
        self._access = access
        self._namespace = "" if settings.all_namespaces else settings.namespace or access.namespace
        self._knowledge = Knowledge(self._changed)
        self._pulse = Pulse(settings.resync_seconds * 3 + GRACE_SECONDS, asyncio.get_running_loop().time)
        self._resync = Resync(cluster, self._namespace, self._knowledge, self._pulse)
        events = Events(cluster, identity)
        self._statuses = Statuses(cluster, self._knowledge, events, _now)
        template = load_template(settings.collector_template, CONTAINER)
        collectors = Collectors(cluster, self._knowledge, events, template, _now)
        backfill = settings.backfill_template
        pod = load_template(backfill, BACKFILL_CONTAINER) if backfill.exists() else None
        history = History(cluster, self._knowledge, self._statuses, pod, settings.backfill_jobs)
        self._reconciler = Reconciler(self._knowledge, database, collectors, history, self._statuses, self._namespace)
        expected = (ClusterUnavailable, Conflict, LeaseLost, StoreUnavailable)
        self._work: Work[Key] = Work("exchanges", self._reconciler.look, expected=expected, rest_seconds=REST_SECONDS)
        hours = MarketHours(asyncio.get_running_loop().time)
        self._reflector = Reflector(
            self._knowledge, self._reconciler, database, redis, self._statuses, hours, settings.status_seconds
        )
        self._filled = False

    def problem(self) -> str | None:
        """Return why the process should be replaced."""
        return self._pulse.problem() if self._filled else None

    async def run(self, stop: Stop) -> None:
        """Act until `stop`."""
        await self._fill()
        async with asyncio.TaskGroup() as group:
            # kopf cancels at its end whatever task began after it, so it begins last.
            tasks = [group.create_task(coroutine) for coroutine in self._parts()]
            self._look_at_all()
            await asyncio.sleep(0)
            try:
                await watch(self._access, self._namespace, self._knowledge, self._pulse.beat, stop)
            finally:
                for task in tasks:
                    task.cancel()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self._work.run(LOOKERS),
            self._statuses.work.run(WRITERS),
            self._resync.run(self._settings.resync_seconds, self._look_at_all),
            self._look_at_forgotten(),
            self._reflector.run(self._settings.observe_seconds, _now),
        ]

    async def _fill(self) -> None:
        while True:
            try:
                await self._resync.fill()
            except ClusterUnavailable as error:
                _log.warning("the cluster cannot be listed yet", problem=str(error), retry_seconds=FILL_RETRY_SECONDS)
                await asyncio.sleep(FILL_RETRY_SECONDS)
            else:
                self._filled = True
                return

    async def _look_at_forgotten(self) -> None:
        """Have exchanges cleared away that lost all their resources while no operator ran."""
        while True:
            try:
                for key in await self._reconciler.forgotten():
                    self._work.add(key)
            except StoreUnavailable as error:
                _log.warning("the catalog cannot be read", problem=str(error))
            except Exception:  # noqa: BLE001 - logged with its traceback, and tried again
                # Those that resources speak of are looked at all the same.
                _log.exception("the catalog was not read")
            await asyncio.sleep(self._settings.resync_seconds)

    def _look_at_all(self) -> None:
        for key in self._knowledge.exchanges():
            self._work.add(key)

    def _changed(self, kind: str, seen: Seen) -> None:
        self._work.add(seen.owner)
        if kind == "Exchange":
            # One of the same name in another namespace may have waited for this one to go.
            for other in self._knowledge.named(seen.key.name):
                self._work.add(other.key)
        if kind == "Symbol" and self._knowledge.get(kind, seen.key) is None:
            self._reconciler.forget_symbol(seen.uid)


async def run_operator(settings: Settings, own: OperatorSettings, stop: Stop) -> None:
    """Run one replica until `stop`, or until its Lease is lost.

    Raises LeaseLost, NoCluster and BadTemplate; ValueError without a database.
    """
    if settings.database_url is None:
        raise ValueError("set TICKLOOM_DATABASE_URL to the database that holds the catalog")
    access = find_access(own.kubeconfig, os.environ.get("KUBERNETES_SERVICE_HOST", ""), _service_port())
    identity = own.identity or f"{socket.gethostname()}-{secrets.token_hex(4)}"
    database = Database(str(settings.database_url))
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(open_cluster(access))
        stack.callback(database.close)
        lease = Leadership(cluster, access.namespace, own.lease_name, identity, own.lease_seconds)
        redis = None
        if settings.redis_url is not None:
            redis = await stack.enter_async_context(open_redis(str(settings.redis_url), "operator"))
        operator = Operator(cluster, access, own, database, redis, identity)
        probes = serve_probes(settings.probe_host, settings.probe_port, alive=operator.problem, ready=lambda: None)
        await stack.enter_async_context(probes)
        if not await _acquire(lease, stop):
            return
        cluster.guard(lease.check)
        database.guard(lease.check)
        await _lead(lease, operator, stop)


def _service_port() -> str:
    return os.environ.get("KUBERNETES_SERVICE_PORT", "443")


async def _acquire(lease: Leadership, stop: Stop) -> bool:
    """Wait to lead; false where the process is to end first."""
    waiting = asyncio.create_task(lease.acquire())
    stopping = asyncio.create_task(stop.stopped.wait())
    done, pending = await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)
    for task in done:
        task.result()
    return not stop.stopped.is_set()


async def _lead(lease: Leadership, operator: Operator, stop: Stop) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            holding = group.create_task(lease.hold())
            await operator.run(stop)
            holding.cancel()
    finally:
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await lease.release()
        except (OperatorError, TimeoutError) as error:
            _log.info("the Lease was not given back", problem=str(error))
