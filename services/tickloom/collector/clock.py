"""Time as the collector reads and waits for it, so that tests can move it by hand.

No other module of this package may read a clock or sleep. Bounds on network calls are asyncio's own affair.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Reads two clocks and waits on one of them."""

    def monotonic(self) -> float:
        """Return seconds that never jump, from an unknown origin."""
        ...

    def time_us(self) -> int:
        """Return the local wall clock in microseconds since 1970; it may be wrong and may jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, at most so long; tells whether it is set."""
        ...


class SystemClock:
    """The clocks of the machine."""

    monotonic = staticmethod(time.monotonic)

    def time_us(self) -> int:
        """Return the machine's wall clock in microseconds since 1970."""
        return time.time_ns() // 1000

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, at most so long; tells whether it is set."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True
