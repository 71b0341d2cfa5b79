"""Backfill Jobs: each Symbol that asks for history gets one, a few of an exchange at a time; its status tells of it.

That it is done is kept in the condition itself, because finished Jobs go after a day.
"""

from typing import Any, Final

import orjson

from tickloom.settings.resources import SymbolSpec
from tickloom.telemetry.logging import logger
from tickloom_operator.backfills import Stretch, job, job_name, stretch_of
from tickloom_operator.cluster import Cluster
from tickloom_operator.conditions import Condition
from tickloom_operator.errors import Conflict, Refused
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key, Seen, collection, path_of
from tickloom_operator.statuses import Layer, Statuses
from tickloom_operator.wanting import Want

_TYPE: Final = "Backfilled"
_MENTIONED: Final = b'"Backfilled"'
_log = logger(__name__)


class History:
    """Makes Jobs from a pod template, where there is one; at most `limit` that run for each exchange."""

    def __init__(
        self, cluster: Cluster, knowledge: Knowledge, statuses: Statuses, template: dict[str, Any] | None, limit: int
    ) -> None:
        self._cluster = cluster
        self._knowledge = knowledge
        self._statuses = statuses
        self._template = template
        self._limit = limit

    async def look(self, want: Want) -> None:
        """Have the Jobs that an exchange's Symbols ask for, and no others. Raises ClusterUnavailable."""
        jobs = {seen.key: seen for seen in self._knowledge.of_exchange("Job", want.key)}
        room = self._limit - sum(_outcome(seen) is None for seen in jobs.values())
        for key, spec in want.symbols.items():
            seen = self._knowledge.get("Symbol", key)
            if seen is None or seen.paused or key in want.refused:
                continue
            stretch = stretch_of(spec.backfill, seen.created) if spec.backfill else None
            name = Key(key.namespace, job_name(key.name, stretch)) if stretch else None
            if stretch is None or name is None:
                if _MENTIONED in seen.status:
                    self._statuses.want("Symbol", seen, Layer.HISTORY, {}, [])
            elif (done := jobs.pop(name, None)) is not None:
                self._tell(seen, _condition(done, stretch))
            elif not _is_done(seen, stretch) and not spec.suspend:
                room -= await self._begin(seen, spec, stretch, has_room=room > 0)
        await self._clear(want, list(jobs.values()))

    async def _begin(self, seen: Seen, spec: SymbolSpec, stretch: Stretch, *, has_room: bool) -> bool:
        """Create a Job where there is room, and tell whether that was done."""
        if self._template is None:
            self._tell(seen, Condition(_TYPE, "Unknown", "NotConfigured", "the operator has no template of Jobs"))
            return False
        if not has_room:
            self._tell(seen, Condition(_TYPE, "False", "Waiting", str(stretch)))
            return False
        document = job(seen, spec.symbol_id, stretch, self._template)
        try:
            await self._cluster.create(collection("Job", seen.key.namespace), document)
        except Conflict:
            _log.info("the Job is there already", job=document["metadata"]["name"])
        except Refused as error:
            self._tell(seen, Condition(_TYPE, "False", "Refused", str(error)))
            return False
        self._tell(seen, Condition(_TYPE, "False", "Running", str(stretch)))
        return True

    def _tell(self, seen: Seen, condition: Condition) -> None:
        self._statuses.want("Symbol", seen, Layer.HISTORY, {}, [condition])

    async def _clear(self, want: Want, jobs: list[Seen]) -> None:
        """Delete Jobs that fetch what nobody asks for any more; Kubernetes deletes those of Symbols that are gone."""
        if want.exchange is None:
            return
        kept = set(want.refused) | {key for key in want.symbols if self._is_paused(key)}
        for seen in jobs:
            if _outcome(seen) is None and Key(seen.key.namespace, seen.symbol) not in kept and not seen.deleting:
                await self._cluster.delete(path_of("Job", seen.key))

    def _is_paused(self, key: Key) -> bool:
        seen = self._knowledge.get("Symbol", key)
        return seen is not None and seen.paused


def _outcome(seen: Seen) -> str | None:
    """Return Complete or Failed, None while the Job runs."""
    conditions = orjson.loads(seen.status).get("conditions", [])
    ends = (one["type"] for one in conditions if one["status"] == "True" and one["type"] in {"Complete", "Failed"})
    return next(ends, None)


def _condition(seen: Seen, stretch: Stretch) -> Condition:
    match _outcome(seen):
        case "Complete":
            return Condition(_TYPE, "True", "Done", str(stretch))
        case "Failed":
            return Condition(_TYPE, "False", "Failed", f"Job {seen.key.name!r} failed: delete it to try again")
    return Condition(_TYPE, "False", "Running", str(stretch))


def _is_done(seen: Seen, stretch: Stretch) -> bool:
    conditions = orjson.loads(seen.status).get("conditions", [])
    return any(
        one["type"] == _TYPE and one["status"] == "True" and one["message"] == str(stretch) for one in conditions
    )
