"""The kernels that take one packed batch into the state: the whole path from a trade to closed bars.

One compiled call for each batch. It stops early where an output array has no room left, and says how many records
it took; the caller empties the outputs and calls again. Pure: arrays in, arrays out.
"""

from typing import Final

from tickloom.processor.bars import MINUTE, ROWS_PER_ADVANCE, add_to_minute, advance
from tickloom.processor.borrowing import borrowed
from tickloom.processor.compiled import compiled, inlined
from tickloom.processor.coverage import give_up, go_down, resume, start
from tickloom.processor.ordinary import take_ordinary
from tickloom.processor.quality import ROOM_FOR_FAILURES, is_possible, settle
from tickloom.processor.quality_state import PASSED
from tickloom.processor.screening import (
    KEPT_BACK,
    decide,
    end_release,
    let_pass,
    measure,
    note_trade,
    release_one,
    signed,
)
from tickloom.processor.sequence import DUPLICATE, admit, was_seen
from tickloom.processor.session_bars import trades_at
from tickloom.processor.state import Array, Arrays, Record, State
from tickloom.wire.batches import Batch, Control, Kind, TradeFlag

_AMENDMENT: Final = int(TradeFlag.CANCEL | TradeFlag.CORRECTED)
_STARTED: Final = int(Control.STARTED)
_RESUMED: Final = int(Control.RESUMED)
_DOWN: Final = int(Control.DOWN)
_UNHEALABLE: Final = int(Control.UNHEALABLE)
_ROOM_FOR_HOLES: Final = 64
_MOST_TRADES: Final = 1e15


@inlined
def _has_room(arrays: Arrays) -> bool:
    used = arrays.counts[0]
    return bool(
        used.closed + ROWS_PER_ADVANCE <= len(arrays.closed)
        and used.late < len(arrays.late)
        and used.recovered + 1 < len(arrays.recovered)
        and used.quarantined + ROOM_FOR_FAILURES < len(arrays.quarantined)
        and used.journal < len(arrays.journal)
        and used.amended < len(arrays.amended)
    )


@inlined
def _advance(number: int, until: int, arrays: Arrays) -> None:
    advance(
        number, until, arrays.symbols, arrays.sessions, arrays.minutes, arrays.higher, arrays.holes, arrays.closed,
        arrays.counts,
    )  # fmt: skip


@compiled
def _copy_trade(row: Record, number: int, time_us: int, trade_id: int, price: float, size: float, flags: int) -> None:
    row.exchange_us = time_us
    row.trade_id = trade_id
    row.price = price
    row.size = size
    row.symbol_no = number
    row.flags = flags


@inlined
def _enter(number: int, time_us: int, trade_id: int, price: float, size: float, flags: int, arrays: Arrays) -> None:
    """Let a trade into its bar: an open minute, or, when that is closed already, the late ones."""
    symbol, count = arrays.symbols[number], arrays.counts[0]
    if not trades_at(symbol, arrays.sessions, time_us):
        count.closed_market += 1
        return
    count.accepted += 1
    if symbol.amendable:
        _copy_trade(arrays.journal[count.journal], number, time_us, trade_id, price, size, flags)
        count.journal += 1
    begins = time_us - time_us % MINUTE
    if begins < symbol.minute:
        _copy_trade(arrays.late[count.late], number, time_us, trade_id, price, size, flags)
        count.late += 1
        return
    if begins >= symbol.minute + 2 * MINUTE:
        _advance(number, begins - MINUTE, arrays)
    arrays.dirty[number] = 1
    bar = arrays.minutes[number, (begins // MINUTE) % 2]
    if add_to_minute(symbol, bar, begins, time_us, trade_id, price, size, flags):
        _advance(number, time_us - symbol.grace_us, arrays)


@inlined
def _enter_released(arrays: Arrays) -> None:
    number = arrays.counts[0].releasing
    if arrays.quality[number].held == 0:
        end_release(number, arrays)
        return
    row = release_one(number, arrays)
    if row >= 0:
        trade = arrays.quarantined[row]
        _enter(number, trade.exchange_us, trade.trade_id, trade.price, trade.size, trade.flags, arrays)


@inlined
def _take_trade(record: Record, now_us: int, arrays: Arrays) -> None:
    """Fold a trade into the state that may have anything special about it."""
    number, count, time_us = signed(record.symbol_no), arrays.counts[0], record.exchange_us
    if number >= len(arrays.symbols) or not arrays.symbols[number].active:
        count.unknown_symbol += 1
        return
    symbol = arrays.symbols[number]
    if record.flags & _AMENDMENT:
        arrays.amended[count.amended] = record
        count.amended += 1
        return
    if _is_known(symbol, number, record, now_us, arrays):
        count.duplicate += 1
        return
    quality, window = arrays.quality[number], arrays.recent[number]
    code, measured, reference, z_score = measure(symbol, quality, window, record)
    if code == PASSED and quality.level == 0:
        flags = let_pass(symbol, quality, window, record)
    else:
        flags = decide(number, record, now_us, code, measured, reference, z_score, arrays)
    if flags != KEPT_BACK:
        note_trade(symbol, time_us, now_us)
        _enter(number, time_us, record.trade_id, record.price, record.size, flags, arrays)


@inlined
def _is_known(symbol: Record, number: int, record: Record, now_us: int, arrays: Arrays) -> bool:
    if not symbol.sequenced:
        return was_seen(symbol, arrays.seen[number], record.trade_id, record.exchange_us)
    admitted = admit(
        symbol, number, record.trade_id, record.exchange_us, now_us, arrays.holes, arrays.gaps, arrays.recovered,
        arrays.counts,
    )  # fmt: skip
    return bool(admitted == DUPLICATE)


@compiled
def take_trades(records: Array, begin: int, now_us: int, arrays: Arrays) -> int:
    """Fold trade records from index `begin` on into the state; returns the index after the last one taken."""
    arrays = borrowed(arrays)
    count, i = arrays.counts[0], begin
    while i < len(records) or count.releasing:
        if not _has_room(arrays):
            return i
        if count.releasing:
            _enter_released(arrays)
            continue
        _take_trade(records[i], now_us, arrays)
        i += 1
        if i < len(records) and not count.releasing:
            i = take_ordinary(
                records, i, now_us, arrays.symbols, arrays.quality, arrays.recent, arrays.minutes, arrays.dirty,
                arrays.counts,
            )  # fmt: skip
    return i


@compiled
def take_released(records: Array, begin: int, now_us: int, arrays: Arrays) -> int:
    """Let trades into their bars that an operator released; their ids were counted when they arrived."""
    arrays = borrowed(arrays)
    for i in range(begin, len(records)):
        if not _has_room(arrays):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        note_trade(arrays.symbols[number], record.exchange_us, now_us)
        _enter(
            number, record.exchange_us, record.trade_id, record.price, record.size, signed(record.flags), arrays
        )  # fmt: skip
    return len(records)


@compiled
def take_heartbeats(records: Array, begin: int, arrays: Arrays) -> int:
    """Advance the watermarks that a heartbeat names; returns the index after the last record taken."""
    arrays = borrowed(arrays)
    for i in range(begin, len(records)):
        if not _has_room(arrays):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        if number >= len(arrays.symbols) or not arrays.symbols[number].active or not is_possible(record.exchange_us):
            arrays.counts[0].unknown_symbol += 1
            continue
        symbol = arrays.symbols[number]
        if symbol.live != (record.flags & 1):
            symbol.live = record.flags & 1
            arrays.dirty[number] = 1
        symbol.watermark = max(symbol.watermark, record.exchange_us)
        settle(number, arrays.quality[number], symbol.watermark, arrays.held, arrays.quarantined, arrays.counts)
        if symbol.minute > 0 and symbol.watermark >= symbol.minute + MINUTE + symbol.grace_us:
            _advance(number, symbol.watermark - symbol.grace_us, arrays)
            arrays.dirty[number] = 1
    return len(records)


@compiled
def take_controls(records: Array, begin: int, now_us: int, arrays: Arrays) -> int:
    """Take what a collector says of its coverage; returns the index after the last record taken."""
    arrays = borrowed(arrays)
    holes, gaps, counts = arrays.holes, arrays.gaps, arrays.counts
    for i in range(begin, len(records)):
        if not _has_room(arrays):
            return i
        record = records[i]
        number = signed(record.symbol_no)
        if number >= len(arrays.symbols) or not arrays.symbols[number].active or not is_possible(record.exchange_us):
            counts[0].unknown_symbol += 1
            continue
        symbol = arrays.symbols[number]
        code, time_us, trade_id = record.flags, record.exchange_us, record.trade_id
        arrays.dirty[number] = 1
        if code == _STARTED:
            start(symbol, number, time_us, trade_id, now_us, gaps, counts)
        elif code == _RESUMED:
            resume(symbol, number, time_us, trade_id, now_us, holes, gaps, arrays.recovered, counts)
        elif code == _DOWN:
            go_down(symbol, number, time_us, now_us, gaps, counts)
        elif code == _UNHEALABLE and 0.0 < record.size < _MOST_TRADES:
            minutes = arrays.minutes[number]
            give_up(symbol, number, trade_id, signed(record.size), now_us, minutes, holes, gaps, counts)
        else:
            counts[0].invalid += 1
    return len(records)


def take(state: State, batch: Batch, begin: int = 0) -> int:
    """Take a batch from record `begin` on; returns the index after the last one taken.

    When it is less than the batch's length, or trades are still being released, the outputs are full: empty them
    and call again.
    """
    if batch.kind == Kind.TRADES and not state.counts["releasing"][0]:
        begin = take_ordinary(
            batch.records, begin, batch.received_us, state.symbols, state.quality, state.recent, state.minutes,
            state.dirty, state.counts,
        )  # fmt: skip
        if begin == len(batch.records):
            return begin
    state.reserve_holes(2 * len(batch.records) + _ROOM_FOR_HOLES)
    if batch.kind == Kind.TRADES:
        return take_trades(batch.records, begin, batch.received_us, state.arrays())
    if batch.kind == Kind.HEARTBEAT:
        return take_heartbeats(batch.records, begin, state.arrays())
    return take_controls(batch.records, begin, batch.received_us, state.arrays())
