"""A clock that tests move by hand: nothing sleeps in real time."""

import asyncio

TURNS = 50
"""Turns of the event loop given to tasks after each step, so that all that became possible has happened."""


class ManualClock:
    """Satisfies `tickloom.collector.clock.Clock`."""

    def __init__(self, time_us: int = 1_700_000_000_000_000) -> None:
        self._now = 1000.0
        self._time_us = time_us
        self._alarms: list[tuple[float, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self._now

    def time_us(self) -> int:
        return self._time_us

    def set_wall(self, time_us: int) -> None:
        self._time_us = time_us

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        alarm = asyncio.Event()
        self._alarms.append((self._now + seconds, alarm))
        tasks = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(alarm.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return event.is_set()

    def tick(self, seconds: float) -> None:
        """Let time pass without letting anybody run."""
        self._now += seconds
        self._time_us += round(seconds * 1e6)

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking everybody at his moment."""
        await settle()
        end = self._now + seconds
        while due := [alarm for alarm in self._alarms if alarm[0] <= end]:
            at, event = min(due, key=lambda alarm: alarm[0])
            self._alarms.remove((at, event))
            self.tick(max(0.0, at - self._now))
            event.set()
            await settle()
        self.tick(end - self._now)
        await settle()


async def settle() -> None:
    """Let all tasks run until they wait again."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
