"""Token buckets in Redis: one script takes from a bucket, so that any number of processes share it exactly."""

from typing import Final, NamedTuple

from redis.exceptions import ResponseError

from tickloom.bus.connection import Redis, translate_errors
from tickloom.bus.errors import BusUnavailable
from tickloom.wire import names

_TAKE: Final = """
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(capacity, (tonumber(stored[1]) or capacity) + (now - (tonumber(stored[2]) or now)) * rate)
local allowed = 0
if tokens >= cost then
    tokens = tokens - cost
    allowed = 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
return {allowed, string.format('%.6f', tokens)}
"""


class Bucket(NamedTuple):
    """The size of a bucket and how fast it fills, in requests and requests a second."""

    capacity: float
    per_second: float


class Taken(NamedTuple):
    """Whether a request was let through, and what is left."""

    allowed: bool
    tokens: float


async def take_token(redis: Redis, client: str, bucket: Bucket, cost: float = 1.0) -> Taken:
    """Take from the bucket `ratelimit:{client}`, which is `user:…` or `address:…`. Raises BusUnavailable."""
    arguments = (str(bucket.capacity), str(bucket.per_second), str(cost))
    try:
        async with translate_errors("counting requests"):
            allowed, tokens = await redis.eval(_TAKE, 1, names.rate_limit(client), *arguments)
    except ResponseError as error:
        # A server that is full, or takes no writes, counts nothing either.
        raise BusUnavailable(f"Redis does not count requests: {error}") from error
    return Taken(bool(allowed), float(tokens))
