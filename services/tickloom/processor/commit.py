"""One transaction: closed bars, revisions, the gap ledger, and the offset and state that led to them.

Either all of it is stored or none, so the effect of every stream entry is in the tables exactly once.
"""

import numpy as np

from tickloom.processor import carrying
from tickloom.processor.alerts.bars import look_back
from tickloom.processor.alerts.recording import record_events
from tickloom.processor.amendments import amend, let_in_ahead
from tickloom.processor.assessment import assess, to_failures
from tickloom.processor.committed import Committed
from tickloom.processor.engine import Engine
from tickloom.processor.revising import revise_all, to_columns
from tickloom.processor.state import FOREVER, GAP_REASONS, GAP_STATES, Array, save_partition
from tickloom.store.candles import upsert_candles
from tickloom.store.checkpoints import Checkpoint, write_checkpoint
from tickloom.store.connection import Connection, translate_errors
from tickloom.store.gaps import GapRow, write_gaps
from tickloom.store.quality import write_quality
from tickloom.store.quarantine import mark_released, write_failures
from tickloom.store.recomputation import answer_request


async def commit(connection: Connection, engine: Engine) -> Committed:
    """Store everything that waits, in one transaction.

    Raises StoreUnavailable; nothing was stored then, or all was: the caller must forget its state and begin again
    from the stored checkpoint.
    """
    done = Committed()
    let_in_ahead(engine)
    closed, late, recovered = engine.pending.merged()
    waiting = look_back(engine.alerts.book, engine.series, closed)
    async with translate_errors("committing bars"), connection.transaction():
        if len(closed):
            done.add(closed, await upsert_candles(connection, to_columns(closed)))
            await carrying.store_closed(connection, engine.series, closed, done.carried)
        done.gaps = changed_gaps(engine)
        await write_gaps(connection, done.gaps)
        await _write_quality(connection, engine, closed, done)
        amended = await amend(connection, engine)
        await revise_all(connection, engine, (late, recovered, engine.pending.late_candles()), amended, done)
        for request in engine.pending.recomputed:
            await carrying.store_again(connection, engine.series, request.symbol_no, request.from_us, done.carried)
            await answer_request(connection, request)
            done.again.add(request.symbol_no)
        done.events = await record_events(connection, engine.alerts, waiting, done.carried.values)
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
