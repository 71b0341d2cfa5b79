"""Waits between attempts: they double up to a minute, and differ at random so that collectors do not march in step."""

import random
from collections.abc import Callable
from typing import Final

SHORTEST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0


class Backoff:
    """The next wait after each failure; `jitter` returns a number in [0, 1)."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._ceiling = SHORTEST_SECONDS

    def next_wait(self) -> float:
        """Return the seconds to wait now: between half of the present ceiling and all of it."""
        wait = self._ceiling * (0.5 + self._jitter() / 2)
        self._ceiling = min(self._ceiling * 2, LONGEST_SECONDS)
        return wait

    def reset(self) -> None:
        """Begin again with the shortest wait, because data flowed."""
        self._ceiling = SHORTEST_SECONDS
