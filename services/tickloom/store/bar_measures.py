"""What alerts look at in closed bars, computed from the tables: each bar's value beside that of the bar before."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tickloom.store.connection import Connection

BARS: Final = 20
"""Bars that a volume is compared with."""
_MEASURES: Final = f"""
    SELECT symbol_no, timeframe, (extract(epoch FROM time) * 1000000)::bigint, close,
           CASE WHEN bars = {BARS} THEN volume / nullif(average, 0) END
    FROM (
        SELECT s.symbol_no, s.timeframe, b.time, b.close, b.volume, s.first,
               avg(b.volume) OVER earlier AS average, count(*) OVER earlier AS bars,
               lead(b.time, 1, 'infinity') OVER (PARTITION BY s.symbol_no, s.timeframe ORDER BY b.time) AS next
        FROM (
            SELECT symbol_no, timeframe, timestamptz 'epoch' + first_us * interval '1 microsecond' AS first
            FROM unnest($1::integer[], $2::smallint[], $3::bigint[]) AS row (symbol_no, timeframe, first_us)
        ) s, LATERAL (
            (SELECT c.time, c.close, c.volume FROM candles c
             WHERE c.symbol_no = s.symbol_no AND c.timeframe = s.timeframe AND c.time < s.first AND c.close IS NOT NULL
             ORDER BY c.time DESC LIMIT {BARS} + 1)
            UNION ALL
            (SELECT c.time, c.close, c.volume FROM candles c
             WHERE c.symbol_no = s.symbol_no AND c.timeframe = s.timeframe AND c.time >= s.first
                 AND c.close IS NOT NULL)
        ) b
        WINDOW earlier AS (
            PARTITION BY s.symbol_no, s.timeframe ORDER BY b.time ROWS BETWEEN {BARS} PRECEDING AND 1 PRECEDING
        )
    ) measured
    WHERE next >= first ORDER BY symbol_no, timeframe, time
"""  # noqa: S608 - built from the constant above only


class Measure(NamedTuple):
    """A closed bar with prices, from `time_us` on (microseconds since 1970, UTC); None where the history is too short.

    `volume_multiple` is its volume as a multiple of the average of the 20 bars before it.
    """

    time_us: int
    close: float
    volume_multiple: float | None


async def read_measures(
    connection: Connection, series: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], list[Measure]]:
    """Return the bars of series (symbol_no, minutes) from given starts on, and the one before, oldest first."""
    numbers, minutes = ([key[place] for key in series] for place in (0, 1))
    found: dict[tuple[int, int], list[Measure]] = {key: [] for key in series}
    for number, length, *measured in await connection.fetch(_MEASURES, numbers, minutes, list(series.values())):
        found[number, length].append(Measure(*measured))
    return found
