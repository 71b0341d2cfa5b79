"""Closed bars as charts show them."""

from tickloom.store.connection import Connection
from tickloom.wire.messages import Bar


async def read_bars(
    connection: Connection, symbol_no: int, minutes: int, *, limit: int, before: int | None = None
) -> list[Bar]:
    """Return the latest closed bars of a timeframe that begin before a time (Unix seconds), oldest first."""
    rows = await connection.fetch(
        """
        SELECT extract(epoch FROM time)::bigint AS time, open, high, low, close, volume, trades,
               CASE WHEN volume > 0 THEN quote_volume / volume END AS vwap, verdict::text AS verdict, revision
        FROM candles WHERE symbol_no = $1 AND timeframe = $2 AND ($3::bigint IS NULL OR time < to_timestamp($3))
        ORDER BY time DESC LIMIT $4
        """,
        symbol_no,
        minutes,
        before,
        limit,
    )
    return [Bar(**dict(row), closed=True) for row in reversed(rows)]
