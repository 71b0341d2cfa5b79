"""The Job that fetches a Symbol's history, as a document: pure. A long one is Indexed, thirty days to a pod."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from tickloom.market.identity import SymbolId
from tickloom.settings.resources import Backfill
from tickloom_operator.collectors import digest
from tickloom_operator.conditions import rfc3339
from tickloom_operator.objects import API_VERSION, EXCHANGE_LABEL, MANAGED, OPERATOR, SYMBOL_LABEL, Seen
from tickloom_operator.settings import BACKFILL_CONTAINER

CHUNK: Final = timedelta(days=30)
_PARALLEL: Final = 2
"""Pods of one Job at a time: the venue's limits of requests hold for all of them together."""
_ENDS: Final = 2
_DAY_SECONDS: Final = 86_400
_INDEXED: Final = 'shift "$JOB_COMPLETION_INDEX"; exec tickloom backfill "$0" --from "$1" --to "$2"'
"""`$0` is the symbol, `$1` and after are the bounds of the chunks."""


class Stretch(NamedTuple):
    """The time that is to be fetched, [begin, end), in UTC."""

    begin: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{rfc3339(self.begin)} to {rfc3339(self.end)}"

    def bounds(self) -> list[datetime]:
        """Return where its chunks begin, and where the last one ends."""
        count = max(1, -(-(self.end - self.begin) // CHUNK))
        return [self.begin + CHUNK * number for number in range(count)] + [self.end]


def stretch_of(backfill: Backfill, created: str) -> Stretch | None:
    """Return what is asked for of a Symbol that was made at a time, None where that is nothing."""
    end = datetime.fromisoformat(created).astimezone(UTC).replace(second=0, microsecond=0)
    begin = end - timedelta(days=backfill.days) if backfill.days else backfill.from_
    if begin is None or begin >= end:
        return None
    return Stretch(begin.astimezone(UTC), end)


def job_name(symbol: str, stretch: Stretch) -> str:
    """Return the name of the Job that fetches a stretch for a Symbol; at most 63 characters: it is a label too."""
    return f"tickloom-backfill-{symbol[:28]}-{digest({'symbol': symbol, 'stretch': str(stretch)})}"


def job(seen: Seen, symbol: SymbolId, stretch: Stretch, template: dict[str, Any]) -> dict[str, Any]:
    """Return the Job to create."""
    labels = {
        "app.kubernetes.io/name": "tickloom-backfill",
        "app.kubernetes.io/part-of": "tickloom",
        MANAGED: OPERATOR,
        EXCHANGE_LABEL: symbol.exchange,
        SYMBOL_LABEL: seen.key.name,
    }
    count = len(stretch.bounds()) - 1
    indexed = {"completionMode": "Indexed", "completions": count, "parallelism": min(count, _PARALLEL)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(seen.key.name, stretch),
            "namespace": seen.key.namespace,
            "labels": labels,
            "ownerReferences": [
                {
                    "apiVersion": API_VERSION,
                    "kind": "Symbol",
                    "name": seen.key.name,
                    "uid": seen.uid,
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": {
            **(indexed if count > 1 else {}),
            "backoffLimit": 6,
            "ttlSecondsAfterFinished": _DAY_SECONDS,
            "template": _pod(symbol, stretch, template, labels),
        },
    }


def _pod(symbol: SymbolId, stretch: Stretch, template: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    pod = copy.deepcopy(template)
    pod["metadata"]["labels"] = {**pod["metadata"].get("labels", {}), **labels}
    pod["spec"]["restartPolicy"] = "Never"
    container = next(one for one in pod["spec"]["containers"] if one["name"] == BACKFILL_CONTAINER)
    bounds = [rfc3339(bound) for bound in stretch.bounds()]
    if len(bounds) > _ENDS:
        container["command"] = ["/bin/sh", "-c", _INDEXED, str(symbol), *bounds]
    else:
        container["command"] = ["tickloom", "backfill", str(symbol), "--from", bounds[0], "--to", bounds[1]]
    container.pop("args", None)
    return pod
