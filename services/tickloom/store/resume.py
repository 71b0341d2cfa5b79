"""What was already taken in, for a collector that starts: the highest trade ids, and the gaps that are still open."""

from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors


class OpenGap(NamedTuple):
    """A range of trade ids that are missing, both ends included."""

    symbol_no: int
    first_trade_id: int
    last_trade_id: int


async def read_last_trade_ids(connection: Connection) -> dict[int, int]:
    """Return the highest committed trade id of each symbol that has one. Raises StoreUnavailable."""
    async with translate_errors("reading the last trades"):
        rows = await connection.fetch(
            "SELECT no, max(id) AS id"
            " FROM stream_offsets, unnest(symbol_nos, last_trade_ids) AS row (no, id) WHERE id >= 0 GROUP BY no"
        )
    return {row["no"]: row["id"] for row in rows}


async def read_latest_trade_times(connection: Connection) -> dict[int, int]:
    """Return the time of the latest committed trade of each symbol, in microseconds. Raises StoreUnavailable."""
    async with translate_errors("reading the last trades"):
        rows = await connection.fetch(
            "SELECT no, max(us) AS us"
            " FROM stream_offsets, unnest(symbol_nos, latest_trade_us) AS row (no, us) WHERE us > 0 GROUP BY no"
        )
    return {row["no"]: row["us"] for row in rows}


async def read_last_bar_ends(connection: Connection, exchange: str) -> dict[int, int]:
    """Return where the latest closed minute of each symbol ends, in microseconds. Raises StoreUnavailable."""
    async with translate_errors("reading the last bars"):
        rows = await connection.fetch(
            """
            SELECT s.symbol_no AS no, (extract(epoch FROM bar.time + interval '1 minute') * 1000000)::bigint AS ends
            FROM symbols s, LATERAL (
                SELECT time FROM candles c WHERE c.symbol_no = s.symbol_no AND timeframe = 1 ORDER BY time DESC LIMIT 1
            ) bar
            WHERE s.exchange = $1
            """,
            exchange,
        )
    return {row["no"]: row["ends"] for row in rows}


async def read_open_gaps(connection: Connection) -> list[OpenGap]:
    """Return the open gaps with known trade ids. Raises StoreUnavailable."""
    async with translate_errors("reading open gaps"):
        rows = await connection.fetch(
            "SELECT symbol_no, first_trade_id, last_trade_id FROM gaps"
            " WHERE state = 'open' AND first_trade_id IS NOT NULL AND last_trade_id IS NOT NULL"
        )
    return [OpenGap(*row.values()) for row in rows]
