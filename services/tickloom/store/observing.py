"""What the tables say of each symbol that is collected: how far its bars are, and what is missing."""

from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.connection import Connection, translate_errors

_RECENT: Final = 60
"""Minutes that are looked at for the latest one with a trade; what is older is no news of a feed."""
_QUERY: Final = """
    SELECT s.exchange, s.symbol, bar.time + interval '1 minute' AS bar_end, bar.verdict::text AS verdict,
        traded.time + interval '1 minute' AS trade_end, coalesce(open_gaps.count, 0) AS gaps
    FROM symbols s
    LEFT JOIN LATERAL (
        SELECT time, verdict FROM candles c WHERE c.symbol_no = s.symbol_no AND timeframe = 1 ORDER BY time DESC LIMIT 1
    ) bar ON true
    LEFT JOIN LATERAL (
        SELECT time FROM candles c
        WHERE c.symbol_no = s.symbol_no AND timeframe = 1 AND trades > 0
            AND c.time > bar.time - $1 * interval '1 minute'
        ORDER BY time DESC LIMIT 1
    ) traded ON true
    LEFT JOIN (SELECT symbol_no, count(*) FROM gaps WHERE state = 'open' GROUP BY symbol_no) open_gaps
        ON open_gaps.symbol_no = s.symbol_no
    WHERE NOT s.deleted
"""


class Observation(NamedTuple):
    """A symbol as its tables show it; None where there is nothing yet.

    `last_bar` is the end of the latest closed minute, `last_trade` that of the latest closed minute with a trade.
    """

    last_bar: datetime | None
    last_trade: datetime | None
    verdict: str | None
    open_gaps: int


async def observe_symbols(connection: Connection) -> dict[str, Observation]:
    """Return what is to be seen of every symbol that is not deleted, by symbol id. Raises StoreUnavailable."""
    async with translate_errors("observing symbols"):
        rows = await connection.fetch(_QUERY, _RECENT)
    return {
        f"{row['exchange']}:{row['symbol']}": Observation(row["bar_end"], row["trade_end"], row["verdict"], row["gaps"])
        for row in rows
    }
