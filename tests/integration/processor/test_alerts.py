"""Alerts in a running processor, on a real PostgreSQL and a real Valkey: fired once, whatever is killed."""

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from integration.processor.line import SECONDS, START, Line, processing, trade
from support.oracle import MINUTE_US
from support.servers import running
from tickloom.local.services import service
from tickloom.settings.environment import Settings
from tickloom.wire import messages
from tickloom.wire.batches import Control, Kind
from tickloom.wire.names import ALERTS
from unit.processor.stream import batch, control, heartbeat, trades

SECOND = 1_000_000


async def set_alert(line: Line, condition: str = "PRICE_ABOVE", threshold: float | None = 100.5, **more: Any) -> int:
    values = {"recurring": True, "cooldown_seconds": 0, "message": "", "timeframe": 1, **more}
    await line.connection.execute("INSERT INTO users (name, role) VALUES ('ann', 'trader') ON CONFLICT DO NOTHING")
    number: int = await line.connection.fetchval(
        f"INSERT INTO alerts (owner, symbol_no, condition, threshold, {', '.join(values)})"  # noqa: S608 - a test's own
        f" SELECT user_no, $1, $2, $3, {', '.join(f'${n}' for n in range(4, 4 + len(values)))} FROM users"
        " WHERE name = 'ann' RETURNING alert_id",
        line.number,
        condition,
        threshold,
        *values.values(),
    )
    return number


async def events(line: Line) -> list[asyncpg.Record]:
    return await line.connection.fetch("SELECT * FROM alert_events ORDER BY event_id")


async def alert(line: Line, number: int) -> asyncpg.Record:
    row = await line.connection.fetchrow("SELECT * FROM alerts WHERE alert_id = $1", number)
    assert row is not None
    return row


async def begin(line: Line, price: int = 100) -> None:
    await line.append(
        control(Control.STARTED, START, 0, symbol=line.number), trades(trade(1, 1, price=price), symbol=line.number)
    )
    await line.committed()


async def test_a_crossing_is_stored_with_the_alert_and_published_after_the_commit(
    settings: Settings, line: Line
) -> None:
    number = await set_alert(line, message="look", recurring=False)
    async with line.redis.pubsub() as published, processing(settings):
        await published.subscribe(ALERTS)
        await begin(line)
        await line.append(trades(trade(2, SECOND, price=101), trade(3, 2 * SECOND), symbol=line.number))
        await line.append(trades(trade(4, 3 * SECOND, price=102), symbol=line.number))
        async with asyncio.timeout(SECONDS):
            while not (message := await published.get_message(ignore_subscribe_messages=True, timeout=1)):
                continue
        (event,) = await events(line)
        await line.committed()
    (told,) = messages.decode_alert_events(message["data"]).events
    assert (told.event_id, told.alert_id, told.owner, told.symbol) == (
        event["event_id"],
        number,
        "ann",
        "binance:BTCUSDT",
    )
    assert (told.value, told.price, told.message, told.timeframe) == (101.0, 101.0, "look", "1m")
    assert told.fired_at == event["fired_at"]
    assert len(await events(line)) == 1
    row = await alert(line, number)
    assert (row["armed"], row["fired_count"], row["last_fired_at"]) == (False, 1, event["fired_at"])


async def test_an_alert_that_is_set_changed_and_deleted_while_the_processor_runs_is_judged_as_it_is(
    settings: Settings, line: Line
) -> None:
    async with processing(settings):
        await begin(line)
        number, price = await set_alert(line, threshold=200.5), 0
        async with asyncio.timeout(SECONDS):
            while not await events(line):
                price += 1
                await line.append(trades(trade(1 + price, price * SECOND, price=200 + price % 2), symbol=line.number))
                await line.committed()
        await line.connection.execute("UPDATE alerts SET threshold = 300.5, updated_at = clock_timestamp()")
        async with asyncio.timeout(SECONDS):
            while (await events(line))[-1]["threshold"] != 300.5:
                price += 1
                await line.append(trades(trade(1 + price, price * SECOND, price=300 + price % 2), symbol=line.number))
                await line.committed()
        await line.connection.execute("DELETE FROM alerts WHERE alert_id = $1", number)
        stored = len(await events(line))
        for _ in range(10):
            price += 1
            await line.append(trades(trade(1 + price, price * SECOND, price=300 + price % 2), symbol=line.number))
            await line.committed()
    assert len(await events(line)) == stored


async def test_an_event_of_a_definition_that_changed_meanwhile_is_not_recorded(settings: Settings, line: Line) -> None:
    number = await set_alert(line)
    async with processing(settings):
        await begin(line)
        # Without a notification: what the processor holds is of the earlier definition.
        await line.connection.execute("ALTER TABLE alerts DISABLE TRIGGER alerts_defined")
        await line.connection.execute("UPDATE alerts SET threshold = 500, updated_at = clock_timestamp()")
        await line.append(trades(trade(2, SECOND, price=101), symbol=line.number))
        await line.committed()
    assert await events(line) == []
    assert (await alert(line, number))["fired_count"] == 0


async def test_a_cooldown_counts_from_the_latest_event_across_a_restart(settings: Settings, line: Line) -> None:
    await set_alert(line, cooldown_seconds=10)
    async with processing(settings):
        await begin(line)
        await line.append(trades(trade(2, SECOND, price=101), trade(3, 2 * SECOND), symbol=line.number))
        await line.committed()
    async with processing(settings):
        await line.append(trades(trade(4, 10 * SECOND, price=101), trade(5, 10 * SECOND + 1), symbol=line.number))
        await line.append(trades(trade(6, 11 * SECOND, price=102), symbol=line.number))
        await line.committed()
    assert [event["value"] for event in await events(line)] == [101.0, 102.0]


def random_path(seed: int, count: int = 400) -> list[int]:
    numbers, price, path = random.Random(seed), 100, []
    for _ in range(count):
        price += numbers.choice((-1, 0, 1))
        path.append(price)
    return path


def crossings(path: list[int], threshold: float) -> list[int]:
    return [now for before, now in itertools.pairwise(path) if before <= threshold < now]


@pytest.mark.parametrize("seed", [1, 2])
async def test_processors_that_lose_their_connection_at_any_moment_neither_repeat_nor_lose_an_event(
    settings: Settings, line: Line, seed: int
) -> None:
    await set_alert(line)
    path, numbers = [100, *random_path(seed)], random.Random(seed)
    async with processing(settings):
        await begin(line)
        for number in range(2, len(path) + 1, 4):
            block = [
                trade(n, n * SECOND // 10, price=path[n - 1]) for n in range(number, min(number + 4, len(path) + 1))
            ]
            await line.append(trades(*block, symbol=line.number))
            if numbers.random() < 0.2:
                await line.connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'tickloom-processor'"
                )
        await line.committed()
    stored = await events(line)
    assert [int(event["value"]) for event in stored] == crossings(path, 100.5)
    assert (await alert(line, stored[0]["alert_id"]))["fired_count"] == len(stored)


@pytest.mark.slow
async def test_a_process_that_is_killed_at_the_moment_of_an_event_leaves_each_event_once_with_its_delivery(
    settings: Settings, line: Line, tmp_path: Path
) -> None:
    await set_alert(line)
    urls = {"database_url": str(settings.database_url), "redis_url": str(settings.redis_url)}
    program = service("processor", {**urls, "checkpoint_seconds": "0.05", "instance": "killed"})
    path = [100 + step // 3 % 2 for step in range(120)]
    await line.append(control(Control.STARTED, START, 0, symbol=line.number))
    position, kills = 0, 0
    while position < len(path):
        with running(program, tmp_path / "processor.log") as process:
            await line.committed()
            stored = len(await events(line))
            while position < len(path):
                await line.append(
                    trades(trade(1 + position, position * SECOND, price=path[position]), symbol=line.number)
                )
                position += 1
                if kills < 4 and len(await events(line)) > stored:
                    # Between the commit and whatever comes after it.
                    process.kill()
                    kills += 1
                    break
                await asyncio.sleep(0.01)
            else:
                await line.committed()
    assert kills == 4
    stored_events = await events(line)
    assert [int(event["value"]) for event in stored_events] == crossings(path, 100.5)
    sent = await line.connection.fetch("SELECT event_id, channel FROM alert_deliveries ORDER BY event_id")
    assert [tuple(row) for row in sent] == [(event["event_id"], "WEBSOCKET") for event in stored_events]


def volumes(line: Line, *sizes: float) -> list[Any]:
    """Return a trade of each size, a minute apart, and the heartbeat that closes the last one's minute."""
    rows = [(START + i * MINUTE_US + 1, 1 + i, 100.0, size, line.number, 1) for i, size in enumerate(sizes)]
    return [
        control(Control.STARTED, START, 0, symbol=line.number),
        *(batch(Kind.TRADES, [row]) for row in rows),
        heartbeat(START + (len(sizes) + 1) * MINUTE_US, symbol=line.number),
    ]


async def test_a_volume_that_rises_above_a_multiple_of_the_twenty_bars_before_fires_once(
    settings: Settings, line: Line
) -> None:
    await set_alert(line, "VOLUME_SPIKE", 3.0)
    async with processing(settings):
        # The second large bar is 8 / 1.25 = 6.4 averages and no change of the condition; the last one is.
        await line.append(*volumes(line, *[1.0] * 21, 6.0, 8.0, 1.0, 20.0))
        await line.committed()
    stored = await events(line)
    assert [(event["value"], event["price"]) for event in stored] == [
        (pytest.approx(6.0), 100.0),
        (pytest.approx(20 / 1.6), 100.0),
    ]
    assert int(stored[0]["fired_at"].timestamp() * 1e6) == START + 22 * MINUTE_US


async def test_without_twenty_bars_before_no_volume_is_a_spike(settings: Settings, line: Line) -> None:
    await set_alert(line, "VOLUME_SPIKE", 3.0)
    async with processing(settings):
        await line.append(*volumes(line, *[1.0] * 19, 50.0))
        await line.committed()
    assert await events(line) == []


async def test_rsi_and_macd_fire_where_their_stored_series_cross_and_a_restart_makes_no_difference(
    settings: Settings, line: Line
) -> None:
    above = await set_alert(line, "RSI_ABOVE", 55.0)
    below = await set_alert(line, "RSI_BELOW", 45.0)
    macd = await set_alert(line, "MACD_CROSSOVER", None)
    closes = [100 + price % 50 for price in random_path(7, 240)]
    ticks = [trade(1 + i, i * MINUTE_US + 1, price=price) for i, price in enumerate(closes)]
    await line.append(control(Control.STARTED, START, 0, symbol=line.number))
    for begin in range(0, len(ticks), 80):
        async with processing(settings):
            await line.append(*(trades(*ticks[at : at + 7], symbol=line.number) for at in range(begin, begin + 80, 7)))
            await line.append(heartbeat(START + (begin + 80) * MINUTE_US, symbol=line.number))
            await line.committed()
    expected = stored_crossings(
        await line.connection.fetch(
            "SELECT time, values[array_position(names, 'rsi_14')] AS rsi,"
            " values[array_position(names, 'macd_hist')] AS hist"
            " FROM indicators JOIN series_definitions USING (definition) WHERE timeframe = 1 ORDER BY time"
        ),
        above,
        below,
        macd,
    )
    assert len({alert_id for alert_id, _, _ in expected}) == 3
    stored = {(row["alert_id"], int(row["fired_at"].timestamp()) - 60, row["value"]) for row in await events(line)}
    assert stored == expected


def stored_crossings(rows: list[asyncpg.Record], above: int, below: int, macd: int) -> set[tuple[int, int, float]]:
    expected = set()
    for before, now in itertools.pairwise(rows):
        at = int(now["time"].timestamp())
        if before["rsi"] is not None and before["rsi"] <= 55 < now["rsi"]:
            expected.add((above, at, now["rsi"]))
        if before["rsi"] is not None and now["rsi"] < 45 <= before["rsi"]:
            expected.add((below, at, now["rsi"]))
        if before["hist"] is not None and (before["hist"] <= 0 < now["hist"] or now["hist"] < 0 <= before["hist"]):
            expected.add((macd, at, now["hist"]))
    return expected
