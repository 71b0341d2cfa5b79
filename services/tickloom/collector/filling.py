"""Trades missed on a healthy socket are fetched beside it: the live flow never waits for them.

One task for each symbol that has gaps. Gaps that an earlier process left behind are filled the same way.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from tickloom.collector.fetching import FIRST_RETRY, LACKING, LONGEST_RETRY, Fetcher, GapTooLong
from tickloom.collector.sequence import IdRange
from tickloom.collector.venue import VenueRefused, VenueUnavailable
from tickloom.telemetry.logging import logger

RANGES_REMEMBERED: Final = 1000
"""Gaps of one symbol that wait; beyond it they are joined, and what lies between is fetched again."""
PATIENCE: Final = 8
"""Empty answers, with growing waits, before trades are given up: REST may lag behind the stream."""
_log = logger(__name__)
Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Filling:
    """The gaps of one exchange's symbols; `spawn` starts a task that its owner cancels at the end."""

    def __init__(self, fetcher: Fetcher, spawn: Spawn) -> None:
        self._fetcher = fetcher
        self._spawn = spawn
        self._ranges: dict[int, list[IdRange]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        fetcher.flow.on_jump = self.fill

    def fill(self, gap: IdRange) -> None:
        """Fetch trades that are missing."""
        number = gap.symbol_no
        if number not in self._fetcher.symbols:
            return
        ranges = self._ranges.setdefault(number, [])
        if len(ranges) >= RANGES_REMEMBERED:
            ranges[-1] = ranges[-1]._replace(last_id=gap.last_id)
        else:
            ranges.append(gap)
        if number not in self._tasks:
            # One line for what a busy gap begins with: ids that jump all the time would flood the log.
            _log.info("trades were missed", exchange=self._fetcher.flow.exchange, **gap._asdict())
            self._tasks[number] = self._spawn(self._fill(number, ranges))

    def forget(self, number: int) -> None:
        """Stop filling a symbol's gaps."""
        if task := self._tasks.pop(number, None):
            task.cancel()
        self._ranges.pop(number, None)

    async def _fill(self, number: int, ranges: list[IdRange]) -> None:
        retry, empty = FIRST_RETRY, 0
        while ranges:
            gap = ranges[0]
            try:
                self._fetcher.refuse_too_many(gap.length)
                known_to, _ = await self._fetcher.fetch(number, gap.first_id, gap.last_id)
            except (GapTooLong, VenueRefused) as error:
                self._fetcher.lose(gap, str(error))
                known_to = gap.last_id
            except VenueUnavailable as error:
                retry = await self._fetcher.wait_after(error, retry)
                continue
            if known_to < gap.first_id and empty < PATIENCE:
                empty += 1
                await self._fetcher.clock.sleep(retry)
                retry = min(2 * retry, LONGEST_RETRY)
                continue
            if known_to < gap.first_id:
                self._fetcher.lose(gap, LACKING)
                known_to = gap.last_id
            retry, empty = FIRST_RETRY, 0
            # The last range may have grown while we waited, so only its beginning is moved.
            ranges[0] = ranges[0]._replace(first_id=known_to + 1)
            if ranges[0].length <= 0:
                ranges.pop(0)
        del self._ranges[number], self._tasks[number]
