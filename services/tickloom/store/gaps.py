"""The gap ledger: every hole in trade ids and every stretch without coverage, until it is healed or given up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from tickloom.store.connection import Connection, translate_errors

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GapRow:
    """One row of the ledger; times are microseconds since 1970 (UTC), ids are trade ids, None where unknown."""

    symbol_no: int
    gap_no: int
    state: str
    reason: str
    first_trade_id: int | None
    last_trade_id: int | None
    from_us: int
    to_us: int | None
    missing: int
    healed: int
    detected_us: int
    closed_us: int | None


GapState = Literal["open", "healed", "unhealable"]


class GapKey(NamedTuple):
    """Where a row stands in the ledger, latest first."""

    from_us: int
    symbol_no: int
    gap_no: int


class Gap(NamedTuple):
    """A row of the ledger as it is told to others; ids are trade ids, None where unknown."""

    symbol_no: int
    gap_no: int
    symbol: str
    state: GapState
    reason: str
    first_trade_id: int | None
    last_trade_id: int | None
    from_at: datetime
    to_at: datetime | None
    missing: int
    healed: int
    detected_at: datetime
    closed_at: datetime | None
    from_us: int


def from_microseconds(time_us: int | None) -> datetime | None:
    """Return a time as a datetime in UTC."""
    return None if time_us is None else EPOCH + timedelta(microseconds=time_us)


async def write_gaps(connection: Connection, rows: list[GapRow]) -> None:
    """Insert or update ledger rows; call it inside the transaction that stores the bars they explain."""
    if not rows:
        return
    await connection.executemany(
        """
        INSERT INTO gaps (symbol_no, gap_no, state, reason, first_trade_id, last_trade_id, from_time, to_time,
                          missing, healed, detected_at, closed_at)
        VALUES ($1, $2, $3::text::gap_state, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (symbol_no, gap_no) DO UPDATE SET
            state = excluded.state, reason = excluded.reason, to_time = excluded.to_time,
            missing = excluded.missing, healed = excluded.healed, closed_at = excluded.closed_at
        """,
        [
            (
                row.symbol_no,
                row.gap_no,
                row.state,
                row.reason,
                row.first_trade_id,
                row.last_trade_id,
                from_microseconds(row.from_us),
                from_microseconds(row.to_us),
                row.missing,
                row.healed,
                from_microseconds(row.detected_us),
                from_microseconds(row.closed_us),
            )
            for row in rows
        ],
    )


async def read_unhealed_spans(connection: Connection, symbol_no: int, from_us: int) -> list[tuple[int, int]]:
    """Return the exchange times [from, to) in microseconds of a symbol's gaps after a time that are not healed."""
    rows = await connection.fetch(
        """
        SELECT (extract(epoch FROM from_time) * 1000000)::bigint AS begins,
               (extract(epoch FROM to_time) * 1000000)::bigint AS ends
        FROM gaps WHERE symbol_no = $1 AND state <> 'healed' AND (to_time IS NULL OR to_time > $2)
        """,
        symbol_no,
        from_microseconds(from_us),
    )
    return [(row["begins"], row["ends"] if row["ends"] is not None else 2**62) for row in rows]


async def read_gaps(
    connection: Connection,
    *,
    limit: int,
    symbol_no: int | None = None,
    state: GapState | None = None,
    start: int | None = None,
    end: int | None = None,
    after: GapKey | None = None,
) -> list[Gap]:
    """Return ledger rows, latest first, that touch the time from `start` to `end` (Unix seconds, `end` exclusive).

    `after` is the key of the last row of the page before. Raises StoreUnavailable.
    """
    from_us, after_symbol, after_gap = after or (None, None, None)
    async with translate_errors("reading gaps"):
        rows = await connection.fetch(
            """
            SELECT g.symbol_no, g.gap_no, s.exchange || ':' || s.symbol, g.state::text, g.reason, g.first_trade_id,
                   g.last_trade_id, g.from_time, g.to_time, g.missing, g.healed, g.detected_at, g.closed_at,
                   (extract(epoch FROM g.from_time) * 1000000)::bigint
            FROM gaps g JOIN symbols s USING (symbol_no)
            WHERE ($1::int IS NULL OR g.symbol_no = $1) AND ($2::text IS NULL OR g.state = $2::text::gap_state)
              AND ($3::bigint IS NULL OR g.to_time IS NULL OR g.to_time > to_timestamp($3))
              AND ($4::bigint IS NULL OR g.from_time < to_timestamp($4))
              AND ($5::timestamptz IS NULL OR (g.from_time, g.symbol_no, g.gap_no) < ($5, $6::int, $7::bigint))
            ORDER BY g.from_time DESC, g.symbol_no DESC, g.gap_no DESC LIMIT $8
            """,
            symbol_no,
            state,
            start,
            end,
            from_microseconds(from_us),
            after_symbol,
            after_gap,
            limit,
        )
    return [Gap(*row.values()) for row in rows]


async def read_unhealable_gaps(connection: Connection, symbol_no: int) -> list[tuple[int, int, int]]:
    """Return number, begin and end (exchange time, microseconds) of gaps given up. Raises StoreUnavailable."""
    async with translate_errors("reading gaps"):
        rows = await connection.fetch(
            """
            SELECT gap_no, (extract(epoch FROM from_time) * 1000000)::bigint,
                   (extract(epoch FROM to_time) * 1000000)::bigint
            FROM gaps WHERE symbol_no = $1 AND state = 'unhealable' AND to_time IS NOT NULL ORDER BY gap_no
            """,
            symbol_no,
        )
    return [tuple(row.values()) for row in rows]


async def mark_healed_by_candles(connection: Connection, symbol_no: int, gap_no: int) -> None:
    """Note, inside the caller's transaction, that a gap's bars were replaced by the venue's own candles."""
    await connection.execute(
        "UPDATE gaps SET state = 'healed', reason = reason || '; bars are the venue''s own candles', closed_at = now()"
        " WHERE symbol_no = $1 AND gap_no = $2 AND state = 'unhealable'",
        symbol_no,
        gap_no,
    )
