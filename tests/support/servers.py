"""A real PostgreSQL and a real Valkey for the test session, started by the code that `tickloom up` uses."""

import asyncio
import contextlib
import itertools
import subprocess
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tickloom.bus.connection import open_redis
from tickloom.local.postgres import database_url, prepare_postgres
from tickloom.local.programs import Program
from tickloom.local.readiness import wait_for_database, wait_for_redis
from tickloom.local.valkey import prepare_valkey
from tickloom.store.connection import connect
from tickloom.store.migrations import migrate

T = TypeVar("T")
START_SECONDS = 60.0


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from synchronous code in a thread, away from the event loop of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@contextlib.contextmanager
def running(program: Program, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            program.command(),
            env=program.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(program.stop_signal)
        try:
            process.wait(program.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Databases:
    """Makes databases on one server: a copy of a migrated template takes a fraction of the migrations."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._numbers = itertools.count(1)

    @classmethod
    @contextlib.contextmanager
    def serve(cls, data: Path, runtime: Path) -> Iterator["Databases"]:
        # fsync only matters when the machine loses power, not when the server is killed.
        program, url = prepare_postgres(data, runtime, {"fsync": "off", "max_connections": "100"})
        with running(program, data / "postgres.log"):
            run(wait_for_database(url, START_SECONDS))
            databases = cls(runtime / "postgres")
            run(databases.make_template())
            yield databases

    def url(self, name: str) -> str:
        return database_url(self._sockets, name)

    async def make_template(self) -> None:
        await self._execute("CREATE DATABASE template_tickloom")
        connection = await connect(self.url("template_tickloom"), "tests")
        await migrate(connection)
        await connection.close()

    @contextlib.contextmanager
    def fresh(self, *, template: str = "template_tickloom") -> Iterator[str]:
        """Make a database and drop it at the end, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        run(self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        try:
            yield self.url(name)
        finally:
            run(self._execute(f"DROP DATABASE {name} WITH (FORCE)"))

    async def _execute(self, statement: str) -> None:
        connection = await connect(self.url("postgres"), "tests")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextlib.contextmanager
def serve_valkey(data: Path, runtime: Path) -> Iterator[str]:
    program, url = prepare_valkey(data, runtime)
    with running(program, data / "valkey.log"):
        run(wait_for_redis(url, START_SECONDS))
        yield url


async def flush(url: str) -> None:
    async with open_redis(url, "tests") as redis:
        await redis.flushall()
