"""When markets trade, asked of a child process: calendars bring pandas, whose memory the operator should not hold."""

import asyncio
import bisect
import sys
import time
from collections.abc import Callable
from typing import Final, NamedTuple

import orjson

from tickloom.telemetry.logging import logger

GOOD_SECONDS: Final = 24 * 3600.0
RETRY_SECONDS: Final = 600.0
ASK_SECONDS: Final = 120.0
DAYS: Final = 14
_DAY_US: Final = 86_400_000_000
_log = logger(__name__)


class Hours(NamedTuple):
    """Sessions of a market, oldest first, in microseconds since 1970 (UTC)."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]

    def is_open(self, time_us: int) -> bool:
        """Tell whether the market trades at a time."""
        index = bisect.bisect_right(self.opens, time_us) - 1
        return index >= 0 and time_us < self.closes[index]


class MarketHours:
    """The sessions of calendars around now, each asked for once a day."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Hours | None]] = {}

    async def sessions(self, code: str) -> Hours | None:
        """Return the sessions of a calendar, None where they cannot be told."""
        due, known = self._known.get(code, (0.0, None))
        if self._monotonic() < due:
            return known
        found = await _ask(code)
        self._known[code] = (self._monotonic() + (GOOD_SECONDS if found else RETRY_SECONDS), found or known)
        return found or known


async def _ask(code: str) -> Hours | None:
    command = (sys.executable, "-m", "tickloom_operator.market_hours", code)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            output, problem = await process.communicate()
    except TimeoutError:
        output, problem = b"", b"it took too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        _log.warning("the sessions of a market are not known", calendar=code, problem=problem.decode()[-300:])
        return None
    opens, closes = orjson.loads(output)
    return Hours(tuple(opens), tuple(closes))


def main() -> None:
    """Print when the sessions of the calendar in the first argument open and close, two weeks around now."""
    from tickloom.market.sessions import load_sessions  # noqa: PLC0415 - it brings pandas

    sessions = load_sessions(sys.argv[1])
    now_us = int(time.time() * 1_000_000)
    near = abs(sessions.opens - now_us) < DAYS * _DAY_US
    sys.stdout.buffer.write(orjson.dumps([sessions.opens[near].tolist(), sessions.closes[near].tolist()]))


if __name__ == "__main__":
    main()
