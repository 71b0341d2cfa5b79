"""Every version of a bar that was ever known: the present one, and those it took the place of."""

from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.connection import Connection, translate_errors

_VALUES: Final = (
    "time, revision, open, high, low, close, volume, trades,"
    " CASE WHEN volume > 0 THEN quote_volume / volume END, verdict::text"
)


class Version(NamedTuple):
    """What a bar said from one time to another; `replaced_at` is None for what it says now."""

    time: datetime
    revision: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: str
    known_at: datetime
    replaced_at: datetime | None


async def read_versions(
    connection: Connection,
    symbol_no: int,
    minutes: int,
    *,
    limit: int,
    time: int | None = None,
    before: tuple[int, int] | None = None,
) -> list[Version]:
    """Return versions, latest bar and latest revision first: those of the bar at a time, or of all revised bars.

    `time` is the bar's start in Unix seconds; `before` is (time, revision) of the last version of the page before.
    Raises StoreUnavailable.
    """
    at, revision = before or (None, None)
    page = """
        AND ($3::bigint IS NULL OR time = to_timestamp($3))
        AND ($4::bigint IS NULL OR (time, revision) < (to_timestamp($4), $5::integer))
        ORDER BY time DESC, revision DESC LIMIT $6
    """
    async with translate_errors("reading revisions"):
        rows = await connection.fetch(
            f"""
            (SELECT {_VALUES}, known_from, known_to FROM candle_revisions
             WHERE symbol_no = $1 AND timeframe = $2 {page})
            UNION ALL
            (SELECT {_VALUES}, known_at, NULL FROM candles
             WHERE symbol_no = $1 AND timeframe = $2 AND (revision > 0 OR $3::bigint IS NOT NULL) {page})
            ORDER BY time DESC, revision DESC LIMIT $6
            """,  # noqa: S608 - built from the constants above only
            symbol_no,
            minutes,
            time,
            at,
            revision,
            limit,
        )
    return [Version(*row.values()) for row in rows]
