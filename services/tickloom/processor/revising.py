"""The revision of stored bars inside a transaction: what is read for it, and what it leads to."""

from typing import Any, Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.market.verdicts import Verdict
from tickloom.processor import carrying, revision
from tickloom.processor.amendments import Amended
from tickloom.processor.bars import MINUTE
from tickloom.processor.carrying import Carried
from tickloom.processor.committed import Committed
from tickloom.processor.engine import Engine, symbols_of
from tickloom.processor.rebuilding import rebuild_minutes
from tickloom.processor.state import Array
from tickloom.store.candles import CandleColumns, read_close_before, read_minutes, upsert_candles
from tickloom.store.connection import Connection
from tickloom.store.gaps import read_unhealed_spans

_MINUTES: Final = np.array([timeframe.minutes for timeframe in TIMEFRAMES])
_VERDICTS: Final = tuple(verdict.label for verdict in Verdict)


Changes = tuple[Array, Array, Array]
"""Late trades (RECORD_DTYPE), recovered spans (RECOVERED_DTYPE) and late candles (CANDLE_DTYPE)."""


async def revise_all(
    connection: Connection, engine: Engine, changes: Changes, amended: Amended, done: Committed
) -> None:
    """Revise the bars that late trades, recovered spans, late candles and amended minutes change."""
    for number in sorted(symbols_of(changes) | amended.keys()):
        trades, spans, candles = (rows[rows["symbol_no"] == number] for rows in changes)
        await _revise(connection, engine, number, (trades, spans, candles), amended.get(number, {}), done)


async def _revise(
    connection: Connection,
    engine: Engine,
    number: int,
    changes: Changes,
    amended: dict[int, Array],
    done: Committed,
) -> None:
    symbol, sessions = engine.state.symbols[number], engine.state.sessions
    trades, spans, candles = changes
    times = (trades["exchange_us"], spans["from_us"], candles["start_us"], np.array(list(amended), np.int64))
    earliest = int(np.concatenate(times).min())
    day = revision.day_of(symbol, sessions, earliest)
    rows = revision.to_rows(number, await read_minutes(connection, number, day))
    if len(trades):
        rows = revision.apply_late_trades(symbol, rows, trades)
    if len(candles):
        rows = revision.apply_late_candles(symbol, rows, candles)
    if len(spans):
        # Another gap may lie earlier in the same minute.
        unhealed = await read_unhealed_spans(connection, number, earliest - earliest % MINUTE)
        for span in spans:
            revision.mark_recovered(symbol, rows, (int(span["from_us"]), int(span["to_us"])), unhealed)
    if amended:
        close_before = await read_close_before(connection, number, day)
        rows = rebuild_minutes(symbol, number, rows, amended, close_before)
    revision.refill_flat_minutes(rows)
    longer, engine.state.higher[number] = revision.cascade_anew(number, symbol, sessions, rows)
    with_prices = rows[~np.isnan(rows["open"])]
    if len(with_prices):
        symbol["last_price"] = with_prices["close"][-1]
    engine.state.dirty[number] = 1
    await _store(connection, engine, number, np.concatenate([rows, longer]), earliest - earliest % MINUTE, done)


async def _store(
    connection: Connection, engine: Engine, number: int, rows: Array, from_us: int, done: Committed
) -> None:
    revisions, carried = await upsert_candles(connection, to_columns(rows)), Carried()
    await carrying.store_again(connection, engine.series, number, from_us, carried)
    done.carried.merge(carried)
    done.add(rows, revisions, only_revised=True)
    if any((number, TIMEFRAMES[place].minutes, time) not in revisions for _, place, time in carried.values):
        done.again.add(number)


def to_columns(rows: Array) -> CandleColumns:
    """Return rows of CLOSED_DTYPE as the columns of the candles table."""
    prices = {name: _nullable(rows[name], np.isnan(rows[name])) for name in ("open", "high", "low", "close")}
    ids = {name: _nullable(rows[name], rows[name] < 0) for name in ("first_key", "last_key")}
    return CandleColumns(
        symbol_no=rows["symbol_no"].tolist(),
        timeframe=_MINUTES[rows["timeframe"]].tolist(),
        time_us=rows["time"].tolist(),
        **prices,
        volume=rows["volume"].tolist(),
        quote_volume=rows["quote_volume"].tolist(),
        buy_volume=rows["buy_volume"].tolist(),
        trades=rows["trades"].tolist(),
        first_trade_id=ids["first_key"],
        last_trade_id=ids["last_key"],
        verdict=[_VERDICTS[code] for code in rows["verdict"].tolist()],
    )


def _nullable(column: Array, absent: Array) -> list[Any]:
    if not absent.any():
        return list(column.tolist())
    return [None if missing else value for value, missing in zip(column.tolist(), absent.tolist(), strict=True)]
