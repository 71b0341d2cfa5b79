"""One transaction: closed bars, revisions, the gap ledger, and the offset and state that led to them.

Either all of it is stored or none, so the effect of every stream entry is in the tables exactly once.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.market.verdicts import Verdict
from tickloom.processor import carrying, revision
from tickloom.processor.alerts.bars import look_back
from tickloom.processor.alerts.recording import record_events
from tickloom.processor.assessment import assess, to_failures
from tickloom.processor.bars import MINUTE
from tickloom.processor.carrying import Carried
from tickloom.processor.engine import Engine, symbols_of
from tickloom.processor.forming import to_bar
from tickloom.processor.state import FOREVER, GAP_REASONS, GAP_STATES, Array, save_partition
from tickloom.store.alert_events import RecordedEvent
from tickloom.store.candles import CandleColumns, Key, read_minutes, upsert_candles
from tickloom.store.checkpoints import Checkpoint, write_checkpoint
from tickloom.store.connection import Connection, translate_errors
from tickloom.store.gaps import GapRow, read_unhealed_spans, write_gaps
from tickloom.store.quality import QualityRow, write_quality
from tickloom.store.quarantine import mark_released, write_failures
from tickloom.store.recomputation import answer_request
from tickloom.wire.messages import Bar

_MINUTES: Final = np.array([timeframe.minutes for timeframe in TIMEFRAMES])
_VERDICTS: Final = tuple(verdict.label for verdict in Verdict)


@dataclass
class Committed:
    """What a transaction stored, for publication: bars by symbol number and timeframe label, oldest first."""

    bars: dict[int, dict[str, list[Bar]]] = field(default_factory=dict)
    positions: dict[str, str] = field(default_factory=dict)
    gaps: list[GapRow] = field(default_factory=list)
    quality: list[QualityRow] = field(default_factory=list)
    carried: Carried = field(default_factory=Carried)
    again: set[int] = field(default_factory=set)
    """Symbols with bars that are what they were, but whose indicators changed with those of a bar before them."""
    events: list[RecordedEvent] = field(default_factory=list)

    def add(self, rows: Array, revisions: dict[Key, int], *, only_revised: bool = False) -> None:
        """Note stored rows; with `only_revised` those that replaced an earlier version."""
        for row in rows:
            timeframe = TIMEFRAMES[int(row["timeframe"])]
            number = int(row["symbol_no"])
            revised = revisions.get((number, timeframe.minutes, int(row["time"])), 0)
            if revised or not only_revised:
                bars = self.bars.setdefault(number, {}).setdefault(timeframe.label, [])
                bars.append(to_bar(row, revision=revised))


async def commit(connection: Connection, engine: Engine) -> Committed:
    """Store everything that waits, in one transaction.

    Raises StoreUnavailable; nothing was stored then, or all was: the caller must forget its state and begin again
    from the stored checkpoint.
    """
    done = Committed()
    closed, late, recovered = engine.pending.merged()
    before = look_back(engine.alerts.book, engine.series, closed)
    async with translate_errors("committing bars"), connection.transaction():
        if len(closed):
            done.add(closed, await upsert_candles(connection, to_columns(closed)))
            await carrying.store_closed(connection, engine.series, closed, done.carried)
        done.gaps = changed_gaps(engine)
        await write_gaps(connection, done.gaps)
        await _write_quality(connection, engine, closed, done)
        candles = engine.pending.late_candles()
        for number in sorted(symbols_of((late, recovered, candles))):
            await _revise(connection, engine, number, (late, recovered, candles), done)
        for request in engine.pending.recomputed:
            await carrying.store_again(connection, engine.series, request.symbol_no, request.from_us, done.carried)
            await answer_request(connection, request)
            done.again.add(request.symbol_no)
        done.events = await record_events(connection, engine.alerts, closed, before, done.carried.values)
        for partition in engine.uncommitted():
            await _write_position(connection, engine, partition.stream)
            done.positions[partition.stream] = partition.position
    engine.committed(done.positions)
    return done


async def _write_quality(connection: Connection, engine: Engine, closed: Array, done: Committed) -> None:
    done.quality = assess(engine.state, closed)
    if done.quality:
        await write_quality(connection, done.quality)
    if engine.pending.quarantined:
        await write_failures(connection, to_failures(engine.pending.failures()))
    if engine.pending.released:
        await mark_released(connection, engine.pending.released)


async def _write_position(connection: Connection, engine: Engine, stream: str) -> None:
    partition, symbols = engine.partitions[stream], engine.state.symbols
    own = symbols["partition"] == partition.index
    begun = (symbols["last_id"] >= 0) | ((symbols["sequenced"] == 0) & (symbols["latest_us"] > 0))
    numbers, checkpoint = np.flatnonzero(own & begun), save_partition(engine.state, partition.index)
    await write_checkpoint(
        connection,
        stream,
        Checkpoint(partition.position, checkpoint + engine.alerts.save(np.flatnonzero(own))),
        symbol_nos=numbers.tolist(),
        last_trade_ids=symbols["last_id"][numbers].tolist(),
        latest_trade_us=symbols["latest_us"][numbers].tolist(),
    )


async def _revise(
    connection: Connection, engine: Engine, number: int, changes: tuple[Array, Array, Array], done: Committed
) -> None:
    """Revise a symbol's bars by late trades, recovered spans and late candles."""
    symbol = engine.state.symbols[number]
    trades, spans, candles = (rows[rows["symbol_no"] == number] for rows in changes)
    times = (trades["exchange_us"], spans["from_us"], candles["start_us"])
    earliest = int(np.concatenate(times).min())
    stored = await read_minutes(connection, number, revision.day_of(symbol, engine.state.sessions, earliest))
    rows = revision.to_rows(number, stored)
    if len(trades):
        rows = revision.apply_late_trades(symbol, rows, trades)
    if len(candles):
        rows = revision.apply_late_candles(symbol, rows, candles)
    if len(spans):
        # Another gap may lie earlier in the same minute.
        unhealed = await read_unhealed_spans(connection, number, earliest - earliest % MINUTE)
        for span in spans:
            revision.mark_recovered(symbol, rows, (int(span["from_us"]), int(span["to_us"])), unhealed)
    revision.refill_flat_minutes(rows)
    longer, engine.state.higher[number] = revision.cascade_anew(number, symbol, engine.state.sessions, rows)
    with_prices = rows[~np.isnan(rows["open"])]
    if len(with_prices):
        symbol["last_price"] = with_prices["close"][-1]
    engine.state.dirty[number] = 1
    changed = np.concatenate([rows, longer])
    revisions = await upsert_candles(connection, to_columns(changed))
    carried = Carried()
    await carrying.store_again(connection, engine.series, number, earliest - earliest % MINUTE, carried)
    done.carried.merge(carried)
    done.add(changed, revisions, only_revised=True)
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


def changed_gaps(engine: Engine) -> list[GapRow]:
    """Return the ledger rows that changed since the last commit."""
    ledger = engine.state.ledger
    return [
        GapRow(
            symbol_no=int(row["symbol_no"]),
            gap_no=int(row["gap_no"]),
            state=GAP_STATES[row["state"]],
            reason=GAP_REASONS[row["reason"]],
            first_trade_id=None if row["first_id"] < 0 else int(row["first_id"]),
            last_trade_id=None if row["last_id"] < 0 else int(row["last_id"]),
            from_us=int(row["from_us"]),
            to_us=None if row["to_us"] == FOREVER else int(row["to_us"]),
            missing=int(row["missing"]),
            healed=int(row["healed"]),
            detected_us=int(row["detected_us"]),
            closed_us=None if row["closed_us"] == FOREVER else int(row["closed_us"]),
        )
        for row in ledger[ledger["changed"] == 1]
    ]
