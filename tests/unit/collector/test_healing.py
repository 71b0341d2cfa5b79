"""Missed trades: fetched before the live ones after a connection, beside them on a healthy one, or given up aloud."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from support.manual_clock import settle
from tickloom.collector.catching_up import CatchingUp
from tickloom.collector.fetching import Fetcher
from tickloom.collector.filling import Filling
from tickloom.collector.venue import VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.wire.batches import Control, Kind, TradeFlag
from unit.collector.collecting import NOW, Flowing, Said
from unit.collector.scripted_venue import ScriptedVenue

MAXIMUM = 50


class Healing(Flowing):
    """A flow whose symbol 1 is in the stream up to id 10, and a venue to ask."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        super().__init__()
        self.venue = ScriptedVenue(self.clock)
        fetcher = Fetcher(self.flow, self.venue, self.clock, maximum_trades=MAXIMUM, maximum_waiting_bytes=1 << 19)
        fetcher.symbols = {1: "ONE", 2: "TWO"}
        self.filling = Filling(fetcher, group.create_task)
        self.catching_up = CatchingUp(fetcher, group.create_task)
        self.coverage.cover(1, 0, last_id=10, last_us=NOW)

    async def catch_up(self, number: int = 1) -> None:
        self.catching_up.begin(number, self.flow.hold(number))
        await settle()


@pytest.fixture
async def healing() -> AsyncIterator[Healing]:
    async with asyncio.TaskGroup() as group:
        healing = Healing(group)
        yield healing
        for number in (1, 2):
            healing.filling.forget(number)
            healing.catching_up.abandon(number)


def short(said: list[Said]) -> list[tuple[str, int]]:
    """Healed and live trades and controls, as (what, id)."""
    names = []
    for one in said:
        if one.kind == Kind.CONTROL:
            names.append((Control(one.flags).name, one.trade_id))
        else:
            names.append(("healed" if one.flags & TradeFlag.HEALED else "live", one.trade_id))
    return names


def ids(what: str, first: int, last: int) -> list[tuple[str, int]]:
    return [(what, i) for i in range(first, last + 1)]


async def test_missed_trades_come_before_the_live_ones(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 40))
    healing.flow.hold(1)
    healing.venue.may_answer.clear()
    await healing.catch_up()
    healing.frame(1, 36, 37)
    healing.venue.may_answer.set()
    await settle()
    healing.frame(1, 38)
    assert short(healing.said()) == [*ids("healed", 11, 35), ("live", 36), ("live", 37), ("RESUMED", 37), ("live", 38)]


async def test_without_a_live_trade_all_that_rest_has_is_fetched(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 31))
    await healing.catch_up()
    healing.frame(1, 31)
    assert short(healing.said()) == [*ids("healed", 11, 30), ("RESUMED", 30), ("live", 31)]


async def test_nothing_missed_is_resumed_at_once(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 11))
    await healing.catch_up()
    assert short(healing.said()) == [("RESUMED", 10)]


async def test_a_symbol_of_which_nothing_is_known_starts_before_its_first_live_trade(healing: Healing) -> None:
    healing.venue.may_answer.clear()
    await healing.catch_up(2)
    healing.frame(2, 70, at=NOW - 5)
    healing.flow.settle()
    await settle()
    said = healing.said()
    assert short(said) == [("STARTED", 69), ("live", 70)]
    assert said[0].exchange_us == NOW - 5


async def test_a_quiet_symbol_starts_after_the_venues_latest_trade(healing: Healing) -> None:
    healing.venue.ids = [5, 6]
    await healing.catch_up(2)
    said = healing.said()
    assert short(said) == [("STARTED", 6)]
    assert said[0].exchange_us == NOW


async def test_while_rest_is_away_the_live_flow_goes_on_and_the_gap_is_filled_later(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 40))
    healing.venue.errors = [VenueThrottled("banned", 30.0), *[VenueThrottled("banned", 20.0)] * 2]
    await healing.catch_up()
    assert healing.said() == []
    healing.frame(1, 15)
    healing.flow.settle()
    await settle()
    assert short(healing.said()) == [("live", 15), ("RESUMED", 15)]
    healing.frame(1, 16)
    assert short(healing.said()) == [("live", 16)]
    await healing.clock.advance(25)
    assert short(healing.said()) == ids("healed", 11, 14)


async def test_a_quiet_symbol_waits_until_rest_is_back(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 15))
    healing.venue.errors = [VenueUnavailable("away")] * 3
    await healing.catch_up()
    assert healing.said() == []
    await healing.clock.advance(10)
    assert short(healing.said()) == [*ids("healed", 11, 14), ("RESUMED", 14)]


async def test_a_refusal_is_said_and_coverage_starts_anew(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 21))
    healing.venue.errors = [VenueRefused("no such route")]
    await healing.catch_up()
    healing.frame(1, 21)
    said = healing.said()
    assert short(said) == [("UNHEALABLE", 11), ("STARTED", 20), ("live", 21)]
    assert said[0].size == 10


async def test_more_trades_than_may_be_fetched_are_given_up(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 200))
    healing.venue.may_answer.clear()
    await healing.catch_up()
    healing.frame(1, 20 + MAXIMUM)
    healing.flow.settle()
    healing.venue.may_answer.set()
    await settle()
    said = healing.said()
    assert short(said)[-3:] == [("UNHEALABLE", 21), ("STARTED", 19 + MAXIMUM), ("live", 20 + MAXIMUM)]


async def test_an_endless_backlog_is_given_up_too(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 1000))
    await healing.catch_up()
    said = short(healing.said())
    assert said[-2][0] == "UNHEALABLE"
    assert said[-1] == ("STARTED", 999)
    assert len(healing.venue.asked) <= MAXIMUM // healing.venue.page_size + 1


async def test_ids_that_the_venue_itself_lacks_are_said_after_what_surrounds_them(healing: Healing) -> None:
    healing.venue.ids = [11, 12, 15, 16]
    await healing.catch_up()
    said = healing.said()
    assert short(said) == [
        *[("healed", i) for i in (11, 12, 15, 16)],
        ("UNHEALABLE", 13),
        ("RESUMED", 16),
    ]
    assert said[4].size == 2


async def test_a_socket_lost_while_catching_up_begins_again_without_losing_a_trade(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 31))
    healing.venue.may_answer.clear()
    await healing.catch_up()
    healing.frame(1, 25, 26)
    healing.catching_up.abandon(1)
    healing.flow.say_down([1])
    healing.venue.may_answer.set()
    await healing.catch_up()
    assert short(healing.said()) == [("DOWN", 10), *ids("healed", 11, 30), ("RESUMED", 30)]


async def test_a_gap_on_a_healthy_socket_is_filled_beside_the_live_flow(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 40))
    healing.venue.may_answer.clear()
    healing.frame(1, 11, 15, 16)
    assert short(healing.said()) == [("live", 11), ("live", 15), ("live", 16)]
    await settle()
    healing.frame(1, 17)
    healing.venue.may_answer.set()
    await settle()
    assert short(healing.said()) == [("live", 17), *ids("healed", 12, 14)]


async def test_a_gap_is_asked_for_until_rest_has_it(healing: Healing) -> None:
    healing.frame(1, 13)
    healing.flow.settle()
    await settle()
    healing.venue.ids = [11, 12, 13]
    await healing.clock.advance(1)
    assert short(healing.said()) == [("live", 13), *ids("healed", 11, 12)]


async def test_a_gap_that_rest_never_has_is_given_up(healing: Healing) -> None:
    healing.frame(1, 13)
    healing.flow.settle()
    await healing.clock.advance(300)
    assert short(healing.said()) == [("live", 13), ("UNHEALABLE", 11)]


async def test_what_was_dropped_for_want_of_memory_is_fetched_again(healing: Healing) -> None:
    healing.flow.say(Control.RESUMED, 1, exchange_us=NOW, trade_id=10)
    healing.said()
    healing.venue.ids = list(range(1, 20))
    healing.flow._maximum_bytes = 0
    healing.frame(1, 11)
    healing.flow.settle()
    healing.flow._maximum_bytes = 1 << 20
    healing.catching_up.begin_again(sorted(healing.flow.dropped))
    await settle()
    healing.frame(1, 20)
    assert short(healing.said()) == [*ids("healed", 11, 19), ("RESUMED", 19), ("live", 20)]


async def test_the_watermark_does_not_pass_what_is_still_to_be_fetched(healing: Healing) -> None:
    healing.venue.ids = list(range(1, 40))
    healing.feed_clock.observe(NOW)
    healing.flow.say_down([1])
    healing.venue.may_answer.clear()
    await healing.catch_up()
    healing.said()
    healing.clock.tick(5)
    healing.flow.heartbeat()
    assert [(s.exchange_us, s.flags) for s in healing.said() if s.symbol_no == 1] == [(NOW, 0)]
    healing.venue.may_answer.set()
    await settle()
    healing.said()
    healing.flow.heartbeat()
    assert [(s.exchange_us, s.flags) for s in healing.said() if s.symbol_no == 1] == [(NOW + 5_000_000, 1)]
