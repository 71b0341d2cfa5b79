"""Bars: written in one statement that also keeps what a bar said before it was revised.

A bar that is stored already and does not differ is left alone; one that differs gets the next revision, and the
earlier version goes to `candle_revisions` with the time that it was known.
"""

from dataclasses import dataclass, fields

from tickloom.store.connection import Connection

_TYPES = {
    "symbol_no": "integer",
    "timeframe": "smallint",
    "time_us": "bigint",
    "open": "double precision",
    "high": "double precision",
    "low": "double precision",
    "close": "double precision",
    "volume": "double precision",
    "quote_volume": "double precision",
    "buy_volume": "double precision",
    "trades": "bigint",
    "first_trade_id": "bigint",
    "last_trade_id": "bigint",
    "verdict": "text",
}
_VALUES = "open, high, low, close, volume, quote_volume, buy_volume, trades, first_trade_id, last_trade_id, verdict"
_COLUMNS = f"symbol_no, timeframe, time, {_VALUES}"


def _qualified(alias: str, columns: str) -> str:
    return ", ".join(f"{alias}.{column.strip()}" for column in columns.split(","))


_UPSERT = f"""
WITH incoming AS (
    SELECT symbol_no, timeframe, timestamptz 'epoch' + time_us * interval '1 microsecond' AS time,
           {_VALUES.replace("verdict", "verdict::verdict AS verdict")}
    FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES.values(), 1))})
         AS row ({", ".join(_TYPES)})
), changed AS (
    SELECT old.* FROM candles old JOIN incoming new USING (symbol_no, timeframe, time)
    WHERE ({_qualified("old", _VALUES)}) IS DISTINCT FROM ({_qualified("new", _VALUES)})
), archived AS (
    INSERT INTO candle_revisions ({_COLUMNS}, revision, known_from, known_to)
    SELECT {_COLUMNS}, revision, known_at, now() FROM changed
), written AS (
    INSERT INTO candles AS c ({_COLUMNS}) SELECT {_COLUMNS} FROM incoming
    ON CONFLICT (symbol_no, timeframe, time) DO UPDATE
    SET ({_VALUES}, revision, known_at) = ROW ({_qualified("excluded", _VALUES)}, c.revision + 1, now())
    WHERE ({_qualified("c", _VALUES)}) IS DISTINCT FROM ({_qualified("excluded", _VALUES)})
    RETURNING symbol_no, timeframe, time, revision
)
SELECT symbol_no, timeframe, (extract(epoch FROM time) * 1000000)::bigint AS time_us, revision
FROM written WHERE revision > 0
"""  # noqa: S608 - built from the constants above only


@dataclass(frozen=True, slots=True)
class CandleColumns:
    """Bars as columns of equal length, as PostgreSQL's unnest takes them.

    `timeframe` in minutes, `time_us` the start in microseconds since 1970 (UTC); prices are None where the feed was
    down, trade ids None where the bar has no trades; `verdict` by label.
    """

    symbol_no: list[int]
    timeframe: list[int]
    time_us: list[int]
    open: list[float | None]
    high: list[float | None]
    low: list[float | None]
    close: list[float | None]
    volume: list[float]
    quote_volume: list[float]
    buy_volume: list[float]
    trades: list[int]
    first_trade_id: list[int | None]
    last_trade_id: list[int | None]
    verdict: list[str]


assert tuple(_TYPES) == tuple(field.name for field in fields(CandleColumns))  # noqa: S101 - the statement relies on it

Key = tuple[int, int, int]
"""symbol_no, timeframe in minutes, start in microseconds."""


async def upsert_candles(connection: Connection, columns: CandleColumns) -> dict[Key, int]:
    """Store bars inside the caller's transaction; returns the revision of those that replaced an earlier version."""
    rows = await connection.fetch(_UPSERT, *(getattr(columns, name) for name in _TYPES))
    return {(row["symbol_no"], row["timeframe"], row["time_us"]): row["revision"] for row in rows}


@dataclass(frozen=True, slots=True)
class Minute:
    """A stored 1m bar; `time_us` is its start in microseconds since 1970 (UTC)."""

    time_us: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    quote_volume: float
    buy_volume: float
    trades: int
    first_trade_id: int | None
    last_trade_id: int | None
    verdict: str


async def read_minutes(connection: Connection, symbol_no: int, from_us: int) -> list[Minute]:
    """Return the 1m bars of a symbol from a time on, oldest first."""
    rows = await connection.fetch(
        f"""
        SELECT (extract(epoch FROM time) * 1000000)::bigint AS time_us, {_VALUES}
        FROM candles WHERE symbol_no = $1 AND timeframe = 1
            AND time >= timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
        ORDER BY time
        """,  # noqa: S608 - built from the constants above only
        symbol_no,
        from_us,
    )
    return [Minute(*row.values()) for row in rows]


async def read_close_before(connection: Connection, symbol_no: int, time_us: int) -> float | None:
    """Return the close of the last 1m bar with prices that begins before a time (microseconds), None without one."""
    close: float | None = await connection.fetchval(
        """
        SELECT close FROM candles WHERE symbol_no = $1 AND timeframe = 1 AND close IS NOT NULL
            AND time < timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
        ORDER BY time DESC LIMIT 1
        """,
        symbol_no,
        time_us,
    )
    return close
