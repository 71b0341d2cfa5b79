"""One replica acts: it holds a `coordination.k8s.io/Lease`, and ends its process when it cannot be sure of that.

Not kopf's peering, which is a warning rather than a lock. As in client-go, no two machines' clocks are compared: a
Lease has run out when its record did not change for its whole duration, measured here. A leader stops acting at two
thirds of it.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom_operator.cluster import Cluster
from tickloom_operator.errors import ClusterUnavailable, Conflict, LeaseLost, NotFound

_RENEWALS: Final = 6
"""How often a leader renews within the duration of its Lease."""
_log = logger(__name__)
Record = dict[str, Any]


class Leadership:
    """A place in the line for the Lease `name`, for `seconds` at a time."""

    def __init__(self, cluster: Cluster, namespace: str, name: str, identity: str, seconds: int) -> None:
        self._cluster = cluster
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._collection}/{name}"
        self._name, self._namespace = name, namespace
        self._identity = identity
        self._seconds = seconds
        self._monotonic: Callable[[], float] = asyncio.get_running_loop().time
        self._renewed_at: float | None = None
        self._observed: tuple[str, float] | None = None
        self.holder = ""
        """Who holds it, as far as is known."""

    @property
    def is_held(self) -> bool:
        """Whether this process may act now."""
        return self._renewed_at is not None and self._monotonic() - self._renewed_at < self._seconds * 2 / 3

    def check(self) -> None:
        """Raise LeaseLost where this process may not act."""
        if not self.is_held:
            raise LeaseLost(f"the Lease {self._namespace}/{self._name} was not renewed in time")

    async def acquire(self) -> None:
        """Wait until this process leads."""
        while True:
            try:
                if await self._try():
                    metrics.operator_is_leader.set(1)
                    _log.info("leads", lease=self._name, identity=self._identity)
                    return
            except (ClusterUnavailable, Conflict, NotFound) as error:
                _log.info("the Lease cannot be had now", problem=str(error))
            await asyncio.sleep(self._seconds / _RENEWALS)

    async def hold(self) -> None:
        """Renew the Lease for ever. Raises LeaseLost."""
        while True:
            await asyncio.sleep(self._seconds / _RENEWALS)
            left = self._seconds * 2 / 3 - (self._monotonic() - (self._renewed_at or 0.0))
            try:
                async with asyncio.timeout(max(left, 0.0)):
                    kept = await self._try()
            except (ClusterUnavailable, Conflict, NotFound, TimeoutError) as error:
                _log.warning("the Lease was not renewed", problem=str(error) or "it took too long")
                kept = True
            if not kept:
                self._renewed_at = None
            self.check()

    async def release(self) -> None:
        """Give the Lease back, so that another replica need not wait; a failure only makes it wait."""
        if not self.is_held:
            return
        self._renewed_at = None
        metrics.operator_is_leader.set(0)
        try:
            lease = await self._cluster.get(self._path)
            if lease["spec"].get("holderIdentity") == self._identity:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self._cluster.replace(self._path, lease)
        except (ClusterUnavailable, Conflict, NotFound) as error:
            _log.info("the Lease was not given back", problem=str(error))

    async def _try(self) -> bool:
        """Take or renew the Lease where that is allowed, and tell whether it is ours."""
        # Before asking: what others see of the renewal cannot be earlier.
        asked_at = self._monotonic()
        try:
            lease = await self._cluster.get(self._path)
        except NotFound:
            await self._cluster.create(self._collection, self._new())
            self._renewed_at = asked_at
            return True
        spec = lease.setdefault("spec", {})
        self.holder = spec.get("holderIdentity") or ""
        if self.holder not in {"", self._identity} and not self._has_run_out(spec, asked_at):
            return False
        self._claim(spec)
        await self._cluster.replace(self._path, lease)
        self._renewed_at = asked_at
        return True

    def _has_run_out(self, spec: Record, now: float) -> bool:
        """Tell whether the record has not changed for as long as it is good for."""
        mark = f"{spec.get('holderIdentity')} {spec.get('renewTime')}"
        if self._observed is None or self._observed[0] != mark:
            self._observed = (mark, now)
        return now - self._observed[1] >= int(spec.get("leaseDurationSeconds", self._seconds))

    def _claim(self, spec: Record) -> None:
        now = _micro_time()
        if spec.get("holderIdentity") != self._identity:
            spec |= {"acquireTime": now, "leaseTransitions": spec.get("leaseTransitions", 0) + 1}
        spec |= {"holderIdentity": self._identity, "leaseDurationSeconds": self._seconds, "renewTime": now}
        self.holder = self._identity

    def _new(self) -> Record:
        spec: Record = {"leaseTransitions": -1}
        self._claim(spec)
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": spec,
        }


def _micro_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
