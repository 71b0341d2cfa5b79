"""Bars put in beside the processor, many at once: they fill what is absent, and replace what is known to lack trades.

A bar that our own trades made whole is never touched by a venue's candle; where they differ, `reconciliations` says so.
"""

from typing import Final

import numpy as np

from tickloom.store.binary_copy import Array, pack_plain_rows, read_rows, write_rows
from tickloom.store.connection import Connection, translate_errors

PAST_DTYPE: Final = np.dtype(
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
        ("buy_volume", "<f8"),
        ("trades", "<i8"),
        ("first_trade_id", "<i8"),
        ("last_trade_id", "<i8"),
        ("whole", "<i2"),
    ]
)
"""Timeframe in minutes, start in microseconds (UTC), ids -1 where unknown, `whole` 0 where minutes are lacking."""
_COLUMNS: Final = tuple(PAST_DTYPE.names or ())
_VALUES: Final = (
    "open, high, low, close, volume, quote_volume, buy_volume, trades, first_trade_id, last_trade_id, verdict"
)
_KEY: Final = "symbol_no, timeframe, time"
_CREATE: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS past_candles (
        symbol_no integer, timeframe smallint, time timestamptz, open float8, high float8, low float8, close float8,
        volume float8, quote_volume float8, buy_volume float8, trades bigint, first_trade_id bigint,
        last_trade_id bigint, whole smallint
    ) ON COMMIT DELETE ROWS
"""
_PUT: Final = f"""
    WITH incoming AS (
        SELECT {_KEY}, open, high, low, close, volume, quote_volume, buy_volume, trades,
               nullif(first_trade_id, -1) AS first_trade_id, nullif(last_trade_id, -1) AS last_trade_id,
               CASE whole WHEN 1 THEN 'complete' ELSE 'partial' END::verdict AS verdict
        FROM past_candles
    ), lacking AS (
        SELECT old.* FROM candles old JOIN incoming new USING ({_KEY})
        WHERE old.verdict IN ('partial', 'feed_down') AND (new.verdict = 'complete' OR old.close IS NULL)
    ), archived AS (
        INSERT INTO candle_revisions ({_KEY}, {_VALUES}, revision, known_from, known_to)
        SELECT {_KEY}, {_VALUES}, revision, known_at, now() FROM lacking
    ), written AS (
        INSERT INTO candles AS c ({_KEY}, {_VALUES}) SELECT {_KEY}, {_VALUES} FROM incoming
        ON CONFLICT ({_KEY}) DO UPDATE
        SET (open, high, low, close, volume, quote_volume, buy_volume, trades, first_trade_id, last_trade_id, verdict)
            = ROW (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.quote_volume,
                   excluded.buy_volume, excluded.trades, excluded.first_trade_id, excluded.last_trade_id,
                   CASE excluded.verdict WHEN 'complete' THEN 'healed' ELSE excluded.verdict END),
            revision = c.revision + 1, known_at = now()
        WHERE c.verdict IN ('partial', 'feed_down') AND (excluded.verdict = 'complete' OR c.close IS NULL)
        RETURNING 1
    )
    SELECT count(*) FROM written
"""  # noqa: S608 - built from the constants above only


async def put_in_past(connection: Connection, bars: Array) -> int:
    """Store bars (PAST_DTYPE) inside the caller's transaction; returns how many were absent or lacked trades."""
    if not len(bars):
        return 0
    await connection.execute(_CREATE)
    await write_rows(connection, "past_candles", _COLUMNS, pack_plain_rows(bars))
    written: int = await connection.fetchval(_PUT)
    await connection.execute("TRUNCATE past_candles")
    return written


async def read_past_minutes(connection: Connection, symbol_no: int, from_us: int, to_us: int) -> Array:
    """Return the stored minutes (PAST_DTYPE, nan for unknown prices) that begin in [from_us, to_us), oldest first.

    `whole` is 0 where the feed was down or trades are known to lack. Raises StoreUnavailable.
    """
    async with translate_errors("reading bars"):
        return await read_rows(
            connection,
            """
            SELECT symbol_no, timeframe, time, coalesce(open, 'NaN'), coalesce(high, 'NaN'), coalesce(low, 'NaN'),
                   coalesce(close, 'NaN'), volume, quote_volume, buy_volume, trades, coalesce(first_trade_id, -1),
                   coalesce(last_trade_id, -1), (verdict NOT IN ('partial', 'feed_down'))::int::smallint
            FROM candles WHERE symbol_no = $1 AND timeframe = 1
                AND time >= timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
                AND time < timestamptz 'epoch' + $3::bigint * interval '1 microsecond'
            ORDER BY time
            """,
            symbol_no,
            from_us,
            to_us,
            dtype=PAST_DTYPE,
        )


async def read_first_minute(connection: Connection, symbol_no: int) -> int | None:
    """Return the start of a symbol's first whole minute in microseconds, None without one. Raises StoreUnavailable."""
    async with translate_errors("finding the first bar"):
        found: int | None = await connection.fetchval(
            "SELECT (extract(epoch FROM min(time)) * 1000000)::bigint FROM candles"
            " WHERE symbol_no = $1 AND timeframe = 1 AND verdict <> 'partial'",
            symbol_no,
        )
    return found
