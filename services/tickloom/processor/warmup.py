"""Loads or compiles every kernel before the first trade arrives: the first call of each would cost seconds."""

import numpy as np

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.processor import revision
from tickloom.processor.alerts.book import ARMED_DTYPE, PRICE_ABOVE, key_of
from tickloom.processor.alerts.watch import AlertWatch
from tickloom.processor.amendments import may_enter
from tickloom.processor.candles import take_candles
from tickloom.processor.forming import forming_rows
from tickloom.processor.intake import take, take_released
from tickloom.processor.rebuilding import rebuild_minutes, rebuild_open
from tickloom.processor.series import SeriesBook
from tickloom.processor.state import State
from tickloom.store.journal import ENTRY_DTYPE
from tickloom.wire.batches import CANDLE_DTYPE, RECORD_DTYPE, Control, Kind, Records, decode, encode


def _records(*rows: tuple[int, int, float, float, int, int]) -> Records:
    return np.array(list(rows), RECORD_DTYPE)


def warm_up() -> None:
    """Run one trade, one heartbeat and one control message through a throw-away state."""
    state, minute = State(), MICROSECONDS_PER_MINUTE
    state.symbols["active"][1] = state.symbols["sequenced"][1] = 1
    for kind, records in (
        (Kind.CONTROL, _records((minute, 0, 0.0, 0.0, 1, Control.STARTED))),
        (Kind.TRADES, _records((minute + 1, 1, 1.0, 1.0, 1, 0), (2 * minute + 1, 2, 1.0, 1.0, 1, 0))),
        (Kind.HEARTBEAT, _records((3 * minute, 2, 0.0, 0.0, 1, 1))),
    ):
        take(state, decode(encode(kind, 0, 0, records)))
    take_candles(np.array([(4 * minute, 0, 1.0, 1.0, 1, 0, 1.0, 1.0, 1.0)], CANDLE_DTYPE), 0, 0, state.arrays())
    book, forming = SeriesBook(), forming_rows(state, 1)
    closed = book.inputs(state.output("closed"))
    book.take(closed)
    book.peek(book.inputs(forming))
    book.begin(0, book.series[0].tobytes(), closed)
    _warm_up_alerts(state)
    _warm_up_revision(state, minute)


def _warm_up_revision(state: State, minute: int) -> None:
    symbol, late = state.symbols[1], _records((minute + 2, 3, 1.0, 1.0, 1, 1))
    take_released(late, 0, 0, state.arrays())
    entries = np.zeros(1, ENTRY_DTYPE)
    entries["time"], entries["price"] = minute + 2, 1.0
    rebuild_open(state.symbols[1:2], state.minutes[1, 1:2], minute, entries)
    may_enter(state, late[0])
    rows = revision.apply_late_trades(symbol, state.output("closed").copy(), late)
    rows = rebuild_minutes(symbol, 1, rows, {9 * minute: entries[:0]}, 1.0)
    revision.refill_flat_minutes(rows)
    revision.day_of(symbol, state.sessions, minute)
    revision.cascade_anew(1, symbol, state.sessions, rows)


def _warm_up_alerts(state: State) -> None:
    watch = AlertWatch()
    watch.replace([], np.array([(key_of(1, PRICE_ABOVE, 0), 2.0, 0, 0, 1, 1, 0, 1)], ARMED_DTYPE))
    batch = decode(encode(Kind.TRADES, 0, 0, _records((1, 1, 1.0, 1.0, 1, 0), (2, 2, 3.0, 1.0, 1, 0))))
    watch.judge(batch, state, watch.before(state, []), [])
