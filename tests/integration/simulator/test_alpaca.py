"""Alpaca's own client library against the simulated Alpaca: unchanged, it sees what it would see at Alpaca."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest
from alpaca.data.enums import DataFeed
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import StockBarsRequest, StockTradesRequest
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import GetCalendarRequest

from tickloom.simulator.alpaca.options import AlpacaConfig
from tickloom.simulator.alpaca.server import AlpacaSimulator, serve_alpaca
from tickloom.simulator.alpaca.trades import Trade

OPEN_NS = int(datetime(2024, 8, 8, 13, 30, tzinfo=UTC).timestamp()) * 1_000_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
SECONDS = 20
AUTH = {"action": "auth", "key": "simulated-key", "secret": "simulated-secret"}


class Clock:
    """The venue's clock."""

    now_ns = OPEN_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alpaca(clock: Clock) -> AsyncIterator[AlpacaSimulator]:
    config = AlpacaConfig(generate=False, symbol_limit=2, symbols=("AAPL", "MSFT", "SPY"), authentication_seconds=0.2)
    async with serve_alpaca(config, clock) as simulator:
        yield simulator


def trade(number: int, second: float, price: float, *conditions: str, symbol: str = "AAPL", size: float = 100) -> Trade:
    return Trade(symbol, number, price, size, OPEN_NS + int(second * SECOND) + 7, ("@", *conditions))


@asynccontextmanager
async def streaming(alpaca: AlpacaSimulator) -> AsyncIterator[list[Any]]:
    """Run alpaca-py's stream of AAPL; yields what arrives."""
    seen: list[Any] = []

    async def note(message: Any) -> None:
        seen.append(message)

    stream = StockDataStream("simulated-key", "simulated-secret", url_override=f"{alpaca.websocket_url}/iex")
    stream.subscribe_trades(note, "AAPL")
    stream.subscribe_bars(note, "AAPL")
    stream.subscribe_updated_bars(note, "AAPL")
    stream.subscribe_trading_statuses(note, "AAPL")
    stream.register_trade_corrections(note)
    stream.register_trade_cancels(note)
    running = asyncio.ensure_future(stream._run_forever())
    try:
        await until(lambda: alpaca.venue.listener is not None and bool(alpaca.venue.listener._subscribed["bars"]))  # type: ignore[attr-defined]
        yield seen
    finally:
        await stream.stop_ws()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await stream.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - the other side tells nobody
            await asyncio.sleep(0.01)


async def test_the_official_client_streams_trades_bars_corrections_cancels_and_halts(
    alpaca: AlpacaSimulator, clock: Clock
) -> None:
    first, second, third = trade(1, 1, 200.5), trade(2, 2, 201.25, "I"), trade(3, 3, 199.75)
    async with streaming(alpaca) as seen:
        for one in (first, second, third):
            alpaca.venue.happen(one)
        alpaca.venue.correct(first, first._replace(trade_id=4, price=200.75))
        alpaca.venue.cancel(third)
        alpaca.venue.halt("AAPL")
        await until(lambda: len(seen) == 6)
        alpaca.venue.end_minutes(clock.now_ns)
        clock.now_ns += MINUTE
        await until(lambda: len(seen) == 7)
        alpaca.venue.happen(trade(5, 59, 205.0))
        clock.now_ns += 30 * SECOND
        await until(lambda: len(seen) == 9)
    assert [type(message).__name__ for message in seen] == [
        *["Trade"] * 3, "TradeCorrection", "TradeCancel", "TradingStatus", "Bar", "Trade", "Bar",
    ]  # fmt: skip
    assert (seen[1].id, seen[1].price, seen[1].conditions) == (2, 201.25, ["@", "I"])
    assert seen[1].timestamp == datetime(2024, 8, 8, 13, 30, 2, tzinfo=UTC)
    assert (seen[3].original_id, seen[3].corrected_id, seen[3].corrected_price) == (1, 4, 200.75)
    assert (seen[4].id, seen[4].action) == (3, "C")
    bar, updated = seen[6], seen[8]
    # The odd lot counts for the volume alone, and the cancelled trade for nothing.
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (200.75, 200.75, 200.75, 200.75, 200)
    assert (updated.timestamp, updated.close, updated.volume) == (bar.timestamp, 205.0, 300)


async def test_the_official_client_reads_history_page_by_page(alpaca: AlpacaSimulator, clock: Clock) -> None:
    trades = [trade(number, number / 10, 200 + number / 100) for number in range(1, 251)]
    for one in trades:
        alpaca.venue.happen(one)
    client = StockHistoricalDataClient("simulated-key", "simulated-secret", url_override=alpaca.rest_url, raw_data=True)
    begin, end = datetime(2024, 8, 8, 13, 30, 5, tzinfo=UTC), datetime(2024, 8, 8, 13, 30, 20, tzinfo=UTC)
    request = StockTradesRequest(symbol_or_symbols="AAPL", start=begin, end=end, feed=DataFeed.IEX)
    read: Any = await asyncio.to_thread(client.get_stock_trades, request)
    assert [row["i"] for row in read["AAPL"]] == list(range(50, 200))
    assert read["AAPL"][0]["t"] == "2024-08-08T13:30:05.000000007Z"
    minutes = StockBarsRequest(
        symbol_or_symbols="AAPL", timeframe=TimeFrame.Minute, start=datetime(2024, 8, 8, tzinfo=UTC)
    )
    clock.now_ns += MINUTE
    bars: Any = await asyncio.to_thread(client.get_stock_bars, minutes)
    assert [(bar["o"], bar["c"], bar["n"]) for bar in bars["AAPL"]] == [(200.01, 202.5, 250)]
    async with aiohttp.ClientSession(headers=headers(), base_url=alpaca.rest_url) as session:
        ids: list[int] = []
        token: str | None = ""
        while token is not None:
            parameters = {"symbols": "AAPL", "start": "2024-08-08", "end": "2024-08-09", "limit": "100"}
            async with session.get(
                "/v2/stocks/trades", params=parameters | ({"page_token": token} if token else {})
            ) as r:
                answer = await r.json()
            ids += [row["i"] for row in answer["trades"]["AAPL"]]
            token = answer["next_page_token"]
    assert ids == list(range(1, 251))


def headers() -> dict[str, str]:
    return {"APCA-API-KEY-ID": "simulated-key", "APCA-API-SECRET-KEY": "simulated-secret"}


async def test_the_official_client_reads_clock_and_calendar(alpaca: AlpacaSimulator) -> None:
    client = TradingClient("simulated-key", "simulated-secret", url_override=alpaca.rest_url)
    clock: Any = await asyncio.to_thread(client.get_clock)
    assert clock.is_open
    assert clock.next_close == datetime(2024, 8, 8, 20, 0, tzinfo=UTC)
    days: Any = await asyncio.to_thread(
        client.get_calendar, GetCalendarRequest(start=date(2024, 11, 27), end=date(2024, 12, 2))
    )
    assert [(day.date.day, day.close.hour) for day in days] == [(27, 16), (29, 13), (2, 16)]


@asynccontextmanager
async def raw(alpaca: AlpacaSimulator) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Speak JSON to the stream; what it yields sends a request, if given, and returns the next message."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{alpaca.websocket_url}/iex") as socket,
    ):

        async def say(request: Any = None) -> Any:
            if request is not None:
                await (socket.send_str(request) if isinstance(request, str) else socket.send_json(request))
            message, *_ = await socket.receive_json(timeout=SECONDS)
            return message.get("code") or message.get("msg") or message

        yield say


async def test_a_client_is_told_what_it_does_wrong(alpaca: AlpacaSimulator) -> None:
    async with raw(alpaca) as say:
        assert await say() == "connected"
        assert await say({**AUTH, "secret": "guess"}) == 402
        assert await say("{") == 400
        assert await say({"action": "dance"}) == 400
        assert await say({"action": "subscribe", "trades": ["AAPL"]}) == 401
    async with raw(alpaca) as say:
        assert await say() == "connected"
        assert await say() == 404


async def test_one_connection_and_so_many_symbols_are_allowed(alpaca: AlpacaSimulator) -> None:
    async with raw(alpaca) as say:
        await say()
        assert await say(AUTH) == "authenticated"
        assert await say(AUTH) == 403
        subscribed = await say({"action": "subscribe", "trades": ["AAPL", "MSFT"], "bars": ["SPY"]})
        assert subscribed["trades"] == subscribed["corrections"] == subscribed["cancelErrors"] == ["AAPL", "MSFT"]
        assert await say({"action": "subscribe", "trades": ["SPY"]}) == 405
        assert (await say({"action": "unsubscribe", "trades": ["MSFT"]}))["trades"] == ["AAPL"]
        async with raw(alpaca) as other:
            await other()
            assert await other(AUTH) == 406
    async with raw(alpaca) as say:
        await say()
        assert await say(AUTH) == "authenticated"


async def test_a_connection_that_broke_off_counts_for_a_while(clock: Clock) -> None:
    async with serve_alpaca(AlpacaConfig(generate=False, linger_seconds=90.0), clock) as alpaca:
        async with raw(alpaca) as say:
            await say()
            await say(AUTH)
            socket: Any = alpaca.venue.listener
            socket._request.transport.abort()
            await until(lambda: alpaca.venue.listener is None)
        async with raw(alpaca) as say:
            await say()
            assert await say(AUTH) == 406
        clock.now_ns += 90 * SECOND
        async with raw(alpaca) as say:
            await say()
            assert await say(AUTH) == "authenticated"


async def test_a_request_without_credentials_or_sense_is_refused(alpaca: AlpacaSimulator) -> None:
    async with aiohttp.ClientSession(base_url=alpaca.rest_url) as session:
        async with session.get("/v2/stocks/trades", params={"symbols": "AAPL"}) as response:
            assert response.status == 403
        for query in ("", "symbols=aapl", "symbols=AAPL&start=soon", "symbols=AAPL&limit=0", "symbols=A&page_token=x"):
            async with session.get(f"/v2/stocks/trades?{query}", headers=headers()) as response:
                assert (response.status, "message" in await response.json()) == (400, True)


async def test_the_generated_market_trades_by_itself() -> None:
    async with serve_alpaca(AlpacaConfig()) as alpaca, raw(alpaca) as say:
        await say()
        await say(AUTH)
        await say({"action": "subscribe", "trades": ["SPY"]})
        message = await say()
        assert (message["T"], message["S"], message["x"]) == ("t", "SPY", "V")
