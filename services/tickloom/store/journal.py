"""The journal: trades of venues that correct and cancel theirs, and what became of each.

A bar that loses a trade is built again from these. Cancels are kept by themselves, so that it does not matter whether a
trade or its cancel comes first; both may come any number of times. Every function runs in the caller's transaction.
"""

from typing import Final

import numpy as np

from tickloom.store.binary_copy import Array
from tickloom.store.connection import Connection

KEPT_DAYS: Final = 7
"""How long trades can be taken back."""
CANCEL_DTYPE: Final = np.dtype([("symbol_no", "<i4"), ("trade_id", "<i8"), ("near_us", "<i8")])
CORRECTION_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i4"),
        ("original", "<i8"),  # trade id that is corrected
        ("time_us", "<i8"),  # of the trade, unless the original is known
        ("trade_id", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("flags", "<i8"),
    ]
)
MINUTE_DTYPE: Final = np.dtype([("symbol_no", "<i4"), ("time", "<i8")])
"""A minute of a symbol; start in microseconds since 1970 (UTC)."""
ENTRY_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i4"),
        ("time", "<i8"),  # of the trade, microseconds since 1970 (UTC)
        ("trade_id", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("flags", "<i8"),
        ("added", "?"),  # by this transaction
        ("gone", "?"),  # taken back
        ("going", "?"),  # taken back by this transaction
    ]
)
_TIME: Final = "timestamptz 'epoch' + {} * interval '1 microsecond'"


async def write_trades(connection: Connection, trades: Array) -> None:
    """Note trades (RECORD_DTYPE) in the order in which they entered their bars, and forget those of long ago."""
    columns = [trades[name].tolist() for name in ("symbol_no", "exchange_us", "trade_id", "price", "size", "flags")]
    await connection.execute(
        f"""
        INSERT INTO trade_journal (symbol_no, time, trade_id, price, size, flags)
        SELECT symbol_no, {_TIME.format("time_us")}, trade_id, price, size, flags
        FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::float8[], $5::float8[], $6::bigint[])
             WITH ORDINALITY AS row (symbol_no, time_us, trade_id, price, size, flags, position)
        ORDER BY position ON CONFLICT DO NOTHING
        """,  # noqa: S608 - built from constants only
        *columns,
    )
    await connection.execute(
        f"DELETE FROM trade_journal WHERE symbol_no = ANY ($1) AND time < {_TIME.format('$2::bigint')}"  # noqa: S608
        " - $3 * interval '1 day'",
        np.unique(trades["symbol_no"]).tolist(),
        int(trades["exchange_us"].max()),
        KEPT_DAYS,
    )


async def write_cancels(connection: Connection, cancels: Array) -> None:
    """Note cancels (CANCEL_DTYPE)."""
    await connection.execute(
        f"""
        INSERT INTO trade_cancels (symbol_no, trade_id, near)
        SELECT symbol_no, trade_id, {_TIME.format("near_us")}
        FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS row (symbol_no, trade_id, near_us)
        ON CONFLICT DO NOTHING
        """,  # noqa: S608 - built from constants only
        *(cancels[name].tolist() for name in CANCEL_DTYPE.names or ()),
    )


async def write_correction(connection: Connection, correction: Array) -> Array:
    """Note a trade that takes the place of another (one CORRECTION_DTYPE), at its time and in its order.

    Returns its minute (MINUTE_DTYPE), none if it was known.
    """
    rows = await connection.fetch(
        f"""
        WITH original AS (
            SELECT time, arrival FROM trade_journal
            WHERE symbol_no = $1 AND trade_id = $2
                AND time BETWEEN {_TIME.format("$3::bigint")} - interval '1 day'
                    AND {_TIME.format("$3::bigint")} + interval '1 day'
            ORDER BY time DESC LIMIT 1
        )
        INSERT INTO trade_journal (symbol_no, time, trade_id, arrival, price, size, flags) OVERRIDING SYSTEM VALUE
        SELECT $1, coalesce(time, {_TIME.format("$3::bigint")}), $4,
               coalesce(arrival, nextval(pg_get_serial_sequence('trade_journal', 'arrival'))), $5, $6, $7
        FROM (SELECT) AS correction LEFT JOIN original ON true
        ON CONFLICT DO NOTHING
        RETURNING symbol_no, (extract(epoch FROM date_trunc('minute', time)) * 1000000)::bigint AS time
        """,  # noqa: S608 - built from constants only
        *correction[0].item(),
    )
    return np.array([tuple(row) for row in rows], MINUTE_DTYPE)


async def take_back(connection: Connection, symbol_nos: list[int], trade_ids: list[int]) -> Array:
    """Mark those of some trades that are cancelled; returns the minutes of those that were not marked before."""
    rows = await connection.fetch(
        """
        WITH gone AS (
            UPDATE trade_journal j SET known_to = now()
            FROM unnest($1::integer[], $2::bigint[]) AS row (symbol_no, trade_id), trade_cancels c
            WHERE j.symbol_no = row.symbol_no AND j.trade_id = row.trade_id AND j.known_to IS NULL
                AND c.symbol_no = row.symbol_no AND c.trade_id = row.trade_id
                AND j.time BETWEEN c.near - interval '1 day' AND c.near + interval '1 day'
            RETURNING j.symbol_no, j.time
        )
        SELECT DISTINCT symbol_no, (extract(epoch FROM date_trunc('minute', time)) * 1000000)::bigint AS time FROM gone
        """,
        symbol_nos,
        trade_ids,
    )
    return np.array([tuple(row) for row in rows], MINUTE_DTYPE)


async def read_entries(connection: Connection, minutes: Array) -> Array:
    """Return all that the journal knows of some minutes (MINUTE_DTYPE), as ENTRY_DTYPE in the order of arrival."""
    rows = await connection.fetch(
        f"""
        SELECT j.symbol_no, (extract(epoch FROM j.time) * 1000000)::bigint AS time, trade_id, price, size, flags,
               known_from = now() AS added, known_to IS NOT NULL AS gone, coalesce(known_to = now(), false) AS going
        FROM (SELECT symbol_no, {_TIME.format("time_us")} AS begins
              FROM unnest($1::integer[], $2::bigint[]) AS row (symbol_no, time_us)) m
        JOIN trade_journal j ON j.symbol_no = m.symbol_no
            AND j.time >= m.begins AND j.time < m.begins + interval '1 minute'
        ORDER BY arrival, known_from
        """,  # noqa: S608 - built from constants only
        minutes["symbol_no"].tolist(),
        minutes["time"].tolist(),
    )
    return np.array([tuple(row) for row in rows], ENTRY_DTYPE)
