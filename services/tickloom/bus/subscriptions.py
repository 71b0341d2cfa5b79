"""Updates in: the channels of watched charts over one connection, and the cache of forming bars."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from tickloom.bus.connection import Redis, translate_errors
from tickloom.market.identity import SymbolId
from tickloom.wire import messages, names

_POLL_SECONDS: Final = 1.0


async def read_forming(redis: Redis, symbol: SymbolId, timeframe: str) -> messages.Bar | None:
    """Return the forming bar of a symbol, None if there is none. Raises BusUnavailable."""
    async with translate_errors("reading a forming bar"):
        value: Any = await redis.hget(names.forming_bars(symbol), timeframe)
    try:
        return messages.decode_bar(value) if value else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


async def read_forming_minutes(redis: Redis, symbols: Sequence[SymbolId]) -> list[bytes | None]:
    """Return the JSON of each symbol's forming 1m bar, None where there is none or it cannot be read.

    Raises BusUnavailable.
    """
    async with translate_errors("reading forming bars"), redis.pipeline(transaction=False) as pipeline:
        for symbol in symbols:
            pipeline.hget(names.forming_bars(symbol), "1m")
        values: Any = await pipeline.execute()
    return [value if value and _readable(value) else None for value in values]


def _readable(value: bytes) -> bool:
    try:
        messages.decode_bar(value)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return False
    return True


async def read_quality_scores(redis: Redis, symbols: Sequence[SymbolId]) -> list[float | None]:
    """Return each symbol's score of about the last hour, from 0 to 1, None where it is not known.

    Raises BusUnavailable.
    """
    async with translate_errors("reading quality scores"), redis.pipeline(transaction=False) as pipeline:
        for symbol in symbols:
            pipeline.hget(names.quality(symbol), "score")
        values: Any = await pipeline.execute()
    return [float(value) if value else None for value in values]


class CachedBars(NamedTuple):
    """What the cache holds of a chart: closed bars, oldest first, and the forming one."""

    closed: list[messages.Bar]
    forming: messages.Bar | None


async def read_cached_bars(redis: Redis, symbol: SymbolId, timeframe: str, limit: int) -> CachedBars:
    """Return up to `limit` latest closed bars and the forming bar, in one round trip. Raises BusUnavailable."""
    async with translate_errors("reading cached bars"), redis.pipeline(transaction=False) as pipeline:
        pipeline.zrange(names.closed_bars(symbol, timeframe), -limit, -1)
        pipeline.hget(names.forming_bars(symbol), timeframe)
        closed, forming = await pipeline.execute()
    try:
        bars = [messages.decode_bar(value) for value in closed]
        return CachedBars(bars, messages.decode_bar(forming) if forming else None)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return CachedBars([], None)


async def listen_to_alerts(redis: Redis) -> AsyncIterator[messages.AlertEvents]:
    """Yield events of alerts as they are published; never ends. Raises BusUnavailable."""
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        async with translate_errors("subscribing to alerts"):
            await pubsub.subscribe(names.ALERTS)
        while True:
            async with translate_errors("waiting for alerts"):
                message: Any = await pubsub.get_message(timeout=_POLL_SECONDS)
            if message is None or message["type"] != "message":
                continue
            try:
                yield messages.decode_alert_events(message["data"])
            except (msgspec.DecodeError, msgspec.ValidationError):
                continue


class ChartChannels:
    """The chart channels that this process listens to; messages come out of `listen`."""

    def __init__(self, redis: Redis) -> None:
        self._pubsub = redis.pubsub(ignore_subscribe_messages=True)
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()

    async def watch(self, symbol: SymbolId) -> None:
        """Listen to a symbol from now on. Raises BusUnavailable."""
        self._wanted.add(names.chart_updates(symbol))
        async with translate_errors("subscribing to a chart"):
            await self._pubsub.subscribe(names.chart_updates(symbol))
        self._changed.set()

    async def unwatch(self, symbol: SymbolId) -> None:
        """Listen to a symbol no more. Raises BusUnavailable."""
        self._wanted.discard(names.chart_updates(symbol))
        async with translate_errors("leaving a chart"):
            await self._pubsub.unsubscribe(names.chart_updates(symbol))

    async def listen(self) -> AsyncIterator[messages.ChartUpdate]:
        """Yield updates as they come; never ends. Raises BusUnavailable, and may be called again after it."""
        while True:
            if not self._wanted:
                self._changed.clear()
                await self._changed.wait()
            async with translate_errors("waiting for updates"):
                if not self._pubsub.subscribed:
                    await self._pubsub.subscribe(*self._wanted)
                message: Any = await self._pubsub.get_message(timeout=_POLL_SECONDS)
            if message is None or message["type"] != "message":
                continue
            try:
                yield messages.decode_chart_update(message["data"])
            except (msgspec.DecodeError, msgspec.ValidationError):
                continue
