"""Indicators and features over HTTP and WebSocket: cache first, database behind, null where nothing is known."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from integration.api.product import SECONDS, START, Product, minute, receive
from integration.processor.line import Line, processing
from support.oracle import MINUTE_US
from tickloom.bus.publishing import cache_features, cache_forming_bars, cache_indicators, publish_updates
from tickloom.store.series import FEATURES, INDICATORS, KEY_DTYPE, Table, ensure_definition, upsert_values
from tickloom.wire import messages, names
from tickloom.wire.batches import Control
from tickloom.wire.messages import FeatureVector, Indicators
from tickloom.wire.names import trades_stream
from unit.processor.stream import control, heartbeat, trades

NAMES = ("rsi_14", "vwap")


async def store_values(product: Product, table: Table, values: dict[int, list[float]]) -> None:
    """Store values of minutes by their number; nan is null."""
    kind = "indicators" if table is INDICATORS else "features"
    keys = np.zeros(len(values), KEY_DTYPE)
    keys["symbol_no"], keys["timeframe"] = product.symbols["BTCUSDT"].symbol_no, 1
    keys["time"] = [(START + 60 * index) * 1_000_000 for index in values]
    keys["definition"] = await ensure_definition(product.connection, kind, "v1", "abc", NAMES)
    await upsert_values(product.connection, table, keys, np.array(list(values.values())))


async def chart(product: Product, indicators: str, **more: Any) -> Any:
    answer = await product.ask("charts/BTCUSDT", params={"indicators": indicators, **more})
    assert answer.status == 200, answer.body
    return answer.body


async def test_columns_are_aligned_with_bars_and_null_where_nothing_is_known(product: Product) -> None:
    nothing = dict.fromkeys(("open", "high", "low", "close", "vwap"), None)
    await product.store([minute(0), minute(1, **nothing, volume=0, trades=0, verdict="feed_down"), minute(2)])
    await store_values(product, INDICATORS, {0: [np.nan, 1.5], 2: [55.0, 2.5]})
    body = await chart(product, "vwap, rsi_14")
    assert body["indicators"] == {"vwap": [1.5, None, 2.5], "rsi_14": [None, None, 55.0]}
    assert (await chart(product, "all"))["indicators"].keys() == set(NAMES)
    assert (await chart(product, ""))["indicators"] == {}
    older = await chart(product, "vwap", before=START + 120, limit=1)
    assert older["indicators"] == {"vwap": [None]}


async def test_the_cache_answers_first_and_the_database_when_it_lacks_a_bar_or_is_away(product: Product) -> None:
    await product.store(minute(i) for i in range(3))
    await product.form(minute(3, closed=False))
    await store_values(product, INDICATORS, {i: [1.0, 2.0] for i in range(3)})
    key = (product.symbols["BTCUSDT"].symbol_id, "1m")
    times = [START + 60 * i for i in range(3)]
    await cache_indicators(product.redis, {key: Indicators(times, {"rsi_14": [7.0, 8.0, None], "vwap": [1.0] * 3})})
    assert (await chart(product, "rsi_14"))["indicators"] == {"rsi_14": [7.0, 8.0, None, None]}
    assert 0 < await product.redis.ttl(names.indicators(*key)) <= 360
    await product.redis.hdel(names.indicators(*key), str(times[0] // 60 % names.CACHED_VALUES))
    assert (await chart(product, "rsi_14"))["indicators"] == {"rsi_14": [1.0, 8.0, None, None]}
    product.redis_line.cut()
    assert (await chart(product, "rsi_14"))["indicators"] == {"rsi_14": [1.0, 1.0, 1.0]}


async def test_an_indicator_that_is_none_is_named_with_those_that_are(product: Product) -> None:
    await store_values(product, INDICATORS, {0: [1.0, 2.0]})
    answer = await product.ask("charts/BTCUSDT", params={"indicators": "rsi_14,magic"})
    assert answer.status == 400
    assert "magic" in answer.body["detail"]
    assert "rsi_14, vwap" in answer.body["detail"]


async def test_features_of_a_range_are_paged_oldest_first(product: Product) -> None:
    await store_values(product, FEATURES, {i: [float(i), np.nan] for i in range(5)})
    parameters: dict[str, Any] = {"start": START + 60, "end": START + 240, "limit": 2}
    seen: list[dict[str, Any]] = []
    while True:
        body = (await product.ask("features/binance:BTCUSDT", params=parameters)).body
        seen += body["rows"]
        if body["next_cursor"] is None:
            break
        parameters["cursor"] = body["next_cursor"]
    assert [row["time"] for row in seen] == [START + 60 * i for i in (1, 2, 3)]
    assert seen[0] == {"time": START + 60, "version": "v1", "hash": "abc", "features": {"rsi_14": 1.0, "vwap": None}}


async def test_as_of_a_time_features_are_what_was_known_then(product: Product) -> None:
    before_all = datetime.now(UTC) - timedelta(hours=1)
    await store_values(product, FEATURES, {0: [1.0, 1.0], 1: [2.0, 2.0]})
    between = await product.connection.fetchval("SELECT clock_timestamp()")
    await store_values(product, FEATURES, {1: [9.0, 9.0], 2: [3.0, 3.0]})

    async def known(as_of: datetime | None) -> list[float]:
        parameters = {} if as_of is None else {"as_of": as_of.isoformat()}
        body = (await product.ask("features/BTCUSDT", params=parameters)).body
        return [row["features"]["vwap"] for row in body["rows"]]

    assert [await known(at) for at in (before_all, between, None)] == [[], [1.0, 2.0], [1.0, 9.0, 3.0]]


async def test_the_latest_features_come_from_the_cache_else_from_the_database(product: Product) -> None:
    assert (await product.ask("features/BTCUSDT/latest")).status == 404
    await store_values(product, FEATURES, {0: [1.0, 2.0], 1: [3.0, np.nan]})
    body = (await product.ask("features/BTCUSDT/latest")).body
    assert (body["time"], body["features"]) == (START + 60, {"rsi_14": 3.0, "vwap": None})
    vector = FeatureVector(START + 120, "v1", "abc", {"rsi_14": 5.0, "vwap": None})
    symbol = product.symbols["BTCUSDT"].symbol_id
    await cache_features(product.redis, {symbol: {"1m": vector}})
    assert 0 < await product.redis.ttl(names.latest_features(symbol)) <= 300
    body = (await product.ask("features/BTCUSDT/latest")).body
    assert (body["time"], body["timeframe"], body["features"]["rsi_14"]) == (START + 120, "1m", 5.0)
    product.redis_line.cut()
    assert (await product.ask("features/BTCUSDT/latest")).body["time"] == START + 60


async def tell(
    product: Product, *bars: messages.Bar, indicators: Indicators | None = None, again: bool = False
) -> None:
    """Publish changed bars with their indicators, as the processor does."""
    symbol, now = product.symbols["BTCUSDT"].symbol_id, int(time.time() * 1e6)
    update = messages.ChartUpdate(
        str(symbol), {"1m": list(bars)}, "live", now, now, {"1m": indicators} if indicators else {}, again
    )
    await publish_updates(product.redis, {names.chart_updates(symbol): messages.encode_json(update)})


async def test_a_socket_carries_indicators_with_every_bar(product: Product) -> None:
    await product.store([minute(0)])
    symbol = product.symbols["BTCUSDT"].symbol_id
    forming = {
        "1m": messages.encode_json(minute(1, closed=False)),
        names.forming_indicators("1m"): messages.encode_json(
            Indicators([START + 60], {"rsi_14": [41.0], "vwap": [4.0]})
        ),
    }
    await cache_forming_bars(product.redis, {symbol: forming})
    await store_values(product, INDICATORS, {0: [40.0, np.nan]})
    async with product.connect(rate=1000) as socket:
        initial = await receive(socket, "initial")
        assert initial["indicators"] == {"rsi_14": [40.0, 41.0], "vwap": [None, 4.0]}
        await product.watched()
        # The indicators of a forming bar come less often than the bar: the last ones known stay with it.
        await tell(product, minute(1, closed=False))
        assert (await receive(socket, "update"))["indicators"] == {"rsi_14": [41.0], "vwap": [4.0]}
        await tell(product, minute(1), indicators=Indicators([START + 60], {"rsi_14": [42.0], "vwap": [None]}))
        assert (await receive(socket, "update"))["indicators"] == {"rsi_14": [42.0], "vwap": [None]}
        await store_values(product, INDICATORS, {0: [39.0, 1.0]})
        await tell(product, minute(1), again=True)
        assert (await receive(socket, "initial"))["indicators"]["rsi_14"][0] == 39.0


@pytest.mark.parametrize("cut", [False, True])
async def test_what_a_processor_computes_is_what_the_api_tells(product: Product, cut: bool) -> None:
    symbol = product.symbols["BTCUSDT"]
    line = Line(product.connection, product.redis, trades_stream("binance", symbol.partition), symbol.symbol_no)
    begin = START * 1_000_000
    async with processing(product.settings.model_copy(update={"checkpoint_seconds": 0.05})):
        await line.append(control(Control.STARTED, begin, 0, symbol=line.number))
        await line.append(*(trades(one, symbol=line.number) for one in line.walk(40)))
        await line.append(heartbeat(begin + 30 * MINUTE_US, symbol=line.number))
        await line.committed()
        if cut:
            await product.redis.flushall()
        async with asyncio.timeout(SECONDS):
            while len((body := await chart(product, "rsi_14,sma_20"))["bars"]) < 30:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        latest = (await product.ask("features/BTCUSDT/latest")).body
    closes = [bar["close"] for bar in body["bars"]]
    assert body["indicators"]["sma_20"][:19] == [None] * 19
    assert body["indicators"]["sma_20"][25] == pytest.approx(sum(closes[6:26]) / 20, rel=1e-12)
    assert body["indicators"]["rsi_14"][14] is not None
    closed = [bar for bar in body["bars"] if bar["closed"]]
    assert latest["time"] == closed[-1]["time"]
    assert latest["features"]["return_1"] == pytest.approx(closed[-1]["close"] / closed[-2]["close"] - 1, abs=1e-12)


async def test_as_of_a_time_a_chart_says_what_was_known_then(product: Product) -> None:
    await product.store(minute(i) for i in range(2))
    await store_values(product, INDICATORS, {0: [1.0, 1.0], 1: [2.0, 2.0]})
    between = await product.connection.fetchval("SELECT clock_timestamp()")
    await product.store([minute(1, close=77.0), minute(2)])
    await store_values(product, INDICATORS, {1: [9.0, 9.0], 2: [3.0, 3.0]})
    then = await chart(product, "vwap", as_of=between.isoformat())
    assert [(bar["close"], bar["revision"]) for bar in then["bars"]] == [(101.0, 0), (102.0, 0)]
    assert then["indicators"] == {"vwap": [1.0, 2.0]}
    now = await chart(product, "vwap")
    assert [(bar["close"], bar["revision"]) for bar in now["bars"]] == [(101.0, 0), (77.0, 1), (103.0, 0)]
