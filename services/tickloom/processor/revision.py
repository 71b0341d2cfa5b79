"""What changes when the past does: late trades and regained coverage, applied to minutes that were closed already.

The minutes of the affected days are read back, changed, and cascaded anew, so that longer bars always agree with
their minutes. Pure: rows in, rows out; the transaction around it belongs to `commit`.
"""

from typing import Final

import numpy as np

from tickloom.market.timeframes import Timeframe
from tickloom.market.verdicts import Verdict
from tickloom.processor.bars import FEED_DOWN, MINUTE, ROWS_PER_ADVANCE, cascade, round_to_step
from tickloom.processor.candles import set_candle
from tickloom.processor.session_bars import longer_bar
from tickloom.processor.state import BAR_DTYPE, CLOSED_DTYPE, COUNTS_DTYPE, HIGHER, Array, Record, empty_bars
from tickloom.store.candles import Minute
from tickloom.wire.batches import TradeFlag

INCOMPLETE: Final = frozenset({int(Verdict.PARTIAL), FEED_DOWN})
_NOTHING: Final = -1
_CANDLE_VALUES: Final = ("open", "high", "low", "close", "volume")


def to_rows(symbol_no: int, minutes: list[Minute]) -> Array:
    """Return stored minutes as an array of CLOSED_DTYPE, so that kernels can take them."""
    rows = np.zeros(len(minutes), CLOSED_DTYPE)
    rows["symbol_no"] = symbol_no
    for row, minute in zip(rows, minutes, strict=True):
        row["time"] = minute.time_us
        for name in ("open", "high", "low", "close"):
            price = getattr(minute, name)
            row[name] = np.nan if price is None else price
        for name in ("volume", "quote_volume", "buy_volume", "trades"):
            row[name] = getattr(minute, name)
        row["first_key"] = _NOTHING if minute.first_trade_id is None else minute.first_trade_id
        row["last_key"] = _NOTHING if minute.last_trade_id is None else minute.last_trade_id
        row["verdict"] = Verdict.parse(minute.verdict)
    return rows


def apply_late_trades(symbol: Record, rows: Array, trades: Array) -> Array:
    """Fold late trades into closed minutes; minutes that did not exist are added. Returns rows in time order."""
    rows = with_minutes(rows, trades["symbol_no"][0], trades["exchange_us"])
    for trade in trades:
        index = int(np.searchsorted(rows["time"], trade["exchange_us"] - trade["exchange_us"] % MINUTE))
        _fold_late(symbol, rows[index], trade)
    return rows


def apply_late_candles(symbol: Record, rows: Array, candles: Array) -> Array:
    """Put late candles (CANDLE_DTYPE) in place of closed minutes; one that says the same changes nothing."""
    rows = with_minutes(rows, candles["symbol_no"][0], candles["start_us"])
    scale, bar = float(symbol["size_scale"]), empty_bars(1)
    for candle in candles:
        set_candle(bar[0], candle)
        bar[0]["volume"] = round_to_step(float(bar[0]["volume"]), scale)
        row = rows[int(np.searchsorted(rows["time"], candle["start_us"]))]
        if all(row[name] == bar[0][name] for name in _CANDLE_VALUES):
            continue
        row["verdict"] = Verdict.HEALED if row["verdict"] in INCOMPLETE else Verdict.REVISED
        for name in (*_CANDLE_VALUES, "quote_volume", "buy_volume", "trades", "first_key", "last_key"):
            row[name] = bar[0][name]
    return rows


def with_minutes(rows: Array, number: int, times: Array) -> Array:
    """Return rows in time order, with one for each minute that holds a time."""
    absent = sorted({int(time) - int(time) % MINUTE for time in times} - set(rows["time"].tolist()))
    added = np.zeros(len(absent), CLOSED_DTYPE)
    added["time"] = absent
    added["verdict"] = Verdict.PARTIAL
    for name in ("open", "high", "low", "close"):
        added[name] = np.nan
    added["symbol_no"] = number
    added["first_key"] = added["last_key"] = _NOTHING
    rows = np.concatenate([rows, added])
    return rows[np.argsort(rows["time"], kind="stable")]


def _fold_late(symbol: Record, row: Record, trade: Record) -> None:
    key = trade["trade_id"] if symbol["sequenced"] else trade["exchange_us"]
    price, size, scale = trade["price"], trade["size"], float(symbol["size_scale"])
    flags = int(trade["flags"])
    if row["first_key"] < 0 and not flags & TradeFlag.NOT_LAST:
        row["open"] = row["close"] = price
        if not row["high"] > row["low"]:
            # No trade moved them either: they are those of the minute before, or none.
            row["high"] = row["low"] = price
        row["first_key"] = row["last_key"] = key
    if not flags & TradeFlag.NOT_RANGE:
        row["high"], row["low"] = np.fmax(row["high"], price), np.fmin(row["low"], price)
    if not flags & TradeFlag.NOT_LAST:
        if key < row["first_key"]:
            row["first_key"], row["open"] = key, price
        if key >= row["last_key"]:
            row["last_key"], row["close"] = key, price
    if not flags & TradeFlag.NOT_VOLUME:
        row["volume"] = round_to_step(float(row["volume"] + size), scale)
        row["quote_volume"] += price * size
        if flags & TradeFlag.BUY:
            row["buy_volume"] = round_to_step(float(row["buy_volume"] + size), scale)
    row["trades"] += max(int(trade["flags"]) >> 8, 1)
    if row["verdict"] == FEED_DOWN:
        row["verdict"] = Verdict.PARTIAL
    elif row["verdict"] not in INCOMPLETE:
        row["verdict"] = Verdict.HEALED if trade["flags"] & TradeFlag.HEALED else Verdict.REVISED


def mark_recovered(symbol: Record, rows: Array, span: tuple[int, int], unhealed: list[tuple[int, int]]) -> None:
    """Give minutes whose missing trades have all come the verdict `healed`, unless another gap still touches them."""
    begin, end = span
    for row in rows[(rows["time"] + MINUTE > begin) & (rows["time"] <= end)]:
        start = int(row["time"])
        touched = any(gap_from < start + MINUTE and gap_to > start for gap_from, gap_to in unhealed)
        if int(row["verdict"]) in INCOMPLETE and not touched and start >= symbol["started_us"]:
            rows["verdict"][np.searchsorted(rows["time"], start)] = Verdict.HEALED


def refill_flat_minutes(rows: Array) -> None:
    """Carry each close into the minutes without trades that follow it, as it may have changed."""
    price = rows["close"][0]
    for row in rows:
        if (row["first_key"] < 0 or np.isnan(row["open"])) and row["verdict"] != FEED_DOWN:
            row["open"] = row["high"] = row["low"] = row["close"] = price
        elif row["verdict"] != FEED_DOWN:
            price = row["close"]


def day_of(symbol: Record, sessions: Array, time_us: int) -> int:
    """Return where the day that holds a time begins: a UTC day, or the session."""
    begin, _ = longer_bar(symbol, sessions, time_us - time_us % MINUTE, Timeframe.DAY_1.minutes)
    return int(begin)


def cascade_anew(symbol_no: int, symbol: Record, sessions: Array, rows: Array) -> tuple[Array, Array]:
    """Build the longer bars over minutes that begin with a day, of the session where the market has some.

    Returns the closed ones (CLOSED_DTYPE) and the five that are forming after the last minute.
    """
    longer, counts = empty_bars(HIGHER), np.zeros(1, COUNTS_DTYPE)
    closed = np.zeros(len(rows) + ROWS_PER_ADVANCE, CLOSED_DTYPE)
    minute = np.zeros(1, BAR_DTYPE)
    for row in rows:
        for name in BAR_DTYPE.names or ():
            minute[name] = row[name]
        cascade(symbol_no, symbol, sessions, longer, minute[0], int(row["verdict"]), closed, counts)
    return closed[: counts[0]["closed"]], longer
