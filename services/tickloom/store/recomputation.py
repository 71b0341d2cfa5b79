"""Requests to compute indicators and features anew, left by whoever changes stored bars beside the processor."""

from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.connection import Connection, translate_errors

CHANNEL: Final = "recomputations"
"""Notified when there is a request."""


class Request(NamedTuple):
    """Bars of a symbol that end after `from_us` (microseconds since 1970, UTC) have changed."""

    symbol_no: int
    from_us: int
    requested_at: datetime


async def request_recomputation(connection: Connection, symbol_no: int, from_us: int) -> None:
    """Ask for what depends on bars of a symbol that end after a time; inside a transaction it counts from its end."""
    await connection.execute(
        """
        INSERT INTO recomputations AS r (symbol_no, from_time)
        VALUES ($1, timestamptz 'epoch' + $2::bigint * interval '1 microsecond')
        ON CONFLICT (symbol_no) DO UPDATE
        SET from_time = least(r.from_time, excluded.from_time), requested_at = excluded.requested_at
        """,
        symbol_no,
        from_us,
    )


async def read_request(connection: Connection, symbol_nos: list[int]) -> Request | None:
    """Return the oldest request for one of some symbols. Raises StoreUnavailable."""
    async with translate_errors("reading requests to compute anew"):
        row = await connection.fetchrow(
            "SELECT symbol_no, (extract(epoch FROM from_time) * 1000000)::bigint AS from_us, requested_at"
            " FROM recomputations WHERE symbol_no = ANY ($1) ORDER BY requested_at LIMIT 1",
            symbol_nos,
        )
    return Request(*row.values()) if row else None


async def answer_request(connection: Connection, request: Request) -> None:
    """Delete a request inside the transaction that answers it, unless it was made again meanwhile."""
    await connection.execute(
        "DELETE FROM recomputations WHERE symbol_no = $1 AND requested_at = $2", request.symbol_no, request.requested_at
    )
