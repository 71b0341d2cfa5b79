"""The database and the cache of this machine: embedded servers, or the ones that the settings name."""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple

from tickloom.local.postgres import prepare_postgres
from tickloom.local.readiness import wait_for_database, wait_for_redis
from tickloom.local.supervisor import Supervisor
from tickloom.local.valkey import prepare_valkey
from tickloom.settings.environment import Settings

_RECOVERY_SECONDS: Final = 120.0
"""A database that crashed replays its log first."""
_FOREIGN_SECONDS: Final = 15.0


class Addresses(NamedTuple):
    """Where the two servers are."""

    database_url: str
    redis_url: str


async def start_servers(supervisor: Supervisor, settings: Settings, data: Path, runtime: Path) -> Addresses:
    """Start what the settings do not name, at the same time, and return when both answer; raises LocalError."""
    async with asyncio.TaskGroup() as group:
        database = group.create_task(_database(supervisor, settings, data, runtime))
        redis = group.create_task(_redis(supervisor, settings, data, runtime))
    return Addresses(database.result(), redis.result())


async def _database(supervisor: Supervisor, settings: Settings, data: Path, runtime: Path) -> str:
    if settings.database_url is not None:
        await wait_for_database(settings.database_url, _FOREIGN_SECONDS)
        return settings.database_url
    program, url = await asyncio.to_thread(prepare_postgres, data, runtime)
    child = supervisor.start(program)
    await wait_for_database(url, _RECOVERY_SECONDS)
    child.proven = True
    return url


async def _redis(supervisor: Supervisor, settings: Settings, data: Path, runtime: Path) -> str:
    if settings.redis_url is not None:
        await wait_for_redis(settings.redis_url, _FOREIGN_SECONDS)
        return settings.redis_url
    program, url = prepare_valkey(data, runtime)
    child = supervisor.start(program)
    await wait_for_redis(url, _RECOVERY_SECONDS)
    child.proven = True
    return url
