"""Asks a venue nothing for a while after it failed again and again: pybreaker's state machine on the collector's clock.

Five failures in a row open the circuit for 60 s. Then questions are let through again: two answers close it, a
failure opens it for twice as long, up to ten minutes. Being told to wait (429) and being refused are answers, too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pybreaker

from tickloom.collector.clock import Clock
from tickloom.collector.venue import VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

FAILURES: Final = 5
FIRST_OPEN_SECONDS: Final = 60.0
LONGEST_OPEN_SECONDS: Final = 600.0
SUCCESSES: Final = 2
_STATES: Final = {pybreaker.STATE_CLOSED: 0, pybreaker.STATE_HALF_OPEN: 1, pybreaker.STATE_OPEN: 2}
_log = logger(__name__)


class _Storage(pybreaker.CircuitMemoryStorage):
    """Tells pybreaker, which reads the wall clock, when the circuit was opened by the collector's own clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(pybreaker.STATE_CLOSED)
        self._clock = clock
        self._opened: float | None = None

    @property
    def opened_at(self) -> datetime | None:
        if self._opened is None:
            return None
        return datetime.now(UTC) - timedelta(seconds=self._clock.monotonic() - self._opened)

    @opened_at.setter
    def opened_at(self, _: datetime) -> None:
        self._opened = self._clock.monotonic()


class _Watcher(pybreaker.CircuitBreakerListener):
    """Shows the state, and lets the circuit stay open for longer each time that it fails to close."""

    def __init__(self, exchange: str) -> None:
        self._exchange = exchange
        metrics.circuit_breaker_state.labels(exchange).set(0)

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        before, after = old_state.name if old_state else pybreaker.STATE_CLOSED, new_state.name
        metrics.circuit_breaker_state.labels(self._exchange).set(_STATES[after])
        metrics.circuit_breaker_transitions_total.labels(self._exchange, after).inc()
        if after == pybreaker.STATE_CLOSED:
            cb.reset_timeout = FIRST_OPEN_SECONDS
        elif after == pybreaker.STATE_OPEN and before == pybreaker.STATE_HALF_OPEN:
            cb.reset_timeout = min(2 * cb.reset_timeout, LONGEST_OPEN_SECONDS)
        _log.info("a circuit changed", exchange=self._exchange, before=before, after=after, seconds=cb.reset_timeout)


class Breaker:
    """One venue's circuit."""

    def __init__(self, exchange: str, clock: Clock) -> None:
        self._clock = clock
        self._storage = _Storage(clock)
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=FIRST_OPEN_SECONDS,
            success_threshold=SUCCESSES,
            exclude=[VenueThrottled, VenueRefused, asyncio.CancelledError],
            listeners=[_Watcher(exchange)],
            state_storage=self._storage,
            throw_new_error_on_trip=False,
        )

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Let one question through, or raise VenueThrottled with the seconds until the next one is let through."""
        if (seconds := self._seconds_left()) > 0:
            raise VenueThrottled("the exchange failed again and again; it is left alone", seconds)
        try:
            yield
        except Exception as error:
            self._tell(_raising(error))
            raise
        self._tell(lambda: None)

    def _tell(self, outcome: Callable[[], None]) -> None:
        """Tell the circuit what came of a question; one that was under way when it opened says nothing new."""
        if self._seconds_left() > 0:
            return
        try:
            self._circuit.call(outcome)
        except (VenueUnavailable, VenueRefused, pybreaker.CircuitBreakerError):
            return

    def _seconds_left(self) -> float:
        opened_at = self._storage.opened_at
        if opened_at is None or self._circuit.current_state != pybreaker.STATE_OPEN:
            return 0.0
        return self._circuit.reset_timeout - (datetime.now(UTC) - opened_at).total_seconds()


def _raising(error: Exception) -> Callable[[], None]:
    def outcome() -> None:
        raise error

    return outcome
