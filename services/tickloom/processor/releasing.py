"""Letting in what an operator released from quarantine, on the way of any late trade."""

import numpy as np

from tickloom.processor.engine import Engine
from tickloom.store.connection import Connection
from tickloom.store.quarantine import read_requested
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import RECORD_DTYPE

_log = logger(__name__)


async def let_in_released(connection: Connection, engine: Engine) -> None:
    """Take released trades of owned symbols into the state; the next commit stores that. Raises StoreUnavailable."""
    waiting = set(engine.pending.released)
    owned = np.flatnonzero(engine.state.symbols["active"]).tolist()
    trades = [trade for trade in await read_requested(connection, owned) if trade.quarantine_no not in waiting]
    if not trades:
        return
    records = np.array(
        [(t.exchange_us, t.trade_id, t.price, t.size, t.symbol_no, t.flags) for t in trades], RECORD_DTYPE
    )
    engine.let_in([t.quarantine_no for t in trades], records, int(records["exchange_us"].max()))
    _log.info("released trades are let in", trades=len(trades))
