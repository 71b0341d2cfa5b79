"""Writing statuses: only what changed, the newest wish only, and an Event of a trouble that is new or over.

A status has layers, each written by who knows it: how a resource is served, what its data is like. A layer owns types
of conditions; those of layers that nobody wishes anything for stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple

import orjson

from tickloom.telemetry import metrics
from tickloom_operator import conditions as condition_lists
from tickloom_operator.cluster import Cluster
from tickloom_operator.conditions import Condition
from tickloom_operator.errors import ClusterUnavailable, Conflict, LeaseLost, NotFound
from tickloom_operator.events import Events
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key, Seen, path_of, remember
from tickloom_operator.work import Work

_PAUSED: Final = Condition("Paused", "True", "Paused", "the operator leaves it alone while tickloom.dev/pause is true")
_TROUBLE: Final = frozenset(
    {"Duplicate", "Invalid", "NameTaken", "ExchangeMissing", "CatalogConflict", "CollectorsRefused", "NameHeld"}
)
"""Reasons of not being ready that somebody has to do something about."""


class Layer(Enum):
    """A part of a status, by the types of conditions that it owns."""

    SERVED = ("Ready", "Collecting", "Paused")
    PAUSE = ("Paused",)
    FEED = ("Connected", "MarketOpen")
    DATA = ("Fresh",)
    HISTORY = ("Backfilled",)


class Target(NamedTuple):
    """An object whose status is written."""

    kind: str
    key: Key


class Wish(NamedTuple):
    """What a layer is to say of an object of a uid and a generation."""

    uid: str
    generation: int
    fields: dict[str, Any]
    conditions: tuple[Condition, ...]


class Statuses:
    """What the statuses should say, and the queue of those that do not yet."""

    def __init__(self, cluster: Cluster, knowledge: Knowledge, events: Events, now: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._knowledge = knowledge
        self._events = events
        self._now = now
        self._wishes: dict[Target, dict[Layer, Wish]] = {}
        self.work: Work[Target] = Work("statuses", self._write, expected=(ClusterUnavailable, Conflict, LeaseLost))

    def want(
        self, kind: str, seen: Seen, layer: Layer, fields: dict[str, Any], conditions: Sequence[Condition]
    ) -> None:
        """Have a layer of an object's status say this."""
        target = Target(kind, seen.key)
        wishes = {known: wish for known, wish in self._wishes.get(target, {}).items() if wish.uid == seen.uid}
        wishes[layer] = Wish(seen.uid, seen.generation, fields, tuple(conditions))
        if self._patch(seen, wishes):
            self._wishes[target] = wishes
            # Whoever changed a resource waits for this; thousands of fresh bars can.
            self.work.add(target, urgent=layer in {Layer.SERVED, Layer.PAUSE})
        else:
            self._wishes.pop(target, None)

    def pause(self, kind: str, seen: Seen) -> None:
        """Have the status of an object say that it is left alone, beside what it said before."""
        self._wishes.pop(Target(kind, seen.key), None)
        self.want(kind, seen, Layer.PAUSE, {}, [_PAUSED])

    def _patch(self, seen: Seen, wishes: Mapping[Layer, Wish]) -> dict[str, Any]:
        """Return what to patch for the status to say all that is wished."""
        current = orjson.loads(seen.status)
        wanted: dict[str, Any] = {}
        conditions = current.get("conditions", [])
        for layer, wish in wishes.items():
            merged = condition_lists.merge(conditions, wish.conditions, wish.generation, self._now())
            conditions = [one for one in conditions if one["type"] not in layer.value] + merged
            wanted |= wish.fields
            if layer is Layer.SERVED:
                wanted["observedGeneration"] = wish.generation
        wanted["conditions"] = condition_lists.in_order(conditions)
        return condition_lists.difference(current, wanted)

    async def _write(self, target: Target) -> None:
        wishes, seen = self._wishes.get(target), self._knowledge.get(target.kind, target.key)
        if wishes is None or seen is None or any(wish.uid != seen.uid for wish in wishes.values()):
            self._wishes.pop(target, None)
            return
        if patch := self._patch(seen, wishes):
            try:
                answer = await self._cluster.patch_status(path_of(target.kind, target.key), patch)
            except NotFound:
                return
            self._knowledge.note(target.kind, remember(target.kind, answer))
            metrics.operator_status_writes_total.labels(target.kind).inc()
        if self._wishes.get(target) is wishes:
            del self._wishes[target]
        if served := wishes.get(Layer.SERVED):
            await self._tell(target.kind, seen, served)

    async def _tell(self, kind: str, seen: Seen, wish: Wish) -> None:
        """Tell of a trouble that is new, and of one that is over."""
        current: list[dict[str, Any]] = orjson.loads(seen.status).get("conditions", [])
        before = next((one for one in current if one["type"] == "Ready"), {})
        ready = next((one for one in wish.conditions if one.type == "Ready"), None)
        if ready is None or before.get("reason") == ready.reason:
            return
        if ready.reason in _TROUBLE:
            await self._events.tell(kind, seen, "Warning", ready.reason, ready.message, self._now())
        elif before.get("reason") in _TROUBLE:
            message = f"no more {before['reason']}: {ready.message or ready.reason}"
            await self._events.tell(kind, seen, "Normal", "Resolved", message, self._now())
