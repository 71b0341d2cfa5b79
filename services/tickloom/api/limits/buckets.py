"""Taking from token buckets: shared ones in Redis, and this process's own while Redis is away."""

import asyncio
import math
import time
from collections import OrderedDict
from typing import Final, NamedTuple

from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.rate_limits import Bucket, Taken, take_token
from tickloom.telemetry.logging import logger

PATIENCE_SECONDS: Final = 0.5
"""A Redis that takes longer counts as away: a limit must not hold requests up."""
AWAY_SECONDS: Final = 1.0
MOST_LOCAL: Final = 10_000
_log = logger(__name__)


class Verdict(NamedTuple):
    """What a client is told: allowed or not, and the numbers of the headers."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the `RateLimit-*` headers, and `Retry-After` where the client has to wait."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return told if self.allowed else {**told, "Retry-After": str(self.retry_seconds)}


class LocalBuckets:
    """Buckets of this process; the longest unused are forgotten."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, bucket: Bucket, now: float) -> Taken:
        """Take one token."""
        tokens, at = self._buckets.pop(client, (bucket.capacity, now))
        tokens = min(bucket.capacity, tokens + (now - at) * bucket.per_second)
        allowed = tokens >= 1
        self._buckets[client] = tokens - allowed, now
        while len(self._buckets) > MOST_LOCAL:
            self._buckets.popitem(last=False)
        return Taken(allowed, tokens - allowed)


class Limiter:
    """Counts requests by client."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._local = LocalBuckets()
        self._away_until = 0.0

    async def take(self, client: str, limit: int, seconds: float) -> Verdict:
        """Count a request of a client that may make `limit` in `seconds`."""
        bucket = Bucket(float(limit), limit / seconds)
        taken = await self._take(client, bucket)
        missing = max(0.0, 1 - taken.tokens)
        return Verdict(
            allowed=taken.allowed,
            limit=limit,
            remaining=int(taken.tokens),
            reset_seconds=math.ceil((bucket.capacity - taken.tokens) / bucket.per_second),
            retry_seconds=max(1, math.ceil(missing / bucket.per_second)),
        )

    async def _take(self, client: str, bucket: Bucket) -> Taken:
        now = time.monotonic()
        if now >= self._away_until:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await take_token(self._redis, client, bucket)
            except (BusUnavailable, TimeoutError) as error:
                self._away_until = now + AWAY_SECONDS
                _log.warning("limits are kept by this process alone", problem=str(error))
        return self._local.take(client, bucket, now)
