"""The outbox's way to Redis: one append in flight, everything that came up meanwhile goes into the next.

Redis being slow or away never reaches the sockets: entries wait in the outbox, which is bounded.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from tickloom.bus.errors import BusUnavailable
from tickloom.bus.streams import Append, Appender, open_appender
from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.outbox import Entry
from tickloom.collector.replay import KEPT_SECONDS, RecentEntries
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.wire.names import trades_stream

SHORTEST_RETRY: Final = 0.05
LONGEST_RETRY: Final = 1.0
WARNING_SECONDS: Final = 60.0
_log = logger(__name__)


class Delivery:
    """Appends one exchange's outbox to its streams, for as long as `run` runs."""

    def __init__(self, flow: Flow, clock: Clock) -> None:
        self.problem: str | None = None
        """Why nothing can be appended now."""
        self.on_room: Callable[[list[int]], None] = lambda _: None
        """Called when the outbox is empty again, with the symbols of which trades had been dropped."""
        self._flow = flow
        self._clock = clock
        self._recent = RecentEntries()
        self._last_success = clock.monotonic()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._quiet_until = clock.monotonic()
        flow.intake.wake = flow.on_posted = self._wake.set

    async def run(self, url: str, name: str) -> None:
        """Append until cancelled."""
        async with open_appender(url, name, self._again) as appender:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._empty.clear()
                await self._deliver_all(appender)
                self._empty.set()

    async def flush(self, seconds: float) -> bool:
        """Wait until all is appended, at most so long; tells whether it is."""
        self._empty.clear()
        self._wake.set()
        return await self._clock.wait(self._empty, seconds)

    async def _deliver_all(self, appender: Appender) -> None:
        flow = self._flow
        flow.settle()
        while entries := flow.outbox.take():
            await self._deliver(appender, entries)
            flow.settle()
        if flow.dropped:
            self.on_room(sorted(flow.dropped))

    async def _deliver(self, appender: Appender, entries: list[Entry]) -> None:
        appends, retry = self._appends(entries), SHORTEST_RETRY
        while True:
            try:
                await appender.append(appends)
            except BusUnavailable as error:
                self._warn(str(error), retry)
                await self._clock.sleep(retry)
                retry = min(2 * retry, LONGEST_RETRY)
            else:
                break
        self.problem = None
        self._last_success = self._clock.monotonic()
        self._recent.remember(entries, self._last_success)

    def _appends(self, entries: list[Entry]) -> list[Append]:
        return [Append(trades_stream(self._flow.exchange, entry.partition), entry.data) for entry in entries]

    def _again(self) -> Iterator[Append]:
        down = set(self._flow.coverage.down.nonzero()[0].tolist())
        yield from self._appends(list(self._recent.since(self._last_success - KEPT_SECONDS, down)))

    def _warn(self, problem: str, retry: float) -> None:
        self.problem = problem
        metrics.collector_errors_total.labels(self._flow.exchange, "redis").inc()
        now = self._clock.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + WARNING_SECONDS
            _log.warning(
                "trades cannot be appended; trying again",
                exchange=self._flow.exchange,
                problem=problem,
                retry_seconds=retry,
                waiting_bytes=self._flow.outbox.size,
            )
