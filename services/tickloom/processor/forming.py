"""Bars as they stand now: the open minutes, and the longer bars with those minutes merged in.

Nothing here changes the state; what it returns is published and forgotten.
"""

from typing import Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.market.verdicts import Verdict
from tickloom.processor.bars import (
    LENGTHS,
    MINUTE,
    begin_longer,
    holes_touch,
    judge_longer,
    judge_minute,
    merge_minute,
    round_to_step,
)
from tickloom.processor.compiled import compiled
from tickloom.processor.session_bars import longer_bar
from tickloom.processor.state import BAR_DTYPE, CLOSED_DTYPE, HIGHER, Array, Record, State, empty_bars
from tickloom.wire.messages import Bar

LABELS: Final = tuple(timeframe.label for timeframe in TIMEFRAMES)
_VERDICTS: Final = tuple(verdict.label for verdict in Verdict)
_MICROSECONDS: Final = 1_000_000
_MOST_ROWS: Final = 2 + 3 * HIGHER


@compiled
def _copy(bar: Record, verdict: int, timeframe: int, scale: float, rows: Array, count: int) -> int:
    if np.isnan(bar.open):
        return count
    row = rows[count]
    row.timeframe = timeframe
    row.verdict = verdict
    row.time = bar.time
    row.open = bar.open
    row.high = bar.high
    row.low = bar.low
    row.close = bar.close
    row.volume = round_to_step(bar.volume, scale)
    row.quote_volume = bar.quote_volume
    row.trades = bar.trades
    return count + 1


@compiled
def _collect(
    number: int,
    symbols: Array,
    sessions: Array,
    minutes: Array,
    higher: Array,
    holes: Array,
    hole_count: int,
    scratch: Array,
    rows: Array,
) -> int:
    symbol = symbols[number]
    verdicts = np.zeros(2, np.int64)
    count = 0
    for ahead in range(2):
        start = symbol.minute + ahead * MINUTE
        bar = minutes[number, (start // MINUTE) % 2]
        if bar.time == start:
            touch = holes_touch(holes, hole_count, number, start, start + MINUTE) if hole_count else 0
            verdicts[ahead] = judge_minute(symbol, bar, start, touch)
            count = _copy(bar, verdicts[ahead], 0, symbol.size_scale, rows, count)
    for k in range(HIGHER):
        longer = scratch[0]
        scratch[0] = higher[number, k]
        for ahead in range(2):
            start = symbol.minute + ahead * MINUTE
            bar = minutes[number, (start // MINUTE) % 2]
            if bar.time != start:
                continue
            begin, _ = longer_bar(symbol, sessions, start, LENGTHS[k + 1])
            if longer.time != begin:
                if longer.time >= 0:
                    before, after = longer_bar(symbol, sessions, longer.time, LENGTHS[k + 1])
                    verdict = judge_longer(longer, (after - before) // MINUTE)
                    count = _copy(longer, verdict, k + 1, symbol.size_scale, rows, count)
                begin_longer(longer, begin)
            merge_minute(longer, bar, verdicts[ahead], symbol.size_scale)
        if longer.time >= 0:
            _, end = longer_bar(symbol, sessions, longer.time, LENGTHS[k + 1])
            so_far = (min(max(symbol.minute, longer.time), end) - longer.time) // MINUTE
            verdict = judge_longer(longer, so_far)
            count = _copy(longer, verdict, k + 1, symbol.size_scale, rows, count)
    return count


def to_bar(row: Record, *, revision: int = 0, closed: bool = True) -> Bar:
    """Return an element of CLOSED_DTYPE (as its `.item()` tuple's record) as clients see it."""
    without_prices = bool(np.isnan(row["open"]))
    volume = float(row["volume"])
    return Bar(
        time=int(row["time"]) // _MICROSECONDS,
        open=None if without_prices else float(row["open"]),
        high=None if without_prices else float(row["high"]),
        low=None if without_prices else float(row["low"]),
        close=None if without_prices else float(row["close"]),
        volume=volume,
        trades=int(row["trades"]),
        vwap=float(row["quote_volume"]) / volume if volume > 0 else None,
        verdict=_VERDICTS[row["verdict"]],
        revision=revision,
        closed=closed,
    )


def forming_rows(state: State, number: int) -> Array:
    """Return the bars of a symbol that are not closed yet (CLOSED_DTYPE), by timeframe, oldest first."""
    rows, scratch = np.zeros(_MOST_ROWS, CLOSED_DTYPE), empty_bars(1).astype(BAR_DTYPE)
    count = _collect(
        number,
        state.symbols,
        state.sessions,
        state.minutes,
        state.higher,
        state.holes,
        int(state.counts[0]["holes"]),
        scratch,
        rows,
    )
    rows["symbol_no"] = number
    wanted = int(state.symbols[number]["timeframes"]) >> rows["timeframe"] & 1
    kept: Array = rows[:count][wanted[:count] == 1]
    return kept


def by_label(rows: Array) -> dict[str, list[Bar]]:
    """Return forming rows as clients see them, by timeframe label."""
    bars: dict[str, list[Bar]] = {}
    for row in rows:
        bars.setdefault(LABELS[int(row["timeframe"])], []).append(to_bar(row, closed=False))
    return bars
