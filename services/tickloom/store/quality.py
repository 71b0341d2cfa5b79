"""The score of each symbol over time: what the checks found in each minute."""

from typing import Final, NamedTuple

from tickloom.store.connection import Connection, translate_errors

_TIMELINE: Final = """
    SELECT extract(epoch FROM time)::bigint / $2::bigint * $2::bigint AS begins, avg(score), min(score),
           sum(checked)::bigint, sum(failed_price)::bigint, sum(failed_freshness)::bigint,
           sum(failed_validity)::bigint, sum(failed_volume)::bigint
    FROM data_quality_metrics
    WHERE symbol_no = $1 AND time >= to_timestamp($3) AND time <= to_timestamp($4)
    GROUP BY begins ORDER BY begins
"""


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


class QualityStretch(NamedTuple):
    """What the checks found in one stretch of a timeline; `time` is its start in Unix seconds."""

    time: int
    score: float
    lowest: float
    checked: int
    failed_price: int
    failed_freshness: int
    failed_validity: int
    failed_volume: int


class QualityPage(NamedTuple):
    """Stretches, oldest first, and where older ones end: `before` of the next page, None where there are none."""

    stretches: list[QualityStretch]
    next_before: int | None


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
    connection: Connection, symbol_no: int, *, seconds: int, limit: int, before: int | None = None
) -> QualityPage:
    """Return the timeline of a symbol that ends before a time (Unix seconds), in stretches of `seconds`.

    A page covers at most `limit` stretches; those in which nothing was checked are absent. Raises StoreUnavailable.
    """
    async with translate_errors("reading quality"):
        newest = await connection.fetchval(
            "SELECT extract(epoch FROM max(time))::bigint FROM data_quality_metrics"
            " WHERE symbol_no = $1 AND ($2::bigint IS NULL OR time < to_timestamp($2))",
            symbol_no,
            before,
        )
        if newest is None:
            return QualityPage([], None)
        begin = newest - newest % seconds - (limit - 1) * seconds
        rows = await connection.fetch(_TIMELINE, symbol_no, seconds, begin, newest)
        is_more = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM data_quality_metrics WHERE symbol_no = $1 AND time < to_timestamp($2))",
            symbol_no,
            begin,
        )
    return QualityPage([QualityStretch(*row.values()) for row in rows], begin if is_more else None)
