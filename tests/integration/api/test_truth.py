"""What happened to bars, over HTTP: scores over time, the gap ledger, and every version of a revised bar."""

from datetime import UTC, datetime

import pytest

from integration.api.product import START, Product, minute
from tickloom.bus.publishing import cache_quality
from tickloom.store.gaps import GapRow, write_gaps
from tickloom.store.quality import QualityRow, write_quality
from tickloom.store.reconciliations import Mismatch, move_progress, store_comparison


def quality(
    product: Product, index: int, symbol: str = "BTCUSDT", *, failed: int = 0, score: float = 1.0
) -> QualityRow:
    time_us = (START + 60 * index) * 1_000_000
    return QualityRow(product.symbols[symbol].symbol_no, time_us, 10, failed, 0, 0, 0, score)


def gap(
    product: Product, number: int, symbol: str = "BTCUSDT", state: str = "healed", minutes: int | None = 1
) -> GapRow:
    begin = (START + 600 * number) * 1_000_000
    end = None if minutes is None else begin + minutes * 60_000_000
    return GapRow(
        product.symbols[symbol].symbol_no, number, state, "trade ids jumped", 100, 109, begin, end,
        10, 10 if state == "healed" else 0, begin + 5, None if state == "open" else begin + 9,
    )  # fmt: skip


async def test_the_timeline_of_quality_is_oldest_first_and_older_pages_follow(product: Product) -> None:
    rows = [quality(product, i, failed=i % 2, score=1 - i / 10) for i in range(5)]
    await write_quality(product.connection, rows)
    seen: list[dict[str, object]] = []
    before: int | None = None
    while True:
        parameters = {"limit": 2} if before is None else {"limit": 2, "before": before}
        body = (await product.ask("quality/BTCUSDT", params=parameters)).body
        seen = [*body["timeline"], *seen]
        before = body["next_before"]
        if before is None:
            break
    assert [row["time"] for row in seen] == [START + 60 * i for i in range(5)]
    assert [row["score"] for row in seen] == pytest.approx([1, 0.9, 0.8, 0.7, 0.6])
    assert seen[1]["failed"] == {"price": 1, "freshness": 0, "validity": 0, "volume": 0}
    assert body["score"] is None


async def test_longer_stretches_sum_what_was_checked_and_name_the_worst_minute(product: Product) -> None:
    hour = START - START % 3600
    first = (hour + 3600 - START) // 60
    rows = [quality(product, first + i, failed=1, score=0.5 if i == 7 else 1.0) for i in range(60)]
    await write_quality(product.connection, rows)
    body = (await product.ask("quality/BTCUSDT", params={"timeframe": "1h"})).body
    (stretch,) = body["timeline"]
    assert (stretch["time"], stretch["checked"], stretch["failed"]["price"]) == (hour + 3600, 600, 60)
    assert (stretch["score"], stretch["lowest"]) == (pytest.approx(59.5 / 60), 0.5)


async def test_a_timeline_with_a_long_hole_is_paged_without_an_empty_page(product: Product) -> None:
    await write_quality(product.connection, [quality(product, 0), quality(product, 10_000)])
    newer = (await product.ask("quality/BTCUSDT", params={"limit": 5})).body
    older = (await product.ask("quality/BTCUSDT", params={"limit": 5, "before": newer["next_before"]})).body
    assert [len(page["timeline"]) for page in (newer, older)] == [1, 1]
    assert older["next_before"] is None


async def test_the_score_of_now_comes_from_the_cache_and_is_listed_with_the_symbols(product: Product) -> None:
    await cache_quality(product.redis, {product.symbols["BTCUSDT"].symbol_id: {"score": 0.75}})
    assert (await product.ask("quality/BTCUSDT")).body["score"] == 0.75
    scores: dict[str, float | None] = {}
    while scores.get("BTCUSDT") is None:
        (exchange,) = (await product.ask("symbols")).body["exchanges"]
        scores = {symbol["symbol"]: symbol["quality_score"] for symbol in exchange["symbols"]}
    assert scores == {"BTCUSDT": 0.75, "ETHUSDT": None}
    product.redis_line.cut()
    answer = await product.ask("quality/BTCUSDT")
    assert (answer.status, answer.body["score"]) == (200, None)


async def test_gaps_are_listed_latest_first_over_pages_without_overlap(product: Product) -> None:
    wanted = [(symbol, number) for number in (3, 2, 1) for symbol in ("ETHUSDT", "BTCUSDT")]
    await write_gaps(product.connection, [gap(product, number, symbol) for symbol, number in wanted])
    seen: list[tuple[str, int]] = []
    cursor = ""
    while True:
        body = (await product.ask("gaps", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).body
        seen += [(row["symbol"].partition(":")[2], row["gap_no"]) for row in body["gaps"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(wanted, key=lambda key: (key[1], product.symbols[key[0]].symbol_no), reverse=True)


async def test_gaps_of_a_symbol_a_state_and_a_time(product: Product) -> None:
    rows = [gap(product, 1), gap(product, 2, state="open", minutes=None), gap(product, 3, "ETHUSDT")]
    await write_gaps(product.connection, rows)

    async def numbers(**parameters: object) -> list[int]:
        body = (await product.ask("gaps", params={name: str(value) for name, value in parameters.items()})).body
        return [row["gap_no"] for row in body["gaps"]]

    assert await numbers(symbol="binance:BTCUSDT") == [2, 1]
    assert await numbers(state="open") == [2]
    assert await numbers(symbol="BTCUSDT", end=START + 1200) == [1]
    assert await numbers(symbol="BTCUSDT", start=START + 660) == [2]
    assert await numbers(symbol="BTCUSDT", start=START + 10**6) == [2], "an open gap goes on"


async def test_a_gap_tells_what_was_missed_and_what_came(product: Product) -> None:
    await write_gaps(product.connection, [gap(product, 1)])
    (row,) = (await product.ask("gaps")).body["gaps"]
    begin = datetime.fromtimestamp(START + 600, UTC)
    assert datetime.fromisoformat(row["from_at"]) == begin
    assert (row["symbol"], row["state"], row["reason"]) == ("binance:BTCUSDT", "healed", "trade ids jumped")
    assert (row["first_trade_id"], row["last_trade_id"], row["missing"], row["healed"]) == (100, 109, 10, 10)
    assert datetime.fromisoformat(row["closed_at"]) > datetime.fromisoformat(row["detected_at"]) > begin


async def test_every_version_of_a_bar_is_told_with_the_time_it_was_known(product: Product) -> None:
    await product.store([minute(0), minute(1)])
    await product.store([minute(1, close=200.0, high=200.0, verdict="revised")])
    await product.store([minute(1, close=300.0, high=300.0, verdict="revised")])
    now, middle, first = (await product.ask("charts/BTCUSDT/revisions", params={"time": START + 60})).body["versions"]
    assert [now["revision"], middle["revision"], first["revision"]] == [2, 1, 0]
    assert [now["close"], middle["close"], first["close"]] == [300, 200, 102]
    assert [now["verdict"], first["verdict"]] == ["revised", "complete"]
    assert now["replaced_at"] is None
    assert first["replaced_at"] == middle["known_at"]
    assert middle["replaced_at"] == now["known_at"]


async def test_a_bar_that_was_never_revised_has_one_version(product: Product) -> None:
    await product.store([minute(0)])
    body = (await product.ask("charts/BTCUSDT/revisions", params={"time": START})).body
    assert [version["revision"] for version in body["versions"]] == [0]


async def test_all_revised_bars_are_listed_over_pages_and_others_are_not(product: Product) -> None:
    await product.store(minute(i) for i in range(6))
    await product.store(minute(i, volume=9.0, verdict="healed") for i in (1, 3, 5))
    seen: list[tuple[int, int]] = []
    cursor = ""
    while True:
        parameters = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        body = (await product.ask("charts/binance:BTCUSDT/revisions", params=parameters)).body
        seen += [((version["time"] - START) // 60, version["revision"]) for version in body["versions"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == [(5, 1), (5, 0), (3, 1), (3, 0), (1, 1), (1, 0)]


@pytest.mark.parametrize("path", ["gaps", "charts/BTCUSDT/revisions", "reconciliation/BTCUSDT"])
@pytest.mark.parametrize(
    "cursor", ["x", "e30", "WzFd", "%FF", "WzEsMiwzLDRd", "é", "1_2_3_4", "9999999999999999999_1_1"]
)
async def test_a_cursor_that_is_none_of_the_list_is_refused(product: Product, path: str, cursor: str) -> None:
    answer = await product.ask(path, params={"cursor": cursor})
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")


PATHS = ["quality/BTCUSDT", "gaps", "charts/BTCUSDT/revisions", "reconciliation/BTCUSDT"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_happened_is_told_to_whoever_has_a_token(product: Product, path: str) -> None:
    answer = await product.ask(path)
    assert answer.status == 200
    again = await product.ask(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.data) == (304, b"")
    assert (await product.ask(path, token=None)).status == 401
    assert (await product.ask(path, params={"limit": "0"})).status == 422


@pytest.mark.parametrize("path", ["quality/NOPE", "gaps?symbol=NOPE", "charts/NOPE/revisions", "reconciliation/NOPE"])
async def test_an_unknown_symbol_is_named(product: Product, path: str) -> None:
    assert (await product.ask(path)).status == 404


@pytest.mark.parametrize("path", PATHS)
async def test_what_happened_is_out_of_reach_without_the_database(product: Product, path: str) -> None:
    product.database_line.cut()
    answer = await product.ask(path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_what_differs_from_the_exchange_is_listed_with_both_values_over_pages(product: Product) -> None:
    number, begin = product.symbols["BTCUSDT"].symbol_no, START * 1_000_000
    found = [Mismatch(begin + 60_000_000 * i, field, 1.5, None) for i in range(3) for field in ("close", "volume")]
    await store_comparison(product.connection, number, begin, begin + 600_000_000, found)
    await move_progress(product.connection, number, begin + 600_000_000, 10, 3)
    seen: list[tuple[int, str]] = []
    cursor = None
    while True:
        parameters = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        body = (await product.ask("reconciliation/BTCUSDT", params=parameters)).body
        seen += [(row["time"], row["field"]) for row in body["mismatches"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == [(START + 60 * i, field) for i in (2, 1, 0) for field in ("volume", "close")]
    assert (body["compared"], body["mismatched"]) == (10, 3)
    assert (body["mismatches"][0]["ours"], body["mismatches"][0]["theirs"]) == (1.5, None)
    await store_comparison(product.connection, number, begin, begin + 600_000_000, found[:1])
    body = (await product.ask("reconciliation/BTCUSDT", params={"unresolved": "true"})).body
    assert [row["time"] for row in body["mismatches"]] == [START]
