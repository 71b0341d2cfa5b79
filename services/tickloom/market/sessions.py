"""When a market trades, and the bars of its sessions: hours that begin with the session, and one day for each.

From `exchange_calendars`, so holidays, half days and daylight saving are those of the venue. The only module that
knows time zones; it hands out microseconds since 1970 (UTC). A market without a calendar trades around the clock.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE, Timeframe

FIRST_DAY: Final = "2010-01-01"
"""Bars before it are not shaped by sessions."""
Times = npt.NDArray[np.int64]


class UnknownCalendar(ValueError):
    """A text is no code of `exchange_calendars`."""


class Span(NamedTuple):
    """A stretch of time [begin, end) in microseconds since 1970 (UTC)."""

    begin: int
    end: int


class Sessions:
    """The sessions of one market, oldest first; `opens` and `closes` in microseconds since 1970 (UTC)."""

    def __init__(self, opens: Times, closes: Times) -> None:
        self.opens, self.closes = opens, closes

    def at(self, time_us: int) -> Span | None:
        """Return the session that holds a time, None while the market is closed."""
        index = int(np.searchsorted(self.opens, time_us, side="right")) - 1
        if index < 0 or time_us >= self.closes[index]:
            return None
        return Span(int(self.opens[index]), int(self.closes[index]))

    def is_open(self, time_us: int) -> bool:
        """Tell whether the market trades at a time."""
        return self.at(time_us) is not None

    def next_open(self, time_us: int) -> int | None:
        """Return when the first session after a time opens, None beyond the end of the calendar."""
        index = int(np.searchsorted(self.opens, time_us, side="right"))
        return int(self.opens[index]) if index < len(self.opens) else None

    def last_open(self, time_us: int) -> int | None:
        """Return when the session opened that holds a time, or the last one before it; None before the first."""
        index = int(np.searchsorted(self.opens, time_us, side="right")) - 1
        return int(self.opens[index]) if index >= 0 else None

    def last_close(self, time_us: int) -> int | None:
        """Return when the last session before a time closed, None before the first."""
        index = int(np.searchsorted(self.closes, time_us, side="right")) - 1
        return int(self.closes[index]) if index >= 0 else None

    def bar_at(self, timeframe: Timeframe, time_us: int) -> Span | None:
        """Return the bar that holds a time, None while the market is closed; the last one ends with the session."""
        session = self.at(time_us)
        if session is None:
            return None
        length = timeframe.microseconds
        begin = session.begin + (time_us - session.begin) // length * length
        return Span(begin, min(begin + length, session.end))

    def bars_between(self, timeframe: Timeframe, begin_us: int, end_us: int) -> Iterator[Span]:
        """Yield every bar of the sessions that open in [begin, end)."""
        for opens, closes in zip(self.opens.tolist(), self.closes.tolist(), strict=True):
            if begin_us <= opens < end_us:
                for begin in range(opens, closes, timeframe.microseconds):
                    yield Span(begin, min(begin + timeframe.microseconds, closes))


@lru_cache(maxsize=32)
def load_sessions(code: str) -> Sessions:
    """Return the sessions of a calendar such as `XNYS` or `XIST`; raises UnknownCalendar.

    Reading a calendar takes about a second, once in a process. It ends about a year ahead of today.
    """
    import exchange_calendars  # type: ignore[import-untyped]  # noqa: PLC0415 - it brings pandas, and markets around the clock need neither
    from exchange_calendars.errors import (  # type: ignore[import-untyped]  # noqa: PLC0415
        InvalidCalendarName,
    )

    try:
        calendar = exchange_calendars.get_calendar(code, start=FIRST_DAY)
    except InvalidCalendarName as error:
        raise UnknownCalendar(f"calendar {code!r} is unknown: use a code of exchange_calendars, as XNYS") from error
    return Sessions(_minutes(calendar.opens_nanos), _minutes(calendar.closes_nanos))


def _minutes(nanoseconds: Times) -> Times:
    microseconds = nanoseconds // 1000
    return microseconds - microseconds % MICROSECONDS_PER_MINUTE
