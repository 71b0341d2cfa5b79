"""`tickloom.client` against the real server: both clients, whole ranges, frames, files, live bars over lost lines."""

import asyncio
import inspect
import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from integration.api.conftest import started
from integration.api.product import SECONDS, START, Product, minute
from integration.api.test_export import fill
from integration.api.test_truth import gap, quality
from tickloom.client import (
    AsyncTickloom,
    Bar,
    NotAuthenticated,
    NotFound,
    Tickloom,
    TickloomError,
    Unavailable,
    Unreachable,
)
from tickloom.local.probing import free_port
from tickloom.store.gaps import write_gaps
from tickloom.store.quality import write_quality


@pytest.fixture
async def client(product: Product) -> AsyncIterator[AsyncTickloom]:
    async with AsyncTickloom(product.origin, product.token()) as client:
        yield client


async def with_plain(product: Product, use: Callable[[Tickloom], Any]) -> Any:
    """Use the client for plain code in a thread of its own."""

    def run() -> Any:
        with Tickloom(product.origin, product.token()) as client:
            return use(client)

    async with asyncio.timeout(SECONDS):
        return await asyncio.to_thread(run)


async def test_bars_of_any_range_come_whole_over_pages(product: Product, client: AsyncTickloom) -> None:
    await fill(product, 12_000)
    everything = await client.bars("BTCUSDT", start=0)
    assert [bar.time for bar in everything] == [START + 60 * i for i in range(12_000)]
    assert (everything.symbol, everything.timeframe) == ("binance:BTCUSDT", "1m")
    begin, end = datetime.fromtimestamp(START + 600, UTC), START + 60 * 6000
    some = await client.bars("BTCUSDT", start=begin, end=end)
    assert (some[0].time, some[-1].time, len(some)) == (START + 600, end - 60, 5990)
    assert [bar.time for bar in await client.bars("BTCUSDT", limit=6000)] == [bar.time for bar in everything[-6000:]]
    assert len(await client.bars("BTCUSDT")) == 500
    assert await with_plain(product, lambda plain: plain.bars("BTCUSDT", start=0)) == everything


async def test_what_happened_is_told_by_both_clients(product: Product, client: AsyncTickloom) -> None:
    await product.store([minute(0), minute(1)])
    await product.store([minute(1, close=200.0, high=200.0, verdict="revised")])
    await write_gaps(product.connection, [gap(product, number) for number in range(1, 4)])
    await write_quality(product.connection, [quality(product, i) for i in range(3)])
    versions = await client.revisions("BTCUSDT", time=START + 60)
    assert [version.close for version in versions] == [200, 102]
    assert versions[1].replaced_at == versions[0].known_at
    gaps = await client.gaps("BTCUSDT", state="healed")
    assert [row.gap_no for row in gaps] == [3, 2, 1]
    assert [row.gap_no for row in await client.gaps(limit=2)] == [3, 2]
    assert len((await client.quality("BTCUSDT")).timeline) == 3
    assert {symbol.id for exchange in await client.symbols() for symbol in exchange.symbols} == {
        "binance:BTCUSDT",
        "binance:ETHUSDT",
    }
    assert await client.features("BTCUSDT") == []
    assert await with_plain(product, lambda plain: (plain.revisions("BTCUSDT"), plain.gaps("BTCUSDT"))) == (
        versions,
        gaps,
    )


async def test_frames_hold_the_numbers_of_the_bars_and_say_what_is_not_known(product: Product) -> None:
    down = dict.fromkeys(("open", "high", "low", "close", "vwap"))
    await product.store([minute(0), minute(1, **down, volume=0.0, trades=0, verdict="feed_down"), minute(2)])
    bars = await with_plain(product, lambda plain: plain.bars("BTCUSDT"))
    pandas = bars.to_pandas()
    assert list(pandas.index.as_unit("s").asi8) == [START, START + 60, START + 120]
    assert str(pandas.index.tz) == "UTC"
    assert pandas["close"].isna().tolist() == [False, True, False]
    polars = bars.to_polars()
    assert polars["close"].to_list() == [bar.close for bar in bars]
    assert polars["time"].dt.epoch("s").to_list() == [bar.time for bar in bars]
    assert str(polars["time"].dtype) == "Datetime(time_unit='us', time_zone='UTC')"
    empty = await with_plain(product, lambda plain: plain.bars("ETHUSDT"))
    assert (len(empty.to_pandas()), len(empty.to_polars())) == (0, 0)


async def test_a_file_is_saved_whole_or_not_at_all(product: Product, client: AsyncTickloom, tmp_path: Path) -> None:
    await fill(product, 1000)
    assert pq.read_table(await client.export("BTCUSDT", tmp_path / "a.parquet")).num_rows == 1000
    await with_plain(product, lambda plain: plain.export("BTCUSDT", tmp_path / "b.csv", kind="csv", end=START + 120))
    assert len((tmp_path / "b.csv").read_text().splitlines()) == 3
    with pytest.raises(NotFound):
        await client.export("NOPE", tmp_path / "c.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"a.parquet", "b.csv"}  # noqa: ASYNC240


async def test_the_type_of_an_error_says_what_to_do(product: Product, client: AsyncTickloom) -> None:
    with pytest.raises(NotFound, match="NOPE"):
        await client.bars("NOPE")
    with pytest.raises(TickloomError, match=r"query\.timeframe"):
        await client.bars("BTCUSDT", "2m")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time zone"):
        await client.bars("BTCUSDT", start=datetime(2024, 1, 1))  # noqa: DTZ001 - the mistake
    async with AsyncTickloom(product.origin, "no token") as stranger:
        with pytest.raises(NotAuthenticated):
            await stranger.symbols()
        with pytest.raises(NotAuthenticated):
            await anext(stranger.live("BTCUSDT"))
    with pytest.raises(NotFound):
        await anext(client.live("NOPE"))
    async with AsyncTickloom(f"http://127.0.0.1:{free_port('127.0.0.1')}", "x") as nobody:
        with pytest.raises(Unreachable):
            await nobody.symbols()
        with pytest.raises(Unreachable):
            await anext(nobody.live("BTCUSDT"))


async def test_a_request_is_repeated_while_the_database_is_away(product: Product, client: AsyncTickloom) -> None:
    await product.store([minute(0)])
    product.database_line.cut()
    asking = asyncio.create_task(client.bars("BTCUSDT"))
    await product.until("charts/BTCUSDT", 503)
    product.database_line.mend()
    async with asyncio.timeout(SECONDS):
        assert len(await asking) == 1
    product.database_line.cut()
    with pytest.raises(Unavailable):
        await client.bars("BTCUSDT")


class Listener:
    """Collects what a live chart tells, in the background."""

    def __init__(self) -> None:
        self.told: list[Bar] = []
        self.news = asyncio.Event()

    def take(self, bar: Bar) -> None:
        self.told.append(bar)
        self.news.set()

    async def until(self, is_there: Callable[[list[Bar]], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not is_there(self.told):
                self.news.clear()
                await self.news.wait()


def is_free(port: int) -> bool:
    """Tell whether nobody listens at a port, without knocking at it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def stop(product: Product) -> None:
    """Stop the API, and wait until its port is free for another."""
    product.stopped.set()
    async with asyncio.timeout(SECONDS):
        while not is_free(product.settings.port):  # noqa: ASYNC110 - nobody tells when a port is free
            await asyncio.sleep(0.02)


async def live_through(product: Product, listener: Listener) -> None:
    """Tell bars, take the API away while more bars close than a snapshot holds, and bring it back."""
    await listener.until(lambda told: len(told) == 1)
    await product.watched()
    await product.publish(minute(1), minute(2))
    await product.store(minute(i) for i in range(3))
    await listener.until(lambda told: len(told) == 3)
    await stop(product)
    await product.store(minute(i) for i in range(3, 900))
    async with started(product.settings):
        await listener.until(lambda told: len(told) == 900)
        await product.watched()
        await product.publish(minute(898, close=150.0, high=150.0, revision=1), minute(900, closed=False, trades=1))
        await product.publish(minute(900, closed=False, trades=2))
        await product.publish(minute(900))
        await listener.until(lambda told: told[-1].time == START + 60 * 900 and told[-1].closed)


def assert_nothing_missing_or_old(told: list[Bar]) -> None:
    assert [bar.time for bar in told[:900]] == [START + 60 * i for i in range(900)]
    after = [(bar.time - START) // 60 for bar in told[900:]]
    assert (after[0], set(after[1:])) == (898, {900})
    for earlier, later in itertools.pairwise(told[901:]):
        assert (later.closed, later.trades) > (earlier.closed, earlier.trades)


async def test_a_live_chart_goes_on_after_an_outage_without_a_hole(product: Product, client: AsyncTickloom) -> None:
    await product.store([minute(0)])
    listener = Listener()

    async def listen() -> None:
        async for bar in client.live("BTCUSDT", rate=50):
            listener.take(bar)

    listening = asyncio.create_task(listen())
    await live_through(product, listener)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    assert_nothing_missing_or_old(listener.told)


async def test_plain_code_follows_a_live_chart_too_and_may_ask_for_final_bars_only(product: Product) -> None:
    await product.store([minute(0)])
    listener, loop, done = Listener(), asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        with Tickloom(product.origin, product.token()) as client:
            for bar in client.live("BTCUSDT", rate=50, closed=True):
                loop.call_soon_threadsafe(listener.take, bar)
                if bar.time == START + 60 * 900:
                    break
        loop.call_soon_threadsafe(done.set)

    # A daemon: plain code that follows for ever must not keep a failed test from ending.
    threading.Thread(target=listen, daemon=True).start()
    await live_through(product, listener)
    async with asyncio.timeout(SECONDS):
        await done.wait()
    assert_nothing_missing_or_old(listener.told)
    assert all(bar.closed for bar in listener.told)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert methods(Tickloom) == methods(AsyncTickloom)


def test_the_client_needs_neither_the_services_nor_frames() -> None:
    code = (
        "import sys, tickloom.client;"
        "ours = [m for m in sys.modules if m.startswith('tickloom.') and not m.startswith('tickloom.client')];"
        "assert not ours, ours;"
        "assert not {'pandas', 'polars', 'asyncpg', 'redis', 'fastapi'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
