"""A venue that closes: the collector rests while nothing trades, and nothing counts as lost by that."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from support.manual_clock import ManualClock
from tickloom.collector.hours import LEAD_US, LINGER_US, Hours
from tickloom.collector.venue import VenueThrottled
from tickloom.market.sessions import load_sessions
from unit.collector.test_connection import WANTED, Connected

# Thursday, 8 August 2024: 13:30 to 20:00 UTC; Friday opens at 13:30 again.
OPEN_US, CLOSE_US = 1_723_123_800_000_000, 1_723_147_200_000_000
NEXT_OPEN_US = OPEN_US + 24 * 3600 * 1_000_000


def seconds_at(time_us: int) -> float:
    return Hours(load_sessions("XNYS"), ManualClock(time_us)).seconds_to_rest()


def test_there_is_something_to_collect_from_before_the_open_until_after_the_close() -> None:
    for time_us in (OPEN_US - LEAD_US, OPEN_US, CLOSE_US, CLOSE_US + LINGER_US - 1):
        assert seconds_at(time_us) == 0


def test_the_rest_ends_before_the_next_open() -> None:
    assert seconds_at(CLOSE_US + LINGER_US) == (NEXT_OPEN_US - LEAD_US - CLOSE_US - LINGER_US) / 1e6


def test_a_market_without_a_calendar_never_rests() -> None:
    assert Hours(None, ManualClock(CLOSE_US + LINGER_US)).seconds_to_rest() == 0


@pytest.fixture
async def connected() -> AsyncIterator[Connected]:
    async with asyncio.TaskGroup() as group:
        connected = Connected(group)
        connected.clock.set_wall(CLOSE_US - 1_000_000)
        connected.connection._hours = Hours(load_sessions("XNYS"), connected.clock)
        connected.connection.want(WANTED)
        yield connected
        if connected.running:
            connected.running.cancel()


async def test_a_connection_rests_when_the_market_closes_and_is_back_before_it_opens(connected: Connected) -> None:
    connected.connection._silence_seconds = 1e9
    await connected.run()
    connected.said()
    await connected.clock.advance(LINGER_US / 1e6 + 2)
    assert connected.venue.sockets[0].left
    assert (connected.connection.connected, connected.connection.problem) == (True, None)
    assert connected.controls() == []
    await connected.clock.advance((NEXT_OPEN_US - LEAD_US - connected.clock.time_us()) / 1e6 + 1)
    assert len(connected.venue.sockets) == 2
    assert connected.socket.symbols == WANTED
    assert connected.controls() == [("RESUMED", 1), ("RESUMED", 2)]


async def test_a_venue_that_wants_to_be_left_alone_is_left_alone(connected: Connected) -> None:
    connected.connection._silence_seconds = 1e9
    connected.venue.connect_errors = [VenueThrottled("another connection (406)", 100.0)]
    await connected.run()
    assert connected.connection.problem == "another connection (406)"
    await connected.clock.advance(99)
    assert connected.venue.sockets == []
    await connected.clock.advance(2)
    assert connected.connection.connected
