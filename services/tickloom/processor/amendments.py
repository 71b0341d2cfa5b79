"""Corrections and cancels of trades: which minutes they change, and what is left of each.

A cancel takes a trade back, a correction puts another in its place at its time. The order in which trade, cancel and
correction come does not matter, nor how often. Minutes that are still open are made again at once; closed ones are
returned for revision. Quality does not judge a correction: the venue has looked at that trade twice.
"""

from typing import Final

import numpy as np

from tickloom.processor.bars import MINUTE
from tickloom.processor.engine import Engine
from tickloom.processor.quality import is_valid
from tickloom.processor.rebuilding import rebuild_open
from tickloom.processor.session_bars import trades_at
from tickloom.processor.state import Array, Record, State
from tickloom.store import journal
from tickloom.store.connection import Connection
from tickloom.wire.batches import TradeFlag

Amended = dict[int, dict[int, Array]]
"""Journal entries (ENTRY_DTYPE) by symbol number and start of the closed minute that they are all of."""
_AMENDMENT: Final = int(TradeFlag.CANCEL | TradeFlag.CORRECTED)
_SAME_ID: Final = 1 << 62
"""Set in the id of a correction that goes by the id of the trade it corrects, which is cancelled."""


async def amend(connection: Connection, engine: Engine) -> Amended:
    """Write the journal, and apply cancels and corrections; call it in the transaction that revises what it returns."""
    trades, records = engine.pending.amendments()
    cancels, corrections = _split(engine.state, records)
    if len(trades):
        await journal.write_trades(connection, trades)
    if len(cancels):
        await journal.write_cancels(connection, cancels)
    minutes = np.zeros(0, journal.MINUTE_DTYPE)
    for place in range(len(corrections)):
        # One by one: a correction may itself be corrected.
        found = await journal.write_correction(connection, corrections[place : place + 1])
        minutes = np.concatenate([minutes, found])
    named = [rows for rows in (cancels, corrections, trades) if len(rows)]
    if named:
        numbers = [number for rows in named for number in rows["symbol_no"].tolist()]
        ids = [trade_id for rows in named for trade_id in rows["trade_id"].tolist()]
        minutes = np.concatenate([minutes, await journal.take_back(connection, numbers, ids)])
    if not len(minutes):
        return {}
    return _sort_out(engine.state, await journal.read_entries(connection, np.unique(minutes)), minutes)


def let_in_ahead(engine: Engine) -> None:
    """Let corrections into their bars whose minutes have not begun: they are trades like any other."""
    state, kept = engine.state, []
    for records in engine.pending.amended:
        symbols = state.symbols[records["symbol_no"]]
        begun = records["exchange_us"] < symbols["minute"] + 2 * MINUTE
        ahead = (records["flags"] & TradeFlag.CORRECTED > 0) & ~begun & (symbols["amendable"] == 1)
        trades = records[[bool(one) and may_enter(state, record) for one, record in zip(ahead, records, strict=True)]]
        trades["flags"] &= np.uint32(~_AMENDMENT & 0xFFFFFFFF)
        engine.let_in([], trades, int(trades["exchange_us"].max(initial=0)))
        kept.append(records[~ahead])
    engine.pending.amended = [records for records in kept if len(records)]


def _split(state: State, records: Array) -> tuple[Array, Array]:
    """Return cancels and corrections; those that make no sense are counted and left out."""
    cancels: list[tuple[int, ...]] = []
    corrections: list[tuple[float, ...]] = []
    original: tuple[int, int] | None = None
    for record in records:
        number, trade_id, time_us = int(record["symbol_no"]), int(record["trade_id"]), int(record["exchange_us"])
        flags = int(record["flags"])
        if not state.symbols[number]["amendable"]:
            state.counts[0]["invalid"] += 1
        elif flags & TradeFlag.CANCEL:
            original = (number, trade_id)
            cancels.append((number, trade_id, time_us))
        elif original is None or original[0] != number or not may_enter(state, record):
            state.counts[0]["invalid"] += 1
        else:
            new_id = trade_id | _SAME_ID if trade_id == original[1] else trade_id
            row = (number, original[1], time_us, new_id, float(record["price"]), float(record["size"]), flags)
            corrections.append(row)
    return np.array(cancels, journal.CANCEL_DTYPE), np.array(corrections, journal.CORRECTION_DTYPE)


def may_enter(state: State, record: Record) -> bool:
    """Tell whether a trade record has valid values, at a time when its market trades."""
    symbol, time_us = state.symbols[record["symbol_no"]], int(record["exchange_us"])
    valid = is_valid(float(record["price"]), float(record["size"]), time_us)
    return bool(valid and trades_at(symbol, state.sessions, time_us))


def _sort_out(state: State, entries: Array, minutes: Array) -> Amended:
    amended: Amended = {}
    for number, begins in np.unique(minutes).tolist():
        own = entries[(entries["symbol_no"] == number) & (entries["time"] // MINUTE * MINUTE == begins)]
        if begins < state.symbols[number]["minute"]:
            amended.setdefault(number, {})[begins] = own
            continue
        slot = begins // MINUTE % 2
        rebuild_open(
            state.symbols[number : number + 1], state.minutes[number, slot : slot + 1], begins, own[~own["gone"]]
        )  # fmt: skip
        state.dirty[number] = 1
    return amended
