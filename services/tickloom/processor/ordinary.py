"""The kernel for trades about which nothing is special: the next id, an open minute, every check passed at once.

Nearly all trades are such. A kernel of its own, because compiled code counts references for each array that it hands
to a function, and that took more time than everything else a trade needs: here only records and numbers are handed
on, and nothing that could need an output array is decided. Pure: arrays in, arrays out.
"""

from typing import Final

from tickloom.processor.bars import MINUTE, add_to_minute
from tickloom.processor.borrowing import borrowed
from tickloom.processor.compiled import compiled
from tickloom.processor.quality import count_in, passes_at_once
from tickloom.processor.quality_state import WINDOW
from tickloom.processor.screening import note_trade, signed
from tickloom.processor.session_bars import has_sessions
from tickloom.processor.state import Array, Record
from tickloom.wire.batches import TradeFlag

_SPECIAL: Final = 0xFF & ~int(TradeFlag.BUY)


@compiled
def _is_ordinary(symbol: Record, quality: Record, record: Record) -> bool:
    time_us = record.exchange_us
    return (
        symbol.active
        and symbol.sequenced
        and record.trade_id == symbol.last_id + 1
        and not record.flags & _SPECIAL
        and not symbol.amendable
        and not has_sessions(symbol)
        # Neither late, nor so far ahead that a minute closes by it.
        and symbol.minute <= time_us < symbol.minute + MINUTE + symbol.grace_us
        and time_us < symbol.minute + 2 * MINUTE
        and quality.level == 0
        and passes_at_once(quality, symbol.watermark, record.price, record.size, time_us)
    )


@compiled
def take_ordinary(
    records: Array, begin: int, now_us: int, symbols: Array, qualities: Array, recent: Array, minutes: Array,
    dirty: Array, counts: Array,
) -> int:  # fmt: skip
    """Fold trades from index `begin` on into their minutes; returns the index of the first that is not ordinary."""
    known, count, recent, minutes = len(symbols), counts[0], borrowed(recent), borrowed(minutes)
    for i in range(begin, len(records)):
        record = records[i]
        number = signed(record.symbol_no)
        if number >= known:
            return i
        symbol, quality = symbols[number], qualities[number]
        if not _is_ordinary(symbol, quality, record):
            return i
        time_us, price, size = record.exchange_us, record.price, record.size
        symbol.last_id = record.trade_id
        quality.checked += 1
        recent[number, quality.prices % WINDOW] = price
        count_in(quality, price, size, time_us)
        note_trade(symbol, time_us, now_us)
        count.accepted += 1
        dirty[number] = 1
        begins = time_us - time_us % MINUTE
        bar = minutes[number, (begins // MINUTE) % 2]
        add_to_minute(symbol, bar, begins, time_us, record.trade_id, price, size, signed(record.flags))
    return len(records)
