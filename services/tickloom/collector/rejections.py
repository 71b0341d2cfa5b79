"""What cannot be used is counted by kind, and shown in the log now and then: never a reason to stop."""

from typing import Final

from tickloom.collector.clock import Clock
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

SAMPLE_SECONDS: Final = 10.0
SAMPLE_LENGTH: Final = 200
_log = logger(__name__)


class Rejections:
    """Counts what one exchange sent and we could not use; at most one of a kind in ten seconds is logged."""

    def __init__(self, exchange: str, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._quiet_until: dict[str, float] = {}

    def count(self, kind: str, sample: bytes | str, number: int = 1) -> None:
        """Count `number` rejections of a kind; the sample is cut before it is logged."""
        metrics.collector_errors_total.labels(self._exchange, kind).inc(number)
        now = self._clock.monotonic()
        if now < self._quiet_until.get(kind, now):
            return
        self._quiet_until[kind] = now + SAMPLE_SECONDS
        text = sample[:SAMPLE_LENGTH]
        if isinstance(text, bytes):
            text = text.decode(errors="backslashreplace")
        _log.warning("skipped what the exchange sent", exchange=self._exchange, kind=kind, sample=text)
