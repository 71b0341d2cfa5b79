"""Kernels for what collectors say of their coverage: when collection of a symbol began, broke off and went on.

A stretch without coverage is a row of the gap ledger; minutes inside it are `feed_down`, minutes at its edges are
`partial`, until the collector reports that it fetched all trades of it. Pure: arrays in, arrays out.
"""

from tickloom.processor.bars import MINUTE
from tickloom.processor.compiled import compiled
from tickloom.processor.sequence import add_hole, close_gap, find_gap, note_recovery, open_gap
from tickloom.processor.state import (
    FOREVER,
    HEALED,
    LONG_AGO,
    REFUSED,
    RESTARTED,
    UNHEALABLE,
    WENT_DOWN,
    Array,
    Record,
)


@compiled
def _is_down(symbol: Record) -> bool:
    return bool(symbol.down_to == FOREVER and symbol.down_from != FOREVER)


@compiled
def start(symbol: Record, symbol_no: int, time_us: int, trade_id: int, now_us: int, gaps: Array, counts: Array) -> None:
    """Begin coverage at `time_us`: nothing since the last coverage can be had; `trade_id` precedes it."""
    if symbol.started_us == FOREVER:
        symbol.started_us = time_us
        symbol.down_from = LONG_AGO
        if symbol.minute == 0:
            symbol.minute = time_us - time_us % MINUTE
    elif _is_down(symbol):
        index = find_gap(gaps, counts[0].gaps, symbol_no, symbol.down_gap)
        if index >= 0:
            close_gap(gaps[index], UNHEALABLE, time_us, now_us)
    else:
        symbol.down_from = min(symbol.watermark, time_us)
        gap = open_gap(symbol, symbol_no, RESTARTED, -1, -1, symbol.down_from, time_us, now_us, gaps, counts)
        close_gap(gaps[gap], UNHEALABLE, time_us, now_us)
    symbol.down_to = time_us
    symbol.down_gap = -1
    symbol.last_id = trade_id
    symbol.latest_us = max(symbol.latest_us, time_us)
    symbol.healed = 0
    symbol.live = 1


@compiled
def go_down(symbol: Record, symbol_no: int, time_us: int, now_us: int, gaps: Array, counts: Array) -> None:
    """End coverage at `time_us`, when the feed broke off."""
    symbol.live = 0
    if symbol.started_us == FOREVER or _is_down(symbol):
        return
    if symbol.down_from == FOREVER or symbol.down_to <= symbol.minute:
        symbol.down_from = time_us
    symbol.down_to = FOREVER
    symbol.healed = 0
    gap = open_gap(symbol, symbol_no, WENT_DOWN, -1, -1, time_us, FOREVER, now_us, gaps, counts)
    symbol.down_gap = gaps[gap].gap_no


@compiled
def resume(
    symbol: Record,
    symbol_no: int,
    time_us: int,
    trade_id: int,
    now_us: int,
    holes: Array,
    gaps: Array,
    recovered: Array,
    counts: Array,
) -> None:
    """Restore coverage: live again from `time_us` on, with every trade up to `trade_id` in the stream."""
    if symbol.started_us == FOREVER:
        start(symbol, symbol_no, time_us, trade_id, now_us, gaps, counts)
        return
    if 0 <= symbol.last_id < trade_id:
        add_hole(symbol, symbol_no, symbol.last_id + 1, trade_id, time_us, now_us, holes, gaps, counts)
        symbol.last_id = trade_id
    if _is_down(symbol):
        index = find_gap(gaps, counts[0].gaps, symbol_no, symbol.down_gap)
        if index >= 0:
            gaps[index].missing = symbol.healed
            gaps[index].healed = symbol.healed
            close_gap(gaps[index], HEALED, time_us, now_us)
        # Coverage that ends where it was lost brings nothing back: a feed that is over says so.
        if symbol.down_from < symbol.minute and time_us > symbol.down_from:
            # What was lost in the very first minute lies after the time before which nothing was ever covered.
            begins = max(symbol.down_from, symbol.started_us)
            note_recovery(symbol_no, begins, min(time_us, symbol.minute), recovered, counts)
        symbol.down_from = FOREVER
    elif symbol.healed > 0:
        gap = open_gap(symbol, symbol_no, RESTARTED, -1, -1, symbol.healed_from, time_us, now_us, gaps, counts)
        gaps[gap].missing = symbol.healed
        gaps[gap].healed = symbol.healed
        close_gap(gaps[gap], HEALED, time_us, now_us)
    symbol.down_gap = -1
    symbol.healed = 0
    symbol.live = 1


@compiled
def give_up(
    symbol: Record,
    symbol_no: int,
    first_id: int,
    count: int,
    now_us: int,
    minutes: Array,
    holes: Array,
    gaps: Array,
    counts: Array,
) -> None:
    """Give up `count` trades from `first_id` on: their rows end unhealable, their minutes stay partial."""
    end_id = first_id + count
    if symbol.last_id >= 0 and end_id - 1 > symbol.last_id:
        add_hole(symbol, symbol_no, symbol.last_id + 1, end_id - 1, symbol.latest_us, now_us, holes, gaps, counts)
        symbol.last_id = end_id - 1
    i = 0
    while i < counts[0].holes:
        hole = holes[i]
        if hole.symbol_no != symbol_no or hole.last_id < first_id or hole.first_id >= end_id:
            i += 1
            continue
        for slot in range(2):
            bar = minutes[slot]
            if bar.time >= 0 and hole.after_us < bar.time + MINUTE and hole.before_us >= bar.time:
                bar.broken = 1
        index = find_gap(gaps, counts[0].gaps, symbol_no, hole.gap_no)
        if index >= 0:
            gaps[index].reason = REFUSED
            close_gap(gaps[index], UNHEALABLE, gaps[index].to_us, now_us)
        counts[0].holes -= 1
        holes[i] = holes[counts[0].holes]
