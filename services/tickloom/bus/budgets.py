"""Request budgets that processes share: an exchange counts by address, and all of ours may stand behind one.

One script decides atomically, by the server's own clock, so that no two processes spend the same points.
"""

from typing import Final, NamedTuple

from tickloom.bus.connection import Redis, translate_errors
from tickloom.wire.names import request_budget

# KEYS[1] the budget; ARGV points, limit, window in ms. Returns {0, used}, or {1 full | 2 banned, ms to wait}.
_SPEND: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local points, limit, length = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(now / length)
local stored = redis.call('HMGET', KEYS[1], 'window', 'used', 'banned')
local banned = tonumber(stored[3] or '0')
if now < banned then return {2, banned - now} end
local used = 0
if tonumber(stored[1] or '-1') == window then used = tonumber(stored[2]) end
if used + points > limit then return {1, (window + 1) * length - now} end
redis.call('HSET', KEYS[1], 'window', window, 'used', used + points)
redis.call('PEXPIRE', KEYS[1], 2 * length)
return {0, used + points}
"""
# KEYS[1] the budget; ARGV used according to the exchange, window in ms. Requests of others count, too.
_OBSERVE: Final = """
local time = redis.call('TIME')
local window = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / tonumber(ARGV[2]))
local stored = redis.call('HMGET', KEYS[1], 'window', 'used')
if tonumber(stored[1] or '-1') == window and tonumber(stored[2]) < tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'used', ARGV[1])
end
"""
# KEYS[1] the budget; ARGV milliseconds. A ban is never shortened.
_BAN: Final = """
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
if until_ms > tonumber(redis.call('HGET', KEYS[1], 'banned') or '0') then
    redis.call('HSET', KEYS[1], 'banned', until_ms)
    redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[1])))
end
"""


class Spent(NamedTuple):
    """Whether points were spent, and else how long to wait and whether for the sake of a ban."""

    granted: bool
    banned: bool
    wait_seconds: float


class SharedBudget:
    """Points a window that all processes on one Redis may spend at one host."""

    def __init__(self, redis: Redis, host: str, *, limit: int, window_seconds: float) -> None:
        self._redis = redis
        self._key = request_budget(host)
        self._limit = limit
        self._window_ms = int(window_seconds * 1000)

    async def spend(self, points: int) -> Spent:
        """Spend points if they are left. Raises BusUnavailable."""
        async with translate_errors("spending from a request budget"):
            code, value = await self._redis.eval(_SPEND, 1, self._key, points, self._limit, self._window_ms)
        return Spent(code == 0, code == 2, 0.0 if code == 0 else value / 1000)  # noqa: PLR2004 - the script's code

    async def observe(self, used: int) -> None:
        """Take over what the exchange says was used, if it is more than we know of. Raises BusUnavailable."""
        async with translate_errors("noting a request budget"):
            await self._redis.eval(_OBSERVE, 1, self._key, used, self._window_ms)

    async def ban(self, seconds: float) -> None:
        """Let nobody ask for so long. Raises BusUnavailable."""
        async with translate_errors("noting a ban"):
            await self._redis.eval(_BAN, 1, self._key, int(seconds * 1000))
