"""The kernel that takes one packed batch into the state: the whole path from a trade to closed bars.

One compiled call for each batch. It stops early where an output array has no room left, and says how many records
it took; the caller empties the outputs and calls again. Pure: arrays in, arrays out.
"""

from typing import Final

import numpy as np

from tickloom.processor.bars import MINUTE, ROWS_PER_ADVANCE, add_trade, advance
from tickloom.processor.compiled import compiled
from tickloom.processor.coverage import give_up, go_down, resume, start
from tickloom.processor.sequence import DUPLICATE, admit
from tickloom.processor.state import Array, Record, State
from tickloom.wire.batches import Batch, Control, Kind, TradeFlag

_BUY: Final = int(TradeFlag.BUY)
_HEALED: Final = int(TradeFlag.HEALED)
_STARTED: Final = int(Control.STARTED)
_RESUMED: Final = int(Control.RESUMED)
_DOWN: Final = int(Control.DOWN)
_UNHEALABLE: Final = int(Control.UNHEALABLE)
_ROOM_FOR_HOLES: Final = 64
_MOST_TRADES: Final = 1e15


@compiled
def signed(value: Record) -> int:
    """Return a field as a signed integer; mixed signs would make floats of it."""
    return np.int64(value)  # type: ignore[return-value]


@compiled
def _is_valid(record: Record) -> bool:
    return bool(0.0 < record.price < np.inf and 0.0 <= record.size < np.inf and record.exchange_us > 0)


@compiled
def _note_trade(symbol: Record, time_us: int, now_us: int, healed: int) -> None:
    if healed:
        if symbol.healed == 0:
            symbol.healed_from = time_us
        symbol.healed += 1
    if symbol.minute == 0:
        # A trade without an announced start: coverage cannot have begun before it.
        symbol.minute = time_us - time_us % MINUTE
        symbol.started_us = time_us
        symbol.down_to = time_us
    if time_us > symbol.latest_us:
        symbol.latest_us = time_us
        symbol.received_us = now_us


@compiled
def _has_room(closed: Array, late: Array, recovered: Array, counts: Array) -> bool:
    used = counts[0]
    return bool(
        used.closed + ROWS_PER_ADVANCE <= len(closed) and used.late < len(late) and used.recovered + 1 < len(recovered)
    )


@compiled
def take_trades(
    records: Array,
    begin: int,
    now_us: int,
    symbols: Array,
    minutes: Array,
    higher: Array,
    holes: Array,
    gaps: Array,
    dirty: Array,
    closed: Array,
    late: Array,
    recovered: Array,
    counts: Array,
) -> int:
    """Fold trade records from index `begin` on into the state; returns the index after the last one taken."""
    count = counts[0]
    for i in range(begin, len(records)):
        if not _has_room(closed, late, recovered, counts):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        if number >= len(symbols) or not symbols[number].active:
            count.unknown_symbol += 1
            continue
        if not _is_valid(record):
            count.invalid += 1
            continue
        symbol, time_us = symbols[number], record.exchange_us
        if symbol.sequenced and (
            admit(symbol, number, record.trade_id, time_us, now_us, holes, gaps, recovered, counts) == DUPLICATE
        ):
            count.duplicate += 1
            continue
        count.accepted += 1
        healed = record.flags & _HEALED
        _note_trade(symbol, time_us, now_us, healed)
        begins = time_us - time_us % MINUTE
        if begins < symbol.minute:
            late[count.late] = record
            count.late += 1
            continue
        if begins >= symbol.minute + 2 * MINUTE:
            advance(number, begins - MINUTE, symbols, minutes, higher, holes, closed, counts)
        bar = minutes[number, (begins // MINUTE) % 2]
        trades = max(signed(record.flags >> 8), 1)
        key = record.trade_id if symbol.sequenced else time_us
        add_trade(bar, begins, key, record.price, record.size, trades, record.flags & _BUY)
        if healed:
            bar.healed = 1
        dirty[number] = 1
        if time_us > symbol.watermark:
            symbol.watermark = time_us
            if time_us >= symbol.minute + MINUTE + symbol.grace_us:
                advance(number, time_us - symbol.grace_us, symbols, minutes, higher, holes, closed, counts)
    return len(records)


@compiled
def take_heartbeats(
    records: Array,
    begin: int,
    symbols: Array,
    minutes: Array,
    higher: Array,
    holes: Array,
    dirty: Array,
    closed: Array,
    late: Array,
    recovered: Array,
    counts: Array,
) -> int:
    """Advance the watermarks that a heartbeat names; returns the index after the last record taken."""
    for i in range(begin, len(records)):
        if not _has_room(closed, late, recovered, counts):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        if number >= len(symbols) or not symbols[number].active or record.exchange_us <= 0:
            counts[0].unknown_symbol += 1
            continue
        symbol = symbols[number]
        if symbol.live != (record.flags & 1):
            symbol.live = record.flags & 1
            dirty[number] = 1
        symbol.watermark = max(symbol.watermark, record.exchange_us)
        if symbol.minute > 0 and symbol.watermark >= symbol.minute + MINUTE + symbol.grace_us:
            advance(number, symbol.watermark - symbol.grace_us, symbols, minutes, higher, holes, closed, counts)
            dirty[number] = 1
    return len(records)


@compiled
def take_controls(
    records: Array,
    begin: int,
    now_us: int,
    symbols: Array,
    minutes: Array,
    holes: Array,
    gaps: Array,
    dirty: Array,
    closed: Array,
    late: Array,
    recovered: Array,
    counts: Array,
) -> int:
    """Take what a collector says of its coverage; returns the index after the last record taken."""
    for i in range(begin, len(records)):
        if not _has_room(closed, late, recovered, counts):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        if number >= len(symbols) or not symbols[number].active or record.exchange_us <= 0:
            counts[0].unknown_symbol += 1
            continue
        symbol = symbols[number]
        code, time_us, trade_id = record.flags, record.exchange_us, record.trade_id
        dirty[number] = 1
        if code == _STARTED:
            start(symbol, number, time_us, trade_id, now_us, gaps, counts)
        elif code == _RESUMED:
            resume(symbol, number, time_us, trade_id, now_us, holes, gaps, recovered, counts)
        elif code == _DOWN:
            go_down(symbol, number, time_us, now_us, gaps, counts)
        elif code == _UNHEALABLE and 0.0 < record.size < _MOST_TRADES:
            give_up(symbol, number, trade_id, signed(record.size), now_us, minutes[number], holes, gaps, counts)
        else:
            counts[0].invalid += 1
    return len(records)


def take(state: State, batch: Batch, begin: int = 0) -> int:
    """Take a batch from record `begin` on; returns the index after the last one taken.

    It is less than the batch's length when the outputs are full and must be emptied first.
    """
    state.reserve_holes(2 * len(batch.records) + _ROOM_FOR_HOLES)
    outputs = (state.closed, state.late, state.recovered, state.counts)
    if batch.kind == Kind.TRADES:
        return take_trades(
            batch.records, begin, batch.received_us, state.symbols, state.minutes, state.higher,
            state.holes, state.gaps, state.dirty, *outputs,
        )  # fmt: skip
    if batch.kind == Kind.HEARTBEAT:
        return take_heartbeats(
            batch.records, begin, state.symbols, state.minutes, state.higher, state.holes, state.dirty, *outputs
        )
    return take_controls(
        batch.records, begin, batch.received_us, state.symbols, state.minutes,
        state.holes, state.gaps, state.dirty, *outputs,
    )  # fmt: skip
