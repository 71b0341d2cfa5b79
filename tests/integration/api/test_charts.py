"""Charts over HTTP: closed bars from the database, the forming one behind them, mistakes named."""

import json

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from integration.api.product import START, Product, minute


async def test_a_chart_ends_with_the_forming_bar(product: Product) -> None:
    await product.store(minute(i) for i in range(5))
    await product.form(minute(5, closed=False, trades=1))
    answer = await product.ask("charts/binance:BTCUSDT", params={"limit": 3})
    assert answer.status == 200
    assert [bar["time"] for bar in answer.body["bars"]] == [START + 60 * i for i in (3, 4, 5)]
    assert [bar["closed"] for bar in answer.body["bars"]] == [True, True, False]
    assert answer.body["bars"][0]["vwap"] == pytest.approx(103.5)
    assert answer.body["next_before"] == START + 180


async def test_older_pages_follow_from_next_before_until_there_are_none(product: Product) -> None:
    await product.store(minute(i) for i in range(5))
    times: list[int] = []
    before: int | None = None
    while True:
        parameters = {"limit": 2} if before is None else {"limit": 2, "before": before}
        body = (await product.ask("charts/BTCUSDT", params=parameters)).body
        times = [bar["time"] for bar in body["bars"]] + times
        before = body["next_before"]
        if before is None:
            break
    assert times == [START + 60 * i for i in range(5)]


@pytest.mark.parametrize(
    ("parameters", "field", "value", "allowed"),
    [
        ({"timeframe": "2m"}, "query.timeframe", "'2m'", "1m"),
        ({"limit": "0"}, "query.limit", "'0'", "1"),
        ({"limit": "5001"}, "query.limit", "'5001'", "5000"),
        ({"limit": "many"}, "query.limit", "'many'", "integer"),
        ({"before": "-1"}, "query.before", "'-1'", "0"),
    ],
)
async def test_a_bad_parameter_is_named_with_its_value_and_what_is_allowed(
    product: Product, parameters: dict[str, str], field: str, value: str, allowed: str
) -> None:
    answer = await product.ask("charts/BTCUSDT", params=parameters)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    (error,) = answer.body["errors"]
    assert (error["field"], error["value"]) == (field, value)
    assert allowed in error["detail"]
    assert answer.body["status"] == 422


@pytest.mark.parametrize("name", ["NOPE", "binance:NOPE", "../../etc/passwd", "BTCUSDT'%20OR%201=1--", "%00"])
async def test_an_unknown_symbol_is_not_found_whatever_it_looks_like(product: Product, name: str) -> None:
    answer = await product.ask(f"charts/{name}")
    assert answer.status in {404, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_without_redis_a_chart_comes_from_the_database(product: Product) -> None:
    await product.store(minute(i) for i in range(3))
    product.redis_line.cut()
    answer = await product.ask("charts/BTCUSDT")
    assert (answer.status, len(answer.body["bars"])) == (200, 3)


async def test_without_the_database_a_chart_says_when_to_try_again_and_comes_back_by_itself(product: Product) -> None:
    product.database_line.cut()
    answer = await product.ask("charts/BTCUSDT")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "postgres" not in answer.data.decode().lower()
    product.database_line.mend()
    assert (await product.until("charts/BTCUSDT", 200)).body["bars"] == []


COLUMNAR, ARROW = "application/vnd.tickloom.columns+json", "application/vnd.apache.arrow.stream"


async def test_a_chart_says_the_same_as_objects_as_columns_and_as_arrow(product: Product) -> None:
    down = dict.fromkeys(("open", "high", "low", "close", "vwap"))
    await product.store([minute(0), minute(1, **down, volume=0.0, trades=0, verdict="feed_down"), minute(2)])
    objects = (await product.ask("charts/BTCUSDT", params={"limit": 3})).body
    answer = await product.ask("charts/BTCUSDT", params={"limit": 3}, headers={"Accept": COLUMNAR})
    assert answer.headers["Content-Type"] == COLUMNAR
    columnar = json.loads(answer.data)
    names = list(columnar["columns"])
    assert [dict(zip(names, row, strict=True)) for row in zip(*columnar["columns"].values(), strict=True)] == [
        {name: bar[name] for name in names} for bar in objects["bars"]
    ]
    assert columnar["next_before"] == objects["next_before"] == START
    answer = await product.ask("charts/BTCUSDT", params={"limit": 3}, headers={"Accept": ARROW})
    assert answer.headers["Content-Type"] == ARROW
    table = pa.ipc.open_stream(answer.data).read_all()
    assert table.schema.metadata == {b"symbol": b"binance:BTCUSDT", b"timeframe": b"1m", b"next_before": b"%d" % START}
    rows = [{**row, "time": int(row["time"].timestamp())} for row in table.to_pylist()]
    assert rows == [{name: bar[name] for name in rows[0]} for bar in objects["bars"]]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        (f"application/json, {ARROW};q=0.5", "application/json"),
        (f"application/json;q=0.1, {ARROW}", ARROW),
        (f"{COLUMNAR};q=0, {ARROW};q=nonsense", "application/json"),
    ],
)
async def test_the_form_of_a_chart_is_the_one_that_a_client_likes_best(
    product: Product, accept: str, form: str
) -> None:
    answer = await product.ask("charts/BTCUSDT", headers={"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, form)
