"""The score of each symbol over time: what the checks found in each minute."""

from datetime import datetime
from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors


class QualityRow(NamedTuple):
    """What the checks found of a symbol up to the end of a minute; `time_us` is its start, `score` from 0 to 1."""

    symbol_no: int
    time_us: int
    checked: int
    failed_price: int
    failed_freshness: int
    failed_validity: int
    failed_volume: int
    score: float


class QualityMinute(NamedTuple):
    """A row of `data_quality_metrics`."""

    time: datetime
    checked: int
    failed_price: int
    failed_freshness: int
    failed_validity: int
    failed_volume: int
    score: float


async def write_quality(connection: Connection, rows: list[QualityRow]) -> None:
    """Store what the checks found; call it inside the transaction that stores the bars. Counts of one minute add up."""
    columns = list(map(list, zip(*rows, strict=True)))
    await connection.execute(
        """
        INSERT INTO data_quality_metrics AS m
            (symbol_no, time, checked, failed_price, failed_freshness, failed_validity, failed_volume, score)
        SELECT symbol_no, timestamptz 'epoch' + time_us * interval '1 microsecond', checked, price, freshness, validity,
               volume, score
        FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                    $8::float8[]) AS row (symbol_no, time_us, checked, price, freshness, validity, volume, score)
        ON CONFLICT (symbol_no, time) DO UPDATE SET
            checked = m.checked + excluded.checked,
            failed_price = m.failed_price + excluded.failed_price,
            failed_freshness = m.failed_freshness + excluded.failed_freshness,
            failed_validity = m.failed_validity + excluded.failed_validity,
            failed_volume = m.failed_volume + excluded.failed_volume,
            score = least(m.score, excluded.score)
        """,
        *columns,
    )


async def read_quality(
    connection: Connection, symbol_no: int, *, limit: int, before: int | None = None
) -> list[QualityMinute]:
    """Return the latest rows of a symbol that begin before a time (Unix seconds), oldest first.

    Raises StoreUnavailable.
    """
    async with translate_errors("reading quality"):
        rows = await connection.fetch(
            """
            SELECT time, checked, failed_price, failed_freshness, failed_validity, failed_volume, score
            FROM data_quality_metrics WHERE symbol_no = $1 AND ($2::bigint IS NULL OR time < to_timestamp($2))
            ORDER BY time DESC LIMIT $3
            """,
            symbol_no,
            before,
            limit,
        )
    return [QualityMinute(*row.values()) for row in reversed(rows)]
