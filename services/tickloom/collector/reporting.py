"""What a collector says of itself: a line in the health table each second, and an answer for the readiness probe."""

import asyncio
from typing import Final, Literal, Protocol

from tickloom.bus import health
from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.collector.clock import Clock
from tickloom.telemetry.logging import logger
from tickloom.wire.messages import Health

REPORT_SECONDS: Final = 1.0
LEAVE_SECONDS: Final = 1.0
_log = logger(__name__)


class Reported(Protocol):
    """What is reported on."""

    def exchanges(self) -> list[str]:
        """Return the exchanges that are collected."""
        ...

    def problem(self) -> str | None:
        """Return what is wrong now."""
        ...

    def connected(self) -> bool:
        """Tell whether everything wanted is connected."""
        ...

    def received(self) -> int:
        """Return how many trades arrived so far."""
        ...

    def delay_seconds(self) -> float:
        """Return how late the latest exchange tells its data."""
        ...


class Reporter:
    """Writes one process's health until cancelled, and then takes it back."""

    def __init__(self, reported: Reported, redis: Redis, instance: str, clock: Clock) -> None:
        self.stopping = False
        self._reported = reported
        self._redis = redis
        self._instance = instance
        self._clock = clock

    async def run(self) -> None:
        """Report each second."""
        before, since = 0, self._clock.monotonic()
        try:
            while True:
                received, now = self._reported.received(), self._clock.monotonic()
                rate = max(0, received - before) / (now - since) if now > since else 0.0
                before, since = received, now
                await self._write(rate)
                # The client may have swallowed a cancellation while it was sending.
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    return
                await self._clock.sleep(REPORT_SECONDS)
        finally:
            await self._leave()

    async def _write(self, rate: float) -> None:
        problem = self._reported.problem()
        record = Health(
            role="collector",
            instance=self._instance,
            state=self._state(problem),
            detail=problem or "",
            at=self._clock.time_us() / 1e6,
            trades_per_second=rate,
            exchange=",".join(self._reported.exchanges()),
            delay_seconds=self._reported.delay_seconds(),
        )
        try:
            await health.write_health(self._redis, record)
        except BusUnavailable as error:
            _log.debug("health was not reported", problem=str(error))

    def _state(self, problem: str | None) -> Literal["starting", "ready", "degraded", "stopping"]:
        if self.stopping:
            return "stopping"
        if problem:
            return "degraded"
        return "ready" if self._reported.connected() else "starting"

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await health.remove_health(self._redis, "collector", self._instance)
        except (BusUnavailable, TimeoutError) as error:
            _log.debug("left without taking back its health", problem=str(error))
