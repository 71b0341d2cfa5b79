"""States of series at anchors, and the bars that lead on from them: what restarts and revisions are made of."""

from typing import Final

import numpy as np

from tickloom.market.timeframes import Timeframe
from tickloom.store.binary_copy import Array, read_rows
from tickloom.store.connection import Connection

BAR_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i4"),
        ("timeframe", "<i2"),
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("quote_volume", "<f8"),
    ]
)
"""A stored bar with prices; timeframe in minutes, start in microseconds since 1970 (UTC)."""
Key = tuple[int, int]
"""symbol_no, timeframe in minutes."""
_BARS: Final = """
    SELECT s.symbol_no, s.timeframe, b.time, b.open, b.high, b.low, b.close, b.volume, b.quote_volume
    FROM unnest($1::integer[], $2::smallint[], $3::bigint[]) AS s (symbol_no, timeframe, anchor_us), LATERAL (
        (SELECT * FROM candles c WHERE c.symbol_no = s.symbol_no AND c.timeframe = s.timeframe AND close IS NOT NULL
             AND time <= timestamptz 'epoch' + anchor_us * interval '1 microsecond'
         ORDER BY time DESC LIMIT $4::integer)
        UNION ALL
        (SELECT * FROM candles c WHERE c.symbol_no = s.symbol_no AND c.timeframe = s.timeframe AND close IS NOT NULL
             AND time > timestamptz 'epoch' + anchor_us * interval '1 microsecond')
    ) b ORDER BY s.symbol_no, s.timeframe, b.time
"""
BEFORE_ALL: Final = -(10**16)
"""A time before every bar that PostgreSQL can still hold."""


async def read_states(
    connection: Connection, symbol_nos: list[int], digest: str, *, before_us: int | None = None
) -> dict[Key, tuple[int, bytes]]:
    """Return time and state of the latest anchor of each series of some symbols, before a time if one is given."""
    rows = await connection.fetch(
        """
        SELECT s.symbol_no, f.minutes AS timeframe, (extract(epoch FROM time) * 1000000)::bigint AS time_us, state
        FROM unnest($1::integer[]) AS s (symbol_no), unnest($4::smallint[]) AS f (minutes), LATERAL (
            SELECT time, state FROM indicator_states i
            WHERE i.symbol_no = s.symbol_no AND i.timeframe = f.minutes AND hash = $2
                AND ($3::bigint IS NULL OR time
                     <= timestamptz 'epoch' + $3 * interval '1 microsecond' - f.minutes * interval '1 minute')
            ORDER BY time DESC LIMIT 1
        ) latest
        """,
        symbol_nos,
        digest,
        before_us,
        [timeframe.minutes for timeframe in Timeframe],
    )
    return {(row["symbol_no"], row["timeframe"]): (row["time_us"], row["state"]) for row in rows}


async def write_states(
    connection: Connection, keys: list[tuple[int, int, int]], states: list[bytes], digest: str
) -> None:
    """Store states by symbol, timeframe in minutes and time in microseconds, inside the caller's transaction."""
    if not keys:
        return
    await connection.execute(
        """
        INSERT INTO indicator_states (symbol_no, timeframe, time, hash, state)
        SELECT symbol_no, timeframe, timestamptz 'epoch' + time_us * interval '1 microsecond', $5, state
        FROM unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bytea[])
             AS row (symbol_no, timeframe, time_us, state)
        ON CONFLICT (symbol_no, timeframe, time) DO UPDATE SET hash = excluded.hash, state = excluded.state
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        states,
        digest,
    )


async def drop_states(connection: Connection, symbol_no: int, from_us: int) -> None:
    """Forget the anchors of a symbol whose bar ends after a time: a bar before them is not what it was."""
    await connection.execute(
        """
        DELETE FROM indicator_states i USING unnest($3::smallint[]) AS f (minutes)
        WHERE symbol_no = $1 AND timeframe = f.minutes
            AND time > timestamptz 'epoch' + $2::bigint * interval '1 microsecond' - f.minutes * interval '1 minute'
        """,
        symbol_no,
        from_us,
        [timeframe.minutes for timeframe in Timeframe],
    )


async def read_bars_after(connection: Connection, anchors: dict[Key, int], before: int) -> Array:
    """Return the bars with prices after each series' anchor (microseconds), and `before` of them up to it.

    Ordered by symbol, timeframe and time; BEFORE_ALL stands for no anchor.
    """
    keys = list(anchors)
    arguments = ([key[0] for key in keys], [key[1] for key in keys], list(anchors.values()), before)
    return await read_rows(connection, _BARS, *arguments, dtype=BAR_DTYPE)
