"""Everything is listed again every few minutes: what watches missed is found, and every exchange is looked at anew.

A watch that has silently died is seen by what it did not tell. The next probe then fails, and the process is replaced.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom_operator.cluster import Cluster
from tickloom_operator.errors import ClusterUnavailable
from tickloom_operator.knowledge import KINDS, Knowledge
from tickloom_operator.objects import SELECTOR, Key, Seen, collection, remember

GRACE_SECONDS: Final = 10.0
"""How much later than a list a watch may tell of a change."""
_OWNED: Final = frozenset({"Deployment", "Job"})
_log = logger(__name__)


class Pulse:
    """When something was last heard of the cluster; silence means that nobody listens any more."""

    def __init__(self, longest_seconds: float, monotonic: Callable[[], float]) -> None:
        self._longest = longest_seconds
        self._monotonic = monotonic
        self._last = monotonic()
        self._dead = ""

    def beat(self) -> None:
        """Note that something was heard."""
        self._last = self._monotonic()

    def missed(self, kind: str) -> None:
        """Note that the watch of a kind is dead: it did not tell of a change."""
        self._dead = kind

    def problem(self) -> str | None:
        """Return why the process should be replaced, None while it is alive."""
        if self._dead:
            return f"the watch of {self._dead} did not tell of a change that a list shows"
        silent = self._monotonic() - self._last
        return f"nothing was heard of the cluster for {silent:.0f} s" if silent > self._longest else None


class Resync:
    """Lists what `namespace` (all where empty) has of each kind."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        knowledge: Knowledge,
        pulse: Pulse,
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._knowledge = knowledge
        self._pulse = pulse
        self._grace = grace_seconds

    async def fill(self) -> None:
        """Learn everything for the first time. Raises OperatorError."""
        for kind in KINDS:
            for seen in await self._listed(kind):
                self._knowledge.note(kind, seen)
        self._pulse.beat()

    async def run(self, every_seconds: float, look_at_all: Callable[[], None]) -> None:
        """List everything every so often, and have every exchange looked at."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                for kind in KINDS:
                    await self._compare(kind)
            except ClusterUnavailable as error:
                # That the server is away is known: no watch is dead because of it.
                _log.warning("nothing could be listed", problem=str(error))
            self._knowledge.forget_deletions()
            self._pulse.beat()
            look_at_all()

    async def _listed(self, kind: str) -> list[Seen]:
        labels = SELECTOR if kind in _OWNED else ""
        path = collection(kind, self._namespace)
        return [remember(kind, found) async for found in self._cluster.all_of(path, labels)]

    async def _compare(self, kind: str) -> None:
        before = self._knowledge.versions(kind)
        listed = {seen.key: seen for seen in await self._listed(kind)}
        if not self._behind(kind, listed, before):
            return
        await asyncio.sleep(self._grace)
        for seen, is_gone in self._behind(kind, listed, before):
            metrics.operator_missed_events_total.labels(kind).inc()
            _log.error("no watch told of a change", kind=kind, object=str(seen.key), gone=is_gone)
            self._pulse.missed(kind)
            if is_gone:
                self._knowledge.forget(kind, seen.key, seen.uid, seen.version)
            else:
                self._knowledge.note(kind, seen)

    def _behind(self, kind: str, listed: dict[Key, Seen], before: dict[Key, int]) -> list[tuple[Seen, bool]]:
        """Return what is known less well than the list says, and whether it is gone; `before` was known before it."""
        known = self._knowledge.versions(kind)
        newer = [
            (seen, False)
            for seen in listed.values()
            if known.get(seen.key, -1) < seen.version and not self._knowledge.was_deleted(seen)
        ]
        gone = [key for key, version in before.items() if key not in listed and known.get(key) == version]
        return newer + [(seen, True) for key in gone if (seen := self._knowledge.get(kind, key)) is not None]
