"""What the Redis or Valkey server is, as far as the streams depend on it."""

from typing import NamedTuple

from tickloom.bus.connection import Redis, translate_errors


class BusServer(NamedTuple):
    """A server's own words."""

    name: str
    """Such as `valkey 9.1.0`."""
    append_only: bool
    """Whether what it acknowledged survives its process."""
    evicts_streams: bool
    """Whether it may drop a stream when its memory is full: that would lose trades."""


async def describe_server(redis: Redis) -> BusServer:
    """Ask the server what it is; raises BusUnavailable."""
    async with translate_errors("asking what the server is"):
        info = await redis.info()
    name = str(info.get("server_name", "redis"))
    version = info.get(f"{name}_version") or info.get("redis_version", "unknown")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    return BusServer(f"{name} {version}", bool(info.get("aof_enabled")), policy.startswith("allkeys"))
