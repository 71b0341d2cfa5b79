"""Seeded schedules of faults over the recordings: bars come out as if nothing had happened, and every loss is known.

`python -m bench.campaign --seeds 500` runs as many as one likes.
"""

import pytest

from support.campaign import make_schedule, problems, run_schedule
from tickloom.settings.environment import Settings

SILENCE_SECONDS = 300.0
"""Of the collector's faster clock: about a second, so that a busy machine is not taken for a dead feed."""


@pytest.mark.parametrize("seed", range(8))
async def test_bars_are_right_whatever_befalls_the_feed(postgres_url: str, redis_url: str, seed: int) -> None:
    settings = Settings(
        database_url=postgres_url,
        redis_url=redis_url,
        checkpoint_seconds=0.05,
        heartbeat_seconds=10,
        silence_seconds=SILENCE_SECONDS,
    )
    schedule = make_schedule(seed)
    assert problems(await run_schedule(schedule, settings)) == [], schedule
