"""A collector between a scripted venue and a real Redis and PostgreSQL: every trade once, in a healthy order."""

import asyncio
import json

import pytest

from integration.collector.running import apply, collecting
from integration.collector.streams import read_streams, until
from integration.collector.venue_server import VenueServer, serve_venue
from tickloom.bus.connection import open_redis
from tickloom.bus.health import read_health
from tickloom.settings.environment import Settings
from tickloom.store.connection import Connection


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    return Settings(database_url=postgres_url, redis_url=redis_url, heartbeat_seconds=0.05, instance="test")


async def test_live_trades_arrive_once_in_order_between_start_and_loss(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    numbers = await apply(connection, venue, "BTCUSDT", "ETHUSDT")
    await venue.trade("BTCUSDT", 5)
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT", "ETHUSDT")
        ids = await venue.trade("BTCUSDT", 300)
        other = await venue.trade("ETHUSDT", 3)
        await until(redis_url, numbers["BTCUSDT"], lambda c: c.ids[-1:] == ids[-1:] and len(c.beats) > 5)
    contents = await read_streams(redis_url)
    content = contents[numbers["BTCUSDT"]]
    assert content.ids == ids
    assert content.order[0] == ("STARTED", ids[0] - 1)
    assert content.order[-1] == ("DOWN", ids[-1])
    assert content.healed == set()
    assert content.broken_promises == []
    assert [b for b, _ in content.beats] == sorted(b for b, _ in content.beats)
    assert contents[numbers["ETHUSDT"]].ids == other


async def test_a_broken_socket_loses_nothing_and_says_what_happened(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        before = await venue.trade("BTCUSDT", 50)
        await until(redis_url, number, lambda c: len(c.ids) == 50)
        venue.cut()
        await venue.until_lost()
        missed = await venue.trade("BTCUSDT", 2500)
        await venue.until_subscribed("BTCUSDT")
        after = await venue.trade("BTCUSDT", 50)
        content = await until(redis_url, number, lambda c: after[-1] in c.ids and c.controls[-1][0] == "RESUMED")
    assert content.ids == before + missed + after
    assert set(missed) <= content.healed
    assert content.healed.isdisjoint(before)
    assert [name for name, _ in content.controls] == ["STARTED", "DOWN", "RESUMED"]
    assert content.order.index(("DOWN", before[-1])) < content.order.index(("trade", missed[0]))
    assert any(not live for _, live in content.beats)


async def test_trades_that_the_stream_skips_are_fetched_beside_it(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        told = await venue.trade("BTCUSDT", 10)
        for _ in range(3):
            await venue.trade("BTCUSDT", 7, told=False)
            told += await venue.trade("BTCUSDT", 10)
        content = await until(redis_url, number, lambda c: len(c.ids) == 61)
    assert sorted(content.ids) == list(range(told[0], told[-1] + 1))
    assert content.healed == set(content.ids) - set(told)
    assert content.controls == [("STARTED", told[0] - 1)]


async def test_a_restart_goes_on_where_the_stream_ends(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 20)
        await until(redis_url, number, lambda c: len(c.ids) == 20)
    ids += await venue.trade("BTCUSDT", 1500)
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids += await venue.trade("BTCUSDT", 20)
        content = await until(redis_url, number, lambda c: len(c.ids) == len(ids) and c.controls[-1][0] == "RESUMED")
    assert content.ids == ids
    assert content.healed >= set(ids[20:1520])
    assert [name for name, _ in content.controls] == ["STARTED", "DOWN", "RESUMED"]


async def test_a_restart_goes_on_where_the_processor_committed(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    ids = await venue.trade("BTCUSDT", 30)
    await connection.execute(
        "INSERT INTO stream_offsets (stream, entry_id, checkpoint, symbol_nos, last_trade_ids)"
        " VALUES ('trades:binance:0', '1-1', '', $1, $2)",
        [number],
        [ids[9]],
    )
    await connection.execute(
        "INSERT INTO gaps (symbol_no, gap_no, state, reason, first_trade_id, last_trade_id, from_time, missing)"
        " VALUES ($1, 1, 'open', 'trade ids jumped', $2, $3, now(), 2)",
        number,
        ids[3],
        ids[4],
    )
    async with collecting(settings):
        content = await until(redis_url, number, lambda c: len(c.ids) == 22 and bool(c.controls))
    assert sorted(content.ids) == ids[3:5] + ids[10:]
    assert content.healed == set(content.ids)
    assert content.controls == [("RESUMED", ids[-1])]


async def test_trades_that_rest_refuses_are_given_up_and_live_goes_on(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 5)
        await until(redis_url, number, lambda c: len(c.ids) == 5)
        venue.statuses["/api/v3/historicalTrades"] = (404, {})
        venue.cut()
        await venue.until_lost()
        lost = await venue.trade("BTCUSDT", 7)
        await venue.until_subscribed("BTCUSDT")
        await until(redis_url, number, lambda c: "UNHEALABLE" in dict(c.controls))
        after = await venue.trade("BTCUSDT", 5)
        content = await until(redis_url, number, lambda c: after[-1] in c.ids)
    assert content.ids == ids + after
    assert content.controls[1:] == [("DOWN", ids[-1]), ("UNHEALABLE", lost[0]), ("STARTED", lost[-1])]


async def test_while_banned_the_live_flow_goes_on_and_the_gap_waits(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        first = await venue.trade("BTCUSDT", 5)
        await until(redis_url, number, lambda c: len(c.ids) == 5)
        venue.statuses["/api/v3/historicalTrades"] = (429, {"Retry-After": "1"})
        missed = await venue.trade("BTCUSDT", 5, told=False)
        after = await venue.trade("BTCUSDT", 5)
        content = await until(redis_url, number, lambda c: after[-1] in c.ids)
        assert content.ids == first + after
        venue.statuses.clear()
        content = await until(redis_url, number, lambda c: len(c.ids) == 15)
    assert content.healed == set(missed)


async def test_bad_frames_cost_only_themselves_on_a_real_socket(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    number = (await apply(connection, venue))["BTCUSDT"]
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 5)
        for bad in ("", "{", "[" * 1000, "x" * 200_000, b"\x00\xff", json.dumps({"stream": "a@trade", "data": {}})):
            await venue.say(bad)
        ids += await venue.trade("BTCUSDT", 5)
        content = await until(redis_url, number, lambda c: len(c.ids) == 10)
    assert content.ids == ids
    assert [name for name, _ in content.controls] == ["STARTED"]


async def test_aggregate_trades_are_collected_and_healed_where_the_exchange_wants_them(
    settings: Settings, connection: Connection, redis_url: str
) -> None:
    async with serve_venue("BTCUSDT", kind="aggTrade") as venue:
        number = (await apply(connection, venue, tradeStream="aggTrade"))["BTCUSDT"]
        async with collecting(settings):
            await venue.until_subscribed("BTCUSDT")
            ids = await venue.trade("BTCUSDT", 5)
            ids += await venue.trade("BTCUSDT", 5, told=False)
            ids += await venue.trade("BTCUSDT", 5)
            content = await until(redis_url, number, lambda c: len(c.ids) == 15)
    assert sorted(content.ids) == ids
    assert content.healed == set(ids[5:10])
    assert set(content.counts.values()) == {3}
    assert venue.asked["/api/v3/historicalTrades"] == 0


async def test_symbols_are_added_and_removed_without_touching_the_others(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    numbers = await apply(connection, venue, "BTCUSDT")
    async with collecting(settings):
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 5)
        numbers = await apply(connection, venue, "BTCUSDT", "ETHUSDT")
        await venue.until_subscribed("BTCUSDT", "ETHUSDT")
        ids += await venue.trade("BTCUSDT", 5)
        other = await venue.trade("ETHUSDT", 5)
        await until(redis_url, numbers["ETHUSDT"], lambda c: c.ids == other)
        await connection.execute("UPDATE symbols SET suspended = true WHERE symbol = 'ETHUSDT'")
        await until(redis_url, numbers["ETHUSDT"], lambda c: c.controls[-1][0] == "DOWN")
        ids += await venue.trade("BTCUSDT", 5)
        content = await until(redis_url, numbers["BTCUSDT"], lambda c: c.ids == ids)
    assert [name for name, _ in content.controls] == ["STARTED"]
    assert content.repeated == 0


async def test_an_unknown_symbol_is_named_in_health_and_the_others_are_collected(
    settings: Settings, connection: Connection, venue: VenueServer, redis_url: str
) -> None:
    numbers = await apply(connection, venue, "BTCUSDT", "NOSUCHTHING")
    async with collecting(settings), open_redis(redis_url, "test") as redis:
        await venue.until_subscribed("BTCUSDT")
        ids = await venue.trade("BTCUSDT", 5)
        await until(redis_url, numbers["BTCUSDT"], lambda c: c.ids == ids)
        async with asyncio.timeout(10):
            while not (health := await read_health(redis)) or "NOSUCHTHING" not in health[0].detail:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert (health[0].role, health[0].instance, health[0].state) == ("collector", "test", "degraded")
    row = await connection.fetchrow("SELECT price_step, size_step FROM symbols WHERE symbol = 'BTCUSDT'")
    assert row is not None
    assert tuple(row) == (0.01, 0.001)
    assert set(await read_streams(redis_url)) == {numbers["BTCUSDT"]}
    async with open_redis(redis_url, "test") as redis:
        assert await read_health(redis) == []
