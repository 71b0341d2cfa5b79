"""Binance's limits on requests: points a minute, then 429, and 418 for whoever goes on (rest-api.md, "LIMITS")."""

from collections.abc import Callable
from typing import Final

WEIGHT_A_MINUTE: Final = 6000
PATIENCE: Final = 10
"""Requests over the limit that are answered with 429 before a ban."""
BAN_SECONDS: Final = 120
LONGEST_BAN_SECONDS: Final = 3 * 24 * 3600
_MINUTE_MS: Final = 60_000


class Weights:
    """Weight used in the current minute; `now_ms` is the clock of the limits."""

    def __init__(self, now_ms: Callable[[], int], limit: int = WEIGHT_A_MINUTE) -> None:
        self.used = 0
        self.limit = limit
        self._now_ms = now_ms
        self._minute = 0
        self._refused = 0
        self._bans = 0
        self._banned_until_ms = 0

    def spend(self, weight: int) -> tuple[int, int]:
        """Use weight; returns the status (200, 429 or 418) and the seconds to stay away."""
        now_ms = self._now_ms()
        if now_ms < self._banned_until_ms:
            return 418, (self._banned_until_ms - now_ms) // 1000 + 1
        minute = now_ms // _MINUTE_MS
        if minute != self._minute:
            self._minute, self.used, self._refused = minute, 0, 0
        self.used += weight
        if self.used <= self.limit:
            return 200, 0
        self._refused += 1
        if self._refused > PATIENCE:
            return self._ban(now_ms)
        return 429, (_MINUTE_MS - now_ms % _MINUTE_MS) // 1000 + 1

    def _ban(self, now_ms: int) -> tuple[int, int]:
        """Bans grow for repeat offenders, from 2 minutes to 3 days."""
        seconds = min(BAN_SECONDS << self._bans, LONGEST_BAN_SECONDS)
        self._bans += 1
        self._banned_until_ms = now_ms + 1000 * seconds
        return 418, seconds
