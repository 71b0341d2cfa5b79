"""Kernels that know when a market trades: which longer bar a minute belongs to, and where the next session begins.

A symbol names its rows [sessions_from, sessions_to) of the table of sessions; none means that it trades around the
clock. `market.sessions` says the same in plain Python. Pure: arrays in, numbers out.
"""

from typing import Final

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.processor.compiled import compiled
from tickloom.processor.state import Array, Record

_MINUTE: Final = MICROSECONDS_PER_MINUTE
CLOSED: Final = -1


@compiled
def has_sessions(symbol: Record) -> bool:
    """Tell whether a symbol's market closes at all."""
    return bool(symbol.sessions_to > symbol.sessions_from)


@compiled
def _first_after(symbol: Record, sessions: Array, time_us: int) -> int:
    low, high = symbol.sessions_from, symbol.sessions_to
    while low < high:
        middle = (low + high) // 2
        if sessions[middle, 0] <= time_us:
            low = middle + 1
        else:
            high = middle
    return int(low)


@compiled
def session_at(symbol: Record, sessions: Array, time_us: int) -> int:
    """Return the row of the session that holds a time, CLOSED if there is none."""
    row = _first_after(symbol, sessions, time_us) - 1
    if row < symbol.sessions_from or time_us >= sessions[row, 1]:
        return CLOSED
    return row


@compiled
def trades_at(symbol: Record, sessions: Array, time_us: int) -> bool:
    """Tell whether a symbol's market is open at a time."""
    return not has_sessions(symbol) or session_at(symbol, sessions, time_us) != CLOSED


@compiled
def longer_bar(symbol: Record, sessions: Array, minute: int, length: int) -> tuple[int, int]:
    """Return begin and end of the bar of `length` minutes that holds a minute of trading."""
    row = session_at(symbol, sessions, minute) if has_sessions(symbol) else CLOSED
    span = length * _MINUTE
    if row == CLOSED:
        begin = minute - minute % span
        return begin, begin + span
    begin = sessions[row, 0] + (minute - sessions[row, 0]) // span * span
    return begin, min(begin + span, sessions[row, 1])


@compiled
def next_minute(symbol: Record, sessions: Array, minute: int) -> int:
    """Return the first minute of trading at or after a minute; beyond the known sessions that is far away."""
    if not has_sessions(symbol) or session_at(symbol, sessions, minute) != CLOSED:
        return minute
    row = _first_after(symbol, sessions, minute)
    if row < symbol.sessions_to:
        return int(sessions[row, 0])
    return int(sessions[symbol.sessions_to - 1, 1]) + 1_000_000 * _MINUTE
