"""What time it is at the exchange, judged by the frames that arrive: our own wall clock may be wrong.

Each burst of frames tells how far the exchange's time lies behind our monotonic clock. The median of the last
hundred such lags, network delay included, gives the time up to which trades can be expected to have arrived.
A replayed feed has no time between its frames: there the largest time that arrived is the present.
"""

from collections import deque
from statistics import median
from typing import Final, Literal

from tickloom.collector.clock import Clock

LAGS: Final = 100
FRESH_SECONDS: Final = 2.0


class FeedClock:
    """The exchange's time; `None` while nothing is known of it. All times in microseconds since 1970 (UTC)."""

    def __init__(self, clock: Clock, kind: Literal["wall", "feed"]) -> None:
        self._clock = clock
        self._kind = kind
        self._lags: deque[int] = deque(maxlen=LAGS)
        self._venue_lag: int | None = None
        self._last_frame = 0.0
        self.event_us = 0
        """The largest time in any frame so far."""

    @property
    def stands_still(self) -> bool:
        """Tell whether time passes only with the frames."""
        return self._kind == "feed"

    def observe(self, event_us: int) -> float:
        """Note a frame that arrives now and was sent at `event_us`; returns the monotonic time."""
        now = self._clock.monotonic()
        self._lags.append(int(now * 1e6) - event_us)
        self._last_frame = now
        self.event_us = max(self.event_us, event_us)
        return now

    def observe_answer(self, time_us: int) -> None:
        """Note the venue's own clock, which is used until frames arrive."""
        self._venue_lag = int(self._clock.monotonic() * 1e6) - time_us
        if self.stands_still and not self.event_us:
            self.event_us = time_us

    def observe_without_frames(self, time_us: int) -> None:
        """Note the venue's own clock while no frame can arrive: then also a replayed feed's time goes on with it."""
        self.observe_answer(time_us)
        if self.stands_still:
            self.event_us = max(self.event_us, time_us)

    def now_us(self) -> int | None:
        """Return the exchange's time now."""
        if self.stands_still:
            return self.event_us or None
        return self._estimate(self._clock.monotonic())

    def last_frame_us(self) -> int | None:
        """Return the exchange's time when the last frame arrived: the end of what is known after a loss."""
        if self.stands_still or not self._lags:
            return self.event_us or None
        return self._estimate(self._last_frame)

    def _estimate(self, monotonic: float) -> int | None:
        if not self._lags:
            return None if self._venue_lag is None else int(monotonic * 1e6) - self._venue_lag
        usual, latest = int(median(self._lags)), self._lags[-1]
        now_us, behind = int(monotonic * 1e6), latest - usual
        if behind <= 0 or monotonic - self._last_frame >= FRESH_SECONDS:
            return now_us - usual
        # The latest frame came later than usual, so others may lie unread behind it: for as long as it was behind,
        # time is not taken to have passed since it was sent.
        return max(int(self._last_frame * 1e6) - latest, now_us - latest - behind)
