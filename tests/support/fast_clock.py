"""A clock that runs many times faster than time does: hours of waiting pass in seconds, in the right order."""

import asyncio
import time


class FastClock:
    """Satisfies `tickloom.collector.clock.Clock`; the wall clock stays the machine's."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._began = time.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._factor + 1000.0

    def time_us(self) -> int:
        return time.time_ns() // 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._factor)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds / self._factor):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True
