"""After a connection, what was missed comes first: live trades are held back until the ones before them are fetched.

A symbol of which nothing is known begins with the first trade that arrives. While REST is away the live flow does
not wait: the jump in the ids becomes a gap, which `filling` takes care of.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from tickloom.collector.fetching import FIRST_RETRY, Fetcher, GapTooLong
from tickloom.collector.filling import Spawn
from tickloom.collector.flow import Held
from tickloom.collector.sequence import IdRange
from tickloom.collector.venue import VenueError, VenueRefused, VenueUnavailable
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import Control

PATIENCE: Final = 5
"""Answers without the trades just before the first live one, before that is let through."""
_log = logger(__name__)


class CatchingUp:
    """The symbols of one exchange whose live trades are held back; `spawn` starts a task with an owner."""

    def __init__(self, fetcher: Fetcher, spawn: Spawn) -> None:
        self._fetcher = fetcher
        self._flow = fetcher.flow
        self._coverage = fetcher.flow.coverage
        self._spawn = spawn
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, number: int, held: Held) -> None:
        """Fetch what was missed of a symbol, then let the live trades that `held` collects follow."""
        self._stop(number)
        # From here on the watermark follows what is appended, and no longer the clock.
        self._coverage.down[number] = False
        self._tasks[number] = self._spawn(self._catch_up(number, held))

    def abandon(self, number: int) -> None:
        """Stop, because the socket was lost again: what is held back will be fetched."""
        self._stop(number)
        self._flow.abandon(number)

    def begin_again(self, numbers: list[int]) -> None:
        """Fetch what was dropped for want of memory, where there is a connection."""
        for number in numbers:
            if number in self._tasks or self._coverage.live[number]:
                self.begin(number, self._flow.hold(number))
            else:
                self._flow.abandon(number)

    async def without_socket(self, numbers: Iterable[int]) -> None:
        """Fetch what was missed of a replayed feed that takes no connection, and let its time go on.

        It may be over, and then nobody would ever ask for its last trades or see that its last minute has ended. A
        live feed will take a connection again, and its time goes on by itself.
        """
        if not self._flow.feed_clock.stands_still:
            return
        try:
            for number in list(numbers):
                if self._coverage.last_id[number] >= 0:
                    await self._fetch_once(number)
            time_us = await self._fetcher.venue.server_time_us()
            if not self._coverage.live.any():
                self._flow.feed_clock.observe_without_frames(time_us)
        except VenueError as error:
            _log.debug("could not catch up without a connection", problem=str(error))

    async def _fetch_once(self, number: int) -> None:
        """Fetch what is newer of a symbol that is down, and say how far it is covered."""
        begins = cursor = int(self._coverage.last_id[number])
        more = True
        while more:
            cursor, more = await self._fetcher.fetch(number, cursor + 1, None)
        if cursor > begins:
            time_us = int(self._coverage.last_us[number])
            for code in (Control.RESUMED, Control.DOWN):
                self._flow.say(code, number, exchange_us=time_us, trade_id=cursor)

    def _stop(self, number: int) -> None:
        if task := self._tasks.pop(number, None):
            task.cancel()

    async def _catch_up(self, number: int, held: Held) -> None:
        if self._coverage.last_id[number] < 0:
            await self._begin_with(number, held, await self._latest_or_arrival(number, held))
        else:
            await self._resume(number, held)
        self._tasks.pop(number, None)

    async def _latest_or_arrival(self, number: int, held: Held) -> int:
        """Return the id of the trade before the first live one, or of the latest trade should none arrive before."""
        asking = asyncio.create_task(self._fetcher.latest_id(number))
        arriving = asyncio.create_task(held.arrived.wait())
        try:
            await asyncio.wait({asking, arriving}, return_when=asyncio.FIRST_COMPLETED)
            latest = asking.result() if asking.done() else -1
        finally:
            asking.cancel()
            arriving.cancel()
        self._flow.settle()
        return latest if held.first_id is None else held.first_id - 1

    async def _begin_with(self, number: int, held: Held, before_id: int) -> None:
        """Say that collection begins now, or with the first live trade if that is older than our idea of now."""
        await self._fetcher.know_the_time(held.arrived)
        self._flow.settle()
        time_us = self._fetcher.now_us()
        if held.first_id is not None:
            before_id = min(before_id, held.first_id - 1)
            time_us = min(time_us, int(held.parts[0]["exchange_us"].min()))
        self._flow.say(Control.STARTED, number, exchange_us=time_us, trade_id=before_id)
        self._flow.release(number)

    async def _resume(self, number: int, held: Held) -> None:
        """Fetch from the last known trade on, until the first live one or until there is nothing newer."""
        cursor = begins = int(self._coverage.last_id[number])
        empty, more, retry = 0, True, FIRST_RETRY
        while not self._has_caught_up(held, cursor, more=more):
            before_live = None if held.first_id is None else held.first_id - 1
            try:
                self._fetcher.refuse_too_many((before_live or cursor) - begins)
                known_to, more = await self._fetcher.fetch(number, cursor + 1, before_live)
            except (GapTooLong, VenueRefused) as error:
                await self._start_anew(number, held, cursor + 1, str(error))
                return
            except VenueUnavailable as error:
                if before_live is not None:
                    break
                retry = await self._fetcher.wait_after(error, retry, held.arrived)
                continue
            if known_to <= cursor and before_live is not None:
                empty += 1
                if empty > PATIENCE:
                    break
                await self._fetcher.clock.sleep(FIRST_RETRY)
            cursor = max(cursor, known_to)
        await self._fetcher.know_the_time(held.arrived)
        self._flow.release(number)
        # A replayed feed's time stands still until its next frame, but the fetched trades went on.
        time_us = max(self._fetcher.now_us(), int(self._coverage.last_us[number]))
        trade_id = int(self._coverage.last_id[number])
        self._flow.say(Control.RESUMED, number, exchange_us=time_us, trade_id=trade_id)

    def _has_caught_up(self, held: Held, cursor: int, *, more: bool) -> bool:
        self._flow.settle()
        if held.first_id is not None:
            return held.first_id <= cursor + 1
        return not more

    async def _start_anew(self, number: int, held: Held, first_id: int, reason: str) -> None:
        last_id = max(await self._latest_or_arrival(number, held), first_id - 1)
        if last_id >= first_id:
            self._fetcher.lose(IdRange(number, first_id, last_id), reason)
        await self._begin_with(number, held, last_id)
