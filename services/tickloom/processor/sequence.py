"""Kernels that know which trades were seen: duplicates are dropped, holes in the ids become rows of the gap ledger.

Venues with contiguous ids (Binance) need no memory of what was seen but the highest id and the holes below it: an
id at or below the highest that lies in no hole is a duplicate. Pure: arrays in, arrays out.
"""

from typing import Final

from tickloom.processor.compiled import compiled
from tickloom.processor.state import FOREVER, HEALED, JUMPED, OPEN, Array, Record

DUPLICATE: Final = 0
NEW: Final = 1
FILLS_HOLE: Final = 2
_MIXER: Final = 0x9E3779B97F4A7C1
"""Odd, and without a pattern: ids and times that are close to each other do not add up to the same."""


@compiled
def open_gap(
    symbol: Record,
    symbol_no: int,
    reason: int,
    first_id: int,
    last_id: int,
    from_us: int,
    to_us: int,
    now_us: int,
    gaps: Array,
    counts: Array,
) -> int:
    """Add a row to the ledger and return its index; ids of -1 are unknown, `now_us` is the receive time."""
    index = counts[0].gaps
    gap = gaps[index]
    gap.symbol_no = symbol_no
    gap.gap_no = symbol.gap_no
    gap.state = OPEN
    gap.reason = reason
    gap.changed = 1
    gap.first_id = first_id
    gap.last_id = last_id
    gap.from_us = from_us
    gap.to_us = to_us
    gap.missing = last_id - first_id + 1 if first_id >= 0 else 0
    gap.healed = 0
    gap.detected_us = now_us
    gap.closed_us = FOREVER
    symbol.gap_no += 1
    counts[0].gaps += 1
    return int(index)


@compiled
def close_gap(gap: Record, state: int, to_us: int, now_us: int) -> None:
    """End a ledger row as healed or unhealable."""
    gap.state = state
    gap.changed = 1
    gap.closed_us = now_us
    gap.to_us = to_us


@compiled
def find_gap(gaps: Array, count: int, symbol_no: int, gap_no: int) -> int:
    """Return the index of a ledger row, -1 if it is not held any more."""
    for i in range(count):
        if gaps[i].symbol_no == symbol_no and gaps[i].gap_no == gap_no:
            return i
    return -1


@compiled
def add_hole(
    symbol: Record,
    symbol_no: int,
    first_id: int,
    last_id: int,
    before_us: int,
    now_us: int,
    holes: Array,
    gaps: Array,
    counts: Array,
) -> None:
    """Note that the trades first_id..last_id were not seen, between the latest trade and `before_us`."""
    after_us = min(symbol.latest_us, before_us)
    gap = open_gap(symbol, symbol_no, JUMPED, first_id, last_id, after_us, before_us, now_us, gaps, counts)
    hole = holes[counts[0].holes]
    hole.symbol_no = symbol_no
    hole.gap_no = gaps[gap].gap_no
    hole.first_id = first_id
    hole.last_id = last_id
    hole.after_us = after_us
    hole.before_us = before_us
    counts[0].holes += 1


@compiled
def cut_hole(index: int, trade_id: int, holes: Array, counts: Array) -> None:
    """Take one id out of a hole, which may end it or split it in two."""
    hole = holes[index]
    if hole.first_id == hole.last_id:
        counts[0].holes -= 1
        holes[index] = holes[counts[0].holes]
    elif trade_id == hole.first_id:
        hole.first_id += 1
    elif trade_id == hole.last_id:
        hole.last_id -= 1
    else:
        rest = holes[counts[0].holes]
        rest.symbol_no = hole.symbol_no
        rest.gap_no = hole.gap_no
        rest.first_id = trade_id + 1
        rest.last_id = hole.last_id
        rest.after_us = hole.after_us
        rest.before_us = hole.before_us
        hole.last_id = trade_id - 1
        counts[0].holes += 1


@compiled
def note_recovery(symbol_no: int, from_us: int, to_us: int, recovered: Array, counts: Array) -> None:
    """Ask for a new verdict on the closed bars between two exchange times."""
    row = recovered[counts[0].recovered]
    row.symbol_no = symbol_no
    row.from_us = from_us
    row.to_us = to_us
    counts[0].recovered += 1


@compiled
def _fill_hole(
    symbol: Record,
    symbol_no: int,
    trade_id: int,
    now_us: int,
    holes: Array,
    gaps: Array,
    recovered: Array,
    counts: Array,
) -> int:
    for i in range(counts[0].holes):
        hole = holes[i]
        if hole.symbol_no != symbol_no or not hole.first_id <= trade_id <= hole.last_id:
            continue
        index = find_gap(gaps, counts[0].gaps, symbol_no, hole.gap_no)
        after_us, before_us = hole.after_us, hole.before_us
        cut_hole(i, trade_id, holes, counts)
        if index >= 0:
            gap = gaps[index]
            gap.healed += 1
            gap.changed = 1
            if gap.healed == gap.missing:
                close_gap(gap, HEALED, gap.to_us, now_us)
                if after_us < symbol.minute:
                    note_recovery(symbol_no, after_us, before_us, recovered, counts)
        return FILLS_HOLE
    return DUPLICATE


@compiled
def admit(
    symbol: Record,
    symbol_no: int,
    trade_id: int,
    time_us: int,
    now_us: int,
    holes: Array,
    gaps: Array,
    recovered: Array,
    counts: Array,
) -> int:
    """Tell whether a trade is NEW, FILLS_HOLE or DUPLICATE, and remember it; a jump of the id opens a hole."""
    if trade_id <= symbol.last_id:
        return _fill_hole(symbol, symbol_no, trade_id, now_us, holes, gaps, recovered, counts)
    if symbol.last_id >= 0 and trade_id > symbol.last_id + 1:
        add_hole(symbol, symbol_no, symbol.last_id + 1, trade_id - 1, time_us, now_us, holes, gaps, counts)
    symbol.last_id = trade_id
    return NEW


@compiled
def was_seen(symbol: Record, ring: Array, trade_id: int, time_us: int) -> bool:
    """Tell whether a symbol without contiguous ids had this trade among its last ones, and remember it."""
    digest = trade_id * _MIXER + time_us
    for i in range(min(symbol.seen, len(ring))):
        if ring[i] == digest:
            return True
    ring[symbol.seen % len(ring)] = digest
    symbol.seen += 1
    return False
