"""The life of a connection: loss, silence, replacement in time, and symbols that come and go."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from support.manual_clock import settle
from tickloom.collector.catching_up import CatchingUp
from tickloom.collector.connection import OVERLAP_SECONDS, Connection
from tickloom.collector.fetching import Fetcher
from tickloom.collector.venue import VenueUnavailable
from tickloom.wire.batches import Control, Kind
from unit.collector.collecting import NOW, Flowing
from unit.collector.scripted_venue import ScriptedSocket, ScriptedVenue

SILENCE = 60.0
WANTED = {"ONE": 1, "TWO": 2}


class Connected(Flowing):
    """A connection that runs, whose symbols are in the stream up to id 10."""

    def __init__(self, group: asyncio.TaskGroup, kind: str = "wall") -> None:
        super().__init__(kind)
        for number in (1, 2):
            self.coverage.cover(number, 0, last_id=10, last_us=NOW)
        self.venue = ScriptedVenue(self.clock)
        self.venue.ids = list(range(1, 11))
        fetcher = Fetcher(self.flow, self.venue, self.clock, maximum_trades=50, maximum_waiting_bytes=1 << 19)
        fetcher.symbols = {number: name for name, number in WANTED.items()}
        catching_up = CatchingUp(fetcher, group.create_task)
        self.connection = Connection("binance", self.venue, self.flow, catching_up, self.clock, SILENCE)
        self.connection._backoff._jitter = lambda: 1.0
        self.feed_clock.observe(NOW)
        self._group = group
        self.running: asyncio.Task[None] | None = None

    async def run(self) -> None:
        self.running = self._group.create_task(self.connection.run())
        await settle()

    @property
    def socket(self) -> ScriptedSocket:
        return self.venue.sockets[-1]

    def controls(self) -> list[tuple[str, int]]:
        return [(Control(s.flags).name, s.symbol_no) for s in self.said() if s.kind == Kind.CONTROL]


@pytest.fixture
async def connected() -> AsyncIterator[Connected]:
    async with asyncio.TaskGroup() as group:
        connected = Connected(group)
        connected.connection.want(WANTED)
        yield connected
        if connected.running:
            connected.running.cancel()


async def test_all_symbols_are_subscribed_and_resumed(connected: Connected) -> None:
    await connected.run()
    assert connected.socket.symbols == WANTED
    assert connected.controls() == [("RESUMED", 1), ("RESUMED", 2)]
    assert connected.connection.connected


async def test_a_lost_socket_is_said_and_replaced_after_a_wait(connected: Connected) -> None:
    await connected.run()
    connected.said()
    connected.socket.closed.set()
    await settle()
    assert connected.controls() == [("DOWN", 1), ("DOWN", 2)]
    assert not connected.connection.connected
    await connected.clock.advance(0.9)
    assert len(connected.venue.sockets) == 1
    await connected.clock.advance(0.2)
    assert len(connected.venue.sockets) == 2
    assert connected.controls() == [("RESUMED", 1), ("RESUMED", 2)]


async def test_waits_grow_until_data_flowed(connected: Connected) -> None:
    connected.venue.connect_errors = [VenueUnavailable("refused")] * 3
    await connected.run()
    await connected.clock.advance(1 + 2 + 3.9)
    assert connected.venue.sockets == []
    await connected.clock.advance(0.2)
    connected.socket.delivered = True
    await connected.clock.advance(1)
    connected.socket.closed.set()
    await connected.clock.advance(1.1)
    assert len(connected.venue.sockets) == 2
    connected.socket.closed.set()
    await connected.clock.advance(1.1)
    assert len(connected.venue.sockets) == 2


async def test_a_venue_that_cannot_be_reached_is_said_once_a_minute(
    connected: Connected, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connected.venue.connect_errors = [VenueUnavailable("refused")] * 12
    await connected.run()
    await connected.clock.advance(59)
    assert connected.connection.problem == "refused"
    said = capsys.readouterr().out + caplog.text
    assert said.count("the exchange is not connected") == 1
    assert "host=venue.test" in said
    assert "retry_seconds" in said
    await connected.clock.advance(62)
    assert (capsys.readouterr().out + caplog.text).count("the exchange is not connected") >= 1


async def test_what_an_earlier_process_covered_is_down_while_the_venue_is_away(connected: Connected) -> None:
    connected.venue.connect_errors = [VenueUnavailable("refused")] * 2
    await connected.run()
    said = connected.said()
    assert [(s.flags, s.symbol_no, s.exchange_us, s.trade_id) for s in said] == [
        (Control.DOWN, 1, NOW, 10),
        (Control.DOWN, 2, NOW, 10),
    ]


async def test_a_silent_socket_is_taken_for_dead(connected: Connected) -> None:
    await connected.run()
    for _ in range(3):
        await connected.clock.advance(SILENCE - 1)
        connected.socket.last_frame = connected.clock.monotonic()
    assert len(connected.venue.sockets) == 1
    await connected.clock.advance(SILENCE + 3)
    assert connected.venue.sockets[0].left
    assert len(connected.venue.sockets) == 2


@pytest.mark.parametrize("why", ["age", "announcement"])
async def test_a_connection_is_replaced_in_time_without_a_loss(connected: Connected, why: str) -> None:
    await connected.run()
    connected.said()
    old = connected.socket
    if why == "announcement":
        old.retiring.set()
        await connected.clock.advance(0.5)
    else:
        while len(connected.venue.sockets) == 1:
            old.last_frame = connected.clock.monotonic()
            await connected.clock.advance(10)
    new = connected.socket
    assert new.symbols == WANTED
    await connected.clock.advance(OVERLAP_SECONDS + 1)
    assert (old.left, new.left) == (True, False)
    assert connected.controls() == []


async def test_the_old_connection_is_kept_where_no_other_is_to_be_had(connected: Connected) -> None:
    await connected.run()
    connected.said()
    connected.venue.connect_errors = [VenueUnavailable("refused")]
    connected.socket.retiring.set()
    await connected.clock.advance(1)
    assert not connected.socket.left
    await connected.clock.advance(40)
    assert len(connected.venue.sockets) == 2
    assert connected.controls() == []


async def test_a_connection_that_is_lost_while_it_is_replaced_is_caught_up_with(connected: Connected) -> None:
    await connected.run()
    connected.said()
    connected.socket.retiring.set()
    await connected.clock.advance(0.5)
    connected.venue.sockets[0].closed.set()
    await settle()
    assert [name for name, _ in connected.controls()] == ["DOWN", "DOWN", "RESUMED", "RESUMED"]


async def test_symbols_come_and_go_without_a_new_connection(connected: Connected) -> None:
    connected.connection.want({"ONE": 1})
    await connected.run()
    connected.said()
    connected.connection.want({"TWO": 2})
    await connected.clock.advance(1)
    assert connected.socket.symbols == {"TWO": 2}
    assert connected.controls() == [("DOWN", 1), ("RESUMED", 2)]
    assert len(connected.venue.sockets) == 1


async def test_a_symbol_that_left_and_came_back_at_once_is_covered_again(connected: Connected) -> None:
    await connected.run()
    connected.said()
    connected.connection.want({"TWO": 2})
    connected.coverage.uncover(1)
    connected.coverage.cover(1, 0, last_id=10, last_us=NOW)
    connected.connection.want(WANTED)
    await connected.clock.advance(1)
    assert connected.socket.symbols == WANTED
    assert connected.controls() == [("DOWN", 1), ("RESUMED", 1)]
    assert connected.coverage.live[[1, 2]].all()


async def test_a_replay_that_takes_no_connection_is_caught_up_over_rest_and_its_time_goes_on() -> None:
    async with asyncio.TaskGroup() as group:
        replayed = Connected(group, "feed")
        replayed.connection.want(WANTED)
        replayed.venue.ids = list(range(1, 36))
        replayed.venue.connect_errors = [VenueUnavailable("over")] * 2
        replayed.venue.time_us = NOW + 60_000_000
        await replayed.run()
        said = [(s.kind, s.symbol_no, s.exchange_us - NOW) for s in replayed.said()]
        for number in (1, 2):
            controls = [at for kind, symbol, at in said if (kind, symbol) == (Kind.CONTROL, number)]
            assert controls == [0, 35, 35], "down where coverage ended, resumed and down where the trades end"
        assert replayed.ids() == []
        replayed.flow.heartbeat()
        assert {(s.exchange_us - NOW, s.flags) for s in replayed.said()} == {(60_000_000, 0)}
        await replayed.clock.advance(1.1)
        assert replayed.controls() == [], "nothing new, nothing to say"
        assert replayed.running
        replayed.running.cancel()


async def test_a_live_feed_that_takes_no_connection_asks_nothing(connected: Connected) -> None:
    connected.venue.connect_errors = [VenueUnavailable("away")]
    await connected.run()
    assert connected.venue.asked == []


async def pass_quietly(connected: Connected, seconds: float) -> None:
    """Let time pass in which nothing but pings arrives."""
    for _ in range(round(seconds)):
        await connected.clock.advance(1)
        connected.socket.last_frame = connected.clock.monotonic()


async def test_a_quiet_market_does_not_end_a_connection(connected: Connected) -> None:
    await connected.run()
    await pass_quietly(connected, 5 * SILENCE)
    assert len(connected.venue.sockets) == 1


async def test_a_connection_that_tells_nothing_of_what_is_traded_is_replaced_and_healed(connected: Connected) -> None:
    await connected.run()
    connected.said()
    connected.venue.ids.append(11)
    await pass_quietly(connected, SILENCE + 10)
    assert len(connected.venue.sockets) == 2
    said = connected.said()
    assert ("DOWN", 1) in [(Control(s.flags).name, s.symbol_no) for s in said if s.kind == Kind.CONTROL]
    assert (1, 11) in [(s.symbol_no, s.trade_id) for s in said if s.kind == Kind.TRADES]


async def test_a_trade_that_is_under_way_does_not_end_a_connection(connected: Connected) -> None:
    await connected.run()
    await pass_quietly(connected, SILENCE - 2)
    connected.venue.ids.append(11)
    await pass_quietly(connected, 2)
    connected.frame(1, 11, at=NOW + 1)
    connected.frame(2, 11, at=NOW + 1)
    await pass_quietly(connected, SILENCE - 5)
    assert len(connected.venue.sockets) == 1
