"""Values of bars, indicators or features, written with what they were before, and read as they are or once were.

Both are arrays of numbers for each bar, in tables of the same shape. A value that is stored already and does not
differ is left alone; one that differs takes its place, and the earlier one goes to the table of revisions.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np

from tickloom.market.timeframes import Timeframe
from tickloom.store.binary_copy import Array, pack_rows, write_rows
from tickloom.store.connection import Connection

KEY_DTYPE: Final = np.dtype([("symbol_no", "<i4"), ("timeframe", "<i2"), ("time", "<i8"), ("definition", "<i2")])
"""Timeframe in minutes, start of the bar in microseconds since 1970 (UTC)."""
_COLUMNS: Final = ("symbol_no", "timeframe", "time", "definition", "values")
_MOST_UNNESTED: Final = 2000
"""More rows go faster through a temporary table."""


TIMEFRAMES: Final = [timeframe.minutes for timeframe in Timeframe]
_SERIES: Final = "unnest($3::smallint[]) AS s (minutes)"
_ENDS_AFTER: Final = """v.symbol_no = $1 AND v.timeframe = s.minutes
    AND v.time > timestamptz 'epoch' + $2::bigint * interval '1 microsecond' - s.minutes * interval '1 minute'"""
"""Timeframe by timeframe, so that an index finds the rows."""


class Table(NamedTuple):
    """A table of values and the table of what they were before."""

    name: str
    revisions: str


INDICATORS: Final = Table("indicators", "indicator_revisions")
FEATURES: Final = Table("ml_features", "ml_feature_revisions")


class Value(NamedTuple):
    """The values of a bar by name, null where they are not defined; `time` is its start in Unix seconds."""

    time: int
    version: str
    hash: str
    values: dict[str, float | None]


async def ensure_definition(
    connection: Connection, kind: str, version: str, digest: str, names: tuple[str, ...]
) -> int:
    """Return the number under which values of this meaning are stored."""
    arguments = (kind, version, digest, list(names))
    await connection.execute(
        "INSERT INTO series_definitions (kind, version, hash, names) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        *arguments,
    )
    number: int = await connection.fetchval(
        "SELECT definition FROM series_definitions WHERE (kind, version, hash, names) = ($1, $2, $3, $4)", *arguments
    )
    return number


async def read_names(connection: Connection, kind: str) -> list[str]:
    """Return the names of the values that the latest definition of a kind tells; empty if there is none."""
    names: list[str] | None = await connection.fetchval(
        "SELECT names FROM series_definitions WHERE kind = $1 ORDER BY definition DESC LIMIT 1", kind
    )
    return names or []


_FROM_ARRAYS: Final = """
    SELECT symbol_no, timeframe, timestamptz 'epoch' + time_us * interval '1 microsecond' AS time, definition,
           array_replace(($5::float8[])[(n - 1) * $6 + 1 : n * $6], 'NaN', NULL) AS values
    FROM unnest($1::integer[], $2::smallint[], $3::bigint[], $4::smallint[])
         WITH ORDINALITY AS row (symbol_no, timeframe, time_us, definition, n)
"""
_FROM_TABLE: Final = f"SELECT {', '.join(_COLUMNS)} FROM incoming_values"  # noqa: S608 - a constant


def _upsert(table: Table, incoming: str) -> str:
    columns = ", ".join(_COLUMNS)
    return f"""
        WITH incoming AS MATERIALIZED ({incoming}), archived AS (
            INSERT INTO {table.revisions} ({columns}, known_from, known_to)
            SELECT old.symbol_no, old.timeframe, old.time, old.definition, old.values, old.known_from, now()
            FROM {table.name} old JOIN incoming new USING (symbol_no, timeframe, time)
            WHERE (old.definition, old.values) IS DISTINCT FROM (new.definition, new.values) AND old.known_from < now()
        )
        INSERT INTO {table.name} AS t ({columns}) SELECT {columns} FROM incoming
        ON CONFLICT (symbol_no, timeframe, time) DO UPDATE
        SET (definition, values, known_from) = ROW (excluded.definition, excluded.values, now())
        WHERE (t.definition, t.values) IS DISTINCT FROM (excluded.definition, excluded.values)
    """  # noqa: S608 - built from constants only


async def upsert_values(connection: Connection, table: Table, keys: Array, values: Array) -> None:
    """Store values [row, place] (nan: null) of bars (KEY_DTYPE), each bar once, inside the caller's transaction."""
    if not len(keys):
        return
    if len(keys) > _MOST_UNNESTED:
        await _upsert_many(connection, table, keys, values)
        return
    flat = values.ravel().tolist()
    columns = [keys[name].tolist() for name in KEY_DTYPE.names or ()]
    await connection.execute(_upsert(table, _FROM_ARRAYS), *columns, flat, values.shape[1])


async def _upsert_many(connection: Connection, table: Table, keys: Array, values: Array) -> None:
    await connection.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_values (symbol_no integer, timeframe smallint, time timestamptz,"
        " definition smallint, values double precision[]) ON COMMIT DELETE ROWS"
    )
    await connection.execute("TRUNCATE incoming_values")
    await write_rows(connection, "incoming_values", _COLUMNS, pack_rows(keys, values))
    await connection.execute("ANALYZE incoming_values")
    await connection.execute(_upsert(table, _FROM_TABLE))


async def retire_values(connection: Connection, table: Table, symbol_no: int, from_us: int) -> None:
    """Take back the values of a symbol's bars that end after a time and have no prices any more."""
    columns = ", ".join(_COLUMNS)
    await connection.execute(
        f"""
        WITH gone AS (
            DELETE FROM {table.name} v USING {_SERIES} WHERE {_ENDS_AFTER} AND NOT EXISTS (
                SELECT FROM candles c WHERE (c.symbol_no, c.timeframe, c.time) = (v.symbol_no, v.timeframe, v.time)
                    AND c.close IS NOT NULL
            )
            RETURNING v.*
        )
        INSERT INTO {table.revisions} ({columns}, known_from, known_to)
        SELECT {columns}, known_from, now() FROM gone WHERE known_from < now()
        """,  # noqa: S608 - built from constants only
        symbol_no,
        from_us,
        TIMEFRAMES,
    )


async def insert_values(connection: Connection, table: Table, keys: Array, values: Array) -> None:
    """Store values of bars that have none yet, as fast as the server takes them."""
    if len(keys):
        await write_rows(connection, table.name, _COLUMNS, pack_rows(keys, values))


async def has_values(connection: Connection, table: Table, symbol_no: int, from_us: int) -> bool:
    """Tell whether bars of a symbol that end after a time (microseconds) have values."""
    found: bool = await connection.fetchval(
        f"SELECT EXISTS (SELECT FROM {_SERIES}, {table.name} v WHERE {_ENDS_AFTER})",  # noqa: S608 - constants
        symbol_no,
        from_us,
        TIMEFRAMES,
    )
    return found


async def read_lacking(connection: Connection, table: Table, symbol_nos: list[int], definition: int) -> set[int]:
    """Return which of some symbols have a latest minute with prices and without values of a definition."""
    rows = await connection.fetch(
        f"""
        SELECT symbol_no FROM unnest($1::integer[]) AS s (symbol_no), LATERAL (
            SELECT time FROM candles c WHERE c.symbol_no = s.symbol_no AND timeframe = 1 AND close IS NOT NULL
            ORDER BY time DESC LIMIT 1
        ) latest WHERE NOT EXISTS (
            SELECT FROM {table.name} v
            WHERE (v.symbol_no, v.timeframe, v.time, v.definition) = (s.symbol_no, 1, latest.time, $2)
        )
        """,  # noqa: S608 - built from constants only
        symbol_nos,
        definition,
    )
    return {row["symbol_no"] for row in rows}


async def read_values(
    connection: Connection,
    table: Table,
    symbol_no: int,
    minutes: int,
    *,
    start: int,
    end: int,
    limit: int,
    as_of: datetime | None = None,
    version: str | None = None,
) -> list[Value]:
    """Return the values of bars that begin in [start, end) (Unix seconds), oldest first, at most `limit` of them.

    With `as_of` they are what was stored at that time: later bars are missing, later revisions undone. With `version`
    those of other definitions are left out.
    """
    revisions = f"""
        UNION ALL SELECT time, definition, values FROM {table.revisions}
        WHERE symbol_no = $1 AND timeframe = $2 AND time >= to_timestamp($3) AND time < to_timestamp($4)
            AND known_from <= $6 AND known_to > $6
    """  # noqa: S608 - a constant
    rows = await connection.fetch(
        f"""
        SELECT extract(epoch FROM time)::bigint AS time, version, hash, names, values FROM (
            SELECT time, definition, values FROM {table.name}
            WHERE symbol_no = $1 AND timeframe = $2 AND time >= to_timestamp($3) AND time < to_timestamp($4)
                AND ($6::timestamptz IS NULL OR known_from <= $6)
            {revisions if as_of else ""}
        ) found JOIN series_definitions USING (definition) WHERE ($7::text IS NULL OR version = $7)
        ORDER BY found.time LIMIT $5
        """,  # noqa: S608 - built from constants only
        symbol_no,
        minutes,
        start,
        end,
        limit,
        as_of,
        version,
    )
    return [to_value(row) for row in rows]


def to_value(row: Any) -> Value:
    """Return a row with time, version, hash, names and values; names added since have no value in it."""
    return Value(row["time"], row["version"], row["hash"], dict(zip(row["names"], row["values"], strict=True)))


async def read_latest_value(connection: Connection, table: Table, symbol_no: int, minutes: int) -> Value | None:
    """Return the values of the latest bar that has any."""
    row = await connection.fetchrow(
        f"""
        SELECT extract(epoch FROM time)::bigint AS time, version, hash, names, values
        FROM {table.name} JOIN series_definitions USING (definition)
        WHERE symbol_no = $1 AND timeframe = $2 ORDER BY {table.name}.time DESC LIMIT 1
        """,  # noqa: S608 - a constant
        symbol_no,
        minutes,
    )
    return to_value(row) if row else None
