"""Whole ranges as files: exact, in constant memory, stopped when nobody reads them."""

import asyncio
import csv
import io
import json
import tracemalloc
from typing import Any

import aiohttp
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from integration.api.product import SECONDS, START, Product, minute

MANY = 60_000


async def fill(product: Product, count: int) -> None:
    """Store so many minutes, made by the database itself."""
    await product.connection.execute(
        """
        INSERT INTO candles (symbol_no, timeframe, time, open, high, low, close, volume, quote_volume, buy_volume,
                             trades, verdict)
        SELECT $1, 1, to_timestamp($2::bigint + 60 * n), n + 0.1, n + 2, n, n + 1, 2, n * 2 + 1, 1, 3, 'complete'
        FROM generate_series(0, $3::bigint - 1) n
        """,
        product.symbols["BTCUSDT"].symbol_no,
        START,
        count,
    )


def read(kind: str, data: bytes) -> list[dict[str, Any]]:
    """Read a file by a library of its format."""
    if kind == "csv":
        return [
            {k: None if v == "" else v for k, v in row.items()} for row in csv.DictReader(io.StringIO(data.decode()))
        ]
    if kind == "json":
        return [json.loads(line) for line in data.splitlines()]
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(data)).to_pylist()
    return [{**row, "time": int(row["time"].timestamp())} for row in rows]


BARS = [
    minute(0),
    minute(1, open=0.1 + 0.2, volume=1e-8, verdict="healed"),
    minute(2, open=None, high=None, low=None, close=None, volume=0.0, vwap=None, trades=0, verdict="feed_down"),
]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
async def test_a_file_holds_every_bar_exactly(product: Product, kind: str) -> None:
    await product.store(BARS)
    answer = await product.ask("export/binance:BTCUSDT", params={"format": kind})
    assert answer.status == 200
    assert "binance-BTCUSDT-1m." in answer.headers["Content-Disposition"]
    rows = read(kind, answer.data)
    shown = (await product.ask("charts/BTCUSDT")).body["bars"]
    for row, bar in zip(rows, shown, strict=True):
        for name in ("time", "open", "high", "low", "close", "volume", "trades", "vwap", "revision"):
            value = row[name]
            assert (None if value is None else float(value)) == bar[name]
        assert row["verdict"] == bar["verdict"]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
async def test_an_empty_range_is_a_file_without_bars(product: Product, kind: str) -> None:
    answer = await product.ask("export/BTCUSDT", params={"format": kind})
    assert (answer.status, read(kind, answer.data)) == (200, [])
    assert answer.data.startswith({"csv": b"time,open,", "json": b"", "parquet": b"PAR1"}[kind])


async def test_a_range_begins_at_start_and_ends_before_end(product: Product) -> None:
    await product.store(minute(i) for i in range(6))
    parameters = {"start": START + 60, "end": START + 240, "format": "json"}
    rows = read("json", (await product.ask("export/BTCUSDT", params=parameters)).data)
    assert [row["time"] for row in rows] == [START + 60, START + 120, START + 180]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
async def test_a_file_of_many_pages_has_each_bar_once(product: Product, kind: str) -> None:
    await fill(product, 25_000)
    rows = read(kind, (await product.ask("export/BTCUSDT", params={"format": kind})).data)
    assert [int(row["time"]) for row in rows] == [START + 60 * i for i in range(25_000)]


async def peak_memory(product: Product, end: int) -> int:
    """Return the most memory that Python held while a file was read and thrown away."""
    url, headers = f"{product.origin}/api/v1/export/BTCUSDT", {"Authorization": f"Bearer {product.token()}"}
    tracemalloc.start()
    try:
        async with product.session.get(url, params={"end": str(end)}, headers=headers) as response:
            async for _ in response.content.iter_chunked(1 << 16):
                pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_file_six_times_as_long_takes_no_more_memory(product: Product) -> None:
    await fill(product, MANY)
    short = await peak_memory(product, START + 60 * MANY // 6)
    long = await peak_memory(product, START + 60 * MANY)
    assert long < 1.5 * short


async def waiting_queries(product: Product) -> int:
    """Return how many queries of the API wait for a lock."""
    count = await product.connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tickloom-api' AND wait_event_type = 'Lock'"
    )
    return int(count)


async def test_a_client_that_goes_away_stops_the_query_and_frees_its_place(product: Product) -> None:
    await fill(product, MANY)
    url, headers = f"{product.origin}/api/v1/export/BTCUSDT", {"Authorization": f"Bearer {product.token()}"}
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as session:
        response = await session.get(url, headers=headers)
        await response.content.readexactly(1000)
        async with product.connection.transaction():
            await product.connection.execute("LOCK TABLE candles IN ACCESS EXCLUSIVE MODE")
            while not await waiting_queries(product):
                await response.content.read(1 << 16)
            response.close()
            while await waiting_queries(product):  # noqa: ASYNC110 - in the database
                await asyncio.sleep(0.02)
        await asyncio.gather(*(product.until("export/BTCUSDT", 200) for _ in range(2)))


async def test_a_user_has_two_exports_at_a_time_and_others_have_theirs(product: Product) -> None:
    await fill(product, MANY)
    url, headers = f"{product.origin}/api/v1/export/BTCUSDT", {"Authorization": f"Bearer {product.token()}"}
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession(read_bufsize=1024) as session:
        slow = [await session.get(url, headers=headers) for _ in range(2)]
        refused = await product.ask("export/BTCUSDT")
        assert (refused.status, refused.headers["Content-Type"]) == (429, "application/problem+json")
        assert int(refused.headers["Retry-After"]) > 0
        other = await product.ask("export/BTCUSDT", token=product.token("tom", "trader"))
        assert other.status == 200
        for response in slow:
            response.close()
        assert (await product.until("export/BTCUSDT", 200)).status == 200


async def test_a_file_that_cannot_be_finished_is_cut_off_not_ended(product: Product) -> None:
    await fill(product, MANY)
    url, headers = f"{product.origin}/api/v1/export/BTCUSDT", {"Authorization": f"Bearer {product.token()}"}
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession(read_bufsize=1024) as session:
        response = await session.get(url, headers=headers)
        await response.content.readexactly(1000)
        product.database_line.cut()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_an_export_is_refused_without_database_token_or_sense(product: Product) -> None:
    assert (await product.ask("export/BTCUSDT", token=None)).status == 401
    assert (await product.ask("export/NOPE")).status == 404
    assert (await product.ask("export/BTCUSDT", params={"format": "xls"})).status == 422
    product.database_line.cut()
    assert (await product.ask("export/BTCUSDT")).status == 503
