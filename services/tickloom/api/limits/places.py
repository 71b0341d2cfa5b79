"""Places for WebSocket connections: so many for each user, in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tickloom.telemetry import metrics


class NoPlace(Exception):
    """A user has as many connections open as one may have."""


class Places:
    """Counts the open connections of each user."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, user: str) -> Iterator[None]:
        """Hold a place while the block runs; raises NoPlace."""
        if self._taken[user] >= self._most:
            metrics.rate_limit_exceeded_total.labels("sockets").inc()
            raise NoPlace(f"you have {self._most} connections open: close some first")
        self._taken[user] += 1
        try:
            yield
        finally:
            self._taken[user] -= 1
            if not self._taken[user]:
                del self._taken[user]
