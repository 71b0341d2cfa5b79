"""Tells a connection that is quiet because nothing is traded from one whose subscription the venue forgot.

Pings keep such a connection alive for ever, so its venue is asked for the latest trade over REST.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.venue import StreamingVenue, VenueError, VenueUnavailable

ASK_SECONDS: Final = 5.0
"""How long the answer may keep the watch over the connection waiting."""
ARRIVAL_SECONDS: Final = 2.0
"""How long a trade that REST knows may be under way on the connection."""


@runtime_checkable
class TellsLatestTrade(Protocol):
    """A venue with contiguous trade ids."""

    async def latest_trade_id(self, symbol: str) -> int:
        """Return the id of a symbol's latest trade, -1 if it never traded; raises VenueError."""
        ...


class Liveness:
    """Watches one connection's symbols; asks at most once in `seconds`, and only while no trade of them arrives."""

    def __init__(self, venue: StreamingVenue, flow: Flow, clock: Clock, seconds: float) -> None:
        self._venue = venue
        self._flow = flow
        self._clock = clock
        self._seconds = seconds
        self._told_us = 0
        self._since = clock.monotonic()

    async def check(self, symbols: Mapping[str, int]) -> None:
        """Raise VenueUnavailable where something was traded that the connection does not tell of."""
        if not symbols or not isinstance(self._venue, TellsLatestTrade):
            return
        coverage, now = self._flow.coverage, self._clock.monotonic()
        name = max(symbols, key=lambda name: coverage.last_us[symbols[name]])
        number = symbols[name]
        told_us = int(coverage.last_us[number])
        if told_us != self._told_us or coverage.held[number]:
            self._told_us, self._since = told_us, now
        elif now - self._since >= self._seconds:
            self._since = now
            if await self._has_traded(self._venue, name, number):
                raise VenueUnavailable(f"no trade arrived for {self._seconds:.0f} s, though {name} was traded")

    async def _has_traded(self, venue: TellsLatestTrade, name: str, number: int) -> bool:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                latest = await venue.latest_trade_id(name)
        except (VenueError, TimeoutError):
            return False
        if latest <= self._flow.coverage.last_id[number]:
            return False
        await self._clock.sleep(ARRIVAL_SECONDS)
        self._flow.settle()
        return latest > int(self._flow.coverage.last_id[number])
