"""Quarantine on real servers: what an operator decides reaches the bars once, whatever is killed meanwhile."""

import asyncio
import json

import asyncpg
import pytest
from click.testing import CliRunner

from integration.processor.line import SECONDS, START, Line, processing, trade
from support.oracle import MINUTE_US
from tickloom.cli.quarantine import quarantine
from tickloom.market.identity import SymbolId
from tickloom.settings.environment import Settings
from tickloom.store.quarantine import decide
from tickloom.wire.batches import Control, Kind
from tickloom.wire.names import quality
from unit.processor.stream import batch, control, heartbeat, trades


async def states(line: Line) -> list[asyncpg.Record]:
    return await line.connection.fetch("SELECT * FROM quarantined_trades ORDER BY quarantine_no")


async def reach(line: Line, state: str) -> None:
    async with asyncio.timeout(SECONDS):
        while state not in {row["state"] for row in await states(line)}:  # noqa: ASYNC110 - nobody announces the row
            await asyncio.sleep(0.02)


@pytest.fixture
async def bad_print(settings: Settings, line: Line) -> Line:
    """A line with 40 good trades and a bad one in its first minute, which is closed."""
    good = [trade(number, number * 100_000, price=100 + number % 2) for number in range(1, 31)]
    after = [trade(number, number * 100_000, price=100 + number % 2) for number in range(32, 43)]
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(*good, trade(31, 3_100_000, price=7), *after, symbol=line.number),
            heartbeat(START + 2 * MINUTE_US, symbol=line.number),
        )
        await line.committed()
    return line


async def test_a_bad_print_is_stored_with_its_reason_and_the_score_of_the_minute_shows_it(bad_print: Line) -> None:
    (row,) = await states(bad_print)
    assert (row["trade_id"], row["price"], row["reason"], row["state"]) == (31, 7.0, "price", "quarantined")
    assert (round(row["measured"]), row["reference"]) == (-93, 100.0)
    assert (await bad_print.minutes())[0]["low"] == 100.0
    score = await bad_print.connection.fetchrow("SELECT * FROM data_quality_metrics ORDER BY time LIMIT 1")
    assert score is not None
    assert (score["checked"], score["failed_price"]) == (42, 1)
    assert score["score"] == pytest.approx(41 / 42)
    cached = await bad_print.redis.hgetall(quality(SymbolId("binance", "BTCUSDT")))
    assert float(cached[b"score"]) < 1


def run_command(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setenv("TICKLOOM_DATABASE_URL", str(settings.database_url))
    result = CliRunner().invoke(quarantine, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


async def test_a_release_on_the_command_line_revises_the_bars_once_however_often_processors_die(
    settings: Settings, bad_print: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = await asyncio.to_thread(run_command, settings, monkeypatch, "list", "--symbol", "binance:BTCUSDT")
    number = listed[0]["quarantine_no"]  # type: ignore[index]
    answer = await asyncio.to_thread(run_command, settings, monkeypatch, "release", str(number))
    assert answer == {str(number): "release_requested"}
    async with processing(settings):
        await bad_print.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tickloom-processor'"
        )
        await reach(bad_print, "released")
    async with processing(settings):
        await bad_print.append(heartbeat(START + 3 * MINUTE_US, symbol=bad_print.number))
        await bad_print.committed()
    first = (await bad_print.minutes())[0]
    assert (first["low"], first["trades"], first["revision"], first["verdict"]) == (7.0, 42, 1, "revised")


async def test_a_discarded_trade_stays_out_and_cannot_be_released(settings: Settings, bad_print: Line) -> None:
    (row,) = await states(bad_print)
    number = row["quarantine_no"]
    assert await decide(bad_print.connection, [number, 999], "discard", by="test") == {number: "discarded", 999: None}
    assert await decide(bad_print.connection, [number], "release", by="test") == {number: "discarded"}
    (row,) = await states(bad_print)
    assert (row["decided_by"], row["decided_at"] is None) == ("test", False)


async def test_a_release_while_the_minute_is_open_is_in_the_bar_when_it_closes(settings: Settings, line: Line) -> None:
    good = [trade(number, number * 100_000, price=100) for number in range(1, 31)]
    late = [trade(number, number * 100_000, price=100) for number in range(32, 43)]
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(*good, trade(31, 3_100_000, price=7), *late, symbol=line.number),
        )
        await reach(line, "quarantined")
        await decide(line.connection, [(await states(line))[0]["quarantine_no"]], "release", by="test")
        await reach(line, "released")
    async with processing(settings):
        await line.append(heartbeat(START + 2 * MINUTE_US, symbol=line.number))
        await line.committed()
    (first,) = await line.minutes()
    assert (first["low"], first["trades"], first["revision"], first["verdict"]) == (7.0, 42, 0, "complete")


async def test_a_trade_without_valid_values_cannot_be_released(settings: Settings, line: Line) -> None:
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            batch(Kind.TRADES, [(START + 1, 1, float("nan"), 1.0, line.number, 1)]),
        )
        await reach(line, "quarantined")
    number = (await states(line))[0]["quarantine_no"]
    assert await decide(line.connection, [number], "release", by="test") == {number: "quarantined"}
