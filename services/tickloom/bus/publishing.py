"""Updates out: channels for whoever listens now, and the cache of bars for whoever asks later."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from tickloom.bus.connection import Redis, translate_errors
from tickloom.market.identity import SymbolId
from tickloom.market.timeframes import Timeframe
from tickloom.wire import messages, names

CACHED_BARS: Final = 1000
CACHED_SECONDS: Final = 300
"""How long indicators and features are cached after the bar that follows should have come."""


async def watched_channels(redis: Redis) -> set[str]:
    """Return the chart channels that somebody listens to now. Raises BusUnavailable."""
    async with translate_errors("asking which charts are watched"):
        channels: Any = await redis.pubsub_channels(f"{names.CHART_UPDATES_PREFIX}*")
    return {channel.decode() for channel in channels}


async def publish_updates(redis: Redis, updates: Mapping[str, bytes]) -> None:
    """Publish one encoded message to each channel. Raises BusUnavailable."""
    if not updates:
        return
    async with translate_errors("publishing bars"), redis.pipeline(transaction=False) as pipeline:
        for channel, message in updates.items():
            pipeline.publish(channel, message)
        await pipeline.execute()


async def cache_forming_bars(redis: Redis, forming: Mapping[SymbolId, Mapping[str, bytes]]) -> None:
    """Replace the forming bars (timeframe label to JSON) of symbols. Raises BusUnavailable."""
    if not forming:
        return
    async with translate_errors("caching forming bars"), redis.pipeline(transaction=False) as pipeline:
        for symbol, bars in forming.items():
            key = names.forming_bars(symbol)
            pipeline.delete(key)
            if bars:
                pipeline.hset(key, mapping=dict[Any, Any](bars))
        await pipeline.execute()


async def cache_closed_bars(redis: Redis, bars: Iterable[messages.CompletedBar]) -> None:
    """Put closed bars into their sorted sets, each in place of an earlier version. Raises BusUnavailable."""
    async with translate_errors("caching closed bars"), redis.pipeline(transaction=False) as pipeline:
        touched = set()
        for completed in bars:
            key, time = names.closed_bars(SymbolId.parse(completed.symbol), completed.timeframe), completed.bar.time
            pipeline.zremrangebyscore(key, time, time)
            pipeline.zadd(key, {messages.encode_json(completed.bar): time})
            touched.add(key)
        for key in touched:
            pipeline.zremrangebyrank(key, 0, -CACHED_BARS - 1)
        await pipeline.execute()


async def cache_indicators(redis: Redis, indicators: Mapping[tuple[SymbolId, str], messages.Indicators]) -> None:
    """Put indicators of closed bars into their hashes, by symbol and timeframe label. Raises BusUnavailable."""
    if not indicators:
        return
    async with translate_errors("caching indicators"), redis.pipeline(transaction=False) as pipeline:
        for (symbol, label), columns in indicators.items():
            key, seconds = names.indicators(symbol, label), Timeframe.parse(label).minutes * 60
            rows = np.array([columns.times, *columns.values.values()], "<f8").T
            rows[:, 0] = np.array(columns.times, "<i8").view("<f8")
            fields: dict[Any, Any] = {time // seconds % names.CACHED_VALUES: row.tobytes() for time, row in zip(
                columns.times, rows, strict=True)}  # fmt: skip
            pipeline.hset(key, mapping={"names": messages.encode_json(list(columns.values)), **fields})
            pipeline.expire(key, seconds + CACHED_SECONDS)
        await pipeline.execute()


async def cache_features(redis: Redis, features: Mapping[SymbolId, Mapping[str, messages.FeatureVector]]) -> None:
    """Replace the latest features of symbols by timeframe label. Raises BusUnavailable."""
    if not features:
        return
    async with translate_errors("caching features"), redis.pipeline(transaction=False) as pipeline:
        for symbol, by_label in features.items():
            fields: dict[Any, Any] = {label: messages.encode_json(vector) for label, vector in by_label.items()}
            pipeline.hset(names.latest_features(symbol), mapping=fields)
            pipeline.expire(names.latest_features(symbol), CACHED_SECONDS)
        await pipeline.execute()


async def forget_closed_bars(redis: Redis, symbols: Iterable[SymbolId], timeframes: Iterable[str]) -> None:
    """Drop what is cached of closed bars and may have missed some; readers then ask the database.

    Raises BusUnavailable.
    """
    keys = []
    for symbol in symbols:
        keys.append(names.latest_features(symbol))
        for timeframe in timeframes:
            keys += [names.closed_bars(symbol, timeframe), names.indicators(symbol, timeframe)]
    if keys:
        async with translate_errors("dropping cached bars"):
            await redis.unlink(*keys)


async def cache_quality(redis: Redis, quality: Mapping[SymbolId, Mapping[str, float]]) -> None:
    """Replace what is known of symbols' quality. Raises BusUnavailable."""
    if not quality:
        return
    async with translate_errors("caching quality"), redis.pipeline(transaction=False) as pipeline:
        for symbol, fields in quality.items():
            pipeline.hset(names.quality(symbol), mapping=dict[Any, Any](fields))
        await pipeline.execute()
