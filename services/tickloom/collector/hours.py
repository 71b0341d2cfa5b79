"""When a venue is worth a connection: shortly before a session opens until shortly after it closes.

By our own wall clock, which may be a little wrong: the margins are minutes. A market without a calendar, and a replay,
never rest.
"""

from typing import Final

from tickloom.collector.clock import Clock
from tickloom.market.sessions import Sessions

LEAD_US: Final = 120_000_000
"""Connected this long before the open."""
LINGER_US: Final = 300_000_000
"""Connected this long after the close: late trades, corrections and cancels still come."""


class Hours:
    """The hours of one venue."""

    def __init__(self, sessions: Sessions | None, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def seconds_to_rest(self) -> float:
        """Return how long there is nothing to collect from now on, 0 while there is."""
        now_us, sessions = self._clock.time_us(), self._sessions
        if sessions is None or sessions.is_open(now_us):
            return 0.0
        closed, opens = sessions.last_close(now_us), sessions.next_open(now_us)
        if opens is None or (closed is not None and now_us < closed + LINGER_US):
            return 0.0
        return max(0.0, (opens - LEAD_US - now_us) / 1e6)
