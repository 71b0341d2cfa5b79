"""Redis killed, its tail lost, its memory full; sockets and collectors killed: every trade is there once."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integration.collector.running import apply, collecting
from integration.collector.streams import Content, until
from integration.collector.venue_server import VenueServer
from support.catalog import apply_binance
from support.oracle import RECORDINGS, recorded_trades
from support.servers import run
from tickloom.local.readiness import wait_for_redis
from tickloom.local.runtime import runtime_directory
from tickloom.local.valkey import prepare_valkey
from tickloom.settings.environment import Settings
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import serve_simulator
from tickloom.store.connection import Connection

START_SECONDS = 30.0


class Valkey:
    """A server of this test's own, that can be killed and started again on its data."""

    def __init__(self, data: Path, runtime: Path) -> None:
        self.data = data
        self.program, self.url = prepare_valkey(data, runtime)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.program.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        run(wait_for_redis(self.url, START_SECONDS))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def forget(self) -> None:
        """Lose everything that was written."""
        shutil.rmtree(self.data / "valkey" / "appendonlydir")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with runtime_directory() as runtime:
        valkey = Valkey(tmp_path, runtime)
        valkey.start()
        try:
            yield valkey
        finally:
            valkey.kill()


@pytest.fixture
def settings(postgres_url: str, valkey: Valkey) -> Settings:
    return Settings(database_url=postgres_url, redis_url=valkey.url, heartbeat_seconds=0.05, instance="test")


@contextlib.asynccontextmanager
async def trading(venue: VenueServer) -> AsyncIterator[list[int]]:
    """Let trades happen all the time; the list grows."""
    ids: list[int] = []
    stop = asyncio.Event()

    async def trade() -> None:
        while not stop.is_set():
            ids.extend(await venue.trade("BTCUSDT", 20))
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        group.create_task(trade())
        try:
            yield ids
        finally:
            stop.set()


async def all_of(url: str, number: int, ids: list[int]) -> Content:
    content = await until(url, number, lambda c: len(c.ids) == len(ids))
    assert sorted(content.ids) == ids
    return content


async def test_a_killed_valkey_costs_nothing(
    settings: Settings, connection: Connection, venue: VenueServer, valkey: Valkey
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        async with trading(venue) as ids:
            for _ in range(3):
                count = len(ids)
                await until(valkey.url, number, lambda c, count=count: len(c.ids) > count)  # type: ignore[misc]
                await asyncio.to_thread(valkey.kill)
                count = len(ids)
                while len(ids) < count + 200:  # noqa: ASYNC110 - trades happen at their own pace
                    await asyncio.sleep(0.01)
                await asyncio.to_thread(valkey.start)
        content = await all_of(valkey.url, number, ids)
    assert content.ids == ids
    assert content.healed == set()
    assert {name for name, _ in content.controls} <= {"STARTED", "RESUMED"}


async def test_a_tail_that_valkey_lost_is_appended_again(
    settings: Settings, connection: Connection, venue: VenueServer, valkey: Valkey
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 50)
        await all_of(valkey.url, number, ids)
        await asyncio.to_thread(valkey.kill)
        valkey.forget()
        await asyncio.to_thread(valkey.start)
        ids += await venue.trade("BTCUSDT", 50)
        content = await all_of(valkey.url, number, ids)
    assert content.ids == ids
    assert content.order[0] == ("RESUMED", ids[0] - 1)


async def test_a_collector_ends_in_time_while_valkey_is_away(
    settings: Settings, connection: Connection, venue: VenueServer, valkey: Valkey
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings.model_copy(update={"spill_maximum_bytes": 4000})):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 20)
        await all_of(valkey.url, number, ids)
        await asyncio.to_thread(valkey.kill)
        ids += await venue.trade("BTCUSDT", 500)
    await asyncio.to_thread(valkey.start)
    async with collecting(settings):
        content = await all_of(valkey.url, number, ids)
    assert content.ids == ids


async def test_what_memory_could_not_hold_is_fetched_when_valkey_is_back(
    settings: Settings, connection: Connection, venue: VenueServer, valkey: Valkey
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings.model_copy(update={"spill_maximum_bytes": 4000})):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 20)
        await all_of(valkey.url, number, ids)
        await asyncio.to_thread(valkey.kill)
        for _ in range(40):
            ids += await venue.trade("BTCUSDT", 50)
        await asyncio.to_thread(valkey.start)
        await all_of(valkey.url, number, ids)
        ids += await venue.trade("BTCUSDT", 20)
        content = await all_of(valkey.url, number, ids)
    assert len(content.healed) > 1000
    assert content.ids == ids
    assert content.broken_promises == []


@pytest.mark.parametrize("seed", range(2))
async def test_a_replay_survives_lost_sockets_and_killed_collectors(
    settings: Settings, connection: Connection, valkey: Valkey, seed: int
) -> None:
    chance = random.Random(seed)
    config = SimulatorConfig(recordings=tuple(RECORDINGS), speed=None)
    expected = [trade.trade_id for trade in recorded_trades()]
    async with serve_simulator(config) as simulator:
        endpoints = {"websocket": simulator.websocket_url, "rest": simulator.rest_url}
        rows = await apply_binance(connection, "BTCUSDT", endpoints=endpoints, simulated=True, clock="feed")
        number = rows["BTCUSDT"].symbol_no
        for stop_at in sorted(chance.sample(range(2000, len(expected)), 2)):
            async with killed_collector(settings):
                await until_sent(simulator.exchange, stop_at // 2)
                for listener in list(simulator.exchange.listeners):
                    listener.cut()
                await until_sent(simulator.exchange, stop_at)
        async with collecting(settings):
            content = await until(valkey.url, number, lambda c: len(c.ids) >= len(expected) - c.ids[0] + expected[0])
    assert sorted(content.ids) == expected
    assert {name for name, _ in content.controls} <= {"STARTED", "DOWN", "RESUMED"}


async def until_sent(exchange: object, count: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while exchange.sent < count:  # type: ignore[attr-defined]  # noqa: ASYNC110 - the exchange tells nobody
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def killed_collector(settings: Settings) -> AsyncIterator[None]:
    """A collector in a process of its own, which ends without a word."""
    variables = {
        "TICKLOOM_DATABASE_URL": str(settings.database_url),
        "TICKLOOM_REDIS_URL": str(settings.redis_url),
        "TICKLOOM_LOG_LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickloom.cli.entry", "collector", env={**os.environ, **variables}
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()
