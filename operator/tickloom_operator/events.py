"""Kubernetes Events: what a person who looks at a Symbol or an Exchange should know; one for each change."""

import secrets
from datetime import datetime
from typing import Final, Literal

from tickloom.telemetry.logging import logger
from tickloom_operator.cluster import Cluster
from tickloom_operator.conditions import rfc3339
from tickloom_operator.errors import OperatorError
from tickloom_operator.objects import API_VERSION, OPERATOR, Seen

_LONGEST_NAME: Final = 240
_log = logger(__name__)


class Events:
    """Writes events; one that cannot be written is logged and lost, as it is news and not state."""

    def __init__(self, cluster: Cluster, identity: str) -> None:
        self._cluster = cluster
        self._identity = identity

    async def tell(
        self, kind: str, seen: Seen, severity: Literal["Normal", "Warning"], reason: str, message: str, now: datetime
    ) -> None:
        """Write an event of an object."""
        time = rfc3339(now)
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{seen.key.name[:_LONGEST_NAME]}.{secrets.token_hex(6)}",
                "namespace": seen.key.namespace,
            },
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": kind,
                "name": seen.key.name,
                "namespace": seen.key.namespace,
                "uid": seen.uid,
            },
            "type": severity,
            "reason": reason,
            "message": message[:1000],
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
            "source": {"component": OPERATOR},
            "reportingComponent": OPERATOR,
            "reportingInstance": self._identity,
        }
        try:
            await self._cluster.create(f"/api/v1/namespaces/{seen.key.namespace}/events", body)
        except OperatorError as error:
            _log.info("an event was not told", object=str(seen.key), reason=reason, problem=str(error))
