"""Symbols and health: what there is, and whether it works."""

import asyncio
import itertools

from integration.api.product import SECONDS, START, Product, minute
from support.catalog import apply_binance


async def test_symbols_are_listed_by_exchange(product: Product) -> None:
    await product.report_collector()
    answer = await product.ask("symbols")
    assert answer.status == 200
    (exchange,) = answer.body["exchanges"]
    assert exchange["exchange"] == "binance"
    assert [symbol["id"] for symbol in exchange["symbols"]] == ["binance:BTCUSDT", "binance:ETHUSDT"]


async def test_a_new_symbol_appears_at_once(product: Product) -> None:
    await product.ask("symbols")
    await apply_binance(product.connection, "SOLUSDT")
    async with asyncio.timeout(SECONDS):
        while "SOLUSDT" not in (await product.ask("symbols")).data.decode():  # noqa: ASYNC110 - the API tells nobody
            await asyncio.sleep(0.02)


async def test_symbols_are_listed_without_redis_and_without_the_database(product: Product) -> None:
    product.redis_line.cut()
    product.database_line.cut()
    answer = await product.ask("symbols")
    assert answer.status == 200
    assert len(answer.body["exchanges"][0]["symbols"]) == 2
    assert {symbol["fresh"] for symbol in answer.body["exchanges"][0]["symbols"]} == {False}


async def test_a_symbol_is_fresh_only_while_its_own_bars_move(product: Product) -> None:
    await product.report_collector()
    async with asyncio.timeout(SECONDS):
        for trades in itertools.count(1):
            await product.report_collector()
            await product.form(minute(0, closed=False, trades=trades))
            (exchange,) = (await product.ask("symbols")).body["exchanges"]
            fresh = {symbol["symbol"]: symbol["fresh"] for symbol in exchange["symbols"]}
            if fresh == {"BTCUSDT": True, "ETHUSDT": False}:
                break
            await asyncio.sleep(0.02)


async def test_health_is_open_and_names_what_is_down(product: Product) -> None:
    answer = await product.ask("health", token=None)
    assert answer.status == 200
    assert answer.body["status"] == "degraded"
    assert answer.body["components"]["database"] == "up"
    assert answer.body["components"]["collectors"] == "down"
    await product.report_collector()
    answer = await product.ask("health", token=None)
    assert answer.body["components"]["collectors"] == "up"


async def test_health_without_redis_is_degraded_and_without_the_database_down(product: Product) -> None:
    product.redis_line.cut()
    answer = await product.ask("health", token=None)
    assert (answer.status, answer.body["components"]["redis"]) == (200, "down")
    product.database_line.cut()
    answer = await product.ask("health", token=None)
    assert (answer.status, answer.body["status"]) == (503, "down")


async def test_probes_and_metrics_answer(product: Product) -> None:
    assert (await product.ask("/livez", token=None)).status == 200
    await product.ask("charts/BTCUSDT", params={"before": START})
    text = (await product.ask("/metrics", token=None)).data.decode()
    assert "tickloom_http_requests_total" in text


async def test_an_unknown_route_is_a_problem_document(product: Product) -> None:
    answer = await product.ask("nothing/here")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    answer = await product.ask("symbols", method="DELETE")
    assert (answer.status, answer.headers["Content-Type"]) == (405, "application/problem+json")
    assert answer.headers["Allow"]
