"""Binance's request budget: 6000 points a minute for each address, which all processes behind it share.

rest-api.md, "LIMITS" and "IP Limits": every answer tells what was used in `X-MBX-USED-WEIGHT-1M`; 429 asks to wait
for `Retry-After` seconds, and who does not is banned with 418 for minutes to days.
"""

from typing import Final

from tickloom.collector.clock import Clock
from tickloom.collector.venue import VenueThrottled

POINTS: Final = 5400
"""Points a minute that we use; the rest is left to others behind the same address."""
WINDOW_SECONDS: Final = 60.0
DEFAULT_WAIT_SECONDS: Final = 60.0


class Budget:
    """Spends points and waits for the next minute when they are used up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used = 0
        self._window_ends = 0.0
        self._banned_until = 0.0

    async def spend(self, points: int) -> None:
        """Wait until `points` may be spent, and spend them; raises VenueThrottled while we are to keep away."""
        while True:
            now = self._clock.monotonic()
            if now < self._banned_until:
                raise VenueThrottled("the exchange asked us to wait", self._banned_until - now)
            if now >= self._window_ends:
                self._used, self._window_ends = 0, now + WINDOW_SECONDS
            if self._used + points <= POINTS:
                self._used += points
                return
            await self._clock.sleep(self._window_ends - now)

    def observe(self, used: str | None) -> None:
        """Take over what the exchange says was used, by us and by others."""
        if used is None or not used.isdecimal():
            return
        if int(used) < self._used:
            self._window_ends = self._clock.monotonic() + WINDOW_SECONDS
        self._used = int(used)

    def ban(self, retry_after: str | None) -> VenueThrottled:
        """Ask nothing for as long as the exchange wants; returns the error that says so."""
        seconds = float(retry_after) if retry_after and retry_after.isdecimal() else DEFAULT_WAIT_SECONDS
        self._banned_until = max(self._banned_until, self._clock.monotonic() + seconds)
        return VenueThrottled(f"the exchange asked us to wait for {seconds:.0f} s", seconds)
