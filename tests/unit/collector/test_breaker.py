"""A venue that fails again and again is left alone for a while, and asked carefully afterwards."""

import pytest
from prometheus_client import REGISTRY

from support.manual_clock import ManualClock
from tickloom.collector.breaker import FAILURES, FIRST_OPEN_SECONDS, LONGEST_OPEN_SECONDS, Breaker
from tickloom.collector.venue import VenueError, VenueRefused, VenueThrottled, VenueUnavailable


class Asked:
    """A circuit, and questions whose outcome is the test's."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.breaker = Breaker("binance", self.clock)

    async def ask(self, error: Exception | None = None) -> None:
        async with self.breaker.guard():
            if error is not None:
                raise error

    async def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(VenueUnavailable, match="away"):
                await self.ask(VenueUnavailable("away"))

    async def refused_for(self) -> float:
        with pytest.raises(VenueThrottled) as refused:
            await self.ask()
        return refused.value.retry_seconds

    def state(self) -> float | None:
        return REGISTRY.get_sample_value("tickloom_circuit_breaker_state", {"exchange": "binance"})


async def test_five_failures_in_a_row_open_the_circuit_for_a_minute() -> None:
    asked = Asked()
    await asked.fail(FAILURES - 1)
    await asked.ask()
    await asked.fail(FAILURES)
    asked.clock.tick(10)
    assert await asked.refused_for() == pytest.approx(FIRST_OPEN_SECONDS - 10, abs=1)
    assert asked.state() == 2


async def test_two_answers_close_it_again() -> None:
    asked = Asked()
    await asked.fail(FAILURES)
    asked.clock.tick(FIRST_OPEN_SECONDS + 1)
    await asked.ask()
    assert asked.state() == 1
    await asked.ask()
    assert asked.state() == 0
    await asked.fail(FAILURES - 1)
    await asked.ask()


async def test_a_failure_after_the_wait_makes_the_next_wait_longer_up_to_ten_minutes() -> None:
    asked, waits = Asked(), []
    await asked.fail(FAILURES)
    for _ in range(6):
        waits.append(await asked.refused_for())
        asked.clock.tick(waits[-1] + 1)
        await asked.fail()
    assert waits == pytest.approx([60, 120, 240, 480, LONGEST_OPEN_SECONDS, LONGEST_OPEN_SECONDS], abs=1)
    asked.clock.tick(LONGEST_OPEN_SECONDS + 1)
    await asked.ask()
    await asked.ask()
    await asked.fail(FAILURES)
    assert await asked.refused_for() == pytest.approx(FIRST_OPEN_SECONDS, abs=1)


@pytest.mark.parametrize("answer", [VenueThrottled("429", 1.0), VenueRefused("400")])
async def test_being_told_to_wait_and_being_refused_are_answers(answer: VenueError) -> None:
    asked = Asked()
    for _ in range(3 * FAILURES):
        with pytest.raises(type(answer)):
            await asked.ask(answer)
    await asked.ask()


async def test_questions_that_were_under_way_when_it_opened_change_nothing() -> None:
    asked = Asked()
    late = asked.breaker.guard()
    await late.__aenter__()
    await asked.fail(FAILURES)
    before = await asked.refused_for()
    await late.__aexit__(None, None, None)
    assert await asked.refused_for() == pytest.approx(before, abs=1)
