"""What the exchange's own candles say differently from our bars, with both values, and how far was compared."""

from datetime import datetime
from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors


class Mismatch(NamedTuple):
    """A value of a closed minute that differs; `bar` stands for a bar that only one of both has."""

    time_us: int
    field: str
    ours: float | None
    theirs: float | None


class StoredMismatch(NamedTuple):
    """A mismatch as it is kept: with what our bar was called, and when both were found equal again."""

    time_us: int
    field: str
    ours: float | None
    theirs: float | None
    verdict: str | None
    revision: int | None
    found_at: datetime
    resolved_at: datetime | None


_TIME = "timestamptz 'epoch' + {} * interval '1 microsecond'"


async def store_comparison(
    connection: Connection, symbol_no: int, from_us: int, to_us: int, mismatches: list[Mismatch]
) -> None:
    """Store what a comparison of the minutes in [from_us, to_us) found; what it found no more is resolved."""
    async with connection.transaction():
        await connection.execute(
            f"""
            UPDATE reconciliations SET resolved_at = now()
            WHERE symbol_no = $1 AND timeframe = 1 AND resolved_at IS NULL
                AND time >= {_TIME.format("$2::bigint")} AND time < {_TIME.format("$3::bigint")}
                AND (time, field) NOT IN (
                    SELECT {_TIME.format("time_us")}, field
                    FROM unnest($4::bigint[], $5::text[]) AS row (time_us, field)
                )
            """,  # noqa: S608 - built from constants only
            symbol_no,
            from_us,
            to_us,
            [one.time_us for one in mismatches],
            [one.field for one in mismatches],
        )
        await connection.execute(
            f"""
            INSERT INTO reconciliations AS r (symbol_no, timeframe, time, field, ours, theirs, verdict, revision)
            SELECT $1, 1, {_TIME.format("time_us")}, field, ours, theirs, c.verdict, c.revision
            FROM unnest($2::bigint[], $3::text[], $4::float8[], $5::float8[]) AS row (time_us, field, ours, theirs)
            LEFT JOIN candles c ON c.symbol_no = $1 AND c.timeframe = 1 AND c.time = {_TIME.format("time_us")}
            ON CONFLICT (symbol_no, timeframe, time, field) DO UPDATE
            SET (ours, theirs, verdict, revision, resolved_at)
                = ROW (excluded.ours, excluded.theirs, excluded.verdict, excluded.revision, NULL)
            """,  # noqa: S608 - built from constants only
            symbol_no,
            *map(list, zip(*mismatches, strict=True) if mismatches else ([], [], [], [])),
        )


async def move_progress(connection: Connection, symbol_no: int, to_us: int, compared: int, mismatched: int) -> None:
    """Note how far a symbol's minutes were compared, and of how many bars so many differed."""
    await connection.execute(
        f"""
        INSERT INTO reconciliation_progress AS p (symbol_no, compared_to, compared, mismatched)
        VALUES ($1, {_TIME.format("$2::bigint")}, $3, $4)
        ON CONFLICT (symbol_no) DO UPDATE SET compared_to = greatest(p.compared_to, excluded.compared_to),
            compared = p.compared + excluded.compared, mismatched = p.mismatched + excluded.mismatched,
            updated_at = now()
        """,  # noqa: S608 - built from constants only
        symbol_no,
        to_us,
        compared,
        mismatched,
    )


async def read_progress(connection: Connection, symbol_no: int) -> int | None:
    """Return up to which time, in microseconds, a symbol was compared. Raises StoreUnavailable."""
    async with translate_errors("reading how far bars were compared"):
        found: int | None = await connection.fetchval(
            "SELECT (extract(epoch FROM compared_to) * 1000000)::bigint FROM reconciliation_progress"
            " WHERE symbol_no = $1",
            symbol_no,
        )
    return found


class MismatchKey(NamedTuple):
    """Where a page of mismatches ends: start of the bar in microseconds since 1970 (UTC), and the field."""

    time_us: int
    field: str


async def read_mismatches(
    connection: Connection,
    symbol_no: int,
    *,
    limit: int,
    after: MismatchKey | None = None,
    unresolved: bool = False,
) -> list[StoredMismatch]:
    """Return mismatches of a symbol, latest first; `after` ends the page before. Raises StoreUnavailable."""
    time_us, field = after or (None, None)
    async with translate_errors("reading mismatches"):
        rows = await connection.fetch(
            f"""
            SELECT (extract(epoch FROM time) * 1000000)::bigint, field, ours, theirs, verdict::text, revision, found_at,
                   resolved_at
            FROM reconciliations
            WHERE symbol_no = $1 AND timeframe = 1 AND (NOT $4 OR resolved_at IS NULL)
              AND ($2::bigint IS NULL OR (time, field) < ({_TIME.format("$2::bigint")}, $3::text))
            ORDER BY time DESC, field DESC LIMIT $5
            """,  # noqa: S608 - built from constants only
            symbol_no,
            time_us,
            field,
            unresolved,
            limit,
        )
    return [StoredMismatch(*row.values()) for row in rows]


class Comparison(NamedTuple):
    """How far the continuous comparison of a symbol has come, and what it found in all."""

    compared_to: datetime
    compared: int
    mismatched: int


async def read_comparison(connection: Connection, symbol_no: int) -> Comparison | None:
    """Return the progress of a symbol, None where it was never compared. Raises StoreUnavailable."""
    async with translate_errors("reading how far bars were compared"):
        row = await connection.fetchrow(
            "SELECT compared_to, compared, mismatched FROM reconciliation_progress WHERE symbol_no = $1", symbol_no
        )
    return Comparison(*row.values()) if row else None
