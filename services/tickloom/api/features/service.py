"""The latest features of a symbol: from the cache, else from the database."""

from tickloom.api.context import Context
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.series_cache import read_cached_features
from tickloom.market.timeframes import Timeframe
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.series import FEATURES, Value, read_latest_value
from tickloom.telemetry import metrics


async def read_latest(context: Context, symbol: CatalogSymbol, timeframe: str) -> Value | None:
    """Return the features of the latest closed bar, None if there are none. Raises StoreUnavailable."""
    try:
        cached = await read_cached_features(context.redis, symbol.symbol_id, timeframe)
    except BusUnavailable:
        cached = None
    if cached is not None:
        metrics.cache_hits_total.labels("features").inc()
        return Value(cached.time, cached.version, cached.hash, cached.values)
    metrics.cache_misses_total.labels("features").inc()
    async with context.connection() as connection:
        return await read_latest_value(connection, FEATURES, symbol.symbol_no, Timeframe.parse(timeframe).minutes)
