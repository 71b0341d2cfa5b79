"""Closed bars as charts show them."""

from datetime import datetime
from typing import Final

from tickloom.store.connection import Connection
from tickloom.wire.messages import Bar

_VALUES: Final = "time, open, high, low, close, volume, quote_volume, trades, verdict, revision"
_OF: Final = "symbol_no = $1 AND timeframe = $2 AND ($3::bigint IS NULL OR time < to_timestamp($3))"


async def read_bars(
    connection: Connection,
    symbol_no: int,
    minutes: int,
    *,
    limit: int,
    before: int | None = None,
    as_of: datetime | None = None,
) -> list[Bar]:
    """Return the latest closed bars of a timeframe that begin before a time (Unix seconds), oldest first.

    With `as_of` they are what was stored at that time: later bars are missing, later revisions undone.
    """
    once = f"""
        AND known_at <= $5 UNION ALL SELECT {_VALUES} FROM candle_revisions
        WHERE {_OF} AND known_from <= $5 AND known_to > $5
    """  # noqa: S608 - built from constants only
    rows = await connection.fetch(
        f"""
        SELECT extract(epoch FROM time)::bigint AS time, open, high, low, close, volume, trades,
               CASE WHEN volume > 0 THEN quote_volume / volume END AS vwap, verdict::text AS verdict, revision
        FROM (SELECT {_VALUES} FROM candles WHERE {_OF} {once if as_of else ""}) bars
        ORDER BY bars.time DESC LIMIT $4
        """,  # noqa: S608 - built from constants only
        symbol_no,
        minutes,
        before,
        limit,
        *([as_of] if as_of else []),
    )
    return [Bar(**dict(row), closed=True) for row in reversed(rows)]


async def read_bars_from(
    connection: Connection, symbol_no: int, minutes: int, *, start: int, end: int | None, limit: int
) -> list[Bar]:
    """Return the earliest closed bars of a timeframe from a time on and before another (Unix seconds), oldest first."""
    rows = await connection.fetch(
        """
        SELECT extract(epoch FROM time)::bigint AS time, open, high, low, close, volume, trades,
               CASE WHEN volume > 0 THEN quote_volume / volume END AS vwap, verdict::text AS verdict, revision
        FROM candles WHERE symbol_no = $1 AND timeframe = $2 AND time >= to_timestamp($3::bigint)
            AND ($4::bigint IS NULL OR time < to_timestamp($4))
        ORDER BY time LIMIT $5
        """,
        symbol_no,
        minutes,
        start,
        end,
        limit,
    )
    return [Bar(**dict(row), closed=True) for row in rows]
