"""Indicators of the bars of a chart: from the cache where it has them all, else from the database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from tickloom.api.context import Context
from tickloom.api.problems import BadRequest
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.series_cache import Values, read_cached_indicators
from tickloom.market.timeframes import Timeframe
from tickloom.settings.resources import Indicators
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.series import INDICATORS, read_names, read_values
from tickloom.telemetry import metrics
from tickloom.wire.messages import Bar

Columns = dict[str, list[float | None]]
ALL = "all"


async def find_names(context: Context, asked: str) -> tuple[str, ...]:
    """Return the indicators that a comma-separated list names, `all` of them where it says so.

    Raises BadRequest naming those that are unknown, and those that there are.
    """
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    if not wanted:
        return ()
    known = context.indicator_names
    if ALL in wanted or not known.issuperset(wanted):
        async with context.connection() as connection:
            known = context.indicator_names = frozenset(await read_names(connection, "indicators"))
    if ALL in wanted:
        return tuple(sorted(known))
    if unknown := [name for name in wanted if name not in known]:
        there = ", ".join(sorted(known)) or "none until a bar has closed"
        raise BadRequest(f"indicators {', '.join(unknown)} are unknown: there are {there}")
    return tuple(dict.fromkeys(wanted))


def has_indicators(symbol: CatalogSymbol) -> bool:
    """Tell whether any indicators of a symbol are stored."""
    wanted = symbol.spec.indicators
    return wanted.preset != "none" if isinstance(wanted, Indicators) else bool(wanted)


def is_wanted(symbol: CatalogSymbol, name: str) -> bool:
    """Tell whether a symbol's spec asks for an indicator."""
    wanted = symbol.spec.indicators
    return wanted.preset == "default" if isinstance(wanted, Indicators) else name in wanted


async def read_rows(
    context: Context, symbol: CatalogSymbol, timeframe: str, bars: Sequence[Bar], *, as_of: datetime | None = None
) -> dict[int, Values]:
    """Return the indicators of bars by time, now or as once known; a bar that has none is missing.

    Raises StoreUnavailable.
    """
    if not has_indicators(symbol):
        return {}
    times = [bar.time for bar in bars]
    rows = await _read_cache(context, symbol, timeframe, times) if as_of is None else {}
    missing = [bar.time for bar in bars if bar.closed and bar.close is not None and bar.time not in rows]
    if not missing:
        metrics.cache_hits_total.labels("indicators").inc()
        return rows
    metrics.cache_misses_total.labels("indicators").inc()
    minutes = Timeframe.parse(timeframe).minutes
    async with context.connection() as connection:
        stored = await read_values(
            connection, INDICATORS, symbol.symbol_no, minutes,
            start=missing[0], end=missing[-1] + 1, limit=len(bars), as_of=as_of,
        )  # fmt: skip
    return rows | {value.time: value.values for value in stored}


async def _read_cache(
    context: Context, symbol: CatalogSymbol, timeframe: str, times: Sequence[int]
) -> dict[int, Values]:
    try:
        return await read_cached_indicators(context.redis, symbol.symbol_id, timeframe, times)
    except BusUnavailable:
        return {}


def columns_of(rows: dict[int, Values], bars: Sequence[Bar], names: Collection[str]) -> Columns:
    """Return columns aligned with bars, null where a value is not defined."""
    nothing: Values = {}
    aligned = [rows.get(bar.time, nothing) for bar in bars]
    return {name: [values.get(name) for values in aligned] for name in names}
