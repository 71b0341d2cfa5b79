"""What each process says of itself, in the hash `system:health`."""

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
