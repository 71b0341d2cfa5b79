"""The collectors of an exchange as they run: its Deployment is applied where it does not say what it should."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from tickloom.settings.resources import ExchangeSpec
from tickloom.telemetry.logging import logger
from tickloom_operator.cluster import Cluster
from tickloom_operator.collectors import deployment, deployment_name, wanted_replicas
from tickloom_operator.drift import says
from tickloom_operator.errors import Refused
from tickloom_operator.events import Events
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import APPLIED, Key, Seen, path_of, remember
from tickloom_operator.reporting import Running, running_of
from tickloom_operator.wanting import Problem

_log = logger(__name__)


class Collectors:
    """Applies Deployments made from a pod template."""

    def __init__(
        self,
        cluster: Cluster,
        knowledge: Knowledge,
        events: Events,
        template: dict[str, Any],
        now: Callable[[], datetime],
    ) -> None:
        self._cluster = cluster
        self._knowledge = knowledge
        self._events = events
        self._template = template
        self._now = now
        self._settled: dict[Key, tuple[str, int]] = {}

    async def run(self, exchange: Key, seen: Seen, spec: ExchangeSpec, active: int) -> tuple[Running, Problem | None]:
        """Have as many collectors as so many active symbols need, and return how many there are.

        Raises ClusterUnavailable and Conflict.
        """
        key = Key(exchange.namespace, deployment_name(exchange.name))
        wanted = wanted_replicas(spec, active)
        document = deployment(exchange, seen.uid, spec, wanted, self._template)
        live = self._knowledge.get("Deployment", key)
        if not self._is_settled(key, live, document):
            try:
                live = await self._apply(key, live, document)
            except Refused as error:
                return running_of(live, wanted), Problem("CollectorsRefused", str(error))
            await self._tell(seen, wanted, active)
        return running_of(live, wanted), None

    def _is_settled(self, key: Key, live: Seen | None, document: dict[str, Any]) -> bool:
        """Tell whether the Deployment is as it was applied and as it should be."""
        digest = document["metadata"]["annotations"][APPLIED]
        if live is None or live.deleting or live.applied != digest:
            return False
        # What the API server stores in its own way would else be applied for ever.
        if self._settled.get(key) == (digest, live.generation):
            return True
        return says(orjson.loads(live.spec), document["spec"])

    async def _apply(self, key: Key, live: Seen | None, document: dict[str, Any]) -> Seen:
        applied = remember("Deployment", await self._cluster.apply(path_of("Deployment", key), document))
        self._knowledge.note("Deployment", applied)
        self._settled[key] = (applied.applied, applied.generation)
        _log.info("applied collectors", deployment=str(key), replicas=document["spec"]["replicas"], new=live is None)
        return applied

    async def _tell(self, exchange: Seen, wanted: int, active: int) -> None:
        message = f"{wanted} collectors for {active} active symbols"
        await self._events.tell("Exchange", exchange, "Normal", "CollectorsApplied", message, self._now())
