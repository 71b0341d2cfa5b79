"""Kernels that fold trades into open minutes, close minutes, and cascade them into longer bars.

A minute closes when its symbol's watermark passes the minute's end by the grace period. Only minutes see trades; a
closed minute is merged into the five longer bars, which close with their last minute. Pure: arrays in, arrays out.
"""

from typing import Final

import numpy as np

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE, TIMEFRAMES
from tickloom.market.verdicts import Verdict
from tickloom.processor.compiled import compiled
from tickloom.processor.session_bars import longer_bar, next_minute
from tickloom.processor.state import FOREVER, HIGHER, LONG_AGO, Array, Record
from tickloom.wire.batches import TradeFlag

MINUTE: Final = MICROSECONDS_PER_MINUTE
LENGTHS: Final = tuple(timeframe.minutes for timeframe in TIMEFRAMES)
LONGEST_FILL: Final = 1440
"""Minutes without data are written out for at most a day; a longer outage is told by the gap ledger alone."""
ROWS_PER_ADVANCE: Final = 2048
"""More rows than one advance can close: a day of minutes, and the longer bars over it."""
COMPLETE: Final = int(Verdict.COMPLETE)
HEALED: Final = int(Verdict.HEALED)
PARTIAL: Final = int(Verdict.PARTIAL)
SUSPECT: Final = int(Verdict.SUSPECT)
FEED_DOWN: Final = int(Verdict.FEED_DOWN)
COVERED: Final = 2
_EXACT: Final = float(2**53)
_BUY: Final = int(TradeFlag.BUY)
_HEALED: Final = int(TradeFlag.HEALED)
_SUSPECT: Final = int(TradeFlag.SUSPECT)
_NOT_LAST: Final = int(TradeFlag.NOT_LAST)
_NOT_RANGE: Final = int(TradeFlag.NOT_RANGE)
_NOT_VOLUME: Final = int(TradeFlag.NOT_VOLUME)


@compiled
def round_to_step(total: float, scale: float) -> float:
    """Round a sum of sizes to the size step (1 / scale), so that it equals the exchange's decimal sum."""
    scaled = total * scale
    if abs(scaled) >= _EXACT:
        return total
    return float(np.rint(scaled) / scale)


@compiled
def add_trade(bar: Record, time_us: int, key: int, price: float, size: float, trades: int, flags: int) -> None:
    """Fold a trade into an open minute; `key` decides which trade opened it and which closed it.

    What its flags say that it must not move stays: a minute can have trades and volume, and no price yet.
    """
    if bar.time != time_us:
        bar.time = time_us
        bar.open = np.nan
        bar.high = np.nan
        bar.low = np.nan
        bar.close = np.nan
        bar.volume = 0.0
        bar.quote_volume = 0.0
        bar.buy_volume = 0.0
        bar.trades = 0
        bar.first_key = FOREVER
        bar.last_key = LONG_AGO
        bar.healed = 0
        bar.broken = 0
        bar.suspect = 0
    if not flags & _NOT_RANGE:
        # Written so that any price replaces none, which is nan.
        if not bar.high >= price:
            bar.high = price
        if not bar.low <= price:
            bar.low = price
    if not flags & _NOT_LAST:
        if key < bar.first_key:
            bar.first_key = key
            bar.open = price
        if key >= bar.last_key:
            bar.last_key = key
            bar.close = price
    bar.trades += trades
    if not flags & _NOT_VOLUME:
        bar.volume += size
        bar.quote_volume += price * size
        if flags & _BUY:
            bar.buy_volume += size


@compiled
def add_to_minute(
    symbol: Record, bar: Record, begins: int, time_us: int, trade_id: int, price: float, size: float, flags: int
) -> bool:
    """Fold a trade into an open minute; tells whether a minute is over by its time."""
    key = trade_id if symbol.sequenced else time_us
    add_trade(bar, begins, key, price, size, max(flags >> 8, 1), flags)
    if flags & _HEALED:
        bar.healed = 1
    if flags & _SUSPECT:
        bar.suspect = 1
    if time_us <= symbol.watermark:
        return False
    symbol.watermark = time_us
    return bool(time_us >= symbol.minute + MINUTE + symbol.grace_us)


@compiled
def holes_touch(holes: Array, count: int, symbol_no: int, start: int, end: int) -> int:
    """Return 0 if no hole of a symbol lies in [start, end), 1 if one overlaps it, COVERED if one covers it all."""
    touch = 0
    for i in range(count):
        hole = holes[i]
        if hole.symbol_no == symbol_no and hole.after_us < end and hole.before_us >= start:
            if hole.after_us < start and hole.before_us >= end:
                return COVERED
            touch = 1
    return touch


@compiled
def judge_minute(symbol: Record, bar: Record, start: int, touch: int) -> int:
    """Return the verdict of the minute that begins at `start`; `touch` is what `holes_touch` says of it."""
    end = start + MINUTE
    down = start < symbol.down_to and end > symbol.down_from
    if bar.time != start:
        if touch == COVERED or (down and start >= symbol.down_from and end <= symbol.down_to):
            return FEED_DOWN
        return PARTIAL if down or touch else COMPLETE
    if bar.suspect:
        return SUSPECT
    if down or touch or bar.broken:
        return PARTIAL
    return HEALED if bar.healed else COMPLETE


@compiled
def judge_longer(bar: Record, length: int) -> int:
    """Return the verdict of a longer bar of `length` minutes, as `market.verdicts.combine` defines it."""
    if bar.down_minutes >= bar.minutes:
        return FEED_DOWN
    if bar.down_minutes > 0 or bar.minutes < length:
        return max(int(bar.worst), PARTIAL)
    return int(bar.worst)


@compiled
def _emit(
    closed: Array, counts: Array, symbol_no: int, symbol: Record, timeframe: int, verdict: int, bar: Record
) -> None:
    if not (symbol.timeframes >> timeframe) & 1:
        return
    row = closed[counts[0].closed]
    row.symbol_no = symbol_no
    row.timeframe = timeframe
    row.verdict = verdict
    row.time = bar.time
    row.open = bar.open
    row.high = bar.high
    row.low = bar.low
    row.close = bar.close
    row.volume = bar.volume
    row.quote_volume = bar.quote_volume
    row.buy_volume = bar.buy_volume
    row.trades = bar.trades
    row.first_key = bar.first_key
    row.last_key = bar.last_key
    counts[0].closed += 1


@compiled
def begin_longer(bar: Record, start: int) -> None:
    """Begin a longer bar without any data."""
    bar.time = start
    bar.open = np.nan
    bar.high = np.nan
    bar.low = np.nan
    bar.close = np.nan
    bar.volume = 0.0
    bar.quote_volume = 0.0
    bar.buy_volume = 0.0
    bar.trades = 0
    bar.first_key = -1
    bar.last_key = -1
    bar.healed = 0
    bar.broken = 0
    bar.suspect = 0
    bar.worst = 0
    bar.minutes = 0
    bar.down_minutes = 0


@compiled
def merge_minute(bar: Record, minute: Record, verdict: int, scale: float) -> None:
    """Merge a closed minute into a longer bar; a minute without prices only counts."""
    bar.minutes += 1
    if verdict == FEED_DOWN:
        bar.down_minutes += 1
        return
    bar.worst = max(bar.worst, verdict)
    if np.isnan(minute.open):
        return
    if np.isnan(bar.open):
        bar.open = minute.open
        bar.high = minute.high
        bar.low = minute.low
    bar.high = max(bar.high, minute.high)
    bar.low = min(bar.low, minute.low)
    bar.close = minute.close
    bar.volume = round_to_step(bar.volume + minute.volume, scale)
    bar.quote_volume += minute.quote_volume
    bar.buy_volume = round_to_step(bar.buy_volume + minute.buy_volume, scale)
    bar.trades += minute.trades
    if minute.first_key >= 0:
        if bar.first_key < 0:
            bar.first_key = minute.first_key
        bar.last_key = minute.last_key


@compiled
def cascade(
    symbol_no: int,
    symbol: Record,
    sessions: Array,
    longer: Array,
    minute: Record,
    verdict: int,
    closed: Array,
    counts: Array,
) -> None:
    """Merge a closed minute into the longer bars of its symbol, and close those that end with it."""
    start = minute.time
    for k in range(HIGHER):
        bar = longer[k]
        begin, end = longer_bar(symbol, sessions, start, LENGTHS[k + 1])
        if bar.time != begin:
            if bar.time >= 0 and not (np.isnan(bar.open) and np.isnan(symbol.last_price)):
                before, after = longer_bar(symbol, sessions, bar.time, LENGTHS[k + 1])
                verdict_of_it = judge_longer(bar, (after - before) // MINUTE)
                _emit(closed, counts, symbol_no, symbol, k + 1, verdict_of_it, bar)
            begin_longer(bar, begin)
        merge_minute(bar, minute, verdict, symbol.size_scale)
        if start + MINUTE == end:
            if not (np.isnan(bar.open) and np.isnan(symbol.last_price)):
                _emit(closed, counts, symbol_no, symbol, k + 1, judge_longer(bar, (end - begin) // MINUTE), bar)
            bar.time = -1


@compiled
def _fill_prices(symbol: Record, bar: Record) -> None:
    """Give a minute whose trades must not move all prices the last one; it has none at all while there was none."""
    if np.isnan(bar.open):
        bar.open = symbol.last_price
        bar.close = symbol.last_price
        bar.first_key = -1
        bar.last_key = -1
    if np.isnan(bar.open):
        bar.high = np.nan
        bar.low = np.nan
        return
    if not bar.high >= max(bar.open, bar.close):
        bar.high = max(bar.open, bar.close)
    if not bar.low <= min(bar.open, bar.close):
        bar.low = min(bar.open, bar.close)


@compiled
def finish_minute(symbol: Record, bar: Record, start: int, verdict: int) -> None:
    """Round the sums of a minute, or make one of a minute without trades: flat if live, without prices if not."""
    if bar.time == start:
        bar.volume = round_to_step(bar.volume, symbol.size_scale)
        bar.buy_volume = round_to_step(bar.buy_volume, symbol.size_scale)
        _fill_prices(symbol, bar)
        symbol.last_price = bar.close
        return
    price = np.nan if verdict == FEED_DOWN else symbol.last_price
    begin_longer(bar, start)
    bar.open = price
    bar.high = price
    bar.low = price
    bar.close = price


@compiled
def advance(
    symbol_no: int,
    until: int,
    symbols: Array,
    sessions: Array,
    minutes: Array,
    higher: Array,
    holes: Array,
    closed: Array,
    counts: Array,
) -> None:
    """Close every minute of a symbol whose end lies at or before `until`; needs ROWS_PER_ADVANCE free rows."""
    symbol = symbols[symbol_no]
    while symbol.minute + MINUTE <= until:
        start = next_minute(symbol, sessions, symbol.minute)
        if start != symbol.minute:
            symbol.minute = start
            continue
        slot = (start // MINUTE) % 2
        bar = minutes[symbol_no, slot]
        other = minutes[symbol_no, 1 - slot]
        last = until - until % MINUTE - MINUTE
        if last - start > LONGEST_FILL * MINUTE and bar.time != start and other.time != start + MINUTE:
            symbol.minute = last - LONGEST_FILL * MINUTE
            continue
        touch = holes_touch(holes, counts[0].holes, symbol_no, start, start + MINUTE) if counts[0].holes else 0
        verdict = judge_minute(symbol, bar, start, touch)
        finish_minute(symbol, bar, start, verdict)
        if not np.isnan(symbol.last_price):
            _emit(closed, counts, symbol_no, symbol, 0, verdict, bar)
        cascade(symbol_no, symbol, sessions, higher[symbol_no], bar, verdict, closed, counts)
        bar.time = -1
        symbol.minute = start + MINUTE
