"""The processor as a process's main function, on a real PostgreSQL and a real Valkey."""

import asyncio
from decimal import Decimal

from integration.processor.line import SECONDS, START, Line, processing, trade
from support.catalog import apply_binance
from support.oracle import MINUTE_US, build_bars, recorded_trades
from tickloom.market.verdicts import Verdict
from tickloom.settings.environment import Settings
from tickloom.wire.batches import Control
from tickloom.wire.names import BATCH_FIELD, COMPLETED_BARS, trades_stream
from unit.processor.stream import control, heartbeat, trades


async def test_a_recording_becomes_rows_that_equal_the_oracle_and_the_stream_is_trimmed(
    settings: Settings, line: Line
) -> None:
    recorded = recorded_trades()
    async with processing(settings):
        await line.append(
            control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1, symbol=line.number),
            *(trades(*recorded[i : i + 500], symbol=line.number) for i in range(0, len(recorded), 500)),
        )
        await line.committed()
        rows = await line.minutes()
        assert await line.redis.xlen(line.stream) <= 1
    expected = build_bars(recorded, 1)
    for row in rows:
        bar = expected[int(row["time"].timestamp()) * 1_000_000]
        assert Decimal(repr(row["volume"])) == bar.volume.normalize()
        assert (row["trades"], Decimal(repr(row["close"]))) == (bar.trades, bar.close)
    assert [row["verdict"] for row in rows] == ["partial"] + ["complete"] * 10


async def test_a_late_healed_trade_revises_the_minute_and_every_longer_bar_and_keeps_the_old_version(
    settings: Settings, line: Line
) -> None:
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(trade(1, 1), trade(3, 3), symbol=line.number),
            heartbeat(START + 10 * MINUTE_US, symbol=line.number),
        )
        await line.committed()
        assert (await line.minutes())[0]["verdict"] == "partial"
        await line.append(trades(trade(2, 2, price=250), symbol=line.number, healed=True))
        await line.committed()
    first = (await line.minutes())[0]
    assert (first["high"], first["trades"], first["verdict"], first["revision"]) == (250.0, 3, "healed", 1)
    earlier = await line.connection.fetchrow("SELECT * FROM candle_revisions WHERE timeframe = 1")
    assert earlier is not None
    assert (earlier["high"], earlier["trades"], earlier["verdict"], earlier["revision"]) == (100.0, 2, "partial", 0)
    five = await line.connection.fetchrow("SELECT * FROM candles WHERE timeframe = 5 ORDER BY time LIMIT 1")
    assert five is not None
    assert (five["high"], five["trades"], five["revision"]) == (250.0, 3, 1)
    gap = await line.connection.fetchrow("SELECT state, missing, healed FROM gaps")
    assert gap is not None
    assert tuple(gap) == ("healed", 1, 1)


async def test_bars_of_an_outage_become_healed_when_the_feed_resumes(settings: Settings, line: Line) -> None:
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(trade(1, 1), symbol=line.number),
            control(Control.DOWN, START + 5, 1, symbol=line.number),
            heartbeat(START + 3 * MINUTE_US, symbol=line.number, live=False),
        )
        await line.committed()
        assert [row["verdict"] for row in await line.minutes()] == ["partial", "feed_down"]
        await line.append(
            trades(trade(2, MINUTE_US + 7, price=120), symbol=line.number, healed=True),
            control(Control.RESUMED, START + 3 * MINUTE_US + 5, 2, symbol=line.number),
        )
        await line.committed()
    rows = await line.minutes()
    assert [row["verdict"] for row in rows] == ["healed", "healed"]
    assert [row["close"] for row in rows] == [100.0, 120.0]


async def test_a_processor_that_loses_its_connection_goes_on_from_the_checkpoint(
    settings: Settings, line: Line
) -> None:
    async with processing(settings):
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number), trades(trade(1, 1), symbol=line.number)
        )
        await line.committed()
        await line.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tickloom-processor'"
        )
        await line.append(
            trades(trade(1, 1), trade(2, 2, price=90), symbol=line.number),
            heartbeat(START + 2 * MINUTE_US, symbol=line.number),
        )
        await line.committed()
    (row,) = await line.minutes()
    assert (row["trades"], row["low"], row["verdict"], row["revision"]) == (2, 90.0, "complete", 0)


async def test_two_processors_never_store_a_trade_twice(settings: Settings, line: Line) -> None:
    async with processing(settings), processing(settings):
        await line.append(control(Control.STARTED, START, 0, symbol=line.number))
        for number in range(1, 200):
            await line.append(trades(trade(number, number * 1_000_000), symbol=line.number))
        await line.append(heartbeat(START + 10 * MINUTE_US, symbol=line.number))
        await line.committed()
    rows = await line.minutes()
    assert sum(row["trades"] for row in rows) == 199
    assert {Verdict.parse(row["verdict"]) for row in rows} == {Verdict.COMPLETE}


async def test_a_symbol_that_the_processor_has_not_heard_of_yet_is_looked_up(settings: Settings, line: Line) -> None:
    async with processing(settings):
        await line.append(control(Control.STARTED, START, 0, symbol=line.number))
        await line.committed()
        fresh = (await apply_binance(line.connection, "BTCUSDT", "ETHUSDT"))["ETHUSDT"]
        other = Line(line.connection, line.redis, trades_stream("binance", fresh.partition), fresh.symbol_no)
        await other.append(
            control(Control.STARTED, START, 0, symbol=other.number),
            trades(trade(1, 1), symbol=other.number),
            heartbeat(START + 2 * MINUTE_US, symbol=other.number),
        )
        await other.committed()
    assert [row["trades"] for row in await other.minutes()] == [1]


async def test_an_entry_that_is_no_batch_is_skipped(settings: Settings, line: Line) -> None:
    async with processing(settings):
        await line.redis.xadd(line.stream, {BATCH_FIELD: b"\x01\x00garbage"})
        await line.redis.xadd(line.stream, {b"other": b"field"})
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(trade(1, 1), symbol=line.number),
            heartbeat(START + 2 * MINUTE_US, symbol=line.number),
        )
        await line.committed()
    assert [row["trades"] for row in await line.minutes()] == [1]


async def test_completed_bars_are_announced_after_they_are_stored(settings: Settings, line: Line) -> None:
    async with line.redis.pubsub() as announcements, processing(settings):
        await announcements.subscribe(COMPLETED_BARS)
        await line.append(
            control(Control.STARTED, START, 0, symbol=line.number),
            trades(trade(1, 1), symbol=line.number),
            heartbeat(START + 2 * MINUTE_US, symbol=line.number),
        )
        async with asyncio.timeout(SECONDS):
            while not (message := await announcements.get_message(ignore_subscribe_messages=True, timeout=1)):
                continue
        assert b'"binance:BTCUSDT"' in message["data"]
        assert len(await line.minutes()) == 1
