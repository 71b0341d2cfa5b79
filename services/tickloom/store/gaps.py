"""The gap ledger: every hole in trade ids and every stretch without coverage, until it is healed or given up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tickloom.store.connection import Connection

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
