"""What the data is like shows in the statuses: freshness, quality, gaps of Symbols, venue and market of Exchanges."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from support.operating import Place, eventually, exchange, symbol
from support.servers import run
from tickloom.bus.connection import open_redis
from tickloom.bus.health import write_health
from tickloom.bus.publishing import cache_quality
from tickloom.market.identity import SymbolId
from tickloom.store.connection import connect
from tickloom.wire.messages import Health

_CANDLE = """
    INSERT INTO candles (symbol_no, timeframe, time, volume, quote_volume, buy_volume, trades, verdict)
    SELECT symbol_no, 1, $1, 0, 0, 0, 7, $2::verdict FROM symbols WHERE symbol = 'BTCUSDT'
"""
_GAP = """
    INSERT INTO gaps (symbol_no, gap_no, state, reason, from_time, missing)
    SELECT symbol_no, 1, 'open', 'test', now(), 3 FROM symbols WHERE symbol = 'BTCUSDT'
"""
ID = SymbolId("one", "BTCUSDT")


async def _execute(url: str, statement: str, *arguments: object) -> None:
    connection = await connect(url, "tests")
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


def close_minute(place: Place, start: datetime, verdict: str) -> None:
    run(_execute(place.database_url, _CANDLE, start, verdict))


@pytest.fixture(scope="module", autouse=True)
def _running(place: Place, valkey_url: str) -> Iterator[None]:
    replica = place.start(observe_seconds="0.5", status_seconds="1", redis_url=valkey_url)
    place.apply(exchange("one"), exchange("istanbul", calendar="XIST"), exchange("odd", calendar="XNOWHERE"))
    place.apply(symbol("one", "BTCUSDT"))
    eventually(lambda: says(place, "symbol", "one-btcusdt", "Ready", "True", "CollectorReady"))
    yield
    assert replica.process.poll() is None


def says(place: Place, kind: str, name: str, of: str, status: str, reason: str) -> None:
    found = place.condition(kind, name, of)
    assert found[:2] == (status, reason), found


def shows(place: Place, **fields: object) -> None:
    status = place.get("symbol", "one-btcusdt")["status"]
    assert {name: status.get(name) for name in fields} == fields


def test_a_symbol_shows_its_bars_its_quality_and_its_gaps(place: Place, valkey_url: str) -> None:
    eventually(lambda: says(place, "symbol", "one-btcusdt", "Fresh", "Unknown", "NoBarsYet"))
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    close_minute(place, minute, "complete")
    eventually(lambda: says(place, "symbol", "one-btcusdt", "Fresh", "True", "BarsArrive"))
    end = f"{minute + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    eventually(lambda: shows(place, lastBarTime=end, lastTradeTime=end, openGaps=0))

    async def score() -> None:
        async with open_redis(valkey_url, "tests") as redis:
            await cache_quality(redis, {ID: {"score": 0.98765}})

    run(score())
    run(_execute(place.database_url, _GAP))
    eventually(lambda: shows(place, qualityScore=0.988, openGaps=1))
    columns = place.kubectl("get", "sym", "one-btcusdt", "--no-headers").split()
    assert columns[:6] == ["one-btcusdt", "one", "BTCUSDT", "True", "True", "0.988"]

    close_minute(place, minute + timedelta(minutes=1), "feed_down")
    eventually(lambda: says(place, "symbol", "one-btcusdt", "Fresh", "False", "FeedDown"))


def test_an_exchange_is_connected_while_its_collectors_say_so(place: Place, valkey_url: str) -> None:
    async def report() -> None:
        async with open_redis(valkey_url, "tests") as redis:
            await write_health(redis, Health("collector", "c", "ready", "", time.time(), exchange="one"))

    def connected() -> None:
        run(report())
        says(place, "exchange", "one", "Connected", "True", "Connected")

    eventually(connected)
    eventually(lambda: says(place, "exchange", "one", "Connected", "False", "NotConnected"))


def test_an_exchange_tells_whether_its_market_is_open(place: Place) -> None:
    eventually(lambda: says(place, "exchange", "one", "MarketOpen", "True", "AroundTheClock"))
    eventually(lambda: says(place, "exchange", "odd", "MarketOpen", "Unknown", "CalendarUnknown"))

    def by_the_calendar() -> None:
        status, reason, _ = place.condition("exchange", "istanbul", "MarketOpen")
        assert (status, reason) in {("True", "InSession"), ("False", "OutOfSession")}

    eventually(by_the_calendar)
