"""Collectors behind one address: together they spend no more than the exchange allows, and keep away together."""

import asyncio

import pytest

from support.manual_clock import ManualClock
from tickloom.bus.budgets import SharedBudget
from tickloom.bus.connection import open_redis
from tickloom.collector.venue import VenueThrottled
from tickloom.collector.venues.binance.budget import LONELY_POINTS, POINTS, Budget

WINDOW = 3600.0
"""Long enough that a test sees one window."""
NOWHERE = "redis://127.0.0.1:1/0"


def shared(redis: object, limit: int = 1000, window: float = WINDOW) -> SharedBudget:
    return SharedBudget(redis, "api.test", limit=limit, window_seconds=window)  # type: ignore[arg-type]


async def test_processes_that_spend_at_once_never_spend_more_than_there_is(redis_url: str) -> None:
    async with open_redis(redis_url, "one") as one, open_redis(redis_url, "other") as other:
        budgets = [shared(one), shared(other)]
        spent = await asyncio.gather(*(budgets[n % 2].spend(7) for n in range(200)))
    granted = [one for one in spent if one.granted]
    assert len(granted) == 1000 // 7
    assert all(0 < one.wait_seconds <= WINDOW for one in spent if not one.granted)


async def test_a_new_window_has_new_points(redis_url: str) -> None:
    async with open_redis(redis_url, "one") as redis:
        budget = shared(redis, limit=1, window=0.05)
        async with asyncio.timeout(10):
            for _ in range(3):
                while not (await budget.spend(1)).granted:  # noqa: ASYNC110 - the window tells nobody
                    await asyncio.sleep(0.01)


async def test_what_the_exchange_says_was_used_counts_for_all(redis_url: str) -> None:
    async with open_redis(redis_url, "one") as redis:
        budget = shared(redis)
        await budget.spend(1)
        await budget.observe(995)
        assert not (await budget.spend(10)).granted
        await budget.observe(3)
        assert not (await budget.spend(10)).granted
        assert (await budget.spend(5)).granted


async def test_a_ban_of_one_keeps_all_away_and_is_never_shortened(redis_url: str) -> None:
    async with open_redis(redis_url, "one") as redis:
        banned, other = Budget(ManualClock()), Budget(ManualClock())
        for budget in (banned, other):
            budget.share(shared(redis))
        await banned.ban("120")
        await banned.ban("3")
        with pytest.raises(VenueThrottled) as refused:
            await other.spend(1)
    assert 100 < refused.value.retry_seconds <= 120


async def test_without_redis_a_process_spends_a_share_of_its_own() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    async with open_redis(NOWHERE, "one") as redis:
        budget.share(shared(redis))
        for _ in range(LONELY_POINTS // 25):
            await budget.spend(25)
        waiting = asyncio.ensure_future(budget.spend(25))
        await clock.advance(1)
        assert not waiting.done()
        await clock.advance(60)
        async with asyncio.timeout(10):
            await waiting
    assert LONELY_POINTS < POINTS
