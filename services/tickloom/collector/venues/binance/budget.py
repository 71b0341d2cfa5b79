"""Binance's request budget: 6000 points a minute for each address, which all processes behind it share.

rest-api.md, "LIMITS" and "IP Limits": every answer tells what was used in `X-MBX-USED-WEIGHT-1M`; 429 asks to wait
for `Retry-After` seconds, and who does not is banned with 418 for minutes to days.
"""

from collections.abc import Awaitable
from typing import Final

from tickloom.bus.budgets import SharedBudget
from tickloom.bus.errors import BusUnavailable
from tickloom.collector.clock import Clock
from tickloom.collector.venue import VenueThrottled

POINTS: Final = 5400
"""Points a minute that we use; the rest is left to others behind the same address."""
LONELY_POINTS: Final = 1200
"""Points a minute of one process that cannot ask what the others spend."""
WINDOW_SECONDS: Final = 60.0
DEFAULT_WAIT_SECONDS: Final = 60.0


class Budget:
    """Spends points and waits for the next minute when they are used up; `share` makes it the budget of all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shared: SharedBudget | None = None
        self._lonely = False
        self._used = 0
        self._window_ends = 0.0
        self._banned_until = 0.0

    def share(self, shared: SharedBudget) -> None:
        """Spend from a budget that other processes spend from, too."""
        self._shared = shared

    async def spend(self, points: int) -> None:
        """Wait until `points` may be spent, and spend them; raises VenueThrottled while we are to keep away."""
        while (wait := self._spend_own(points)) > 0 or (wait := await self._spend_shared(points)) > 0:
            await self._clock.sleep(wait)

    def _spend_own(self, points: int) -> float:
        now = self._clock.monotonic()
        if now < self._banned_until:
            raise VenueThrottled("the exchange asked us to wait", self._banned_until - now)
        if now >= self._window_ends:
            self._used, self._window_ends = 0, now + WINDOW_SECONDS
        if self._used + points > (LONELY_POINTS if self._lonely else POINTS):
            return self._window_ends - now
        self._used += points
        return 0.0

    async def _spend_shared(self, points: int) -> float:
        if self._shared is None:
            return 0.0
        try:
            spent = await self._shared.spend(points)
        except BusUnavailable:
            self._lonely = True
            return 0.0
        self._lonely = False
        if spent.granted:
            return 0.0
        self._used -= points
        if spent.banned:
            raise VenueThrottled("the exchange asked another collector to wait", spent.wait_seconds)
        return spent.wait_seconds

    async def observe(self, used: str | None) -> None:
        """Take over what the exchange says was used, by us and by others."""
        if (points := _whole(used)) is None:
            return
        if points < self._used:
            self._window_ends = self._clock.monotonic() + WINDOW_SECONDS
        self._used = points
        if self._shared is not None and not self._lonely:
            await self._tell(self._shared.observe(self._used))

    async def ban(self, retry_after: str | None) -> VenueThrottled:
        """Ask nothing for as long as the exchange wants; returns the error that says so."""
        seconds = _whole(retry_after) or DEFAULT_WAIT_SECONDS
        self._banned_until = max(self._banned_until, self._clock.monotonic() + seconds)
        if self._shared is not None:
            await self._tell(self._shared.ban(seconds))
        return VenueThrottled(f"the exchange asked us to wait for {seconds:.0f} s", seconds)

    async def _tell(self, telling: Awaitable[None]) -> None:
        try:
            await telling
        except BusUnavailable:
            self._lonely = True


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
