"""`tickloom migrate`, and where the commands that need a database find it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from tickloom.local.data_directory import default_data_directory, running_addresses
from tickloom.settings.environment import Settings
from tickloom.store.connection import Connection, connect
from tickloom.store.errors import SchemaMismatch, StoreUnavailable

_RETRY_SECONDS: Final = 1.0
Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


def data_option() -> Decorator:
    """Declare `--data`, which names a running `tickloom up`."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="Data directory of the running `tickloom up` to talk to, where TICKLOOM_DATABASE_URL is not set.",
    )


def find_database(data: Path | None) -> str:
    """Return the URL that the settings name, or that of a running `tickloom up`; raises LocalError."""
    url = Settings().database_url
    return url or running_addresses((data or default_data_directory("live")).absolute())["database_url"]


def find_redis(data: Path | None) -> str:
    """Return the Redis that goes with `find_database`; raises LocalError."""
    url = Settings().redis_url
    return url or running_addresses((data or default_data_directory("live")).absolute())["redis_url"]


@asynccontextmanager
async def open_database(data: Path | None) -> AsyncIterator[Connection]:
    """Open a connection for one command; raises LocalError and StoreUnavailable."""
    connection = await connect(find_database(data), "cli")
    try:
        yield connection
    finally:
        await connection.close()


@click.command()
@data_option()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 unless the schema is this release's.")
@click.option("--wait", type=click.FloatRange(0), default=0.0, help="Seconds to try again while it does not work.")
@click.option("--json", "as_json", is_flag=True, help='Print {"applied": […]}.')
def migrate(data: Path | None, check: bool, wait: float, as_json: bool) -> None:
    r"""Bring the database's schema up to this release.

    \b
    Example:
      TICKLOOM_DATABASE_URL=postgresql://… tickloom migrate
    """
    applied = asyncio.run(_with_patience(_check if check else _migrate, data, wait))
    if as_json:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


async def _with_patience(
    act: Callable[[Path | None], Awaitable[list[str]]], data: Path | None, seconds: float
) -> list[str]:
    """Act, again and again for some seconds while the database is away or another's work is not done."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await act(data)
        except (StoreUnavailable, SchemaMismatch):
            if time.monotonic() + _RETRY_SECONDS > deadline:
                raise
            await asyncio.sleep(_RETRY_SECONDS)


async def _check(data: Path | None) -> list[str]:
    from tickloom.store.migrations import check_schema

    async with open_database(data) as connection:
        await check_schema(connection)
    return []


async def _migrate(data: Path | None) -> list[str]:
    from tickloom.store.migrations import migrate as apply_migrations

    async with open_database(data) as connection:
        return await apply_migrations(connection)
