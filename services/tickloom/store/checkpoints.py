"""Stream offsets with the processor's state after them: one row for each stream."""

from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors


class Checkpoint(NamedTuple):
    """Where a stream was read up to, and the state that led to."""

    entry_id: str
    state: bytes


async def read_checkpoint(connection: Connection, stream: str) -> Checkpoint | None:
    """Return the last committed checkpoint of a stream, None if there is none. Raises StoreUnavailable."""
    async with translate_errors("reading a checkpoint"):
        row = await connection.fetchrow("SELECT entry_id, checkpoint FROM stream_offsets WHERE stream = $1", stream)
    return Checkpoint(row["entry_id"], row["checkpoint"]) if row else None


async def write_checkpoint(
    connection: Connection,
    stream: str,
    checkpoint: Checkpoint,
    *,
    symbol_nos: list[int],
    last_trade_ids: list[int],
    latest_trade_us: list[int],
) -> None:
    """Store a checkpoint; call it inside the transaction that stores the bars it led to."""
    await connection.execute(
        """
        INSERT INTO stream_offsets (stream, entry_id, checkpoint, symbol_nos, last_trade_ids, latest_trade_us)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (stream) DO UPDATE SET
            entry_id = excluded.entry_id, checkpoint = excluded.checkpoint,
            symbol_nos = excluded.symbol_nos, last_trade_ids = excluded.last_trade_ids,
            latest_trade_us = excluded.latest_trade_us, updated_at = now()
        """,
        stream,
        checkpoint.entry_id,
        checkpoint.state,
        symbol_nos,
        last_trade_ids,
        latest_trade_us,
    )
