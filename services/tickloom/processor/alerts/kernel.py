"""The kernel that follows prices past thresholds: one look at each trade, and work only where a threshold is passed.

Each symbol remembers the thresholds next to its price on both sides. As long as prices stay between them, nothing can
happen, whatever the number of alerts. Pure: arrays in, arrays out.
"""

from typing import Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.session_bars import has_sessions, trades_at
from tickloom.processor.state import Array, Record
from tickloom.wire.batches import TradeFlag

JUDGED_DTYPE: Final = np.dtype(
    [
        ("price", "<f8"),  # of the latest trade that was judged, nan: none yet
        ("trade_id", "<i8"),
        ("time", "<i8"),
        ("low", "<f8"),  # nearest thresholds on both sides: between them nothing happens; nan: not known
        ("high", "<f8"),
        ("above", "<i8"),  # place of the first threshold of PRICE_ABOVE at or above the price
        ("below", "<i8"),  # place of the first threshold of PRICE_BELOW above the price
        ("above_from", "<i8"),  # where the thresholds of PRICE_ABOVE lie, and those of PRICE_BELOW
        ("above_to", "<i8"),
        ("below_from", "<i8"),
        ("below_to", "<i8"),
    ]
)
CROSSED_DTYPE: Final = np.dtype([("row", "<i8"), ("time", "<i8"), ("price", "<f8")])
_NO_PRICE: Final = int(TradeFlag.CANCEL | TradeFlag.CORRECTED | TradeFlag.NOT_LAST | TradeFlag.NOT_RANGE)
"""Records that move no price: amendments, and trades whose sale conditions keep them out of open and close."""


def fresh_judged(count: int) -> Array:
    """Return the state of symbols of which no trade was judged."""
    rows = np.zeros(count, JUDGED_DTYPE)
    rows["trade_id"] = -1
    for name in ("price", "low", "high"):
        rows[name] = np.nan
    return rows


@compiled
def _look_up(last: Record, thresholds: Array, price: float) -> None:
    """Find the places of a price by halving, after the thresholds have changed."""
    last.above = last.above_from + np.searchsorted(thresholds[last.above_from : last.above_to], price)
    last.below = last.below_from + np.searchsorted(thresholds[last.below_from : last.below_to], price, side="right")


@compiled
def _move(last: Record, thresholds: Array, price: float) -> None:
    """Move the places to another price, from threshold to threshold: it is rarely far away."""
    above, below = last.above, last.below
    while above < last.above_to and thresholds[above] < price:
        above += 1
    while above > last.above_from and thresholds[above - 1] >= price:
        above -= 1
    while below < last.below_to and thresholds[below] <= price:
        below += 1
    while below > last.below_from and thresholds[below - 1] > price:
        below -= 1
    low, high = -np.inf, np.inf
    if above < last.above_to:
        high = thresholds[above]
    if below < last.below_to:
        high = min(high, thresholds[below])
    if above > last.above_from:
        low = thresholds[above - 1]
    if below > last.below_from:
        low = max(low, thresholds[below - 1])
    last.above, last.below, last.low, last.high = above, below, low, high


@compiled
def _is_next(symbol: Record, last: Record, record: Record) -> bool:
    """Tell whether a trade comes after those judged: a repeated or late one is no move of the price."""
    if symbol.sequenced:
        return bool(record.trade_id > last.trade_id)
    time_us = record.exchange_us
    return bool(time_us > last.time or (time_us == last.time and record.trade_id != last.trade_id))


@compiled
def _counts(symbol: Record, last: Record, record: Record, in_order: bool) -> bool:  # noqa: FBT001 - compiled
    """Tell whether a record moves its symbol's price, as far as the record itself tells."""
    return bool(
        symbol.active
        and record.price > 0.0
        and not record.flags & _NO_PRICE
        and (not in_order or _is_next(symbol, last, record))
    )


@compiled
def judge_trades(
    records: Array,
    begin: int,
    refused: Array,
    in_order: bool,  # noqa: FBT001 - compiled code takes no keywords
    symbols: Array,
    sessions: Array,
    judged: Array,
    thresholds: Array,
    rows: Array,
    crossed: Array,
) -> tuple[int, int]:
    """Judge trades (RECORD_DTYPE) from index `begin` on; returns the index after the last one judged, and the events.

    `refused` marks records that were kept out of the bars; it is empty where none was. With `in_order` trades that do
    not come after those judged are left out. Events go to `crossed`, and the rows that fired take note. Where `crossed`
    has too little room for a trade, it ends before that trade.
    """
    count, known, some_refused = 0, len(judged), len(refused) > 0
    for i in range(begin, len(records)):
        record = records[i]
        number = np.int64(record.symbol_no)
        # Arrays are handed on only where something may happen: counting references takes longer than all else here.
        if number >= known or judged[number].above_from == judged[number].below_to or (some_refused and refused[i]):
            continue
        last, symbol = judged[number], symbols[number]
        price, time_us = record.price, record.exchange_us
        if not _counts(symbol, last, record, in_order):
            continue
        if has_sessions(symbol) and not trades_at(symbol, sessions, time_us):
            continue
        if not last.low < price < last.high:
            if np.isnan(last.low):
                _look_up(last, thresholds, price if np.isnan(last.price) else last.price)
            above, below = last.above, last.below
            _move(last, thresholds, price)
            # Thresholds of PRICE_ABOVE are passed upwards, of PRICE_BELOW downwards; the first price passes none.
            first, end = (above, last.above) if price > last.price else (last.below, below)
            if end - first > len(crossed) - count:
                last.above, last.below, last.low = above, below, -np.inf
                last.high = last.low
                return i, count
            if first < end:
                count = _fire(rows, first, end, time_us, price, crossed, count)
        last.price = price
        last.trade_id = max(last.trade_id, record.trade_id) if symbol.sequenced else record.trade_id
        last.time = max(last.time, time_us)
    return len(records), count


@compiled
def _fire(rows: Array, first: int, end: int, time_us: int, price: float, crossed: Array, count: int) -> int:
    for place in range(first, end):
        row = rows[place]
        if not row.armed or time_us < row.ready_us:
            continue
        row.armed = row.recurring
        row.ready_us = time_us + row.cooldown_us
        crossed[count].row = place
        crossed[count].time = time_us
        crossed[count].price = price
        count += 1
    return count
