"""What each process says of itself, in the hash `system:health`."""

from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from tickloom.bus.connection import Redis, translate_errors
from tickloom.wire import messages, names


async def write_health(redis: Redis, health: messages.Health) -> None:
    """Store a process's health under `{role}:{instance}`. Raises BusUnavailable."""
    async with translate_errors("reporting health"):
        await redis.hset(names.SYSTEM_HEALTH, f"{health.role}:{health.instance}", messages.encode_json(health))


async def remove_health(redis: Redis, role: str, instance: str) -> None:
    """Remove a process that ends in order. Raises BusUnavailable."""
    async with translate_errors("leaving the health table"):
        await redis.hdel(names.SYSTEM_HEALTH, f"{role}:{instance}")


async def read_health(redis: Redis) -> list[messages.Health]:
    """Return what every process last said of itself; records of another release are left out. Raises BusUnavailable."""
    async with translate_errors("reading health"):
        stored = await redis.hgetall(names.SYSTEM_HEALTH)
    records = []
    for value in stored.values():
        with suppress(msgspec.DecodeError, msgspec.ValidationError):
            records.append(messages.decode_health(value))
    return records


class RedisServer(NamedTuple):
    """What the server says of itself."""

    version: str
    used_memory_bytes: int
    clients: int


async def describe_redis(redis: Redis) -> RedisServer:
    """Ask the server what it is. Raises BusUnavailable."""
    async with translate_errors("asking Redis what it is"):
        told: dict[str, Any] = await redis.info()
    version = told.get("valkey_version") or told.get("redis_version", "")
    return RedisServer(str(version), int(told.get("used_memory", 0)), int(told.get("connected_clients", 0)))
