"""Client libraries of others, unchanged, against the simulator: what they read is what happened."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.oracle import RECORDINGS, recorded_trades
from tickloom.simulator.faults import Fault
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.past import AGGREGATES_FROM
from tickloom.simulator.server import Simulator, serve_simulator

SECONDS = 60
PROGRAMS = Path(__file__).parent / "clients"


@pytest.fixture
async def replayed() -> AsyncIterator[Simulator]:
    """An exchange that plays as soon as somebody listens."""
    async with serve_simulator(SimulatorConfig(recordings=tuple(RECORDINGS), speed=None, end_seconds=0)) as simulator:
        yield simulator


@pytest.fixture
async def paced() -> AsyncIterator[Simulator]:
    """The same at a pace that a slow reader can follow."""
    async with serve_simulator(SimulatorConfig(recordings=tuple(RECORDINGS), speed=20, end_seconds=0)) as simulator:
        yield simulator


async def client(name: str, simulator: Simulator) -> dict[str, Any]:
    """Run a program that uses one library; returns what it says it read."""
    # In a process of its own: the libraries' warnings are not ours.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        PROGRAMS / name,
        simulator.rest_url,
        simulator.websocket_url,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    read: dict[str, Any] = json.loads(output)
    return read


async def test_python_binance_reads_every_trade_and_the_klines(replayed: Simulator) -> None:
    read = await client("with_python_binance.py", replayed)
    trades = recorded_trades()
    first = [trade.trade_id for trade in trades[: len(read["streamed"])]]
    assert read["streamed"] == first
    assert read["symbol"]["baseAsset"] == "BTC"
    assert [row["a"] for row in read["aggregates"]] == list(range(AGGREGATES_FROM, AGGREGATES_FROM + 50))
    assert read["historical"] == [trade.trade_id for trade in trades[:10]]
    assert read["klines"] > 0
    assert read["refusal"] == -1121


async def test_ccxt_reads_trades_and_candles(paced: Simulator) -> None:
    read = await client("with_ccxt.py", paced)
    ids = {trade.trade_id for trade in recorded_trades()}
    assert set(read["streamed"]) <= ids
    assert len(read["streamed"]) == len(set(read["streamed"])) > 100
    assert read["markets"] == ["BTC/USDT"]
    assert read["precision"] == {"amount": 0.00001, "price": 0.01}
    assert len(read["candles"][0]) == 6
    assert read["fetched"] > 0


async def get(simulator: Simulator, path: str, **parameters: str) -> tuple[int, Any, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(simulator.rest_url + path, params=parameters) as answer:
        return answer.status, await answer.json(), dict(answer.headers)


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("aggTrades", {}, -1102),
        ("aggTrades", {"symbol": "NOPE"}, -1121),
        ("aggTrades", {"symbol": "BTCUSDT", "fromId": "x"}, -1100),
        ("aggTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
        ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("klines", {"symbol": "BTCUSDT"}, -1102),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "9", "endTime": "3"}, -1127),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": ""}, -1105),
        ("trades", {"symbol": "BTCUSDT", "colour": "red"}, -1104),
        ("exchangeInfo", {"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1128),
        ("exchangeInfo", {"symbols": "BTCUSDT"}, -1100),
    ],
)
async def test_a_wrong_request_gets_the_code_of_binance(
    replayed: Simulator, path: str, parameters: dict[str, str], code: int
) -> None:
    status, body, headers = await get(replayed, f"/api/v3/{path}", **parameters)
    assert (status, body["code"]) == (400, code)
    assert "X-MBX-USED-WEIGHT-1M" in headers


async def test_weights_are_counted_and_what_is_too_much_is_refused() -> None:
    async with serve_simulator(SimulatorConfig(weight_a_minute=50)) as simulator:
        _, _, headers = await get(simulator, "/api/v3/exchangeInfo")
        before = int(headers["X-MBX-USED-WEIGHT-1M"])
        assert before >= 20
        statuses = [(await get(simulator, "/api/v3/trades", symbol="BTCUSDT"))[0] for _ in range(2)]
        assert 429 in statuses
        status, body, headers = await get(simulator, "/api/v3/trades", symbol="BTCUSDT")
        assert (status, body["code"]) == (429, -1003)
        assert 0 < int(headers["Retry-After"]) <= 60


async def test_faults_can_be_added_while_it_runs_and_are_in_the_ledger() -> None:
    async with serve_simulator(SimulatorConfig()) as simulator, aiohttp.ClientSession() as session:
        url = simulator.rest_url + "/simulator"
        async with session.post(f"{url}/faults", json={"kind": "status", "status": 503, "count": 1}) as answer:
            assert answer.status == 201
        async with session.post(f"{url}/faults", json={"kind": "nonsense"}) as answer:
            assert answer.status == 400
        async with asyncio.timeout(SECONDS):
            while (await get(simulator, "/api/v3/time"))[0] != 503:
                continue
        _, ledger, _ = await get(simulator, "/simulator/ledger")
        assert [fault["state"] for fault in ledger["faults"]] == ["done"]
        assert {"path": "/api/v3/time", "status": 503, "count": 1} in ledger["answers"]


async def test_connections_end_after_their_time_and_say_so_before() -> None:
    config = SimulatorConfig(connection_seconds=0.2)
    async with serve_simulator(config) as simulator, aiohttp.ClientSession() as session:
        async with asyncio.timeout(SECONDS), session.ws_connect(simulator.websocket_url + "/ws/x@trade") as socket:
            said = [message.json() async for message in socket]
        assert [message["e"] for message in said] == ["serverShutdown"]


async def test_kline_streams_tell_of_each_minute_once_it_is_over() -> None:
    config = SimulatorConfig(recordings=(RECORDINGS[0],), speed=None, end_seconds=0)
    async with serve_simulator(config) as simulator, aiohttp.ClientSession() as session:
        streams = "/stream?streams=btcusdt@kline_1m/btcusdt@aggTrade/btcusdt@trade"
        told: list[Any] = []
        async with asyncio.timeout(SECONDS), session.ws_connect(simulator.websocket_url + streams) as socket:
            told = [message.json()["data"] async for message in socket]
        _, rows, _ = await get(simulator, "/api/v3/klines", symbol="BTCUSDT", interval="1m")
    closed = [one["k"] for one in told if one["e"] == "kline" and one["k"]["x"]]
    assert [one["t"] for one in closed] == [row[0] for row in rows[: len(closed)]]
    assert [one["v"] for one in closed] == [row[5] for row in rows[: len(closed)]]
    assert len(closed) >= 5
    ids = [i for one in told if one["e"] == "aggTrade" for i in range(one["f"], one["l"] + 1)]
    assert ids == [one["t"] for one in told if one["e"] == "trade"]


async def test_the_ledger_knows_what_was_sent_and_what_was_not() -> None:
    faults = (Fault("drop", after=1000, count=30), Fault("disconnect", after=3000, count=50))
    config = SimulatorConfig(recordings=(RECORDINGS[0],), speed=None, end_seconds=0, faults=faults)
    arrived: list[int] = []
    async with serve_simulator(config) as simulator, aiohttp.ClientSession() as session:
        async with asyncio.timeout(SECONDS):
            while not simulator.exchange.finished.is_set():
                try:
                    async with session.ws_connect(simulator.websocket_url + "/ws/btcusdt@trade") as socket:
                        arrived += [event["t"] async for one in socket if "t" in (event := one.json())]
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)
        ledger = simulator.exchange.ledger.as_document()
    sent = {i for first, last in ledger["streams"]["btcusdt@trade"]["ids"] for i in range(first, last + 1)}
    lost = [fault["lost"]["btcusdt@trade"] for fault in ledger["faults"]]
    assert set(arrived) <= sent
    # Trades of one millisecond happen together: the 51st happened with the 50th.
    assert [sum(last - first + 1 for first, last in ranges) for ranges in lost] == [30, 51]
    assert sent.isdisjoint(i for ranges in lost for first, last in ranges for i in range(first, last + 1))
