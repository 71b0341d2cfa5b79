"""Writing statuses: only what changed, the newest wish only, and an Event of a trouble that is new or over."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from tickloom.telemetry import metrics
from tickloom_operator import conditions as condition_lists
from tickloom_operator.cluster import Cluster
from tickloom_operator.conditions import Condition
from tickloom_operator.errors import ClusterUnavailable, Conflict, NotFound
from tickloom_operator.events import Events
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key, Seen, path_of, remember
from tickloom_operator.work import Work

PAUSED: Final = Condition("Paused", "True", "Paused", "the operator leaves it alone while tickloom.dev/pause is true")
_TROUBLE: Final = frozenset(
    {"Duplicate", "Invalid", "NameTaken", "ExchangeMissing", "CatalogConflict", "CollectorsRefused", "NameHeld"}
)
"""Reasons of not being ready that somebody has to do something about."""


class Target(NamedTuple):
    """An object whose status is written."""

    kind: str
    key: Key


class Wish(NamedTuple):
    """What a status is to say of an object of a uid and a generation."""

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
        self._wishes: dict[Target, Wish] = {}
        self.work: Work[Target] = Work("statuses", self._write, expected=(ClusterUnavailable, Conflict))

    def want(self, kind: str, seen: Seen, fields: dict[str, Any], conditions: Sequence[Condition]) -> None:
        """Have the status of an object say this."""
        wish = Wish(seen.uid, seen.generation, fields, tuple(conditions))
        target = Target(kind, seen.key)
        if self._patch(seen, wish):
            self._wishes[target] = wish
            self.work.add(target)
        else:
            self._wishes.pop(target, None)

    def pause(self, kind: str, seen: Seen) -> None:
        """Have the status of an object say that it is left alone, and what it said before."""
        self._wishes.pop(Target(kind, seen.key), None)
        conditions = [
            Condition(one["type"], one["status"], one["reason"], one["message"])
            for one in orjson.loads(seen.status).get("conditions", [])
            if one["type"] != PAUSED.type
        ]
        self.want(kind, seen, {}, [*conditions, PAUSED])

    def _patch(self, seen: Seen, wish: Wish) -> dict[str, Any]:
        current = orjson.loads(seen.status)
        merged = condition_lists.merge(current.get("conditions", []), wish.conditions, wish.generation, self._now())
        wanted = {**wish.fields, "observedGeneration": wish.generation, "conditions": merged}
        return condition_lists.difference(current, wanted)

    async def _write(self, target: Target) -> None:
        wish, seen = self._wishes.get(target), self._knowledge.get(target.kind, target.key)
        if wish is None or seen is None or seen.uid != wish.uid or not (patch := self._patch(seen, wish)):
            return
        try:
            answer = await self._cluster.patch_status(path_of(target.kind, target.key), patch)
        except NotFound:
            return
        self._knowledge.note(target.kind, remember(target.kind, answer))
        metrics.operator_status_writes_total.labels(target.kind).inc()
        if self._wishes.get(target) == wish:
            del self._wishes[target]
        await self._tell(target.kind, seen, wish)

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
