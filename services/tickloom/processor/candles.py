"""The kernel that takes a venue's own candles: each takes the place of all that was known of its minute.

For venues that tell no trades. Minutes close as with trades, when the watermark passes their end; a minute that the
venue left out is flat, because nothing traded in it. A candle of a closed minute goes to the late ones. Pure.
"""

from typing import Final

import numpy as np

from tickloom.processor.bars import MINUTE, ROWS_PER_ADVANCE, advance
from tickloom.processor.compiled import compiled
from tickloom.processor.quality import is_possible
from tickloom.processor.screening import signed
from tickloom.processor.session_bars import trades_at
from tickloom.processor.state import Array, Arrays, Record

_THIRD: Final = 3.0


@compiled
def is_candle(candle: Record) -> bool:
    """Tell whether a candle's values can be true at all."""
    prices = 0.0 < candle.low <= candle.high < np.inf
    inside = candle.low <= candle.open <= candle.high and candle.low <= candle.close <= candle.high
    volume = 0.0 <= candle.volume < np.inf
    return bool(prices and inside and volume and is_possible(candle.start_us) and candle.start_us % MINUTE == 0)


@compiled
def set_candle(bar: Record, candle: Record) -> None:
    """Put a candle in place of a minute; its trades are unknown, and their mean price is taken for the candle's."""
    bar.time = candle.start_us
    bar.open = candle.open
    bar.high = candle.high
    bar.low = candle.low
    bar.close = candle.close
    bar.volume = candle.volume
    bar.quote_volume = candle.volume * (candle.high + candle.low + candle.close) / _THIRD
    bar.buy_volume = 0.0
    bar.trades = 0
    # As with trades of venues without contiguous ids, the keys are times; without one a minute counts as flat.
    bar.first_key = candle.start_us
    bar.last_key = candle.start_us
    bar.healed = 0
    bar.broken = 0
    bar.suspect = 0


@compiled
def take_candles(candles: Array, begin: int, now_us: int, arrays: Arrays) -> int:
    """Take candles (CANDLE_DTYPE), oldest first; returns the index after the last one taken."""
    counts = arrays.counts
    for i in range(begin, len(candles)):
        if counts[0].closed + ROWS_PER_ADVANCE > len(arrays.closed) or counts[0].candles >= len(arrays.candles):
            return i
        candle = candles[i]
        number = signed(candle.symbol_no)
        if number >= len(arrays.symbols) or not arrays.symbols[number].active:
            counts[0].unknown_symbol += 1
            continue
        if not is_candle(candle):
            counts[0].invalid += 1
            continue
        symbol, start = arrays.symbols[number], candle.start_us
        if not trades_at(symbol, arrays.sessions, start):
            counts[0].closed_market += 1
            continue
        counts[0].accepted += 1
        if symbol.minute == 0:
            symbol.minute = start
            symbol.started_us = start
            symbol.down_to = start
        if start < symbol.minute:
            arrays.candles[counts[0].candles] = candle
            counts[0].candles += 1
            continue
        if start >= symbol.minute + 2 * MINUTE:
            advance(
                number, start - MINUTE, arrays.symbols, arrays.sessions, arrays.minutes, arrays.higher, arrays.holes,
                arrays.closed, counts,
            )  # fmt: skip
        set_candle(arrays.minutes[number, (start // MINUTE) % 2], candle)
        if start > symbol.latest_us:
            symbol.latest_us = start
            symbol.received_us = now_us
        arrays.dirty[number] = 1
    return len(candles)
