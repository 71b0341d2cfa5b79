"""A venue that is asked again and again: how often, from where on, and what a failure means."""

import asyncio
from collections.abc import AsyncIterator, Collection

import numpy as np
import pytest

from support.manual_clock import ManualClock, settle
from tickloom.collector.polling import LEAD_SECONDS, LINGER_SECONDS, Polling
from tickloom.collector.venue import Candles, Steps, VenueError, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.market.sessions import load_sessions
from tickloom.wire.batches import CANDLE_DTYPE, Control, Kind, decode, to_candles
from unit.collector.collecting import GRACE, MINUTE, Flowing

# Thursday, 8 August 2024: XIST is open from 07:00 to 15:00 UTC, 10:00 to 18:00 in Istanbul.
OPEN, CLOSE = 1_723_100_400_000_000, 1_723_129_200_000_000
DELAY = 15 * MINUTE
SECOND = 1_000_000


class PolledScript:
    """Has a candle for each minute of the session up to its delayed time; raises the errors of `errors` first."""

    host = "venue.test"
    poll_seconds = 300.0
    longest_history_us = 7 * 86_400 * SECOND

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.errors: list[VenueError] = []
        self.asked: list[tuple[str, int]] = []

    async def candles_since(self, symbol: str, symbol_no: int, from_us: int) -> Candles:
        self.asked.append((symbol, from_us))
        if self.errors:
            raise self.errors.pop(0)
        known = min(self.clock.time_us() - DELAY, CLOSE)
        rows = [(start, known, 1.0, 2.0, symbol_no, 0, 1.0, 1.5, 10.0) for start in range(from_us, known, MINUTE)]
        return Candles(np.array(rows, CANDLE_DTYPE), known)

    async def server_time_us(self) -> int:
        return self.clock.time_us()

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        return {symbol: Steps(0.01, 1.0) for symbol in symbols}

    async def aclose(self) -> None:
        return None


class Polled(Flowing):
    """A polling that runs at a wall clock of its own."""

    def __init__(self, at_us: int) -> None:
        super().__init__()
        self.clock.set_wall(at_us)
        self.venue = PolledScript(self.clock)
        self.polling = Polling("yahoo", self.venue, self.flow, self.clock, load_sessions("XIST"))
        self.polling._backoff._jitter = lambda: 1.0
        self.polling.want({"ONE.IS": 1})

    def candles(self) -> list[int]:
        """Take what waits for Redis, and return the starts of its candles, in minutes after the open."""
        taken = [decode(data).records for _, kind, data in self.entries() if kind == Kind.CANDLES]
        return [(int(start) - OPEN) // MINUTE for part in taken for start in to_candles(part)["start_us"]]


@pytest.fixture
async def polled() -> AsyncIterator[Polled]:
    polled = Polled(OPEN + 20 * MINUTE)
    running = asyncio.ensure_future(polled.polling.run())
    await settle()
    yield polled
    running.cancel()


async def test_a_new_symbol_begins_with_the_open_of_its_session(polled: Polled) -> None:
    assert polled.venue.asked == [("ONE.IS", OPEN)]
    said = polled.said()
    assert (said[0].kind, said[0].flags, said[0].exchange_us) == (Kind.CONTROL, Control.STARTED, OPEN)
    assert polled.polling.connected
    assert polled.polling.delay_seconds == DELAY / SECOND


async def test_only_what_is_new_or_different_is_appended(polled: Polled) -> None:
    assert polled.candles() == [0, 1, 2, 3, 4]
    await polled.clock.advance(301)
    assert polled.candles() == [5, 6, 7, 8, 9]


async def test_the_watermark_follows_what_the_venue_knows_and_never_the_clock(polled: Polled) -> None:
    polled.said()
    await polled.clock.advance(200)
    polled.flow.heartbeat()
    (beat,) = [said for said in polled.said() if said.symbol_no == 1]
    assert (beat.kind, beat.exchange_us, beat.flags) == (Kind.HEARTBEAT, OPEN + 5 * MINUTE + GRACE, 1)


async def test_a_failure_is_a_loss_that_the_next_answer_makes_good(polled: Polled) -> None:
    polled.said()
    polled.venue.errors = [VenueUnavailable("away"), VenueThrottled("asked us to wait (429)", 600.0)]
    await polled.clock.advance(300.5)
    assert [said.flags for said in polled.said() if said.kind == Kind.CONTROL] == [Control.DOWN]
    assert (polled.polling.problem, polled.polling.connected) == ("away", False)
    await polled.clock.advance(2)
    assert polled.polling.problem == "asked us to wait (429)"
    asked = len(polled.venue.asked)
    await polled.clock.advance(598)
    assert len(polled.venue.asked) == asked
    await polled.clock.advance(3)
    said = polled.said()
    assert [one.flags for one in said if one.kind == Kind.CONTROL] == [Control.RESUMED]
    # Ten minutes and some seconds, three records each.
    assert sum(one.kind == Kind.CANDLES for one in said) >= 3 * 15
    assert polled.polling.problem is None


async def test_a_symbol_that_the_venue_does_not_know_is_named_and_the_others_asked(polled: Polled) -> None:
    polled.venue.errors = [VenueRefused("Yahoo does not know NOBODY.IS")]
    polled.polling.want({"NOBODY.IS": 2, "ONE.IS": 1})
    await settle()
    assert polled.polling.refused == {"NOBODY.IS": "Yahoo does not know NOBODY.IS"}
    assert polled.polling.problem is None
    polled.polling.want({"ONE.IS": 1})
    await settle()
    assert polled.polling.refused == {}


@pytest.mark.parametrize(
    ("at_us", "seconds"),
    [
        (OPEN - int(LEAD_SECONDS) * SECOND, 300),
        (OPEN, 300),
        (CLOSE + int(LINGER_SECONDS) * SECOND, 300),
        (CLOSE + 3600 * SECOND, 3600),
        (OPEN - int(LEAD_SECONDS) * SECOND - 1000 * SECOND, 1000),
    ],
)
def test_it_is_asked_often_around_a_session_and_seldom_else(at_us: int, seconds: int) -> None:
    assert Polled(at_us).polling.seconds_to_next() == seconds


async def test_the_last_minutes_close_after_the_close_though_nothing_traded_in_them() -> None:
    polled = Polled(CLOSE + 2 * 3600 * SECOND)
    assert polled.polling._known_to(Candles(np.zeros(0, CANDLE_DTYPE), CLOSE - 7 * MINUTE)) == CLOSE
    assert (
        Polled(CLOSE + 60 * SECOND).polling._known_to(Candles(np.zeros(0, CANDLE_DTYPE), CLOSE - MINUTE))
        == CLOSE - MINUTE
    )


async def test_more_than_the_venue_remembers_is_a_hole() -> None:
    polled = Polled(OPEN + 20 * MINUTE)
    polled.coverage.last_us[1] = OPEN - 8 * 86_400 * SECOND
    running = asyncio.ensure_future(polled.polling.run())
    await settle()
    running.cancel()
    controls = [said.flags for said in polled.said() if said.kind == Kind.CONTROL]
    assert controls == [Control.DOWN, Control.STARTED]
