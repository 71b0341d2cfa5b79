"""After a connection to a venue without contiguous ids: what was missed is fetched by time, then live trades follow.

History is asked from the last known trade on, and a second time a little later, because REST may lag behind the
stream; what both bring is appended once. While REST is away live trades pass, and their minutes are called partial
until history has come. What is too long to fetch, or refused, is a hole that ends where collection begins anew.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from tickloom.collector.asking import FIRST_RETRY, Asking
from tickloom.collector.clock import Clock
from tickloom.collector.filling import Spawn
from tickloom.collector.flow import Flow, Held
from tickloom.collector.venue import TimedVenue, VenueRefused, VenueUnavailable
from tickloom.market.sessions import Sessions
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import Control

OVERLAP_US: Final = 500_000
"""Asked for again before the last known trade: others of its moment may have been under way."""
SETTLE_SECONDS: Final = 2.0
SETTLE_US: Final = 10_000_000
"""How far the second question reaches back: participants have ten seconds to report a trade."""
_log = logger(__name__)


class _TooMany(Exception):
    """More trades were missed than may be fetched."""


class CatchingUpByTime(Asking):
    """The symbols of one venue whose live trades are held back; `spawn` starts a task with an owner."""

    def __init__(
        self,
        flow: Flow,
        venue: TimedVenue,
        clock: Clock,
        spawn: Spawn,
        sessions: Sessions | None,
        *,
        maximum_trades: int,
        maximum_waiting_bytes: int,
    ) -> None:
        super().__init__(flow, venue, clock, maximum_waiting_bytes)
        self._venue = venue
        self._spawn = spawn
        self._sessions = sessions
        self._maximum_trades = maximum_trades
        self._coverage = flow.coverage
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, number: int, held: Held) -> None:
        """Fetch what was missed of a symbol, then let the live trades that `held` collects follow."""
        self._stop(number)
        self._coverage.down[number] = False
        self._tasks[number] = self._spawn(self._catch_up(number, held))

    def abandon(self, number: int) -> None:
        """Stop, because the socket was lost again: what is held back will be fetched."""
        self._stop(number)
        self.flow.abandon(number)

    def begin_again(self, numbers: list[int]) -> None:
        """Fetch what was dropped for want of memory, where there is a connection."""
        for number in numbers:
            if number in self._tasks or self._coverage.live[number]:
                self.begin(number, self.flow.hold(number))
            else:
                self.flow.abandon(number)

    async def without_socket(self, numbers: Iterable[int]) -> None:
        """Do nothing: a live feed takes a connection again, and then its history is asked."""

    def _stop(self, number: int) -> None:
        if task := self._tasks.pop(number, None):
            task.cancel()

    async def _catch_up(self, number: int, held: Held) -> None:
        if self._coverage.last_us[number] == 0:
            await self._begin_with(number, held)
        else:
            await self._resume(number, held)
        self._tasks.pop(number, None)

    async def _begin_with(self, number: int, held: Held) -> None:
        """Say that collection begins now, or with the first live trade if that is older than our idea of now."""
        if self.flow.feed_clock.stands_still:
            # A replay's time is told by its trades alone.
            await held.arrived.wait()
        else:
            await self.know_the_time(held.arrived)
        self.flow.settle()
        time_us = self.now_us()
        if held.parts:
            time_us = min(time_us, int(held.parts[0]["exchange_us"].min()))
        self.flow.say(Control.STARTED, number, exchange_us=time_us, trade_id=-1)
        self.flow.release(number)

    async def _resume(self, number: int, held: Held) -> None:
        begin_us, retry = int(self._coverage.last_us[number]) - OVERLAP_US, FIRST_RETRY
        while True:
            try:
                reached_us = await self._fetch(number, begin_us)
                break
            except (VenueRefused, _TooMany) as error:
                await self._start_anew(number, held, str(error))
                return
            except VenueUnavailable as error:
                # Nobody shall wait for live trades because history is away; their minutes stay partial meanwhile.
                self.flow.release(number)
                retry = await self.wait_after(error, retry)
        await self._fetch_stragglers(number, max(begin_us, reached_us - SETTLE_US))
        if not self.flow.feed_clock.stands_still:
            await self.know_the_time(held.arrived)
        self.flow.release(number)
        # What was fetched may be younger than anything that a replay's stream has brought.
        time_us = max(self.now_us(), int(self._coverage.last_us[number]))
        self.flow.say(Control.RESUMED, number, exchange_us=time_us, trade_id=-1)

    async def _fetch_stragglers(self, number: int, from_us: int) -> None:
        await self.clock.sleep(SETTLE_SECONDS)
        try:
            await self._fetch(number, from_us)
        except (VenueRefused, VenueUnavailable, _TooMany) as error:
            _log.warning("did not look for late trades", symbol=self.symbols[number], problem=str(error))

    async def _fetch(self, number: int, from_us: int) -> int:
        """Fetch and append everything from a time on; returns the time of the latest trade. Raises VenueError."""
        from_us = self._first_of_trading(from_us)
        page: str | None = None
        fetched, reached_us = 0, from_us
        while True:
            async with self.together:
                records, page = await self._venue.trades_since(self.symbols[number], number, from_us, page)
            await self.wait_for_room()
            fetched += len(records)
            if len(records):
                reached_us = max(reached_us, int(records["exchange_us"].max()))
                self.flow.append_fetched(records)
            if page is None:
                return reached_us
            if fetched > self._maximum_trades:
                raise _TooMany(f"more than {self._maximum_trades} trades were missed")

    def _first_of_trading(self, time_us: int) -> int:
        """Return a time, or where the next session begins: no bar is made of what trades between them."""
        if self._sessions is None or self._sessions.is_open(time_us):
            return time_us
        return self._sessions.next_open(time_us) or time_us

    async def _start_anew(self, number: int, held: Held, reason: str) -> None:
        _log.warning("missed trades cannot be had", symbol=self.symbols[number], reason=reason)
        self.flow.say_down([number])
        await self._begin_with(number, held)
