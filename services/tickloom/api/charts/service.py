"""Reading a chart: closed bars from the cache where it has them all, else from the database; the forming bar behind."""

from datetime import datetime

from tickloom.api.context import Context
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.subscriptions import CachedBars, read_cached_bars
from tickloom.market.timeframes import Timeframe
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.charts import read_bars
from tickloom.telemetry import metrics
from tickloom.wire.messages import Bar

_NOTHING = CachedBars([], None)


async def read_chart(
    context: Context,
    symbol: CatalogSymbol,
    timeframe: str,
    *,
    limit: int,
    before: int | None = None,
    as_of: datetime | None = None,
) -> list[Bar]:
    """Return closed bars, and the forming one at the end unless older bars, or earlier versions, were asked for.

    Raises StoreUnavailable where the database is needed and away.
    """
    cached = _NOTHING if before is not None or as_of is not None else await _cached(context, symbol, timeframe, limit)
    minutes = Timeframe.parse(timeframe).minutes
    if _is_whole(cached, minutes * 60, limit):
        metrics.cache_hits_total.labels("bars").inc()
        bars = cached.closed
    else:
        metrics.cache_misses_total.labels("bars").inc()
        async with context.connection() as connection:
            bars = await read_bars(connection, symbol.symbol_no, minutes, limit=limit, before=before, as_of=as_of)
    if cached.forming is not None and (not bars or cached.forming.time > bars[-1].time):
        bars = [*bars, cached.forming]
    return bars[-limit:]


async def _cached(context: Context, symbol: CatalogSymbol, timeframe: str, limit: int) -> CachedBars:
    try:
        return await read_cached_bars(context.redis, symbol.symbol_id, timeframe, limit)
    except BusUnavailable:
        return _NOTHING


def _is_whole(cached: CachedBars, step: int, limit: int) -> bool:
    """Tell whether the cache holds all that was asked for: bars without a hole, up to the forming one.

    A cache that ends earlier, or that began later than what was asked for, is no proof that there is no more.
    """
    closed, forming = cached
    if forming is None or len(closed) < limit - 1 or not closed:
        return False
    return forming.time - closed[0].time == step * len(closed)
