"""What becomes of a trade that was checked: let in, flagged, held back, or sent to quarantine.

`quality` measures, this module acts on it as the symbol's `onFailure` wants. Ids were admitted before, so the gap
ledger counts a trade in quarantine as seen. Pure: arrays in, arrays out.
"""

from typing import Final

import numpy as np

from tickloom.processor.bars import MINUTE
from tickloom.processor.compiled import compiled
from tickloom.processor.quality import (
    MAXIMUM_HELD,
    adopt_level,
    agree,
    forget_level,
    is_on_the_way,
    is_valid,
    judge,
    note_failure,
    observe,
    refuse_held,
    settle,
    take_held,
)
from tickloom.processor.quality_state import ACCEPT, PASSED, PRICE, QUARANTINE, VALIDITY
from tickloom.processor.state import Array, Arrays, Record
from tickloom.wire.batches import TradeFlag

KEPT_BACK: Final = -1
_HEALED: Final = int(TradeFlag.HEALED)
_SUSPECT: Final = int(TradeFlag.SUSPECT)
_NO_PRICE: Final = int(TradeFlag.NOT_LAST | TradeFlag.NOT_RANGE)


@compiled
def signed(value: Record) -> int:
    """Return a field as a signed integer; mixed signs would make floats of it."""
    return np.int64(value)  # type: ignore[return-value]


@compiled
def note_trade(symbol: Record, time_us: int, now_us: int) -> None:
    """Remember that a trade was let in."""
    if symbol.minute == 0:
        # A trade without an announced start: coverage cannot have begun before it.
        symbol.minute = time_us - time_us % MINUTE
        symbol.started_us = time_us
        symbol.down_to = time_us
    if time_us > symbol.latest_us:
        symbol.latest_us = time_us
        symbol.received_us = now_us


@compiled
def _quarantine(
    number: int, record: Record, now_us: int, code: int, measured: float, reference: float, z_score: float,
    arrays: Arrays,
) -> None:  # fmt: skip
    count = arrays.counts[0]
    note_failure(arrays.quarantined, count.quarantined, number, record, now_us, code, measured, reference, z_score)
    count.quarantined += 1


@compiled
def _hold(
    number: int, record: Record, now_us: int, measured: float, reference: float, z_score: float, arrays: Arrays
) -> None:
    quality, count = arrays.quality[number], arrays.counts[0]
    if quality.held >= MAXIMUM_HELD:
        refuse_held(number, quality, arrays.held, arrays.quarantined, arrays.counts)
    confirmed = agree(quality, record.price, record.exchange_us)
    note_failure(arrays.held, count.held, number, record, now_us, PRICE, measured, reference, z_score)
    count.held += 1
    quality.held += 1
    if confirmed:
        adopt_level(quality)
        count.releasing = number


@compiled
def _let_in(
    number: int, record: Record, now_us: int, code: int, measured: float, reference: float, z_score: float,
    arrays: Arrays,
) -> int:  # fmt: skip
    """Let a failing trade in, flagged if the symbol wants that; a level that others confirm stops failing."""
    quality, window, count = arrays.quality[number], arrays.recent[number], arrays.counts[0]
    if code == PRICE and agree(quality, record.price, record.exchange_us):
        adopt_level(quality)
        forget_level(quality)
        observe(quality, window, record.price, record.size, record.exchange_us)
    if quality.action == ACCEPT:
        return signed(record.flags)
    _quarantine(number, record, now_us, code, measured, reference, z_score, arrays)
    arrays.quarantined[count.quarantined - 1].flagged = 1
    return signed(record.flags) | _SUSPECT


@compiled
def measure(symbol: Record, quality: Record, window: Array, record: Record) -> tuple[int, float, float, float]:
    """Check a trade; returns what `quality.judge` does."""
    quality.checked += 1
    if not is_valid(record.price, record.size, record.exchange_us):
        return VALIDITY, 0.0, 0.0, np.nan
    flags = signed(record.flags)
    if flags & _HEALED:
        if symbol.healed == 0:
            symbol.healed_from = record.exchange_us
        symbol.healed += 1
    # A price that may not enter a bar cannot spoil one.
    price = quality.last if flags & _NO_PRICE == _NO_PRICE else record.price
    return judge(quality, window, symbol.watermark, price, record.size, record.exchange_us, flags)


@compiled
def let_pass(symbol: Record, quality: Record, window: Array, record: Record) -> int:
    """Remember a trade that passed; returns its flags."""
    flags = signed(record.flags)
    if flags & _NO_PRICE == _NO_PRICE:
        return flags
    if not flags & _HEALED or record.exchange_us >= symbol.watermark - quality.max_age_us:
        observe(quality, window, record.price, record.size, record.exchange_us)
    return flags


@compiled
def decide(
    number: int, record: Record, now_us: int, code: int, measured: float, reference: float, z_score: float,
    arrays: Arrays,
) -> int:  # fmt: skip
    """Act on what `measure` found; returns a trade's flags if it may enter its bar now, KEPT_BACK if not."""
    symbol, quality, count = arrays.symbols[number], arrays.quality[number], arrays.counts[0]
    if quality.level > 0 and code != VALIDITY:
        quality.returned += code == PASSED
        watermark = max(symbol.watermark, record.exchange_us)
        settle(number, quality, watermark, arrays.held, arrays.quarantined, arrays.counts)
    if code == PASSED:
        return let_pass(symbol, quality, arrays.recent[number], record)
    quality.failed[code] += 1
    if code == VALIDITY:
        count.invalid += 1
    else:
        count.failed += 1
        if quality.action != QUARANTINE:
            return _let_in(number, record, now_us, code, measured, reference, z_score, arrays)
    if code == PRICE:
        _hold(number, record, now_us, measured, reference, z_score, arrays)
    else:
        _quarantine(number, record, now_us, code, measured, reference, z_score, arrays)
    return KEPT_BACK


@compiled
def release_one(number: int, arrays: Arrays) -> int:
    """Take the oldest trade off hold after its level was confirmed.

    Returns where it lies if it may enter its bar (a row beyond the used part of the quarantine output), and
    KEPT_BACK if it was sent to quarantine, because it lies at neither level nor between them.
    """
    quality, count = arrays.quality[number], arrays.counts[0]
    place = signed(count.quarantined)
    take_held(number, arrays.held, arrays.counts, arrays.quarantined[place:])
    quality.held -= 1
    trade = arrays.quarantined[place]
    if not is_on_the_way(quality, trade.price):
        count.quarantined += 1
        return KEPT_BACK
    observe(quality, arrays.recent[number], trade.price, trade.size, trade.exchange_us)
    return place


@compiled
def end_release(number: int, arrays: Arrays) -> None:
    """End the release of a symbol's held trades."""
    forget_level(arrays.quality[number])
    arrays.counts[0].releasing = 0
