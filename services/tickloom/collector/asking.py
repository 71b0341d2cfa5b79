"""What everybody does who asks a venue: a bounded number of questions at once, and waits that grow.

What is asked for is decided in `fetching` (trades by id) and `catching_up_by_time`.
"""

import asyncio
from typing import Final

from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.venue import StreamingVenue, VenueError, VenueThrottled, VenueUnavailable

REQUESTS_TOGETHER: Final = 8
FIRST_RETRY: Final = 0.2
LONGEST_RETRY: Final = 60.0


class Asking:
    """Questions to one venue on behalf of its flow."""

    def __init__(self, flow: Flow, venue: StreamingVenue, clock: Clock, maximum_waiting_bytes: int) -> None:
        self.flow = flow
        self.clock = clock
        self.symbols: dict[int, str] = {}
        """The venue's names of the symbols that are covered."""
        self.together = asyncio.Semaphore(REQUESTS_TOGETHER)
        self._asked = venue
        self._maximum_waiting_bytes = maximum_waiting_bytes

    async def wait_for_room(self) -> None:
        """Wait until what was decided before has left for Redis, so that fetched trades find memory."""
        while self.flow.outbox.size > self._maximum_waiting_bytes:
            await self.clock.sleep(FIRST_RETRY)

    async def know_the_time(self, otherwise: asyncio.Event) -> None:
        """Wait until the exchange's time is known from its frames or its REST, or until an event is set."""
        feed_clock = self.flow.feed_clock
        while feed_clock.now_us() is None and not otherwise.is_set():
            try:
                feed_clock.observe_answer(await self._asked.server_time_us())
            except VenueError:
                await self.clock.wait(otherwise, 1.0)

    def now_us(self) -> int:
        """Return the exchange's time, or ours while that is unknown."""
        return self.flow.feed_clock.now_us() or self.clock.time_us()

    async def wait_after(self, error: VenueUnavailable, retry: float, event: asyncio.Event | None = None) -> float:
        """Wait before asking again, or until an event is set; returns the wait that follows it."""
        wait = max(retry, error.retry_seconds) if isinstance(error, VenueThrottled) else retry
        if event is None:
            await self.clock.sleep(wait)
        else:
            await self.clock.wait(event, wait)
        return min(2 * retry, LONGEST_RETRY)
