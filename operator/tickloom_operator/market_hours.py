"""When markets trade, asked of a child process: calendars bring pandas, whose memory the operator should not hold."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Final

import numpy as np
import orjson

from tickloom.market.sessions import Sessions
from tickloom.telemetry.logging import logger

GOOD_SECONDS: Final = 24 * 3600.0
RETRY_SECONDS: Final = 600.0
ASK_SECONDS: Final = 120.0
DAYS: Final = 14
_DAY_US: Final = 86_400_000_000
_log = logger(__name__)


class MarketHours:
    """The sessions of calendars around now, each asked for once a day."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Sessions | None]] = {}

    async def sessions(self, code: str) -> Sessions | None:
        """Return the sessions of a calendar, None where they cannot be told."""
        due, known = self._known.get(code, (0.0, None))
        if self._monotonic() < due:
            return known
        found = await _ask(code)
        self._known[code] = (self._monotonic() + (GOOD_SECONDS if found else RETRY_SECONDS), found or known)
        return found or known


async def _ask(code: str) -> Sessions | None:
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
    return Sessions(np.array(opens, np.int64), np.array(closes, np.int64))


def main() -> None:
    """Print when the sessions of the calendar in the first argument open and close, two weeks around now."""
    from tickloom.market.sessions import load_sessions  # noqa: PLC0415 - it brings pandas

    sessions = load_sessions(sys.argv[1])
    now_us = int(time.time() * 1_000_000)
    near = np.abs(sessions.opens - now_us) < DAYS * _DAY_US
    sys.stdout.buffer.write(orjson.dumps([sessions.opens[near].tolist(), sessions.closes[near].tolist()]))


if __name__ == "__main__":
    main()
